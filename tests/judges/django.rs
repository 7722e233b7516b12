//! Django renders what we render. Its scripts write cases, one JSON object a line; each case is rendered here; the
//! script reads the answers, compares them with Django's own and gives its verdict.

use std::io::{BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use letterpress::language::Registry;
use letterpress::value;
use serde_json::json;

use crate::harness::{self, Outcome};
use crate::{foreign, given, here, installed, script};

#[test]
fn django_filters() {
    compare("django_filters", &["--seed", "1", "--count", "8000"]);
}

#[test]
fn django_tags() {
    compare("django_tags", &["--seed", "1", "--count", "14000"]);
}

#[test]
fn django_language_cases() {
    let cases = here("../language");
    let cases = cases.to_str().expect("UTF-8");
    compare("django_language_cases", &[cases]);
}

#[test]
#[ignore = "takes minutes"]
fn django_filters_at_length() {
    compare_at_length("django_filters");
}

#[test]
#[ignore = "takes minutes"]
fn django_tags_at_length() {
    compare_at_length("django_tags");
}

fn compare_at_length(judge: &str) {
    let (seed, count) = (given("JUDGE_SEED", "2"), given("JUDGE_COUNT", "100000"));
    let more = given("JUDGE_ARGUMENTS", "");
    let mut arguments = vec!["--seed", &seed, "--count", &count];
    arguments.extend(more.split_whitespace());
    compare(judge, &arguments);
}

/// Runs the judge's script; fails if it finds a difference that is not explained.
fn compare(judge: &str, arguments: &[&str]) {
    let Some(python) = python_with_django() else {
        return foreign::skip(judge, "no Python with Django 5.2");
    };
    let mut child = script(python, &format!("{judge}.py"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stderr = child.stderr.take().expect("piped");
    let verdict = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    // The script writes all its cases before it reads an answer.
    let answers: Vec<String> = BufReader::new(child.stdout.take().expect("piped"))
        .lines()
        .map(|case| answer(&case.expect("a case")))
        .collect();
    let mut stdin = child.stdin.take().expect("piped");
    let written = stdin.write_all(answers.concat().as_bytes());
    drop(stdin);
    let status = child.wait().expect("Python ended");
    let verdict = verdict.join().expect("joined");
    assert!(status.success(), "{judge} {arguments:?}:\n{verdict}");
    written.expect("the judge read every answer");
    println!("{verdict}");
}

/// `{"text": …}`, `{"errors": [sentence, …]}`, with the codes of the errors, or `{"skip": …}`.
fn answer(case: &str) -> String {
    thread_local! {
        static REGISTRY: Arc<Registry> = Arc::new(Registry::standard());
    }
    let parsed = value::from_json(case).expect("a case is JSON");
    let outcome = REGISTRY.with(|registry| {
        catch_unwind(AssertUnwindSafe(|| harness::render(&parsed, registry)))
            .unwrap_or_else(|_| panic!("the render of this case panicked: {case}"))
    });
    let answer = match outcome {
        Outcome::Text(text) => json!({ "text": text }),
        Outcome::Skip(reason) => json!({ "skip": reason }),
        Outcome::Error(errors) => json!({
            "errors": errors.iter().map(|e| &e.title).collect::<Vec<_>>(),
            "codes": errors.iter().map(|e| e.code).collect::<Vec<_>>(),
        }),
    };
    format!("{answer}\n")
}

/// The Python that `.ci/judges` installed, or else the usual one, if it has the Django that judges.
fn python_with_django() -> Option<PathBuf> {
    let test = "import django, sys; sys.exit(django.VERSION[:2] != (5, 2))";
    [installed("venv/bin/python"), PathBuf::from("python3")]
        .into_iter()
        .find(|python| {
            Command::new(python)
                .args(["-c", test])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        })
}
