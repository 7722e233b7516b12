//! Renders cases: JSON on each line of standard input, an outcome on each line of standard output.
//!
//! A case is `{"template": …, "context": {…}}`, with the fields that `tests/harness` knows. An outcome is
//! `{"text": …}`, `{"error": …}` or `{"skip": …}`. The judges under `tests/judges` compare them with other engines.

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use letterpress::language::Registry;
use letterpress::value;

#[path = "../tests/harness/mod.rs"]
mod harness;

fn main() -> io::Result<()> {
    let registry = Arc::new(Registry::standard());
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let (name, text) = match value::from_json(&line) {
            Err(error) => ("error", error.to_string()),
            Ok(case) => match harness::render(&case, &registry) {
                harness::Outcome::Text(text) => ("text", text),
                harness::Outcome::Error(text) => ("error", text),
                harness::Outcome::Skip(text) => ("skip", text),
            },
        };
        writeln!(out, "{{\"{name}\": {}}}", serde_json::to_string(&text)?)?;
    }
    out.flush()
}
