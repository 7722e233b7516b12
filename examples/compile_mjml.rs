//! Compiles MJML files to HTML, template tags kept: `compile_mjml OUT_FOLDER FILE…`.
//!
//! Each file may include others of its folder. The HTML goes to OUT_FOLDER; messages go to standard error.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use letterpress::diagnostic::{Diagnostic, Source};
use letterpress::language::{Sources, Token, lex};
use letterpress::mjml::{Loader, compile};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(out) = arguments.next() else {
        eprintln!("usage: compile_mjml OUT_FOLDER FILE…");
        return ExitCode::from(2);
    };
    let mut failed = false;
    for file in arguments {
        let path = Path::new(&file);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match html(path) {
            Ok(html) => {
                if let Err(error) =
                    fs::write(Path::new(&out).join(&*name).with_extension("html"), html)
                {
                    eprintln!("{name}: {error}");
                    failed = true;
                }
            }
            Err(errors) => {
                errors
                    .iter()
                    .for_each(|error| eprintln!("{}", error.to_text(false)));
                failed = true;
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

fn html(path: &Path) -> Result<String, Vec<Diagnostic>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let own = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    // Spans point into files that are known beforehand, so every MJML, HTML and CSS file beside it is read.
    let mut files = Vec::new();
    let mut sources = Sources::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Ok(text) = fs::read_to_string(entry.path()) {
            let source = Source::new(name.clone(), text);
            let id = sources.add(source.clone());
            files.push((name, source, id));
        }
    }
    let tokens = |wanted: &str| -> Option<Vec<Token<'_>>> {
        let (_, source, id) = files.iter().find(|(name, ..)| name == wanted)?;
        Some(lex(source.text(), *id))
    };
    let Some(document) = tokens(&own) else {
        return Err(vec![Diagnostic::error(
            "unreadable",
            format!("{} cannot be read", path.display()),
        )]);
    };
    let loader = Loader {
        sources: &sources,
        name: &own,
        load: &tokens,
        names: &|| files.iter().map(|(name, ..)| name.clone()).collect(),
    };
    let compiled = compile(document, &loader)?;
    for finding in compiled.findings.iter().chain(&compiled.per_recipient) {
        eprintln!("{finding}");
    }
    Ok(compiled.tokens.iter().map(|token| &*token.text).collect())
}
