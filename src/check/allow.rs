//! One finding silenced by a comment: `{# letterpress: allow CODE #}` on its line or on the line above.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, codes};

const MARK: &str = "letterpress: allow ";

/// Whether a comment silences a finding.
pub(super) fn silences(finding: &Diagnostic) -> bool {
    let Some(label) = &finding.primary else {
        return false;
    };
    let (text, start) = (label.at.source().text(), label.at.range().start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let above = text[..line_start.saturating_sub(1)]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    named(&text[above..line_end]).any(|(_, code)| code == finding.code)
}

/// The codes that comments of a file silence and that there are not.
pub(super) fn unknown(source: &Arc<Source>) -> Vec<Diagnostic> {
    named(source.text())
        .filter(|(_, code)| codes::find(code).is_none())
        .map(|(at, code)| {
            let finding = Diagnostic::warning("unknown-code", format!("There is no code '{code}'"))
                .at(source.location(at..at + code.len()), "silences nothing");
            let known = codes::all().iter().map(|code| code.name);
            match crate::diagnostic::nearest(code, known) {
                Some(near) => finding.help(format!("did you mean '{near}'?")),
                None => finding,
            }
        })
        .collect()
}

/// The codes behind the mark, separated by commas, each with its first byte; a reason may follow the last.
fn named(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices(MARK).flat_map(move |(at, _)| {
        let mut codes = Vec::new();
        let mut from = at + MARK.len();
        loop {
            let rest = &text[from..];
            let blanks = rest.len() - rest.trim_start_matches(' ').len();
            let code = &rest[blanks..];
            let end = code
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                .unwrap_or(code.len());
            let code = &code[..end];
            if !code.is_empty() {
                codes.push((from + blanks, code));
            }
            from += blanks + end;
            if !text[from..].starts_with(',') {
                return codes;
            }
            from += 1;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_several_codes_and_a_reason() {
        let text = "{# letterpress: allow blank-name, may-skip: the form asks for it #}";
        let codes: Vec<&str> = named(text).map(|(_, code)| code).collect();
        assert_eq!(codes, ["blank-name", "may-skip"]);
    }
}
