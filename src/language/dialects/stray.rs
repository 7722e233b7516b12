//! Help for characters that cannot be read in an expression.

use super::{TRIM_MARKS, has_blank, joined, literal, outside_quotes};
use crate::language::words::{is_space, quoted_length};

/// Help for characters that cannot be read: `whole` is the expression, they start at `position`.
pub(in crate::language) fn stray(whole: &str, position: usize) -> Option<String> {
    let (before, rest) = whole.split_at(position);
    if let Some(written) = unusual_characters(rest) {
        return Some(format!(
            "{}: write {before}{}",
            written.names, written.plain
        ));
    }
    if (before.is_empty() || before == "..")
        && let Some(help) = handlebars(whole)
    {
        return Some(help);
    }
    if rest.starts_with('\\') {
        let plain = whole.replace('\\', "");
        return Some(format!("a backslash stands here: write {plain}"));
    }
    if let Some((written, character)) = reference(rest) {
        return Some(format!(
            "{written} is HTML for {character}; in a tag write {character}"
        ));
    }
    let here = rest.trim_start_matches(is_space);
    if here.starts_with('&') && here.contains(';') {
        return Some("this is HTML for a character that has no place in a tag: take it out".into());
    }
    operator(before, rest, here)
        .or_else(|| index(whole, rest))
        .or_else(|| choice(before, here))
        .or_else(|| arguments(before, rest, here))
        .or_else(|| arithmetic(before, here))
        .or_else(|| odd_name(whole, before, rest))
}

/// Characters that look like others.
pub(super) struct Unusual {
    /// What they are called.
    pub(super) names: String,
    /// The text with the usual ones.
    pub(super) plain: String,
}

pub(super) fn unusual_characters(text: &str) -> Option<Unusual> {
    let name = |c: char| {
        Some(match c {
            '\u{a0}' => "a no-break space",
            '\u{202f}' | '\u{2007}' | '\u{2009}' => "a narrow space",
            '\u{200b}' | '\u{feff}' | '\u{2060}' => "a space without width",
            '‘' | '’' | '‚' | '‛' => "a curly single quote",
            '“' | '”' | '„' | '‟' => "a curly double quote",
            '′' | '″' | '´' => "an accent, not a quote",
            '«' | '»' => "a French quote",
            '–' | '—' | '−' => "a dash",
            '…' => "three dots in one",
            _ => return None,
        })
    };
    let mut characters = outside_quotes(text).filter_map(Result::ok);
    let (c, what) = characters.find_map(|c| Some((c, name(c)?)))?;
    let point = format!("U+{:04X}", u32::from(c));
    let is_seen = !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}');
    let shown = if is_seen {
        format!("{c} {point}")
    } else {
        point
    };
    let mut plain = String::new();
    for piece in outside_quotes(text) {
        match piece {
            Err(quoted) => plain.push_str(quoted),
            Ok('‘' | '’' | '‚' | '‛' | '′' | '´') => plain.push('\''),
            Ok('“' | '”' | '„' | '‟' | '″' | '«' | '»') => plain.push('"'),
            Ok('–' | '—' | '−') => plain.push('-'),
            Ok('…') => plain.push_str("..."),
            Ok('\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{2009}') => plain.push(' '),
            Ok('\u{200b}' | '\u{feff}' | '\u{2060}') => {}
            Ok(c) => plain.push(c),
        }
    }
    Some(Unusual {
        names: format!("there is {what} here ({shown})"),
        plain: joined(&plain),
    })
}

/// `{{#if x}}`, `{{/if}}`, `{{> file}}`, `{{!-- note --}}`, `{{{ x }}}`, `{{@index}}`.
fn handlebars(whole: &str) -> Option<String> {
    if let Some(name) = whole.strip_prefix("../") {
        return Some(format!(
            "outer names are seen from inside a block: write {name}"
        ));
    }
    let mut characters = whole.chars();
    let sign = characters.next()?;
    let rest = characters.as_str().trim();
    let (name, of) = rest.split_once(is_space).unwrap_or((rest, ""));
    let of = if of.is_empty() { "…" } else { of.trim() };
    Some(match (sign, name) {
        ('#' | '^' | '>', "") => return None,
        ('#', "if") => format!("here it is {{% if {of} %}} … {{% endif %}}"),
        ('#', "unless") => format!("here it is {{% if not {of} %}} … {{% endif %}}"),
        ('#', "each") => format!(
            "here it is {{% for item in {of} %}} … {{% endfor %}}, and names inside start with item."
        ),
        ('#', "with") => format!(
            "here it is {{% with x={of} %}} … {{% endwith %}}, and names inside start with x."
        ),
        ('#', name) => {
            format!("here it is {{% if {name} %}}, or for a list {{% for item in {name} %}}")
        }
        ('^', name) => format!("here it is {{% if not {name} %}} … {{% endif %}}"),
        ('/', "each") => "here it is {% endfor %}".into(),
        ('/', "with") => "here it is {% endwith %}".into(),
        ('/', _) => "here it is {% endif %}, or {% endfor %} behind a loop".into(),
        ('>', name) if name.starts_with(|c: char| c.is_ascii_digit()) => {
            "an operator needs a space on either side".to_owned()
        }
        ('>', name) => format!(
            "here it is {{% include \"_partials/{}.html\" %}}",
            name.trim_matches(['"', '\''])
        ),
        ('!', _) if rest.starts_with("--") || has_blank(rest) => {
            "a comment is written {# … #}".into()
        }
        ('{', _) => format!(
            "here it is {{{{ {}|safe }}}}",
            rest.trim_end_matches('}').trim()
        ),
        ('@', "index") => "here it is forloop.counter0 (forloop.counter counts from 1)".into(),
        ('@', "first") => "here it is forloop.first".into(),
        ('@', "last") => "here it is forloop.last".into(),
        ('@', "key") => "here it is {% for key, value in x.items %}".into(),
        _ => return None,
    })
}

/// The character reference that text starts with, and what it stands for.
fn reference(text: &str) -> Option<(&'static str, char)> {
    let known = [
        ("&gt;", '>'),
        ("&lt;", '<'),
        ("&amp;", '&'),
        ("&quot;", '"'),
        ("&#34;", '"'),
        ("&apos;", '\''),
        ("&#39;", '\''),
        ("&#x27;", '\''),
    ];
    known
        .into_iter()
        .find(|(written, _)| text.starts_with(written))
}

/// Comparisons and what joins them; one bar in place of a filter's.
fn operator(before: &str, rest: &str, here: &str) -> Option<String> {
    let left = match before.trim() {
        "" => "…",
        left => left,
    };
    for (written, meant) in [("===", "=="), ("!==", "!="), ("<>", "!="), ("&&", "and")] {
        if here.starts_with(written) {
            return Some(format!("here it is {meant}, with a space on either side"));
        }
    }
    if let Some(other) = here.strip_prefix("||").or_else(|| here.strip_prefix("??")) {
        let other = other.trim();
        let is_text = quoted_length(other) == Some(other.len());
        return Some(match is_text && left != "…" {
            true => format!("in place of a missing value: {left}|default:{other}"),
            false => {
                "here it is or, with a space on either side; in {{ … }} it is |default:'…'".into()
            }
        });
    }
    if here == "|" || (left == "…" && here.starts_with('|')) {
        return Some("in a tag no space may stand before or behind the bar: items|length".into());
    }
    if here.starts_with('!') && !here.starts_with("!=") {
        let operand = here.trim_start_matches('!').trim();
        return Some(format!("here it is not: not {operand}"));
    }
    let operators = ["==", "!=", "<=", ">=", "<", ">"];
    if let Some(op) = operators.iter().find(|op| here.starts_with(**op)) {
        let right = match here[op.len()..].trim() {
            "" => "…",
            right => right,
        };
        return Some(match rest.starts_with(is_space) {
            true => format!("values are compared in a tag: {{% if {left} {op} {right} %}}"),
            false => format!("an operator needs a space on either side: {left} {op} {right}"),
        });
    }
    here.starts_with('=')
        .then(|| "to compare, write == with a space on either side".into())
}

/// `items[0].x`, `person['first name']`, `x[y]`.
fn index(whole: &str, rest: &str) -> Option<String> {
    if !rest.starts_with('[') {
        return None;
    }
    let mut written = whole[..whole.len() - rest.len()].to_owned();
    let mut looked_up = written.contains('|');
    let mut left = rest;
    while let Some(inside) = left.strip_prefix('[') {
        let (key, behind) = inside.split_once(']')?;
        let key = key.trim();
        if key.is_empty() {
            return None;
        }
        let name = key.trim_matches(['"', '\'']);
        let is_text = name.len() + 2 == key.len();
        let is_number = key.chars().all(|c| c.is_ascii_digit());
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !looked_up && is_plain && (is_text || is_number) && !name.starts_with('_') {
            written.push_str(&format!(".{name}"));
        } else {
            looked_up = true;
            written.push_str(&match is_number {
                true => format!("|lookup:'{key}'"),
                false => format!("|lookup:{key}"),
            });
        }
        let (names, more) = behind.split_at(behind.find(['[', '|']).unwrap_or(behind.len()));
        match looked_up {
            true => names
                .split('.')
                .filter(|name| !name.is_empty())
                .for_each(|name| written.push_str(&format!("|lookup:'{name}'"))),
            false => written.push_str(names),
        }
        left = more;
    }
    Some(format!("here it is {written}{left}"))
}

/// `a if b else c`, `b ? a : c`, `a?.b`, `a?`.
fn choice(before: &str, here: &str) -> Option<String> {
    let left = before.trim();
    let written = |condition: &str, yes: &str, no: &str| {
        let otherwise = match no {
            "" => String::new(),
            no => format!("{{% else %}}{{{{ {no} }}}}"),
        };
        format!("here it is {{% if {condition} %}}{{{{ {yes} }}}}{otherwise}{{% endif %}}")
    };
    if let Some(condition) = here.strip_prefix("if ") {
        if left == "else" {
            return Some(format!("here it is {{% elif {} %}}", condition.trim()));
        }
        let (condition, no) = condition.split_once(" else ").unwrap_or((condition, ""));
        return Some(written(condition.trim(), left, no.trim()));
    }
    if here == "?" {
        return Some(format!("a name has no question mark: write {left}"));
    }
    if let Some(name) = here.strip_prefix("?.") {
        return Some(format!("a name that is missing is no error: {left}.{name}"));
    }
    let (yes, no) = here.strip_prefix('?')?.split_once(':')?;
    Some(written(left, yes.trim(), no.trim()))
}

const PARENTHESES: &str = "there are no parentheses: and binds more strongly than or; for another order put one {% if %} into another";

/// A blank behind the colon, two arguments, parentheses.
fn arguments(before: &str, rest: &str, here: &str) -> Option<String> {
    if let Some(argument) = here.strip_prefix(':') {
        let filter = before.rsplit('|').next().unwrap_or_default().trim();
        if filter == "date" {
            return Some(date(before, argument.trim()));
        }
        return Some(match literal(argument) {
            Some(value) => format!("no space may stand behind the colon: write {filter}:{value}"),
            None => format!("write {filter}:'…'"),
        });
    }
    if here.starts_with(',') {
        return Some(match before.contains("replace") {
            true => "an argument holds both texts: find_replace:'old|new'".into(),
            false => "a filter has one argument".into(),
        });
    }
    let Some(inside) = rest.strip_prefix('(') else {
        return rest.starts_with(')').then(|| PARENTHESES.into());
    };
    if let Some((from, to)) = here.trim_matches(['(', ')']).split_once("..") {
        return Some(format!(
            "there is no range from {} to {}: loop over a list, or write what is to be repeated",
            from.trim(),
            to.trim()
        ));
    }
    let inside = inside.trim_end_matches(')').trim();
    let name = before.rsplit(['|', ' ']).next().unwrap_or_default().trim();
    Some(match (name, inside) {
        ("", _) => PARENTHESES.into(),
        ("not", inside) => format!("here it is not {inside}"),
        (name, "") => format!("nothing is called by parentheses: write {name}"),
        (name, inside) if before.contains('|') => {
            format!("an argument follows a colon: write {name}:{inside}")
        }
        (_, _) => "there are no functions: values are changed by filters, {{ x|upper }}".into(),
    })
}

/// `date: "%Y"`, in Django's letters.
fn date(before: &str, pattern: &str) -> String {
    let quoted = &pattern[..quoted_length(pattern).unwrap_or(0)];
    let inner = quoted.get(1..quoted.len().saturating_sub(1));
    let letters = inner.and_then(letters);
    let pattern = letters.as_deref().unwrap_or("F j, Y");
    let value = before.split('|').next().unwrap_or_default().trim();
    match value.trim_matches(['"', '\'']) {
        "now" | "today" => format!("the time of sending is a tag: {{% now \"{pattern}\" %}}"),
        value => format!(
            "dates are written with letters, and no space stands behind a colon: {value}|format_date_string|date:'{pattern}'"
        ),
    }
}

/// The letters of `strftime` as Django's; `None` if there is one that Django has not.
fn letters(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        if c != '%' {
            if c.is_ascii_alphabetic() {
                out.push('\\');
            }
            out.push(c);
            continue;
        }
        let bare = characters.next_if(|&c| c == '-').is_some();
        out.push(match (characters.next()?, bare) {
            ('Y', _) => 'Y',
            ('y', _) => 'y',
            ('m', false) => 'm',
            ('m', true) => 'n',
            ('B', _) => 'F',
            ('b' | 'h', _) => 'M',
            ('d', false) => 'd',
            ('d', true) | ('e', _) => 'j',
            ('A', _) => 'l',
            ('a', _) => 'D',
            ('H', _) => 'H',
            ('I', false) => 'h',
            ('I', true) | ('l', _) => 'g',
            ('M', _) => 'i',
            ('S', _) => 's',
            ('p' | 'P', _) => 'A',
            _ => return None,
        });
    }
    Some(out)
}

/// `a + b`, `'a' ~ b`.
fn arithmetic(before: &str, here: &str) -> Option<String> {
    let left = before.trim();
    let mut characters = here.chars();
    let sign = characters.next()?;
    let right = characters.as_str();
    if left.is_empty() || (sign == '-' && !right.starts_with(is_space)) {
        return None;
    }
    let right = right.trim();
    let is_text = |operand: &str| operand.starts_with(['"', '\'']);
    let (what, filter) = match sign {
        '+' if is_text(left) || is_text(right) => ("texts are joined by a filter", "append"),
        '~' => ("texts are joined by a filter", "append"),
        '+' => ("filters calculate", "plus"),
        '-' => ("filters calculate", "minus"),
        '*' => ("filters calculate", "multiply"),
        '/' => ("filters calculate", "divide"),
        '%' => ("filters calculate", "modulo"),
        _ => return None,
    };
    let right = match has_blank(right) || right.is_empty() {
        true => "…",
        false => right,
    };
    Some(format!("{what}: {left}|{filter}:{right}"))
}

/// Names with `$`, blanks and hyphens; a dot behind `lookup`; quotes.
fn odd_name(whole: &str, before: &str, rest: &str) -> Option<String> {
    if let Some(at) = whole.find(".$").filter(|at| at + 1 >= before.len()) {
        let (parent, name) = (&whole[..at], &whole[at + 1..]);
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let (name, behind) = name.split_at(name.find(|c| !is_part(c)).unwrap_or(name.len()));
        return Some(format!(
            "a name with $ is read by lookup: {parent}|lookup:'{name}'{behind}"
        ));
    }
    if rest.trim() == "-" || (before.is_empty() && rest.starts_with('-')) {
        return Some(TRIM_MARKS.into());
    }
    if rest.starts_with('.') && before.contains('|') {
        let names = rest[1..].split('.');
        let path: String = names.map(|name| format!("|lookup:'{name}'")).collect();
        return Some(format!(
            "behind a filter every further step is a lookup: {before}{path}"
        ));
    }
    if rest.starts_with('$') {
        return Some(match before {
            "" => format!("a name cannot start with $: event|lookup:'{rest}'"),
            _ => "a name with $ is read by lookup: event|lookup:'$value'".into(),
        });
    }
    if rest.starts_with(['"', '\'']) {
        return Some(match quoted_length(rest) {
            Some(_) => "two texts stand side by side: join them by a filter, 'a'|append:'b'".into(),
            None => {
                "this quote is never closed, or one inside it is the same as those around it".into()
            }
        });
    }
    if before.ends_with(['"', '\'']) && rest.ends_with(['"', '\'']) {
        return Some(
            "this text holds the quote that it stands in: use the other one around it".into(),
        );
    }
    if rest.starts_with('`') {
        return Some("a text stands in ' or \"".into());
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    if rest.starts_with(['-', ' ']) && !before.is_empty() && before.chars().all(is_name) {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
        let (name, behind) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        let behind = behind.trim_start();
        let behind = if behind.starts_with('|') { behind } else { "" };
        let (parent, first) = before.rsplit_once('.').unwrap_or(("person", before));
        return Some(format!(
            "a name with a hyphen or a blank is read by lookup: {parent}|lookup:'{first}{}'{behind}",
            name.trim_end()
        ));
    }
    None
}
