//! The preheader: what inboxes show behind the subject, hidden at the start of the body.

use crate::language::{Library, Token, TokenKind, escape::escape, lex};

/// The name of the preheader in templates: Klaviyo's `{% render_variable preview_text %}`.
pub(super) const PREVIEW_TEXT: &str = "preview_text";

/// Whether a body says itself where its preheader goes: by `mj-preview`, or by printing it.
pub(super) fn is_shown_by(tokens: &[Token<'_>], library: &Library) -> bool {
    tokens.iter().any(|token| {
        if token.kind == TokenKind::Text {
            token.text.contains("<mj-preview")
        } else if token.tag_name() == "include" {
            // A partial may say it.
            let (content, _) = token.inner();
            content
                .split(['"', '\''])
                .nth(1)
                .and_then(|name| library.tokens(name))
                .is_some_and(|tokens| {
                    tokens
                        .iter()
                        .any(|t| t.text.contains("<mj-preview") || t.text.contains(PREVIEW_TEXT))
                })
        } else {
            token.text.contains(PREVIEW_TEXT)
        }
    })
}

/// Hidden text that inboxes show behind the subject; the padding keeps the body's first words out of it.
const OPEN: &str = "<div style=\"display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;\">";

const CLOSE: &str = "</div>";

/// The preheader as it stands in HTML.
pub(super) fn hidden(preheader: &str) -> String {
    format!("{OPEN}{}{CLOSE}", escape(preheader))
}

/// Puts the preheader behind `<body …>`, or before everything where there is none.
pub(super) fn insert(tokens: &mut Vec<Token<'_>>) {
    let (number, at) = tokens
        .iter()
        .enumerate()
        .find_map(|(number, token)| Some((number, body_tag(token)?)))
        .unwrap_or((0, BodyTag::Ends(0)));
    // The tag of the body may itself hold template tags: then it ends in a later text.
    let (number, at) = match at {
        BodyTag::Ends(at) => (number, at),
        BodyTag::Open => match tokens
            .iter()
            .enumerate()
            .skip(number + 1)
            .find_map(|(n, t)| {
                let is_text = t.kind == TokenKind::Text;
                is_text
                    .then(|| t.text.find('>'))
                    .flatten()
                    .map(|at| (n, at + 1))
            }) {
            Some(found) => found,
            None => return,
        },
    };
    let Some(span) = tokens.get(number).map(|t| t.span) else {
        return;
    };
    let (before, after) = {
        let text = &tokens[number].text;
        (text[..at].to_owned(), text[at..].to_owned())
    };
    let print_it = lex("{{ preview_text }}", span.file)
        .into_iter()
        .map(|mut token| {
            token.span = span;
            token
        });
    let inserted: Vec<Token<'_>> = [Token::text(before + OPEN, span)]
        .into_iter()
        .chain(print_it)
        .chain([Token::text(CLOSE.to_owned() + &after, span)])
        .collect();
    tokens.splice(number..=number, inserted);
}

enum BodyTag {
    /// Behind this byte of the token.
    Ends(usize),
    /// In a later token.
    Open,
}

fn body_tag(token: &Token<'_>) -> Option<BodyTag> {
    if token.kind != TokenKind::Text {
        return None;
    }
    let start = token.text.to_ascii_lowercase().find("<body")?;
    Some(match token.text[start..].find('>') {
        Some(end) => BodyTag::Ends(start + end + 1),
        None => BodyTag::Open,
    })
}

pub(super) fn after_body_tag(html: &str) -> Option<usize> {
    let start = html.find("<body")?;
    html[start..].find('>').map(|end| start + end + 1)
}
