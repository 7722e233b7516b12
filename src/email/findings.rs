//! What a person should know of a body that renders all the same: tags that are none because they are not closed on
//! their line, the tags of other programs, which print as they stand, and tags in which references were read.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memmem;

use crate::diagnostic::Diagnostic;
use crate::language::{FileId, Library, Token, TokenKind};

/// After so many nobody reads on.
const MOST: usize = 20;

/// What is found in the tokens of a body as it is written.
pub(super) fn of_text(tokens: &[Token<'_>], library: &Library) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    // Inside `{% verbatim %}` and `{% comment %}` nothing is meant for us.
    let mut apart = false;
    for token in tokens {
        match token.tag_name() {
            "verbatim" | "comment" => apart = true,
            "endverbatim" | "endcomment" => apart = false,
            _ => {}
        }
        if apart || token.kind != TokenKind::Text {
            continue;
        }
        let locate = |range: Range<usize>| {
            let at = token.span.part(range.start, range.end);
            library.sources().locate(at)
        };
        for (range, open) in unclosed(&token.text).take(MOST - findings.len()) {
            let close = if open == "{%" { "%}" } else { "}}" };
            let (label, help) = match token.text[range.start..].contains(close) {
                true => (
                    "closed on a later line",
                    "write all of it on one line".to_owned(),
                ),
                false => (
                    "never closed",
                    format!("close it with {close}, without anything of HTML inside"),
                ),
            };
            let finding =
                Diagnostic::warning("unclosed-braces", "This is no tag, and prints as it stands");
            findings.push(
                finding
                    .at(locate(range), label)
                    .note("a tag ends on the line on which it begins")
                    .help(help),
            );
        }
        for foreign in FOREIGN {
            for range in foreign.places(&token.text) {
                if findings.len() >= MOST {
                    return findings;
                }
                let found = &token.text[range.clone()];
                if !seen.insert(found.to_owned()) {
                    continue;
                }
                let title = format!("This is {}, and prints as it stands", foreign.of);
                let finding = Diagnostic::warning("foreign-tag", title);
                findings.push(finding.at(locate(range), "").help(here(found)));
            }
        }
    }
    findings
}

/// What opens a tag and does not close it on its line, up to the end of that.
fn unclosed(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    let opened = ["{%", "{{"].into_iter().flat_map(move |open| {
        let places = memmem::find_iter(text.as_bytes(), open);
        places.map(move |at| (at, open))
    });
    // A line may be the whole file, and open a million tags: its end is looked for once.
    let mut line = 0..0;
    opened.filter_map(move |(at, open)| {
        if !line.contains(&at) {
            let length = memchr::memchr(b'\n', &text.as_bytes()[at..]);
            line = at..length.map_or(text.len(), |length| at + length);
        }
        let inner = text[at + open.len()..line.end].trim_start();
        let is_meant = inner.is_empty()
            || inner
                .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '/' | '-'));
        is_meant.then(|| (at..at + text[at..line.end].trim_end().len(), open))
    })
}

/// The tags of another program.
struct Foreign {
    of: &'static str,
    /// What they begin with.
    open: &'static str,
    /// How many bytes the rest of a text that begins with it has of a tag, if it is one.
    length: fn(&str) -> Option<usize>,
}

/// By hand and not by pattern: a body of ten megabytes takes a pattern the better part of a second.
const FOREIGN: &[Foreign] = &[
    Foreign {
        of: "AMPscript",
        open: "%%",
        length: |text| match text.as_bytes().get(2)? {
            b'[' => Some(3),
            b'=' => on_a_line(text, 3, "=%%"),
            _ => named(text, 2, "%%", |b| b.is_ascii_alphabetic() || b == b'_', 1),
        },
    },
    Foreign {
        of: "a merge tag of Mailchimp",
        open: "*|",
        length: |text| named(text, 2, "|*", |b| b.is_ascii_uppercase(), 0),
    },
    Foreign {
        of: "a scriptlet",
        open: "<%",
        length: |text| {
            // A mark counts as what stands in it where nothing else does: `<%=%>`.
            let marked = matches!(text.as_bytes().get(2)?, b'=' | b'-');
            let behind_mark = marked.then(|| on_a_line(text, 3, "%>")).flatten();
            behind_mark.or_else(|| on_a_line(text, 2, "%>"))
        },
    },
];

/// The longest tag of another program that is looked for.
const LONGEST: usize = 200;

/// The length of what ends with `close` on its line, with something before that.
fn on_a_line(text: &str, from: usize, close: &str) -> Option<usize> {
    let rest = &text.as_bytes()[from..];
    let rest = &rest[..rest.len().min(LONGEST + close.len())];
    let inner = rest.get(..=0)?.len();
    let end = inner + memmem::find(&rest[inner..], close.as_bytes())?;
    (!rest[..end].contains(&b'\n')).then_some(from + end + close.len())
}

/// The length of a name of at least one byte and `more`, ended by `close`.
fn named(
    text: &str,
    from: usize,
    close: &str,
    first: fn(u8) -> bool,
    more: usize,
) -> Option<usize> {
    let rest = &text.as_bytes()[from..];
    if !first(*rest.first()?) {
        return None;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || (*b == b':' && close == "|*");
    let length = rest.iter().take(62).take_while(|b| is_name(b)).count();
    let closed = rest[length..].starts_with(close.as_bytes());
    (closed && (1 + more..=61).contains(&length)).then_some(from + length + close.len())
}

impl Foreign {
    /// Where such tags stand in a text.
    fn places<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let at = from + memmem::find(&text.as_bytes()[from..], self.open.as_bytes())?;
                if let Some(length) = (self.length)(&text[at..]) {
                    from = at + length;
                    return Some(at..from);
                }
                from = at + 1;
            }
        })
    }
}

/// What is written here for a tag of another program.
fn here(tag: &str) -> String {
    let name = tag.trim_matches(|c: char| !c.is_alphanumeric() && c != ':');
    let name = name.to_ascii_lowercase().replace('_', "");
    let known = [
        ("unsub", "{% unsubscribe_link %}"),
        ("profilecenter", "{% manage_preferences_link %}"),
        ("updateprofile", "{% manage_preferences_link %}"),
        ("archive", "{% web_view_link %}"),
        ("viewemail", "{% web_view_link %}"),
        ("firstname", "{{ first_name|default:'there' }}"),
        ("fname", "{{ first_name|default:'there' }}"),
        ("lastname", "{{ last_name }}"),
        ("lname", "{{ last_name }}"),
        ("currentyear", "{% current_year %}"),
        ("company", "{{ organization.name }}"),
        ("emailaddr", "{{ email }}"),
        ("address", "{{ organization.full_address }}"),
        ("memberaddr", "{{ organization.full_address }}"),
        ("email", "{{ email }}"),
    ];
    if tag == "%%[" || name.starts_with("if:") || name.starts_with("ifnot:") {
        return "a choice is written {% if … %} … {% elif … %} … {% else %} … {% endif %}".into();
    }
    if name == "else:" || name.starts_with("end:") {
        return "here it is {% else %}, {% endif %}".into();
    }
    match known.into_iter().find(|(word, _)| name.contains(word)) {
        Some((_, ours)) => format!("here it is {ours}"),
        None => "a value is printed by {{ name }}: {{ person.Name }}, {{ event.Name }}".into(),
    }
}

/// The tags in which character references were read, in the files that the tokens and what they include come from.
pub(super) fn of_references(
    tokens: &[Token<'_>],
    included: &[FileId],
    library: &Library,
) -> Vec<Diagnostic> {
    let tags = tokens.iter().filter(|token| token.is_markup());
    let of_tags = tags.map(|token| token.span.file.0);
    let files: BTreeSet<u32> = of_tags.chain(included.iter().map(|file| file.0)).collect();
    files
        .into_iter()
        .flat_map(|file| library.sources().references(FileId(file)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_other_programs_are_found_where_they_stand() {
        let found = |text: &str| -> Vec<String> {
            let places = FOREIGN.iter().flat_map(|foreign| foreign.places(text));
            places.map(|range| text[range].to_owned()).collect()
        };
        assert_eq!(
            found("50%% of %%%first_name%% %%a%% %%["),
            ["%%first_name%%", "%%["]
        );
        assert_eq!(found("%%=v(@é)=%% %%==%% %%=a\nb=%%"), ["%%=v(@é)=%%"]);
        assert_eq!(
            found("*|FNAME|* *|fname|* *|IF:A|* *||*"),
            ["*|FNAME|*", "*|IF:A|*"]
        );
        assert_eq!(
            found("<%= a %><%-b%> <%=%> <%%> <%a\n%>"),
            ["<%= a %>", "<%-b%>", "<%=%> <%%>"]
        );
        let long = "x".repeat(61);
        assert_eq!(found(&format!("%%{long}%% %%{long}x%%")).len(), 1);
    }

    #[test]
    fn a_line_of_a_million_openings_is_read_once() {
        let opened = "{{!".repeat(1_000_000);
        assert_eq!(unclosed(&opened).count(), 0);
        let meant: Vec<_> = unclosed("a {{ b \n{% c {%! \n{{").collect();
        assert_eq!(meant, [(8..16, "{%"), (2..6, "{{"), (18..20, "{{")]);
    }
}
