//! `docs/reference.md` is what the entries give; every code has its entry, and every mistake in one gives the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use letterpress::diagnostic::codes::{self, Sample};
use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::email::Manifest;
use letterpress::language::{Registry, Sources, Template, lex};
use letterpress::{mjml, reference};

#[test]
fn the_page_is_what_the_entries_give() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    let page = reference::page(&Registry::standard());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "run: cargo run --example reference > docs/reference.md"
    );
}

/// Finds the codes where diagnostics are made: the first literal of `error(…)`, `finding(…)` and the like.
#[test]
fn every_code_in_the_source_is_in_the_table() {
    let made = regex::Regex::new(
        r#"\b(?:error|warning|finding|invalid|wrong)\(\s*(?:[&\w.]+\s*,\s*)?"([a-z][a-z-]+)"\s*,|=> "(limit-[a-z-]+)"|"(missing-argument|render-error)""#,
    )
    .unwrap();
    let mut used = BTreeSet::new();
    for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(file).unwrap();
        let program = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        let lines: Vec<&str> = program
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        for found in made.captures_iter(&lines.join("\n")) {
            used.extend(
                found
                    .iter()
                    .skip(1)
                    .flatten()
                    .map(|m| m.as_str().to_owned()),
            );
        }
    }
    assert!(used.len() > 80, "the search finds too little: {used:?}");
    let known: BTreeSet<String> = codes::all().iter().map(|c| c.name.to_owned()).collect();
    assert_eq!(
        known.len(),
        codes::all().len(),
        "a code stands in the table twice"
    );
    let missing: Vec<_> = used.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "not in src/diagnostic/codes.md: {missing:?}"
    );
    let unused: Vec<_> = known.difference(&used).collect();
    assert!(
        unused.is_empty(),
        "in src/diagnostic/codes.md, but nowhere made: {unused:?}"
    );
}

#[test]
fn every_mistake_gives_its_code_and_its_mending_does_not() {
    let mut wrong = Vec::new();
    for code in codes::all() {
        if code.doc.is_empty() {
            wrong.push(format!("{}: no explanation", code.name));
        }
        if let Some(sample) = code.mistake
            && let Some(found) = said_of(sample)
            && !found.iter().any(|d| d.code == code.name)
        {
            wrong.push(format!("{}: its mistake gives {found:?}", code.name));
        }
        if let Some(sample) = code.mended
            && let Some(found) = said_of(sample)
            && found.iter().any(|d| d.is_error() || d.code == code.name)
        {
            wrong.push(format!("{}: its mending gives {found:?}", code.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the program says of a sample; None where it takes more than the sample to say it.
fn said_of(sample: Sample) -> Option<Vec<Diagnostic>> {
    match sample.language {
        "template" => Some(
            Template::from_example(sample.text)
                .err()
                .unwrap_or_default(),
        ),
        "mjml" => {
            let source = Source::new("body.mjml", sample.text);
            let mut sources = Sources::new();
            let file = sources.add(source.clone());
            let tokens = lex(source.text(), file);
            Some(match mjml::compile(tokens, &mjml::Loader::none(&sources)) {
                Ok(compiled) => compiled.findings,
                Err(errors) => errors,
            })
        }
        "email.toml" => {
            let source: Arc<Source> = Source::new("email.toml", sample.text);
            Some(Manifest::parse(&source).err().unwrap_or_default())
        }
        _ => None,
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}
