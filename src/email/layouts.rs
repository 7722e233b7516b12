//! `{% extends "layout" %}` put in place of itself: a template and its layouts as one. For what reads the HTML before it
//! is printed: MJML, the text part, and `letterpress compile`, because Klaviyo has no extends. Programs that print HTML
//! keep theirs.

use std::collections::HashMap;

use super::in_place::{absolute, sets_a_name};
use crate::language::{Dialect, Library, Token, TokenKind, absolute_name, named_template};

/// How many layouts a template may have.
const DEPTH: usize = 32;
/// What counts otherwise where it is printed twice.
const COUNTING: [&str; 3] = ["cycle", "resetcycle", "ifchanged"];

/// The tokens of the template `name` and its layouts, as one; as they are where it has none, or where only running can
/// find it.
pub(crate) fn placed<'l>(
    name: &str,
    tokens: Vec<Token<'l>>,
    library: &'l Library,
) -> Vec<Token<'l>> {
    let mut template = name.to_owned();
    let mut templates = Vec::new();
    let mut before = Vec::new();
    let mut own = tokens.clone();
    while let Some(at) = extends(&own) {
        let layout = named_template(Dialect::Klaviyo, &own[at]).and_then(|(layout, rest)| {
            let layout = absolute_name(&template, layout).filter(|_| rest.trim().is_empty())?;
            let tokens = library.tokens(&layout)?;
            Some((layout, tokens))
        });
        let Some((layout, layout_tokens)) = layout.filter(|_| templates.len() < DEPTH) else {
            return tokens;
        };
        before.extend(own.drain(..at));
        templates.push(std::mem::take(&mut own));
        own = layout_tokens
            .iter()
            .map(|tag| absolute(tag, &layout))
            .collect();
        template = layout;
    }
    if templates.is_empty() {
        return tokens;
    }
    templates.push(own);
    let mut placing = Placing {
        blocks: templates.iter().map(|tokens| blocks(tokens)).collect(),
        printed: HashMap::new(),
        out: before,
        room: library.limits().source,
    };
    let outermost = templates.last().map_or(&[][..], Vec::as_slice);
    match placing.place(outermost, None) {
        Some(()) => placing.out,
        None => tokens,
    }
}

/// Where a template says which layout it has: its first tag.
fn extends(tokens: &[Token<'_>]) -> Option<usize> {
    let is_tag = |token: &Token<'_>| matches!(token.kind, TokenKind::Tag | TokenKind::Variable);
    let first = tokens.iter().position(is_tag)?;
    (tokens[first].tag_name() == "extends").then_some(first)
}

/// The blocks of a template by name.
fn blocks<'t, 'l>(tokens: &'t [Token<'l>]) -> HashMap<&'t str, &'t [Token<'l>]> {
    let mut open = Vec::new();
    let mut blocks = HashMap::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.tag_name() {
            "block" => open.push((block_name(token), at + 1)),
            "endblock" => {
                if let Some((name, from)) = open.pop() {
                    blocks.insert(name, &tokens[from..at]);
                }
            }
            _ => {}
        }
    }
    blocks
}

fn block_name<'t>(tag: &'t Token<'_>) -> &'t str {
    tag.inner().0["block".len()..].trim()
}

struct Placing<'t, 'l> {
    /// The blocks of the template, of its layout, and so on.
    blocks: Vec<HashMap<&'t str, &'t [Token<'l>]>>,
    /// How often each block of each template has been printed.
    printed: HashMap<(usize, &'t str), usize>,
    out: Vec<Token<'l>>,
    /// How many bytes may still be printed: blocks that print what they replace twice double.
    room: usize,
}

impl<'t, 'l> Placing<'t, 'l> {
    /// Prints tokens with the blocks that are filled; `of` is the block that they are, and whose. None where that would
    /// mean something else.
    fn place(&mut self, tokens: &'t [Token<'l>], of: Option<(usize, &'t str)>) -> Option<()> {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            let content = token.inner().0;
            if token.tag_name() == "block" {
                self.block(0, block_name(token))?;
                at += end_of_block(&tokens[at..])? + 1;
            } else if token.kind == TokenKind::Variable && content == "block.super" {
                let (level, name) = of?;
                self.block(level + 1, name)?;
            } else if token.is_markup() && content.contains("block.") {
                return None;
            } else {
                self.room = self.room.checked_sub(token.text.len())?;
                self.out.push(token.clone());
            }
        }
        Some(())
    }

    /// Prints the block of this name that the first template from `level` on has.
    fn block(&mut self, level: usize, name: &'t str) -> Option<()> {
        let filled = (level..self.blocks.len())
            .find_map(|level| Some((level, *self.blocks[level].get(name)?)));
        // `{{ block.super }}` of the outermost layout prints nothing.
        let Some((level, tokens)) = filled else {
            return Some(());
        };
        let times = self.printed.entry((level, name)).or_default();
        *times += 1;
        let counts = |token: &Token<'_>| COUNTING.contains(&token.tag_name());
        if *times > 1 && tokens.iter().any(counts) {
            return None;
        }
        // What a block sets ends with it.
        let sets = tokens
            .iter()
            .find(|token| sets_a_name(token))
            .map(|token| token.span);
        if let Some(span) = sets {
            self.out.push(Token::tag("{% with placed=True %}", span));
        }
        self.place(tokens, Some((level, name)))?;
        if let Some(span) = sets {
            self.out.push(Token::tag("{% endwith %}", span));
        }
        Some(())
    }
}

/// How many tokens there are before the end of the block that is open.
fn end_of_block(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0;
    tokens.iter().position(|token| {
        match token.tag_name() {
            "block" => depth += 1,
            "endblock" if depth == 0 => return true,
            "endblock" => depth -= 1,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use crate::email::{Engine, FixedWorld, Outcome, Recipient};
    use crate::value::from_json;

    const LAYOUT: &str = "<body>{% block top %}Top{% endblock %}<p>{% block main %}{% block in %}in{% endblock %}{% endblock %}</p></body>";

    /// What `compile` prints, the HTML and the text part.
    fn all(files: &[(&str, &str)]) -> [String; 3] {
        let mut engine = Engine::builder().template("hello/email.toml", "subject = \"Hi\"");
        for (name, text) in files {
            engine = engine.template(*name, *text);
        }
        let engine = engine.build().unwrap();
        let email = engine.email("hello").unwrap();
        let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().unwrap());
        let ada = Recipient::from_context(from_json(r#"{"tea": "Oolong"}"#).unwrap());
        let Outcome::Rendered(mail) = email.render(&ada, &world) else {
            panic!("renders")
        };
        [email.source().to_owned(), mail.html, mail.text]
    }

    #[test]
    fn a_layout_and_what_fills_it_are_one_template() {
        let [source, html, text] = all(&[
            ("_l/base.html", LAYOUT),
            (
                "_l/tea.html",
                "{% extends './base.html' %}{% block in %}<b>{{ tea }}</b> {{ block.super }}{% endblock %}",
            ),
            (
                "hello/body.html",
                "{# mine #}{% extends '_l/tea.html' %}dropped{% block top %}{% today '%Y' as y %}{{ y }} {{ block.super }}{% endblock %}",
            ),
        ]);
        assert_eq!(
            source,
            "{# mine #}<body>{% with placed=True %}{% today '%Y' as y %}{{ y }} Top{% endwith %}<p><b>{{ tea }}</b> in</p></body>"
        );
        assert_eq!(html, "<body>2026 Top<p><b>Oolong</b> in</p></body>");
        assert_eq!(text.trim(), "2026 Top\n\nOolong in");
    }

    #[test]
    fn what_is_put_in_place_prints_what_running_prints() {
        for child in [
            "{% extends '_b.html' %}",
            "{% extends '_b.html' %}{% block main %}{% if tea %}{{ block.super }}{% endif %}{% endblock main %}",
            "{% extends '_b.html' %}{% block main %}{{ block.super }}{{ block.super }}{% endblock %}{% block in %}x{% endblock %}",
            "{% extends '_b.html' %}{% block none %}{% block top %}nested{% endblock %}{% endblock %}",
            "text {% extends '_b.html' %}{% block top %}{% with tea=1 %}{{ tea }}{% endwith %}{% endblock %}",
            "{% extends '_b.html' %}{% block in %}{% include '../_c.html' %}{% endblock %}",
        ] {
            let files = [
                ("_b.html", LAYOUT),
                ("_c.html", "C"),
                ("hello/body.html", child),
            ];
            let [source, html, text] = all(&files);
            assert!(!source.contains("extends"), "{source}");
            let [_, again, text_again] = all(&[("_b.html", LAYOUT), ("hello/body.html", &source)]);
            assert_eq!((html, text), (again, text_again), "{child}");
        }
    }

    #[test]
    fn what_only_running_can_place_stays() {
        for child in [
            "{% extends tea|default:'_b.html' %}",
            "{% extends '_b.html' %}{% block in %}{{ block.super|upper }}{% endblock %}",
        ] {
            let [source, ..] = all(&[
                ("_b.html", LAYOUT),
                ("Oolong", LAYOUT),
                ("hello/body.html", child),
            ]);
            assert_eq!(source, child);
        }
    }

    #[test]
    fn mjml_has_layouts() {
        let base = "<mjml><mj-body>{% block rows %}{% endblock %}<mj-section><mj-column><mj-text>{% block foot %}Foot{% endblock %}</mj-text></mj-column></mj-section></mj-body></mjml>";
        let child = "{% extends '_b.mjml' %}{% block rows %}<mj-section><mj-column><mj-text>Mine</mj-text></mj-column></mj-section>{% endblock %}";
        let [_, html, text] = all(&[("_b.mjml", base), ("hello/body.mjml", child)]);
        assert!(html.contains(">Mine<") && html.contains(">Foot<"));
        assert_eq!(text.trim(), "Mine\n\nFoot");
    }
}
