//! Renders test cases, one JSON object a line, for comparisons with another renderer.
//!
//! In: `{"templates": {name: source}, "entry": name, "context": {…}}`. Out: `{"ok": text}` or `{"errors": [sentence, …]}`.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::Arc;

use letterpress::diagnostic::Source;
use letterpress::language::{Library, Limits, Registry};
use letterpress::value;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

#[derive(Deserialize)]
struct Case {
    templates: BTreeMap<String, String>,
    entry: String,
    context: Box<RawValue>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Arc::new(Registry::standard());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        let context = value::from_json(case.context.get())?;
        let mut library = Library::new(registry.clone(), Limits::default());
        for (name, source) in case.templates {
            library.add(name.clone(), Source::new(name, source));
        }
        let answer = match Arc::new(library).template(&case.entry) {
            Err(errors) => {
                let titles: Vec<String> = errors.into_iter().map(|e| e.title).collect();
                json!({ "errors": titles })
            }
            Ok(template) => match template.render_html(&context) {
                Ok(text) => json!({ "ok": text }),
                Err(error) => json!({ "errors": [error.title] }),
            },
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
