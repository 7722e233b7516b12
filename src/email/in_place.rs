//! `{% include "name" %}` put in place of itself: for the text part, which has to read the partial's HTML, and for
//! `letterpress compile`, because Klaviyo has no include. Programs that print HTML keep their includes.

use crate::language::{
    Dialect, Library, Token, TokenKind, absolute_name, from_anywhere, named_template,
};

/// How deep partials may include partials.
const DEPTH: usize = 32;
/// What means something else, or counts otherwise, in the middle of another template.
const OWN_STATE: [&str; 5] = ["extends", "block", "cycle", "resetcycle", "ifchanged"];

/// The tokens of the template `name` with the partials they include; an include that only running can place stays
/// what it is.
pub(super) fn includes<'l>(
    name: &str,
    tokens: &[Token<'l>],
    library: &'l Library,
) -> Vec<Token<'l>> {
    let mut placing = Placing {
        library,
        open: vec![name.to_owned()],
        // What is placed is compiled as well, beside the email's own text.
        room: library.limits().source / 4,
        out: Vec::with_capacity(tokens.len()),
    };
    placing.place(tokens);
    placing.out
}

struct Placing<'l> {
    library: &'l Library,
    /// The template and the partials that are being placed, each in the one before.
    open: Vec<String>,
    /// How many bytes may still be added: partials that include each other twice double.
    room: usize,
    out: Vec<Token<'l>>,
}

impl<'l> Placing<'l> {
    fn place(&mut self, tokens: &[Token<'l>]) {
        let mut in_comment = false;
        for token in tokens {
            match token.tag_name() {
                "comment" => in_comment = true,
                "endcomment" => in_comment = false,
                "include" if !in_comment && self.include(token) => continue,
                _ => {}
            }
            self.out.push(self.seen_from_the_template(token));
        }
    }

    /// A tag of a partial as it means the same in the template: `./b.html` counts from the file it stands in.
    fn seen_from_the_template(&self, tag: &Token<'l>) -> Token<'l> {
        match &self.open[..] {
            [_, .., from] => absolute(tag, from),
            _ => tag.clone(),
        }
    }

    /// Whether the partial was put in place.
    fn include(&mut self, tag: &Token<'l>) -> bool {
        let from = self.open.last().map_or("", String::as_str);
        let Some((name, with)) = parts(tag, from) else {
            return false;
        };
        if self.open.len() > DEPTH || self.open.contains(&name) {
            return false;
        }
        let Some(tokens) = self.library.tokens(&name) else {
            return false;
        };
        let size: usize = tokens.iter().map(|token| token.text.len()).sum();
        let own_state = |token: &Token<'_>| OWN_STATE.contains(&token.tag_name());
        if size > self.room || tokens.iter().any(own_state) {
            return false;
        }
        self.room -= size;
        // What a partial sets ends with it.
        let with = match with {
            None if tokens.iter().any(sets_a_name) => Some("included=True".to_owned()),
            with => with,
        };
        if let Some(with) = &with {
            let open = Token::tag(format!("{{% with {with} %}}"), tag.span);
            self.out.push(open);
        }
        self.open.push(name);
        self.place(&tokens);
        self.open.pop();
        if with.is_some() {
            self.out.push(Token::tag("{% endwith %}", tag.span));
        }
        true
    }
}

/// A tag of the template `from` as it means the same in any other.
pub(super) fn absolute<'l>(tag: &Token<'l>, from: &str) -> Token<'l> {
    // What leads out was said when the partial was compiled.
    let written_out = from_anywhere(Dialect::Klaviyo, tag, from).ok().flatten();
    written_out.unwrap_or_else(|| tag.clone())
}

/// The template that an include in `from` names, and what stands behind `with`; None where there is anything else.
fn parts(tag: &Token<'_>, from: &str) -> Option<(String, Option<String>)> {
    let (name, rest) = named_template(Dialect::Klaviyo, tag)?;
    let rest = rest.trim();
    if name.contains('\\') || rest.split_whitespace().any(|word| word == "only") {
        return None;
    }
    let name = absolute_name(from, name)?;
    match rest.strip_prefix("with") {
        Some(with) if with.starts_with(char::is_whitespace) => {
            Some((name, Some(with.trim().to_owned())))
        }
        None if rest.is_empty() => Some((name, None)),
        _ => None,
    }
}

/// Whether a tag leaves a name behind: `{% today '%Y' as year %}`.
pub(super) fn sets_a_name(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Tag
        && !matches!(token.tag_name(), "with" | "for")
        && token.inner().0.split_whitespace().any(|word| word == "as")
}

#[cfg(test)]
mod tests {
    use crate::email::{Engine, FixedWorld, Outcome, Recipient};
    use crate::value::from_json;

    fn engine(body: &str, partials: &[(&str, &str)]) -> Engine {
        let mut engine = Engine::builder()
            .template("hello/email.toml", "subject = \"Hi\"")
            .template("hello/body.html", body);
        for (name, text) in partials {
            engine = engine.template(*name, *text);
        }
        engine.build().unwrap()
    }

    /// What `compile` prints, the HTML and the text part.
    fn all(body: &str, partials: &[(&str, &str)]) -> [String; 3] {
        let email = engine(body, partials).email("hello").unwrap();
        let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().unwrap());
        let ada =
            Recipient::from_context(from_json(r#"{"tea": "Oolong", "teas": [1, 2]}"#).unwrap());
        let Outcome::Rendered(mail) = email.render(&ada, &world) else {
            panic!("renders")
        };
        [email.source().to_owned(), mail.html, mail.text]
    }

    #[test]
    fn the_text_part_reads_the_html_of_a_partial() {
        let [source, html, text] = all(
            "<p>{% include '_a.html' with what=tea %}</p>",
            &[
                (
                    "_a.html",
                    "<b>{{ what }}</b>&nbsp;&middot; {% include \"_b.html\" %}",
                ),
                ("_b.html", "<a href=\"https://tea.example/\">Shop</a>"),
            ],
        );
        let placed = "<p>{% with what=tea %}<b>{{ what }}</b>&nbsp;&middot; <a href=\"https://tea.example/\">Shop</a>{% endwith %}</p>";
        assert_eq!(source, placed);
        assert_eq!(
            html,
            "<p><b>Oolong</b>&nbsp;&middot; <a href=\"https://tea.example/\">Shop</a></p>"
        );
        assert_eq!(text.trim(), "Oolong · Shop (https://tea.example/)");
    }

    #[test]
    fn what_a_partial_sets_ends_with_it() {
        let [source, html, _] = all(
            "{% include '_a.html' %}[{{ year }}]",
            &[("_a.html", "{% today '%Y' as year %}{{ year }}")],
        );
        assert_eq!(
            source,
            "{% with included=True %}{% today '%Y' as year %}{{ year }}{% endwith %}[{{ year }}]"
        );
        let [_, placed, text] = all(&source, &[]);
        assert_eq!(
            (html.as_str(), placed.as_str(), text.trim()),
            ("2026[]", "2026[]", "2026[]")
        );
    }

    #[test]
    fn what_only_running_can_place_stays() {
        let cycle = [
            ("_a.html", "{% cycle 'a' 'b' %}"),
            ("_b.html", "{% if no %}{% include '_b.html' %}{% endif %}"),
        ];
        for body in [
            "{% for t in teas %}{% include '_a.html' %}{% endfor %}",
            "{% include tea|default:'_a.html' %}",
            "{% include '_a.html' with x=1 only %}",
            "{% comment %}{% include '_b.html' %}{% endcomment %}",
        ] {
            let source = engine(body, &cycle)
                .email("hello")
                .unwrap()
                .source()
                .to_owned();
            assert_eq!(source, body);
        }
        let [source, ..] = all("{% include '_b.html' %}", &cycle);
        assert_eq!(source, "{% if no %}{% include '_b.html' %}{% endif %}");
    }

    #[test]
    fn a_relative_name_counts_from_its_own_file() {
        let partials = [
            ("_p/a.html", "A {% include './b.html' %}"),
            (
                "_p/b.html",
                "B {% if no %}{% include './b.html' %}{% include './c.html' only %}{% endif %}",
            ),
            ("_p/c.html", "C"),
        ];
        let [source, html, text] = all("{% include '_p/a.html' %}", &partials);
        assert_eq!(
            source,
            "A B {% if no %}{% include '_p/b.html' %}{% include '_p/c.html' only %}{% endif %}"
        );
        assert_eq!((html.as_str(), text.trim()), ("A B ", "A B"));
    }

    #[test]
    fn partials_that_double_end_at_the_limit() {
        let twice: Vec<(String, String)> = (0..30)
            .map(|i| {
                let next = i + 1;
                let line = "x".repeat(4000);
                (format!("_{i}.html"), format!("{line}{{% if no %}}{{% include '_{next}.html' %}}{{% include '_{next}.html' %}}{{% endif %}}"))
            })
            .chain([("_30.html".to_owned(), String::new())])
            .collect();
        let partials: Vec<(&str, &str)> = twice
            .iter()
            .map(|(n, t)| (n.as_str(), t.as_str()))
            .collect();
        let [source, html, _] = all("{% include '_0.html' %}", &partials);
        assert!(
            source.len() < 3 << 20 && html.len() == 4000,
            "{}",
            source.len()
        );
    }
}
