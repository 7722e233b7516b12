//! The page in a real browser, against the real program: `tests/browser/cases.py` says what somebody does and what must
//! then be there. Each case has a copy of the sample project. `.ci/judges` installs what this needs.

#![cfg(all(feature = "preview", feature = "cli"))]

#[path = "harness/foreign.rs"]
mod foreign;

use std::path::Path;
use std::process::Command;

#[test]
fn the_page_in_a_browser() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("target/judges/venv/bin/python");
    let has = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    if !has(Command::new(&python).args(["-c", "import playwright.sync_api"])) {
        return foreign::skip("the_page_in_a_browser", "playwright is not here");
    }
    if !has(Command::new("chromium").arg("--version")) {
        return foreign::skip("the_page_in_a_browser", "chromium is not here");
    }
    let output = Command::new(python)
        .arg(here.join("tests/browser/run.py"))
        .arg(env!("CARGO_BIN_EXE_letterpress"))
        .arg(here)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(
        output.status.success() && last.ends_with(" 0 failed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
