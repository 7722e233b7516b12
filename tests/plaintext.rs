//! The cases of `tests/plaintext/` (its README.md describes them), and what must hold for any HTML.

#[path = "harness/case_files.rs"]
mod case_files;

use std::fmt::Write;
use std::ops::Range;

use letterpress::language::{FileId, Token, TokenKind, lex};
use letterpress::plaintext::{from_html, of_fragment, tidy};

#[test]
fn cases() {
    let (mut count, mut failures) = (0, String::new());
    for path in case_files::files("tests/plaintext", "txt") {
        let file = std::fs::read_to_string(&path).unwrap();
        let mut rewritten = String::new();
        for case in file.split("=== ").skip(1) {
            let (name, rest) = case.split_once('\n').unwrap();
            let mut sections = rest.split("\n--- ");
            let html = sections.next().unwrap();
            let _ = write!(rewritten, "=== {name}\n{html}");
            let tokens = from_html(&lex(html, FileId(0)));
            for section in sections {
                count += 1;
                let (title, expected) = section.split_once('\n').unwrap_or((section, ""));
                let found = match title.strip_prefix("read") {
                    Some(choices) => tidy(&read(&tokens, &Choices::named(choices))).into_owned(),
                    None => joined(&tokens),
                };
                let (found, expected) = (found.trim_end(), expected.trim_end());
                if found != expected {
                    let file = path.file_name().unwrap().to_string_lossy();
                    let _ = write!(
                        failures,
                        "\n{file}: {name}: {title}\n--- expected\n{expected}\n--- found\n{found}\n"
                    );
                }
                let _ = write!(rewritten, "\n--- {title}\n{found}\n");
            }
            rewritten.push('\n');
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, rewritten.trim_end().to_owned() + "\n").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= 25, "{count} cases");
}

fn joined(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| &*token.text).collect()
}

// A reader of texts: what somebody gets when branches are chosen as the case says.

#[derive(Default)]
struct Choices<'c> {
    /// Which branch of an `if` is taken, counted from 1.
    branch: usize,
    /// How often a loop turns.
    turns: usize,
    /// Variables that print nothing.
    empty: Vec<&'c str>,
    /// Where each decision comes from instead, if it does.
    random: std::cell::RefCell<Option<Vec<bool>>>,
}

impl<'c> Choices<'c> {
    fn named(words: &'c str) -> Choices<'c> {
        let mut choices = Choices {
            branch: 1,
            turns: 2,
            ..Choices::default()
        };
        for word in words.split_whitespace() {
            match word.split_once('=').unwrap() {
                ("if", branch) => choices.branch = branch.parse().unwrap(),
                ("for", turns) => choices.turns = turns.parse().unwrap(),
                ("empty", names) => choices.empty = names.split(',').collect(),
                _ => panic!("{word}"),
            }
        }
        choices
    }

    fn branch(&self, of: usize) -> usize {
        match &mut *self.random.borrow_mut() {
            Some(bits) => (1 + usize::from(bits.pop().unwrap_or(false))).min(of + 1),
            None => self.branch,
        }
    }

    fn turns(&self) -> usize {
        match &mut *self.random.borrow_mut() {
            Some(bits) => 2 * usize::from(bits.pop().unwrap_or(false)),
            None => self.turns,
        }
    }
}

/// Prints tokens. A variable prints its name in square brackets, a tag its own.
fn read(tokens: &[Token<'_>], choices: &Choices<'_>) -> String {
    let mut out = String::new();
    print(tokens, choices, &mut out);
    out
}

fn print(tokens: &[Token<'_>], choices: &Choices<'_>, out: &mut String) {
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let (inner, _) = token.inner();
        match token.kind {
            TokenKind::Text => out.push_str(&token.text),
            TokenKind::Comment => {}
            TokenKind::Variable => {
                let name = inner.split('|').next().unwrap().trim();
                if !choices.empty.contains(&name) {
                    let _ = write!(out, "[{name}]");
                }
            }
            TokenKind::Tag => match token.tag_name() {
                name @ ("if" | "for" | "with") => {
                    let (branches, end) = branches(tokens, at);
                    match name {
                        "with" => print(&tokens[branches[0].clone()], choices, out),
                        "if" => {
                            let chosen = choices.branch(branches.len()).wrapping_sub(1);
                            if let Some(branch) = branches.get(chosen) {
                                print(&tokens[branch.clone()], choices, out);
                            }
                        }
                        _ => match (choices.turns(), branches.get(1)) {
                            (0, Some(empty)) => print(&tokens[empty.clone()], choices, out),
                            (turns, _) => {
                                for _ in 0..turns {
                                    print(&tokens[branches[0].clone()], choices, out);
                                }
                            }
                        },
                    }
                    at = end;
                }
                _ if inner.split_whitespace().rev().nth(1) == Some("as") => {}
                name => {
                    let _ = write!(out, "[{name}]");
                }
            },
        }
        at += 1;
    }
}

/// The branches of the block that opens at a token, and the token that closes it.
fn branches(tokens: &[Token<'_>], open: usize) -> (Vec<Range<usize>>, usize) {
    let (mut found, mut from, mut depth) = (Vec::new(), open + 1, 0);
    for (at, token) in tokens.iter().enumerate().skip(open + 1) {
        match token.tag_name() {
            "if" | "for" | "with" => depth += 1,
            "else" | "elif" | "empty" if depth == 0 => {
                found.push(from..at);
                from = at + 1;
            }
            "endif" | "endfor" | "endwith" if depth == 0 => {
                found.push(from..at);
                return (found, at);
            }
            "endif" | "endfor" | "endwith" => depth -= 1,
            _ => {}
        }
    }
    panic!("unclosed {}", tokens[open].text);
}

// What must hold for any HTML

/// Numbers that are random enough and the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Balanced HTML with balanced tags, which need not be balanced with each other.
fn random_html(random: &mut Random, size: usize, out: &mut String) {
    for _ in 0..size {
        let word = [
            "one",
            "two &amp; three",
            "four",
            "<br>",
            "{{ v }}",
            "five six",
        ];
        let blank = ["", "", " ", "\n"][random.below(4)];
        out.push_str(blank);
        match random.below(10) {
            0..4 => out.push_str(word[random.below(word.len())]),
            4..7 => {
                let element = [
                    "div", "p", "b", "ul", "li", "table", "tr", "td", "h1", "span",
                ];
                let element = element[random.below(element.len())];
                let _ = write!(out, "<{element}>");
                random_html(random, size / 2, out);
                let _ = write!(out, "</{element}>");
            }
            7 => {
                out.push_str("{% if a %}");
                random_html(random, size / 2, out);
                if random.below(2) == 0 {
                    out.push_str("{% else %}");
                    random_html(random, size / 2, out);
                }
                out.push_str("{% endif %}");
            }
            8 => {
                out.push_str("{% for x in y %}");
                random_html(random, size / 2, out);
                out.push_str("{% endfor %}");
            }
            _ => {
                out.push_str("<a href='https://{{ v }}'>");
                random_html(random, size / 2, out);
                out.push_str("</a>");
            }
        }
        out.push_str(["", "", " ", "\n"][random.below(4)]);
    }
}

/// The slow twin: branches first, then the text. The words must be the same, and nearly always the white space.
#[test]
fn text_of_a_template_reads_like_text_of_the_html_that_it_prints() {
    let (mut alike, mut texts) = (0, 0);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..4000 {
        let mut html = String::new();
        // Links, rows and numbers are written by what is known when the text is derived: they have their cases.
        random_html(&mut random, 2 + round % 5, &mut html);
        let html = html
            .replace("<a href='https://{{ v }}'>", "<i>")
            .replace("</a>", "</i>");
        let tokens = lex(&html, FileId(0));
        let text = from_html(&tokens);
        for _ in 0..4 {
            let bits: Vec<bool> = (0..64).map(|_| random.below(2) == 0).collect();
            let choices = |bits: &Vec<bool>| Choices {
                random: Some(bits.clone()).into(),
                ..Choices::default()
            };
            let first = tidy(&read(&text, &choices(&bits))).into_owned();
            let printed = read(&tokens, &choices(&bits));
            let last = tidy(&joined(&from_html(&lex(&printed, FileId(0))))).into_owned();
            // An item of which only the dash is left; the twin does not see that there was one.
            let first = tidy(&first.replace("\n-\n", "\n")).into_owned();
            texts += 1;
            alike += usize::from(first == last);
            let words = |text: &str| -> String {
                text.split_whitespace()
                    .filter(|word| *word != "-")
                    .collect()
            };
            assert_eq!(words(&first), words(&last), "\n{html}\n{}", joined(&text));
            if first != last && std::env::var_os("SHOW").is_some() && alike > 0 {
                println!(
                    "{html:?}\n  text  {:?}\n  got   {first:?}\n  twin  {last:?}",
                    joined(&text)
                );
            }
        }
    }
    println!("{alike} of {texts}");
    assert!(
        alike * 100 >= texts * 90,
        "{alike} of {texts} texts are alike"
    );
}

#[test]
fn anything_goes() {
    let pieces = [
        "<",
        ">",
        "</",
        "/>",
        "<!--",
        "-->",
        "<![endif]-->",
        "<!--[if mso]>",
        "\"",
        "'",
        "=",
        "&",
        "&#57344;",
        "&nbsp",
        "<a href=",
        "</a>",
        "<a href='#'>",
        "<img alt=",
        "<td>",
        "<tr>",
        "<table>",
        "</table>",
        "<li>",
        "<ol start=9>",
        "<ul>",
        "<p>",
        "</p>",
        "<div style='display:none'>",
        "</div>",
        "<style>",
        "</style>",
        "<title>",
        "<pre>",
        "\n",
        " ",
        "é",
        "\u{e000}",
        "\u{e000}0\u{e000}",
        "\u{200d}",
        "{{ x }}",
        "{{ y }}",
        "{% if a %}",
        "{% else %}",
        "{% endif %}",
        "{% for x in y %}",
        "{% empty %}",
        "{% endfor %}",
        "{% with a=b %}",
        "{% endwith %}",
        "{# c #}",
        "{% comment %}",
        "{% endcomment %}",
        "{% verbatim %}",
        "{% endverbatim %}",
        "{% unsubscribe %}",
        "text",
        "\0",
        "{% today 'Y' as y %}",
        "{% mine %}",
        "{% endmine %}",
        "<svg>",
        "</svg>",
        "<br>",
        "<hr>",
        "<area href=x alt=y>",
    ];
    let mut random = Random(7);
    for _ in 0..30_000 {
        let mut html = String::new();
        for _ in 0..random.below(40) {
            html.push_str(pieces[random.below(pieces.len())]);
        }
        check(&html);
    }
}

/// Whatever the HTML, the tags keep their order, and what was balanced is.
fn check(html: &str) {
    let tokens = lex(html, FileId(0));
    let text = from_html(&tokens);
    assert_eq!(text, from_html(&tokens), "deterministic: {html:?}");
    let plain = joined(&text);
    let tidied = tidy(&plain);
    assert_eq!(tidy(&tidied), tidied, "idempotent: {html:?}");
    let _ = of_fragment(html);
    let control = |tokens: &[Token<'_>]| -> Vec<String> {
        let names = [
            "if", "for", "with", "else", "empty", "endif", "endfor", "endwith", "mine", "endmine",
        ];
        let tags = tokens
            .iter()
            .filter(|token| names.contains(&token.tag_name()));
        tags.map(|token| token.tag_name().to_owned()).collect()
    };
    if balanced(&control(&tokens)) && !html.contains("comment") && !html.contains("verbatim") {
        assert!(balanced(&control(&text)), "{html:?}\n{plain:?}");
    }
    let mut from = 0;
    for token in text
        .iter()
        .filter(|token| token.is_markup() && !token.tag_name().ends_with("_link"))
    {
        // Addresses stand before their texts in HTML and after them here, so only control tags keep their order.
        if control(std::slice::from_ref(token)).is_empty() {
            assert!(tokens.contains(token), "{html:?}");
        } else if let Some(at) = tokens[from..].iter().position(|other| other == token) {
            from += at + 1;
        } else {
            assert!(
                tokens.contains(token) && (html.contains("href=") || html.contains("alt=")),
                "{html:?}\n{plain:?}"
            );
        }
    }
}

fn balanced(control: &[String]) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for name in control {
        match (name.strip_prefix("end"), name.as_str()) {
            (Some(name), _) => {
                if open.pop() != Some(name) {
                    return false;
                }
            }
            (None, "else" | "empty") if open.is_empty() => return false,
            (None, "else" | "empty") => {}
            (None, name) => open.push(name),
        }
    }
    open.is_empty()
}

#[test]
fn every_token_knows_where_it_stands() {
    let html =
        "<p>Hi&nbsp;{{ name }},</p><p><a href='{{ url }}'>{% if a %}A{% endif %}</a></p> end";
    for token in from_html(&lex(html, FileId(3))) {
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        assert_eq!(token.span.file, FileId(3));
        if token.is_markup() {
            assert_eq!(&html[start..end], token.text);
        } else {
            assert!(start <= end && end <= html.len(), "{token:?}");
        }
    }
    let tokens = from_html(&lex(html, FileId(3)));
    let first = tokens[0].span;
    assert_eq!(
        &html[first.start as usize..first.end as usize],
        "<p>Hi&nbsp;"
    );
}

#[test]
fn no_text_is_taken_for_a_tag() {
    // What stands for a tag inside is a private-use character; these name the first ones.
    for forged in [
        "&#57344;0&#57344;",
        "&#xE000;0&#xe000;",
        "\u{e000}0\u{e000}",
        "&#573{# c #}44;0&#57344;",
    ] {
        let html = format!("{{{{ secret }}}}<p>{forged}</p>");
        let text = joined(&from_html(&lex(&html, FileId(0))));
        assert_eq!(text.matches("secret").count(), 1, "{text}");
        assert!(text.ends_with("\u{e000}0\u{e000}"), "{text:?}");
    }
}

#[test]
fn depth_and_size_are_no_matter() {
    for piece in [
        "<div>",
        "<table><tr><td>",
        "<ul><li>",
        "<a href='u'>",
        "{% if a %}",
        "{% for x in y %}<tr>",
        "</div>",
        "<b>",
        "<!--[if mso]>",
        "<div style='display:none'>{% else %}",
        "{% if a %}x{% endif %}",
        "<a href='{{ u }}'><img alt=x></a>",
        "<td>x",
        "&amp;",
        "\u{200d}",
        "{% mine %}{% endmine %}<br>",
        "<p style='border-top:1px'>",
        "<pre>\n",
        "(",
    ] {
        let html = format!("{piece}\n").repeat(100_000);
        let _ = tidy(&joined(&from_html(&lex(&html, FileId(0)))));
        let _ = of_fragment(&html);
    }
    let nested = "<div style='display:none'>\n".repeat(50_000)
        + "{% if a %}"
        + &"</div>".repeat(50_000)
        + "{% endif %}";
    let _ = from_html(&lex(&nested, FileId(0)));
    let nested = "{% for x in y %}\n{% if a %}\n<p>x".repeat(50_000)
        + &"{% endif %}\n{% endfor %}\n".repeat(50_000);
    let _ = from_html(&lex(&nested, FileId(0)));
}
