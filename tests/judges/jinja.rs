//! Jinja2 judges what the cases of `tests/jinja` expect.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{foreign, installed, script};

#[test]
fn jinja_cases() {
    let has_jinja = |python: &PathBuf| {
        let mut command = Command::new(python);
        command.args(["-c", "import jinja2"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let python = [installed("venv/bin/python"), PathBuf::from("python3")]
        .into_iter()
        .find(has_jinja);
    let Some(python) = python else {
        return foreign::skip("jinja_cases", "Jinja2");
    };
    let judged = script(python, "jinja_cases.py").output().unwrap();
    let said = String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{said}");
    println!("{said}");
}
