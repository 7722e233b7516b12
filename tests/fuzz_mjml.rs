//! Whatever is compiled as MJML: no panic, no hang, no memory without bound, errors with a code and a place.
//!
//! Runs as `fuzz_language` does: for `LETTERPRESS_FUZZ_SECONDS` (5 unless told), beginning at `LETTERPRESS_FUZZ_SEED`; what
//! is found is made smaller, kept in `tests/fuzz/found` and run first from then on.

#[allow(
    dead_code,
    reason = "of the templates' grammar only the dice are thrown here"
)]
#[path = "fuzz/grammar.rs"]
mod grammar;
#[path = "fuzz/mjml.rs"]
mod mjml;
#[allow(dead_code, reason = "what the templates' grammar is made of")]
#[path = "fuzz/pieces.rs"]
mod pieces;
#[path = "fuzz/watch.rs"]
mod watch;

use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::language::{Dialect, FileId, Sources, Span, Token, lex};
use letterpress::mjml::{
    Compiled, Loader, Validation, alternatives, beautify, compile_with, minify,
};
use letterpress::plaintext;

use watch::{Case, Counting, Target};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn documents() {
    Target {
        name: "mjml",
        parts: &["body.mjml", "b.mjml", "a.css"],
        make: |dice| {
            Case(vec![
                ("body.mjml", mjml::document(dice)),
                ("b.mjml", mjml::document(dice)),
                ("a.css", mjml::css(dice)),
            ])
        },
        check: check_document,
    }
    .run();
}

#[test]
fn bytes() {
    Target {
        name: "bytes",
        parts: &["body.mjml", "b.mjml", "a.css"],
        make: |dice| {
            Case(vec![
                ("body.mjml", mjml::bytes(dice)),
                ("b.mjml", mjml::bytes(dice)),
                ("a.css", mjml::bytes(dice)),
            ])
        },
        check: check_document,
    }
    .run();
}

fn check_document(case: &Case) -> Result<(), String> {
    let mut sources = Sources::new();
    let files: Vec<_> = ["body.mjml", "b.mjml", "a.css"]
        .into_iter()
        .map(|name| {
            let source = Source::new(name, case.get(name));
            (name, source.clone(), sources.add(source))
        })
        .collect();
    let load = |wanted: &str| {
        let (_, source, id) = files.iter().find(|(name, ..)| *name == wanted)?;
        Some(lex(source.text(), *id))
    };
    let loader = Loader {
        sources: &sources,
        name: "body.mjml",
        dialect: Dialect::Klaviyo,
        load: &load,
        names: &|| files.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        picked: None,
    };
    let body = case.get("body.mjml");
    let validation = [Validation::Soft, Validation::Strict, Validation::Skip][body.len() % 3];
    let result = compile_with(lex(body, FileId(0)), &loader, validation);
    let Some(compiled) = readable(result)? else {
        return Ok(());
    };
    // What is compiled for each recipient is compiled again when its tags have run: here they print themselves.
    if !compiled.per_recipient.is_empty() {
        let whole = Span::new(FileId(0), 0, body.len());
        let printed = vec![Token::text(text_of(&compiled), whole)];
        if let Some(once) = readable(alternatives(compiled, &loader))? {
            printable(case, &once)?;
        }
        let loader = Loader::none(&sources);
        return match readable(compile_with(printed, &loader, validation))? {
            Some(again) if !again.per_recipient.is_empty() => {
                Err("again: tags in what has none".into())
            }
            Some(again) => printable(case, &again),
            None => Ok(()),
        };
    }
    printable(case, &compiled)
}

/// What came of a document; errors have to be such that a person can mend them.
fn readable<'s>(
    result: Result<Compiled<'s>, Vec<Diagnostic>>,
) -> Result<Option<Compiled<'s>>, String> {
    let (compiled, told) = match result {
        Ok(mut compiled) => {
            let mut told = std::mem::take(&mut compiled.findings);
            told.extend(compiled.per_recipient.iter().cloned());
            (Some(compiled), told)
        }
        Err(errors) if !errors.iter().any(Diagnostic::is_error) => {
            return Err("error: refused without an error".into());
        }
        Err(errors) => (None, errors),
    };
    for diagnostic in &told {
        if diagnostic.code.is_empty() || diagnostic.title.is_empty() {
            return Err(format!("error: without code or title: {diagnostic:?}"));
        }
        if diagnostic.primary.is_none() {
            return Err(format!("error: without a place: {diagnostic:?}"));
        }
        if diagnostic.to_text(false).is_empty() || serde_json::to_string(diagnostic).is_err() {
            return Err(format!("error: cannot be printed: {diagnostic:?}"));
        }
    }
    Ok(compiled)
}

fn text_of(compiled: &Compiled<'_>) -> String {
    compiled.tokens.iter().map(|token| &*token.text).collect()
}

/// The HTML can be made smaller, laid out and read, and holds nothing of ours.
fn printable(case: &Case, compiled: &Compiled<'_>) -> Result<(), String> {
    let html = text_of(compiled);
    let own = |text: &str| text.contains("Lp");
    if html.contains("Lpx") && !case.0.iter().any(|(_, text)| own(text)) {
        return Err("html: a word of ours is left".into());
    }
    let _ = (
        minify(Dialect::Klaviyo, &html),
        beautify(Dialect::Klaviyo, &html),
        plaintext::from_html(&compiled.tokens),
    );
    Ok(())
}
