//! Whatever is read and whatever it is rendered for: no panic, no hang, no memory without bound, errors with a code.
//!
//! A stable substitute for cargo-fuzz: a grammar that knows every tag and filter, a mutator, a seed a case. Each target
//! runs for `LETTERPRESS_FUZZ_SECONDS` (5 unless told), beginning at `LETTERPRESS_FUZZ_SEED`. What is found is made
//! smaller and kept in `tests/fuzz/found`, and from then on runs first.

#[path = "fuzz/grammar.rs"]
mod grammar;
#[path = "fuzz/pieces.rs"]
mod pieces;
#[path = "fuzz/watch.rs"]
mod watch;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use letterpress::data::{
    CatalogItem, CatalogVariant, Event, Metric, Organization, Profile, catalog_item_value,
    event_value, person_value,
};
use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::email::{EmailError, Engine, FixedWorld, Outcome, Recipient};
use letterpress::language::{
    Channel, FileId, Library, Limits, Nowhere, Options, Registry, Stop, TokenKind, lex, lex_at,
};
use letterpress::plaintext;
use letterpress::value::{self, Value};

use pieces::FILES;
use watch::{Case, Counting, Target};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn lexer() {
    Target {
        name: "lexer",
        parts: &["template"],
        make: |dice| Case(vec![("template", grammar::template(dice))]),
        check: check_lexer,
    }
    .run();
}

#[test]
fn parser() {
    Target {
        name: "parser",
        parts: &["template"],
        make: |dice| Case(vec![("template", grammar::template(dice))]),
        check: check_parser,
    }
    .run();
}

#[test]
fn render() {
    Target {
        name: "render",
        parts: &["template", "context"],
        make: |dice| {
            Case(vec![
                ("template", grammar::template(dice)),
                ("context", grammar::context(dice)),
            ])
        },
        check: check_render,
    }
    .run();
}

#[test]
fn emails() {
    Target {
        name: "email",
        parts: &["manifest", "body", "context"],
        make: |dice| {
            Case(vec![
                ("manifest", grammar::manifest(dice)),
                ("body", grammar::document(dice)),
                ("context", grammar::context(dice)),
            ])
        },
        check: check_email,
    }
    .run();
}

#[test]
fn lines() {
    Target {
        name: "line",
        parts: &["line"],
        make: |dice| Case(vec![("line", grammar::line(dice))]),
        check: check_line,
    }
    .run();
}

fn check_lexer(case: &Case) -> Result<(), String> {
    let source = case.get("template");
    let mut at = 0;
    for token in lex(source, FileId(0)) {
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        if start != at || source.get(start..end) != Some(&*token.text) {
            return Err(format!("lexer: the token {token:?} stands elsewhere"));
        }
        if token.is_markup() && token.text.contains('\n') {
            return Err(format!("lexer: a tag of two lines: {token:?}"));
        }
        let (inner, span) = token.inner();
        if source.get(span.start as usize..span.end as usize) != Some(inner) {
            return Err(format!("lexer: the content of {token:?} stands elsewhere"));
        }
        at = end;
    }
    if at != source.len() {
        return Err(format!(
            "lexer: {at} of {} bytes are in tokens",
            source.len()
        ));
    }
    // A piece of a file gives the same tokens, further on.
    let moved = lex_at(
        source,
        letterpress::language::Span::new(FileId(3), 100, 100 + at),
    );
    let texts = |tokens: &[letterpress::language::Token<'_>]| -> Vec<(TokenKind, usize)> {
        tokens.iter().map(|t| (t.kind, t.text.len())).collect()
    };
    if texts(&moved) != texts(&lex(source, FileId(0))) {
        return Err("lexer: other tokens further on".into());
    }
    Ok(())
}

/// A library of the files that can be included and of this template.
fn library(source: &str, limits: Limits) -> Arc<Library> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    let registry = REGISTRY.get_or_init(|| Arc::new(Registry::standard()));
    let mut library = Library::new(registry.clone(), limits);
    for (name, text) in FILES {
        library.add(*name, Source::new(*name, *text));
    }
    library.add("main.html", Source::new("main.html", source));
    Arc::new(library)
}

/// An error that a person can read and a program can tell apart.
fn is_readable(error: &Diagnostic) -> Result<(), String> {
    if error.code.is_empty() || error.title.is_empty() {
        return Err(format!("error: without code or title: {error:?}"));
    }
    if error.to_text(false).is_empty() || serde_json::to_string(error).is_err() {
        return Err(format!("error: cannot be printed: {error:?}"));
    }
    if error.title.len() > 2_000 {
        return Err(format!("error: a title of {} bytes", error.title.len()));
    }
    Ok(())
}

fn check_parser(case: &Case) -> Result<(), String> {
    match library(case.get("template"), Limits::default()).template("main.html") {
        Ok(_) => Ok(()),
        Err(errors) if errors.is_empty() => Err("parser: refused without a reason".into()),
        Err(errors) => errors.iter().try_for_each(is_readable),
    }
}

fn check_render(case: &Case) -> Result<(), String> {
    let source = case.get("template");
    // A small part of the cases run under limits that they meet.
    let tight = source.len().is_multiple_of(5);
    let limits = if tight {
        Limits {
            fuel: 300,
            output: 2_000,
            loop_turns: 50,
            include_depth: 4,
            nesting: 8,
            ..Limits::default()
        }
    } else {
        Limits::default()
    };
    let Ok(template) = library(source, limits).template("main.html") else {
        return Ok(());
    };
    let context = match value::from_json(case.get("context")) {
        Ok(context) => context,
        Err(error) if error.to_string().is_empty() => return Err("json: no reason".into()),
        Err(_) => return Ok(()),
    };
    let host = Nowhere::default();
    for channel in [Channel::Html, Channel::TextOfHtml, Channel::Plain] {
        let mut out = String::new();
        let options = Options {
            host: &host,
            channel,
            limits: &limits,
            html_to_text: plaintext::of_fragment,
        };
        let result = template.render_into(std::slice::from_ref(&context), options, &mut out);
        match result {
            // One piece of text may stand beyond the limit when it is noticed.
            Ok(()) if out.len() > limits.output => {
                return Err(format!("limit: {} bytes were printed", out.len()));
            }
            Ok(()) => {}
            Err(stop @ Stop::Limit(..)) => {
                let error = template.explain(&stop);
                is_readable(&error)?;
                if !error.code.starts_with("limit-") {
                    return Err(format!("limit: has the code {}", error.code));
                }
            }
            Err(stop) => is_readable(&template.explain(&stop))?,
        }
        let mut again = String::new();
        let _ = template.render_into(std::slice::from_ref(&context), options, &mut again);
        if again != out {
            return Err(format!("again: {out:?} became {again:?}"));
        }
    }
    Ok(())
}

fn check_email(case: &Case) -> Result<(), String> {
    let engine = Engine::builder()
        .template("e/email.toml", case.get("manifest"))
        .template("e/body.mjml", case.get("body"))
        .template("a.mjml", "<mj-text>{{ x }}</mj-text>")
        .template("a.html", FILES[0].1)
        .build()
        .map_err(|error| format!("build: {error}"))?;
    let email = match engine.email("e") {
        Ok(email) => email,
        Err(EmailError::Invalid { diagnostics, .. }) if !diagnostics.is_empty() => {
            return diagnostics.iter().try_for_each(is_readable);
        }
        Err(error) => return Err(format!("email: {error}")),
    };
    let Ok(context) = value::from_json(case.get("context")) else {
        return Ok(());
    };
    let world = world();
    match email.render(&Recipient::from_context(context), &world) {
        Outcome::Rendered(mail) => {
            let lines = [&mail.subject, &mail.preheader, &mail.from];
            if lines.iter().any(|line| line.contains(['\n', '\r'])) {
                return Err(format!("line: a header of two lines: {lines:?}"));
            }
            if mail.html.contains("Lpxxxw") {
                return Err("mjml: a word of ours is left in the HTML".into());
            }
            Ok(())
        }
        Outcome::Skipped(skip) if skip.detail.is_empty() => Err("skip: no detail".into()),
        Outcome::Skipped(_) => Ok(()),
        Outcome::Failed(failed) => failed.diagnostics.iter().try_for_each(is_readable),
    }
}

fn world() -> FixedWorld {
    static NOW: OnceLock<jiff::ZonedDateTime> = OnceLock::new();
    let now = NOW.get_or_init(|| {
        "2026-11-20T18:00:00[America/New_York]"
            .parse()
            .expect("the moment exists")
    });
    FixedWorld::at(now.clone())
        .with_coupon("Welcome", "TEA-1")
        .with_catalog_item(
            "T-1",
            Value::from(BTreeMap::from([("title", "Oolong")])),
            true,
        )
}

fn check_line(case: &Case) -> Result<(), String> {
    let line = case.get("line");
    let source = Source::new("line.jsonl", line);
    let mut values: Vec<Value> = Vec::new();
    let mut told = Vec::new();
    match Profile::from_json(line) {
        Ok(profile) => {
            let profile = Arc::new(profile);
            let _ = (profile.key(), profile.full_name(), profile.consent());
            let _ = (profile.suppression(), profile.can_receive_email());
            values.push(person_value(profile.clone()));
            values.push(profile.property("Birthday").unwrap_or_default());
        }
        Err(error) => told.push(error),
    }
    match Event::from_json(line) {
        Ok(event) => {
            values.push(event.properties());
            values.push(event.property("$value").unwrap_or_default());
            values.push(event_value(Arc::new(event)));
        }
        Err(error) => told.push(error),
    }
    match CatalogItem::from_json(line) {
        Ok(item) => {
            let _ = (
                item.price_value(),
                item.prices(),
                item.is_visible(),
                item.stock(),
            );
            values.push(catalog_item_value(Arc::new(item)));
        }
        Err(error) => told.push(error),
    }
    told.extend(CatalogVariant::from_json(line).err());
    told.extend(Metric::from_json(line).err());
    told.extend(Organization::from_toml(&source).err());
    for error in told {
        if error.to_string().is_empty() {
            return Err(format!("data: an error without a sentence: {error:?}"));
        }
        let diagnostic = error.diagnostic(&source);
        is_readable(&diagnostic)?;
    }
    for read in values {
        let text = value::text(&read);
        for (name, _) in value::pairs(&read) {
            let _ = value::attribute(&read, &value::text(&name), None);
        }
        if text.len() > 40 * line.len() + 10_000 {
            return Err(format!("data: {} bytes became {}", line.len(), text.len()));
        }
    }
    let _: Cow<'_, str> = plaintext::of_fragment(line);
    Ok(())
}
