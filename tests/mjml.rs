//! MJML to HTML: the cases of `tests/mjml/*.mjml` (their format is told in the README there), and what must hold
//! for every document.

#[path = "mjml/hostile.rs"]
mod hostile;
#[path = "mjml/twin.rs"]
mod twin;
#[path = "mjml/written_out.rs"]
mod written_out;

#[path = "harness/case_files.rs"]
mod case_files;

use std::fmt::Write as _;

use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::language::{Dialect, Sources, Token, TokenKind, lex};
use letterpress::mjml::{Compiled, Loader, Validation, alternatives, compile, compile_with};

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
        self.compiled(false)
    }

    /// Where a layout depends on the recipient, its alternatives are written out if that is asked for.
    fn compiled(&self, written_out: bool) -> Outcome {
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
            dialect: Dialect::Klaviyo,
            load: &load,
            names: &|| self.files.iter().map(|(name, _)| name.clone()).collect(),
            picked: None,
        };
        let document = load(&self.files[0].0).expect("the first file is there");
        let mut outcome = Outcome {
            tokens: Vec::new(),
            findings: Vec::new(),
            per_recipient: Vec::new(),
            errors: Vec::new(),
        };
        let compiled = match compile(document, &loader) {
            Ok(compiled) if written_out => alternatives(compiled, &loader),
            compiled => compiled,
        };
        match compiled {
            Ok(Compiled {
                tokens,
                findings,
                per_recipient,
                ..
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
            "alternatives",
            "alternatives errors",
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
            in_order(expected, &text, &mut failures);
        }
        let sections = ["alternatives", "alternatives errors"].map(|title| self.section(title));
        if sections.iter().any(Option::is_some) {
            let written_out = files.compiled(true);
            let [expected, _] = sections;
            in_order(
                expected.unwrap_or_default(),
                &written_out.text(),
                &mut failures,
            );
            let errors = written_out.errors.iter().filter(|error| error.is_error());
            self.messages("alternatives errors", errors.collect(), &mut failures);
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
            failures.push_str(&twin::compare(&files.files[0].1, &outcome));
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

/// Whether each of these lines occurs in a text, in this order.
fn in_order(lines: &str, text: &str, failures: &mut String) {
    let mut rest = text;
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match rest.find(line) {
            Some(at) => rest = &rest[at + line.len()..],
            None => {
                let _ = writeln!(failures, "  missing, or not in this order: {line}");
                let _ = writeln!(failures, "  in: {text}");
                return;
            }
        }
    }
}

#[test]
fn cases() {
    let mut report = String::new();
    let paths = case_files::files("tests/mjml", "mjml");
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

#[test]
fn validation_is_strict_soft_or_skipped() {
    let mjml = "<mjml><mj-body><mj-section><mj-column><mj-text color='nope'>a</mj-text>\
                <mj-foo/></mj-column></mj-section></mj-body></mjml>";
    let with = |validation| {
        let mut sources = Sources::new();
        let file = sources.add(Source::new("body.mjml", mjml));
        let compiled = compile_with(lex(mjml, file), &Loader::none(&sources), validation);
        match compiled {
            Ok(compiled) => (compiled.findings.len(), 0),
            Err(errors) => (0, errors.len()),
        }
    };
    assert_eq!(with(Validation::Strict), (0, 2));
    assert_eq!(with(Validation::Soft), (2, 0));
    assert_eq!(with(Validation::Skip), (0, 0));
}
