//! What a person should know of a body that renders all the same: tags that are none because they are not closed on
//! their line, the tags of other programs, which print as they stand, and tags in which references were read.

use std::collections::BTreeSet;
use std::ops::Range;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::language::{FileId, Library, Token, TokenKind};

/// After so many nobody reads on.
const MOST: usize = 20;

/// What is found in the tokens of a body as it is written.
pub(super) fn of_text(tokens: &[Token<'_>], library: &Library) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    let foreign = foreign();
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
        for (range, open) in unclosed(&token.text) {
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
        for (of, pattern) in &foreign {
            for found in pattern.find_iter(&token.text) {
                if !seen.insert(found.as_str().to_owned()) {
                    continue;
                }
                let title = format!("This is {of}, and prints as it stands");
                let finding = Diagnostic::warning("foreign-tag", title);
                findings.push(
                    finding
                        .at(locate(found.range()), "")
                        .help(here(found.as_str())),
                );
            }
        }
        if findings.len() >= MOST {
            findings.truncate(MOST);
            break;
        }
    }
    findings
}

/// What opens a tag and does not close it on its line, up to the end of that.
fn unclosed(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    let opened = ["{%", "{{"].into_iter().flat_map(move |open| {
        let places = text.match_indices(open);
        places.map(move |(at, _)| (at, open))
    });
    opened.filter_map(move |(at, open)| {
        let line = text[at..].lines().next()?.trim_end();
        let inner = line[open.len()..].trim_start();
        let is_meant = inner.is_empty()
            || inner
                .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '/' | '-'));
        is_meant.then_some((at..at + line.len(), open))
    })
}

/// The tags of other programs.
fn foreign() -> Vec<(&'static str, Regex)> {
    let patterns = [
        (
            "AMPscript",
            r"%%\[|%%=[^\n]{1,200}?=%%|%%[A-Za-z_][A-Za-z0-9_]{1,60}%%",
        ),
        (
            "a merge tag of Mailchimp",
            r"\*\|[A-Z][A-Za-z0-9_:]{0,60}\|\*",
        ),
        ("a scriptlet", r"<%[=-]?[^\n]{1,200}?%>"),
    ];
    let compiled = |(of, pattern)| Some((of, Regex::new(pattern).ok()?));
    patterns.into_iter().filter_map(compiled).collect()
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
