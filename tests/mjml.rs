//! MJML to HTML: the cases of `tests/mjml/*.mjml` (their format is told in the README there), and what must hold
//! for every document.

use std::fmt::Write as _;
use std::path::PathBuf;

use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::language::{Sources, Token, TokenKind, lex};
use letterpress::mjml::{Compiled, Loader, compile};

/// Documents and partials by name; the first one is compiled.
struct Files {
    files: Vec<(String, String)>,
}

/// A compiled document without its borrowed parts.
struct Outcome {
    tokens: Vec<(TokenKind, String)>,
    findings: Vec<Diagnostic>,
    per_recipient: Vec<Diagnostic>,
    errors: Vec<Diagnostic>,
}

impl Files {
    fn one(mjml: &str) -> Files {
        Files {
            files: vec![("body.mjml".to_owned(), mjml.to_owned())],
        }
    }

    fn compile(&self) -> Outcome {
        let mut sources = Sources::new();
        let files: Vec<_> = self
            .files
            .iter()
            .map(|(name, text)| {
                let source = Source::new(name.clone(), text.clone());
                (name, source.clone(), sources.add(source))
            })
            .collect();
        let load = |wanted: &str| -> Option<Vec<Token<'_>>> {
            let (_, source, id) = files.iter().find(|(name, ..)| *name == wanted)?;
            Some(lex(source.text(), *id))
        };
        let loader = Loader {
            sources: &sources,
            name: &self.files[0].0,
            load: &load,
            names: &|| self.files.iter().map(|(name, _)| name.clone()).collect(),
        };
        let document = load(&self.files[0].0).expect("the first file is there");
        let mut outcome = Outcome {
            tokens: Vec::new(),
            findings: Vec::new(),
            per_recipient: Vec::new(),
            errors: Vec::new(),
        };
        match compile(document, &loader) {
            Ok(Compiled {
                tokens,
                findings,
                per_recipient,
            }) => {
                outcome.tokens = tokens
                    .into_iter()
                    .map(|t| (t.kind, t.text.into_owned()))
                    .collect();
                outcome.findings = findings;
                outcome.per_recipient = per_recipient;
            }
            Err(errors) => outcome.errors = errors,
        }
        outcome
    }
}

impl Outcome {
    fn text(&self) -> String {
        self.tokens.iter().map(|(_, text)| text.as_str()).collect()
    }
}

// ------------------------------------------------------------------------------------------------ case files

/// A case: sections that start with `=== title`.
struct Case {
    sections: Vec<(String, String)>,
}

impl Case {
    fn parse(text: &str) -> Case {
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            if let Some(title) = line.strip_prefix("=== ") {
                sections.push((title.trim().to_owned(), String::new()));
            } else if let Some((_, body)) = sections.last_mut() {
                body.push_str(line);
            }
        }
        Case { sections }
    }

    fn files(&self) -> Files {
        let mut files: Vec<(String, String)> = self
            .sections
            .iter()
            .filter(|(title, _)| title.contains('.'))
            .cloned()
            .collect();
        for (name, text) in &mut files {
            // What an editor would not keep.
            if let Some(plain) = name.strip_suffix(" (CRLF)") {
                *text = text.replace('\n', "\r\n");
                *name = plain.to_owned();
            }
            if let Some(plain) = name.strip_suffix(" (BOM)") {
                text.insert(0, '\u{feff}');
                *name = plain.to_owned();
            }
        }
        Files { files }
    }

    fn section(&self, title: &str) -> Option<&str> {
        self.sections
            .iter()
            .find(|(known, _)| known == title)
            .map(|(_, body)| body.as_str())
    }

    /// Everything in which this case does not hold.
    fn failures(&self) -> String {
        const KNOWN: &[&str] = &[
            "html",
            "html without",
            "mjml",
            "errors",
            "per recipient",
            "findings",
            "twin",
        ];
        let mut failures = String::new();
        for (title, _) in &self.sections {
            if !title.contains('.') && !KNOWN.contains(&title.as_str()) {
                let _ = writeln!(failures, "  no such section: {title}");
            }
        }
        let files = self.files();
        if files.files.is_empty() {
            return "  there is no document\n".to_owned();
        }
        let outcome = files.compile();
        let text = outcome.text();
        if self.section("html").or(self.section("mjml")).is_some() && !outcome.errors.is_empty() {
            for error in &outcome.errors {
                let _ = writeln!(failures, "  {error}");
            }
        }
        for section in ["html", "mjml"] {
            let Some(expected) = self.section(section) else {
                continue;
            };
            if (section == "mjml") == outcome.per_recipient.is_empty() {
                let _ = writeln!(failures, "  the result is not {section}");
            }
            let mut rest = text.as_str();
            for line in expected
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
            {
                match rest.find(line) {
                    Some(at) => rest = &rest[at + line.len()..],
                    None => {
                        let _ = writeln!(failures, "  missing, or not in this order: {line}");
                        let _ = writeln!(failures, "  in: {text}");
                        break;
                    }
                }
            }
        }
        for line in self
            .section("html without")
            .unwrap_or_default()
            .lines()
            .map(str::trim)
        {
            if !line.is_empty() && text.contains(line) {
                let _ = writeln!(failures, "  should not be there: {line}");
            }
        }
        let of = |severe: bool| {
            outcome
                .errors
                .iter()
                .filter(move |error| error.is_error() == severe)
        };
        let findings = outcome
            .findings
            .iter()
            .chain(of(false))
            .filter(|f| f.code != "per-recipient");
        let per_recipient = outcome
            .per_recipient
            .iter()
            .chain(of(false))
            .filter(|f| f.code == "per-recipient");
        self.messages("errors", of(true).collect(), &mut failures);
        self.messages("findings", findings.collect(), &mut failures);
        self.messages("per recipient", per_recipient.collect(), &mut failures);
        if self.section("twin").is_some() {
            failures.push_str(&twin(&files.files[0].1, &outcome));
        }
        failures
    }

    /// Compares messages with the lines of a section: every message, in order.
    fn messages(&self, section: &str, found: Vec<&Diagnostic>, failures: &mut String) {
        let mut found = found.into_iter();
        let mut message: Option<&Diagnostic> = None;
        for line in self
            .section(section)
            .unwrap_or_default()
            .lines()
            .filter(|line| !line.trim().is_empty())
        {
            if line.starts_with(' ') {
                let said = message.is_some_and(|m| {
                    let labels = m.primary.iter().chain(&m.labels).map(|label| &label.text);
                    m.help
                        .iter()
                        .chain(&m.notes)
                        .chain(labels)
                        .any(|text| text.contains(line.trim()))
                });
                if !said {
                    let _ = writeln!(failures, "  {section}: does not say: {}", line.trim());
                    if let Some(message) = message {
                        let _ = writeln!(failures, "{}", message.to_text(false));
                    }
                }
                continue;
            }
            message = found.next();
            let shown = message.map(|m| {
                let at = m
                    .primary
                    .as_ref()
                    .map(|label| format!("{}: ", label.at))
                    .unwrap_or_default();
                format!("{at}{}: {}", m.code, m.title)
            });
            if shown.as_deref() != Some(line.trim_end()) {
                let _ = writeln!(failures, "  {section}: expected {}", line.trim_end());
                let _ = writeln!(
                    failures,
                    "  {section}:    found {}",
                    shown.as_deref().unwrap_or("nothing")
                );
            }
        }
        for message in found {
            let _ = writeln!(failures, "  {section}: not expected: {message}");
        }
    }
}

#[test]
fn cases() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/mjml");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/mjml is there")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "mjml")
        })
        .collect();
    paths.sort();
    let mut report = String::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("readable");
        let failures = Case::parse(&text).failures();
        if !failures.is_empty() {
            let _ = writeln!(report, "{}\n{failures}", path.display());
        }
    }
    assert!(report.is_empty(), "\n{report}");
    assert!(paths.len() >= 20, "only {} cases", paths.len());
}

// ---------------------------------------------------------------- compile, then tags = tags, then MJML

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
fn twin(mjml: &str, compiled: &Outcome) -> String {
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
            let at = fast
                .bytes()
                .zip(slow.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let from = |text: &str| {
                String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(60)..])
                    .chars()
                    .take(160)
                    .collect::<String>()
            };
            let _ = writeln!(
                failures,
                "  twin, {turns} turns: compile, then tags: …{}",
                from(&fast)
            );
            let _ = writeln!(
                failures,
                "  twin, {turns} turns: tags, then compile: …{}",
                from(&slow)
            );
        }
    }
    failures
}

/// Small random numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn pick<'p>(&mut self, among: &[&'p str]) -> &'p str {
        among[self.below(among.len())]
    }
}

/// A document with tags wherever an email that is compiled once may have them.
fn document(dice: &mut Dice) -> String {
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
    format!(
        "<mjml><mj-head><mj-title>{{{{ t }}}}</mj-title></mj-head><mj-body>{body}</mj-body></mjml>"
    )
}

#[test]
fn compiling_before_the_tags_gives_what_compiling_after_them_gives() {
    let mut dice = Dice(0x5eed);
    for number in 0..1_500 {
        let mjml = document(&mut dice);
        let failures = twin(&mjml, &Files::one(&mjml).compile());
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

// ------------------------------------------------------------------------------------------------ hostile documents

#[test]
fn mad_nesting_is_an_error_or_harmless() {
    let deep = |open: &str, close: &str| {
        let n = 100_000;
        format!(
            "<mjml><mj-body>{}{}</mj-body></mjml>",
            open.repeat(n),
            close.repeat(n)
        )
    };
    for (open, close) in [
        ("<mj-section>", "</mj-section>"),
        ("<mj-section>", ""),
        ("<mj-column>", "</mj-column>"),
        ("<mj-text>", "</mj-text>"),
        ("<mj-text>", ""),
        ("<div>", "</div>"),
        ("<mj-foo>", "</mj-foo>"),
        ("<q/>", ""),
        ("</mj-text>", ""),
        ("<!--", ""),
        ("{% comment %}", ""),
        ("{% if a %}", ""),
        ("{% if a %}", "{% endif %}"),
        ("<mj-text><mj-text></mj-text>", ""),
        ("<", ""),
        ("x <", ""),
        ("<mj-image ", ""),
        ("<mj-image a=\"", ""),
    ] {
        let outcome = Files::one(&deep(open, close)).compile();
        assert!(
            outcome.errors.len() <= 400,
            "{open}: {}",
            outcome.errors.len()
        );
    }
    let b = "<b>".repeat(100_000) + &"</b>".repeat(100_000);
    let mjml = format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{b}</mj-text></mj-column></mj-section></mj-body></mjml>"
    );
    assert!(Files::one(&mjml).compile().text().contains(&b));
}

#[test]
fn documents_that_grow_too_large_are_errors() {
    let text = "x".repeat(11 << 20);
    let mjml = format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section></mj-body></mjml>"
    );
    assert_eq!(Files::one(&mjml).compile().errors[0].code, "too-large");
    // Thirty levels, each of which includes the next one twice.
    let mut files = Files::one("<mjml><mj-body>{% include 'p0.mjml' %}</mj-body></mjml>");
    for n in 0..30 {
        let next = n + 1;
        let twice = format!("{{% include 'p{next}.mjml' %}}<mj-include path='p{next}.mjml' />");
        files.files.push((format!("p{n}.mjml"), twice));
    }
    files.files.push(("p30.mjml".to_owned(), String::new()));
    assert_eq!(files.compile().errors[0].code, "too-large");
    // Fifty levels.
    let mut files = Files::one("<mjml><mj-body>{% include 'p0.mjml' %}</mj-body></mjml>");
    for n in 0..50 {
        files.files.push((
            format!("p{n}.mjml"),
            format!("{{% include 'p{}.mjml' %}}", n + 1),
        ));
    }
    assert_eq!(files.compile().errors[0].code, "include-depth");
}

#[test]
fn mutated_documents_never_panic() {
    const BITS: &[&str] = &[
        "<",
        ">",
        "/",
        "\"",
        "'",
        "=",
        "<!--",
        "-->",
        "{%",
        "%}",
        "{{",
        "}}",
        "{% if a %}",
        "{% endif %}",
        "{% for a in b %}",
        "{% endfor %}",
        "{% include 'body.mjml' %}",
        "<mj-include path='body.mjml' />",
        "<mj-raw>",
        "</mj-raw>",
        "<mj-text>",
        "</mj-text>",
        "<mj-column>",
        "</mj-section>",
        "<mj-wrapper>",
        "<mj-hero mode='fluid-height'>",
        "<mj-carousel>",
        "<mj-carousel-image src='x' />",
        "<mj-navbar hamburger='hamburger'>",
        "<mj-navbar-link>",
        "<mj-accordion>",
        "<mj-accordion-element>",
        "<mj-accordion-title>",
        "<mj-group>",
        "width='0'",
        "padding='1 2 3 4'",
        "width='-5%'",
        "<mjml>",
        "</mjml>",
        "<mj-head>",
        "<mj-attributes><mj-all padding='{{ x }}'/></mj-attributes>",
        "\u{0}",
        "é",
        "\r\n",
        "<mj-style>",
        "Lpxw0z",
        "Lpxxw1z",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "<mj-font name='x' href='y' />",
        "mj-class='a b'",
        "<mj-class name='a' css-class='x y' />",
        "background-url='u' background-position='left'",
        "<mj-spacer height='",
        " /",
    ];
    let mut dice = Dice(4242);
    for _ in 0..3_000 {
        let mut mjml = document(&mut dice);
        for _ in 0..1 + dice.below(6) {
            let place = |dice: &mut Dice, text: &str| {
                let mut at = dice.below(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (a, b) = (place(&mut dice, &mjml), place(&mut dice, &mjml));
            match dice.below(3) {
                0 => mjml.replace_range(a.min(b)..a.max(b).min(a.min(b) + 20).max(a.min(b)), ""),
                1 => {
                    let piece = mjml[a.min(b)..a.max(b)].to_owned();
                    mjml.insert_str(a, &piece);
                }
                _ => mjml.insert_str(a, dice.pick(BITS)),
            }
        }
        let outcome = Files::one(&mjml).compile();
        let text = outcome.text();
        assert!(outcome.errors.is_empty() || text.is_empty());
        assert!(!text.contains("Lpxxxw"), "a word is left in {text}");
    }
}
