//! Cases with known answers: `klaviyo.jsonl`, from Klaviyo's documentation and our reference, and Django's own tests.
//!
//! Django's cases do not stand in this repository. They are run when `django.jsonl` is found in the folder that
//! `LETTERPRESS_CONFORMANCE` names, or in `../shared/conformance`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use letterpress::language::Registry;
use letterpress::value::{self, Value};

mod harness;

use harness::Outcome;

/// The field of a case as text; empty when it has none.
fn field(case: &Value, name: &str) -> String {
    value::key(case, name)
        .filter(|v| !v.is_none())
        .map_or(String::new(), |v| value::text(&v))
}

/// Why a case does not hold.
fn fault(case: &Value, registry: &Arc<Registry>) -> Option<String> {
    let outcome = harness::render(case, registry);
    let error = field(case, "expect_error");
    let skip = field(case, "expect_skip");
    let refused = value::key(case, "error").is_some_and(|v| value::truthy(&v)) || !error.is_empty();
    let got = match &outcome {
        Outcome::Text(text) if !refused && skip.is_empty() && *text == field(case, "expect") => {
            return None;
        }
        Outcome::Skip(reason) if !skip.is_empty() && reason.contains(&skip) => return None,
        Outcome::Text(text) => format!("{text:?}"),
        Outcome::Skip(reason) => format!("a skip: {reason}"),
        Outcome::Error(errors) => {
            let messages: Vec<String> = errors.iter().map(|e| e.to_text(false)).collect();
            let messages = messages.join("\n");
            if refused && messages.contains(&error) {
                return None;
            }
            messages
        }
    };
    let expected = field(case, "expect");
    Some(format!(
        "expected {expected:?}{error}{skip}\n       got {got}"
    ))
}

fn run(path: &Path) {
    let registry = Arc::new(Registry::standard());
    let text = std::fs::read_to_string(path).expect("the cases can be read");
    let (mut held, mut wrong) = (0, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case = value::from_json(line).expect("a case is JSON");
        match fault(&case, &registry) {
            None => held += 1,
            Some(fault) => {
                let id = field(&case, "id");
                wrong.push(format!("{id}: {}\n  {fault}", template(&case)));
            }
        }
    }
    println!("{}: {held} hold, {} do not", path.display(), wrong.len());
    assert!(held > 100, "only {held} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn template(case: &Value) -> String {
    match value::key(case, "templates") {
        Some(templates) => value::text(&templates),
        None => field(case, "template"),
    }
}

#[test]
fn klaviyos_cases_hold() {
    run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/klaviyo.jsonl"));
}

#[test]
fn djangos_cases_hold() {
    let folder = std::env::var_os("LETTERPRESS_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance"),
        PathBuf::from,
    );
    let path = folder.join("django.jsonl");
    if path.is_file() {
        run(&path);
    } else {
        println!("skipped: no {}", path.display());
    }
}
