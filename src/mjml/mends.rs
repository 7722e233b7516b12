//! Places in mrml's HTML that are written otherwise, found by the words that stand there.

use std::collections::{BTreeMap, HashMap, HashSet};

use memchr::memmem;

use super::words::{Number, Part, Words};

/// What happens where a word stands.
#[derive(Debug)]
pub(super) enum Mend {
    /// Before it, in the same tag, the style `width` gets this value.
    Width(String),
    /// As the value of the HTML attribute of this name it is written this way; with nothing the attribute goes.
    Attribute(&'static str, Option<String>),
    /// As the value of the first HTML attribute it becomes the value of the second.
    Rename(&'static str, &'static str),
    /// If this follows, it goes.
    Without(&'static str),
    /// If the first follows, the second stands for it.
    Instead(String, String),
    /// In a table for Outlook, the style and the attribute `width` get this value.
    OutlookWidth(String),
    /// The content of a social element: the cell in which this other word stands moves behind its cell.
    Behind(String),
    /// The class of a section in a wrapper with a gap; whether there is a class at all. One of full width has it round
    /// the table for Outlook, and not where the margin belongs.
    Gap {
        gap: String,
        class: bool,
        full_width: bool,
    },
    /// The width that follows, of a cell for Outlook in pixels, and of the column on a phone in per cent.
    Column {
        cell: Option<String>,
        share: Option<String>,
        /// Its table has separate borders.
        separate: bool,
        /// The table round that one has not.
        joined: bool,
        /// It has a `vertical-align`; without one the word stands there for the mend only.
        aligned: bool,
        /// The class for its width has a whole number in its name, whatever the width is.
        whole_class: bool,
    },
    /// The width of an image, in pixels: whole as an attribute, and as it is behind the word as a style.
    ImageWidth(f64),
    /// Something raw before and behind a part of a list: before what opens the part, the last of these first, and
    /// behind what closes it, the last of these. Once: the word may stand there more often.
    Round {
        before: String,
        after: String,
        opens: &'static [&'static str],
        closes: &'static [&'static str],
    },
    /// The value of this style: it is not declared.
    Undeclared(&'static str),
    /// A radius that the table over the whole width does not have.
    NoRadius,
}

pub(super) type Mends = HashMap<Number, Mend>;

/// Carries the mends out; words stay words.
pub(super) fn apply(html: &str, words: &Words<'_>, mends: &Mends) -> String {
    if mends.is_empty() {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len());
    let mut follow: Option<Follow<'_>> = None;
    let mut open: Vec<(&[&str], &str)> = Vec::new();
    let mut seen: HashSet<Number> = HashSet::new();
    let mut renamed = BTreeMap::new();
    for part in words.parts(html) {
        match part {
            Part::Text(mut text) => {
                while let Some((closes, raw)) = open.last_mut()
                    && let Some(end) = past(text, closes)
                {
                    let (closed, behind) = text.split_at(end);
                    follow = write_text(follow, closed, &mut out);
                    out.push_str(raw);
                    open.pop();
                    text = behind;
                }
                follow = write_text(follow, text, &mut out);
            }
            Part::Word(number) => {
                let word = words.word(number);
                if let Some(Mend::Round {
                    before,
                    after: raw,
                    opens,
                    closes,
                }) = mends.get(&number)
                    && seen.insert(number)
                {
                    insert_before(&mut out, opens, before);
                    open.push((closes, raw));
                }
                if let Some(Follow::Margin(gap)) = follow {
                    // The place for it comes later in the tag.
                    out.push_str(&word);
                    follow = Some(Follow::Margin(gap));
                    continue;
                }
                follow = None;
                match mends.get(&number) {
                    None => out.push_str(&word),
                    Some(mend) => {
                        if let Mend::Column {
                            whole_class: true, ..
                        } = mend
                        {
                            renamed.extend(whole_class(&mut out));
                        }
                        follow = write(mend, &word, &mut out);
                    }
                }
            }
        }
    }
    if renamed.is_empty() {
        out
    } else {
        rules_of_whole_classes(&out, &renamed)
    }
}

/// Takes the fraction off the class for a width in the tag that is being written: the class before and after.
fn whole_class(out: &mut String) -> Option<(String, String)> {
    let tag = out.rfind('<')?;
    let start = tag + out[tag..].find("mj-column-p")?;
    let length = out[start..].find([' ', '"'])?;
    let fraction = out[start..start + length].to_owned();
    let digits = fraction.find(|c: char| c.is_ascii_digit())?;
    let end = digits + fraction[digits..].find('-')?;
    let whole = fraction[..end].to_owned();
    out.replace_range(start..start + length, &whole);
    Some((fraction, whole))
}

/// Gives the classes that have lost their fraction their rules; those of the class before stay for columns that have it.
fn rules_of_whole_classes(html: &str, renamed: &BTreeMap<String, String>) -> String {
    const CLASS: &str = "mj-column-p";
    const MOZILLA: &str = ".moz-text-html ";
    let (head, body) = html.split_at(html.find("</head>").unwrap_or(0));
    let name = |text: &'_ str| -> usize { text.find([' ', '"']).unwrap_or(text.len()) };
    let used: HashSet<&str> = memmem::find_iter(body.as_bytes(), CLASS)
        .map(|at| &body[at..at + name(&body[at..])])
        .collect();
    let mut out = String::with_capacity(html.len() + 64 * renamed.len());
    let mut rest = head;
    while let Some(at) = rest.find(CLASS)
        && let Some(end) = rest[at..].find('}').map(|end| at + end + 1)
    {
        let rule = &rest[at..end];
        let fraction = &rule[..name(rule)];
        out.push_str(&rest[..at]);
        match renamed.get(fraction) {
            None => out.push_str(rule),
            Some(whole) => {
                if used.contains(fraction) {
                    let prefix = if out.ends_with(&format!("{MOZILLA}.")) {
                        MOZILLA
                    } else {
                        ""
                    };
                    out.push_str(&format!("{rule} {prefix}."));
                }
                out.push_str(whole);
                out.push_str(&rule[fraction.len()..]);
            }
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.push_str(body);
    out
}

/// The end of the last of these in a text, one behind the other; those that are found need not be found again.
fn past(text: &str, wanted: &mut &[&str]) -> Option<usize> {
    let mut end = 0;
    while let Some((first, rest)) = wanted.split_first() {
        end += text[end..].find(first)? + first.len();
        *wanted = rest;
    }
    Some(end)
}

/// Writes a text behind a word.
fn write_text<'m>(follow: Option<Follow<'m>>, text: &str, out: &mut String) -> Option<Follow<'m>> {
    match follow {
        None => {
            out.push_str(text);
            None
        }
        Some(follow) => follow.write(text, out),
    }
}

/// What is to be done with the text behind a word.
enum Follow<'m> {
    Cut(&'static str),
    Mend(&'m Mend),
    /// The same where the style in which the word stood has gone.
    Undeclared(&'m Mend),
    /// This margin, behind the one on all sides.
    Margin(&'m str),
    /// Up to the end of the row; then the icon.
    Icon(String),
}

/// Writes a word that has a mend.
fn write<'m>(mend: &'m Mend, word: &str, out: &mut String) -> Option<Follow<'m>> {
    let ends_with_start = |out: &str, name: &str| out.ends_with(&format!(" {name}=\""));
    match mend {
        Mend::Width(width) => {
            set_width(out, width);
            out.push_str(word);
            None
        }
        Mend::Attribute(name, value) if ends_with_start(out, name) => match value {
            Some(value) => {
                out.push_str(value);
                None
            }
            None => {
                out.truncate(out.len() - name.len() - 3);
                Some(Follow::Cut("\""))
            }
        },
        Mend::Rename(from, to) if ends_with_start(out, from) => {
            out.truncate(out.len() - from.len() - 2);
            out.push_str(&format!("{to}=\"{word}"));
            None
        }
        Mend::Gap { class: false, .. } if out.ends_with(" class=\"") => {
            out.truncate(out.len() - " class=\"".len());
            Some(Follow::Mend(mend))
        }
        Mend::Undeclared(name) => undeclared(mend, name, out),
        Mend::Column { aligned: false, .. } => undeclared(mend, "vertical-align", out),
        Mend::Behind(icon) => {
            let icon = take_icon(out, icon);
            out.push_str(word);
            icon.map(Follow::Icon)
        }
        Mend::Attribute(..) | Mend::Rename(..) | Mend::Round { .. } => {
            out.push_str(word);
            None
        }
        _ => {
            out.push_str(word);
            Some(Follow::Mend(mend))
        }
    }
}

/// Writes something before what opened last, of which again before what opened last.
fn insert_before(out: &mut String, opens: &[&str], raw: &str) {
    let mut at = out.len();
    for open in opens {
        match out[..at].rfind(open) {
            Some(found) => at = found,
            None => return,
        }
    }
    out.insert_str(at, raw);
}

/// Takes the style away of which the value would come now.
fn undeclared<'m>(mend: &'m Mend, name: &str, out: &mut String) -> Option<Follow<'m>> {
    let declared = out.strip_suffix(':')?.strip_suffix(name)?.len();
    out.truncate(declared);
    Some(Follow::Undeclared(mend))
}

/// Sets the attribute `width` of the tag that is being written; the text that comes, with the style `width` in it set.
fn widths(out: &mut String, text: &str, attribute: &str, style: &str) -> Option<String> {
    let tag = out.rfind('<').unwrap_or(0);
    let start = out[tag..].find(" width=\"").map(|at| tag + at + 8)?;
    let end = out[start..].find('"')?;
    let (before, rest) = text.split_once(";width:")?;
    let (_, rest) = rest.split_once(';')?;
    out.replace_range(start..start + end, attribute);
    Some(format!("{before};width:{style};{rest}"))
}

/// Sets the style `width` of the tag that is being written.
fn set_width(out: &mut String, width: &str) {
    let from = out.rfind('<').unwrap_or(0);
    let start = [";width:", "\"width:"]
        .iter()
        .find_map(|start| Some(from + out[from..].find(start)? + start.len()));
    if let Some(start) = start
        && let Some(end) = out[start..].find(';')
    {
        out.replace_range(start..start + end, width);
    }
}

/// Takes the cell away in which a word stands, and what follows up to the next cell.
fn take_icon(out: &mut String, word: &str) -> Option<String> {
    let at = out.rfind(word)?;
    let start = out[..at].rfind("<td")?;
    let end = out.rfind("<td").filter(|end| *end > start)?;
    let icon = out[start..end].to_owned();
    out.replace_range(start..end, "");
    Some(icon)
}

impl<'m> Follow<'m> {
    /// Writes a text, and says what is still to be done behind it.
    fn write(self, text: &str, out: &mut String) -> Option<Follow<'m>> {
        match self {
            Follow::Cut(what) => out.push_str(text.strip_prefix(what).unwrap_or(text)),
            Follow::Icon(icon) => {
                let (before, after) = text.split_at(text.find("</tr>").unwrap_or(text.len()));
                out.push_str(before);
                out.push_str(&icon);
                out.push_str(after);
            }
            Follow::Margin(gap) => {
                const ALL: &str = "margin:0px auto;";
                let Some(at) = text.find(ALL).map(|at| at + ALL.len()) else {
                    out.push_str(text);
                    return (!text.contains('>')).then_some(Follow::Margin(gap));
                };
                out.push_str(&text[..at]);
                out.push_str(&format!("margin-top:{gap};"));
                out.push_str(&text[at..]);
            }
            Follow::Mend(Mend::Gap {
                gap,
                class,
                full_width,
            }) => {
                return follow_gap(gap, *class, *full_width, text, out);
            }
            Follow::Mend(mend) => mend.follow(text, out),
            Follow::Undeclared(mend) => {
                let mut behind = String::new();
                mend.follow(text, &mut behind);
                out.push_str(behind.strip_prefix(';').unwrap_or(&behind));
            }
        }
        None
    }
}

/// What follows the class of a section: of its table for Outlook, of its cell there, or of its own.
fn follow_gap<'m>(
    gap: &'m str,
    class: bool,
    full_width: bool,
    text: &str,
    out: &mut String,
) -> Option<Follow<'m>> {
    const OUTLOOK: &str = "-outlook\"";
    if let Some(rest) = text.strip_prefix(OUTLOOK) {
        if class {
            out.push_str(OUTLOOK);
        }
        match rest.strip_prefix(" style=\"") {
            Some(style) => {
                out.push_str(&format!(" style=\"padding-top:{gap};"));
                if full_width {
                    return Follow::Margin(gap).write(style, out);
                }
                out.push_str(style);
            }
            None => out.push_str(rest),
        }
        return None;
    }
    let rest = match class {
        true => text,
        false => text.strip_prefix('"').unwrap_or(text),
    };
    Follow::Margin(gap).write(rest, out)
}

impl Mend {
    /// Writes what follows the word.
    fn follow(&self, text: &str, out: &mut String) {
        let mut written = None;
        match self {
            Mend::Without(what) => written = text.strip_prefix(what).map(str::to_owned),
            Mend::Instead(what, other) => {
                written = text
                    .strip_prefix(&**what)
                    .map(|rest| [other, rest].concat());
            }
            Mend::NoRadius => {
                if text.starts_with(";width:100%")
                    && let Some(start) = out.rfind("border-radius:")
                {
                    out.truncate(start);
                    written = Some(text[1..].to_owned());
                }
            }
            Mend::Column { separate: true, .. } if text.starts_with(";\">") => {
                written = Some([";border-collapse:separate", text].concat());
            }
            Mend::Column {
                cell,
                share,
                joined,
                ..
            } => {
                if let Some((width, rest)) = text
                    .strip_prefix(";width:")
                    .and_then(|rest| rest.split_once(';'))
                {
                    let own = match width.ends_with("px") {
                        true => cell.as_ref(),
                        false => share.as_ref(),
                    };
                    let width = own.map_or(width, String::as_str);
                    let rest = match joined {
                        true => rest.replacen(" style=\"border-collapse:separate;\"", "", 1),
                        false => rest.to_owned(),
                    };
                    written = Some(format!(";width:{width};{rest}"));
                }
            }
            Mend::ImageWidth(pixels) => {
                written = widths(
                    out,
                    text,
                    &pixels.trunc().to_string(),
                    &format!("{pixels}px"),
                );
            }
            Mend::OutlookWidth(width) => written = widths(out, text, width, width),
            _ => {}
        }
        out.push_str(written.as_deref().unwrap_or(text));
    }
}
