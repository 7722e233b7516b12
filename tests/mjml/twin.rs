//! Compile, then tags = tags, then MJML.

use std::fmt::Write as _;

use letterpress::diagnostic::Source;
use letterpress::language::{Sources, Token, TokenKind, lex};
use letterpress::mjml::{Loader, compile};

use super::{Files, Outcome};

/// Runs the tags of a text in the simplest way there is: every `for` turns `turns` times, every `if` is true unless
/// `turns` is 0, every variable is a text with all the letters that could hurt, escaped as a render would.
fn run(tokens: &[(TokenKind, String)], turns: usize) -> String {
    fn part(tokens: &[(TokenKind, String)], turns: usize, out: &mut String) {
        let mut at = 0;
        while at < tokens.len() {
            let (kind, text) = &tokens[at];
            let name = tag_name(*kind, text);
            match (kind, name) {
                (TokenKind::Text, _) => out.push_str(text),
                (TokenKind::Variable, _) => out.push_str("&lt;V&gt; &amp; &quot;q&quot; \\ ü"),
                (TokenKind::Tag, "if" | "for") => {
                    let (middle, end) = ends(&tokens[at..]);
                    let inside = &tokens[at + 1..at + middle];
                    let otherwise = &tokens[at + middle..at + end];
                    match (name, turns) {
                        (_, 0) => part(otherwise.get(1..).unwrap_or_default(), turns, out),
                        ("for", turns) => (0..turns).for_each(|_| part(inside, turns, out)),
                        _ => part(inside, turns, out),
                    }
                    at += end;
                }
                _ => {}
            }
            at += 1;
        }
    }
    let mut out = String::new();
    part(tokens, turns, &mut out);
    out
}

fn tag_name(kind: TokenKind, text: &str) -> &str {
    match kind {
        TokenKind::Tag => text[2..].split_whitespace().next().unwrap_or_default(),
        _ => "",
    }
}

/// Where the `else`, or else the end, and where the end of the block is that starts these tokens.
fn ends(tokens: &[(TokenKind, String)]) -> (usize, usize) {
    let (mut depth, mut middle) = (0, None);
    for (at, (kind, text)) in tokens.iter().enumerate() {
        match tag_name(*kind, text) {
            "if" | "for" => depth += 1,
            "else" | "empty" if depth == 1 => middle = middle.or(Some(at)),
            "endif" | "endfor" => {
                depth -= 1;
                if depth == 0 {
                    return (middle.unwrap_or(at), at);
                }
            }
            _ => {}
        }
    }
    panic!("a block without end: {tokens:?}");
}

/// The slow twin: what comes of running the tags in the HTML must be, byte for byte, what comes of running them in
/// the MJML and compiling that.
pub fn compare(mjml: &str, compiled: &Outcome) -> String {
    if !compiled.errors.is_empty() || !compiled.per_recipient.is_empty() {
        return format!(
            "  twin: not compiled once: {:?}{:?}\n",
            compiled.errors, compiled.per_recipient
        );
    }
    let mut sources = Sources::new();
    let file = sources.add(Source::new("body.mjml", mjml));
    let tokens: Vec<_> = lex(mjml, file)
        .into_iter()
        .map(|token| (token.kind, token.text.into_owned()))
        .collect();
    let mut failures = String::new();
    for turns in [0, 1, 3] {
        let fast = run(&compiled.tokens, turns);
        let slow = Files::one(&run(&tokens, turns)).compile().text();
        if fast != slow {
            let [fast, slow] = apart(&fast, &slow);
            let _ = writeln!(
                failures,
                "  twin, {turns} turns: compile, then tags: …{fast}"
            );
            let _ = writeln!(
                failures,
                "  twin, {turns} turns: tags, then compile: …{slow}"
            );
        }
    }
    failures
}

/// Where two texts begin to differ: what stands there in each.
pub fn apart(one: &str, other: &str) -> [String; 2] {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b);
    let at = same.count();
    [one, other].map(|text| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(60)..])
            .chars()
            .take(220)
            .collect()
    })
}

/// Small random numbers, the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    pub fn pick<'p>(&mut self, among: &[&'p str]) -> &'p str {
        among[self.below(among.len())]
    }
}

/// A document with tags wherever an email that is compiled once may have them.
pub fn document(dice: &mut Dice) -> String {
    fn wrapped(dice: &mut Dice, inner: String) -> String {
        let raw = dice.below(2) == 0;
        let tag = |text: &str| match raw {
            true => format!("<mj-raw>{text}</mj-raw>"),
            false => text.to_owned(),
        };
        match dice.below(5) {
            0 => format!(
                "{}{inner}{}",
                tag("{% if a < 3 and b == \"</mj-raw>\" %}"),
                tag("{% endif %}")
            ),
            1 => format!(
                "{}\n{inner}\n{}",
                tag("{% for x in y|slice:\":3\" %}"),
                tag("{% endfor %}")
            ),
            2 => format!(
                "{}{inner}{}{inner}{}",
                tag("{% if a %}"),
                tag("{% else %}"),
                tag("{% endif %}")
            ),
            _ => inner,
        }
    }
    fn row(dice: &mut Dice) -> String {
        let value = dice.pick(&[
            "{{ x|default:\"y\" }}",
            "a{% if x > 1 %}b{% else %}c{% endif %}",
            "#abc",
            "plain",
        ]);
        let text = dice.pick(&[
            "Hi {{ name|default:'<b>' }}",
            "<ul><li>a<li>b</ul>",
            "{% for x in y %}<br>{{ x }}{% endfor %}",
        ]);
        let row = match dice.below(6) {
            0 => format!("<mj-text color=\"{value}\" css-class='a {value}'>{text}</mj-text>"),
            1 => {
                format!("<mj-button href='{value}' background-color=\"{value}\">{text}</mj-button>")
            }
            2 => format!("<mj-image src=\"{value}\" alt=\"{value}\" width=\"120px\" />"),
            3 => format!("<mj-table><tr><td>{text}</td></tr></mj-table>"),
            4 => "<mj-spacer height=\"20px\" /><mj-divider />".to_owned(),
            _ => format!(
                "<mj-social><mj-social-element name=\"web\" href=\"{value}\">On:{text}</mj-social-element></mj-social>"
            ),
        };
        wrapped(dice, row)
    }
    fn section(dice: &mut Dice) -> String {
        let columns: String = (0..1 + dice.below(2))
            .map(|_| {
                let rows: String = (0..dice.below(4)).map(|_| row(dice)).collect();
                format!("<mj-column>{rows}</mj-column>")
            })
            .collect();
        let full = dice.pick(&[
            "",
            " full-width=\"full-width\"",
            " background-color=\"{{ c }}\"",
            " padding=\"0 10px\"",
        ]);
        let section = format!("<mj-section{full}>{columns}</mj-section>");
        wrapped(dice, section)
    }
    // The first sections have what the head lists of all: column widths, fonts, the style of images.
    let mut body = String::from(
        "<mj-section><mj-column><mj-text>x</mj-text><mj-image src=\"i\" /></mj-column></mj-section>\
         <mj-section><mj-column></mj-column><mj-column></mj-column></mj-section>",
    );
    for _ in 0..1 + dice.below(4) {
        body.push_str(&match dice.below(4) {
            0 => {
                let sections: String = (0..1 + dice.below(2)).map(|_| section(dice)).collect();
                wrapped(
                    dice,
                    format!("<mj-wrapper padding='5px'>{sections}</mj-wrapper>"),
                )
            }
            _ => section(dice),
        });
    }
    let style = dice.pick(&[
        "",
        "<mj-style inline=\"inline\">li { color: red; margin: {{ m }} } ul > li { color: #abc !important }</mj-style>",
    ]);
    format!(
        "<mjml><mj-head><mj-title>{{{{ t }}}}</mj-title>{style}</mj-head><mj-body>{body}</mj-body></mjml>"
    )
}

#[test]
fn compiling_before_the_tags_gives_what_compiling_after_them_gives() {
    let mut dice = Dice(0x5eed);
    // Three turns each: 5,100 pairs.
    for number in 0..1_700 {
        let mjml = document(&mut dice);
        let failures = compare(&mjml, &Files::one(&mjml).compile());
        assert!(failures.is_empty(), "document {number}: {mjml}\n{failures}");
    }
}

#[test]
fn every_tag_keeps_its_text_and_its_place() {
    let mut dice = Dice(77);
    for _ in 0..200 {
        let mjml = document(&mut dice);
        let source = Source::new("body.mjml", mjml.clone());
        let mut sources = Sources::new();
        let file = sources.add(source.clone());
        let compiled =
            compile(lex(source.text(), file), &Loader::none(&sources)).expect("compiles");
        for token in compiled.tokens.iter().filter(|token| token.is_markup()) {
            assert_eq!(sources.locate(token.span).text(), token.text);
        }
    }
}

#[test]
fn what_is_compiled_for_each_recipient_is_compiled_from_the_rendered_text() {
    let mjml = "<mjml><mj-body><mj-section>{% for x in y %}<mj-column><mj-text>{{ x }}</mj-text></mj-column>{% endfor %}</mj-section></mj-body></mjml>";
    let first = Files::one(mjml).compile();
    assert_eq!(first.per_recipient.len(), 1);
    let mut rendered = run(&first.tokens, 3);
    rendered.push_str("<!-- {% what a customer wrote is no tag %} -->");
    let mut sources = Sources::new();
    let source = Source::new("body.mjml", rendered.clone());
    let file = sources.add(source.clone());
    let whole = letterpress::language::Span::new(file, 0, rendered.len());
    let tokens = vec![Token::text(rendered, whole)];
    let compiled = compile(tokens, &Loader::none(&sources)).expect("compiles");
    assert!(compiled.per_recipient.is_empty());
    assert!(compiled.tokens.iter().all(|token| !token.is_markup()));
    assert!(compiled.tokens[0].text.contains("mj-column-per-33"));
}
