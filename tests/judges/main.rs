//! Other people's programs judge ours: the README in this folder says how.

#[cfg(all(unix, feature = "cli"))]
#[path = "../harness/campaign.rs"]
#[allow(dead_code)]
mod campaign;
#[cfg(all(unix, feature = "cli"))]
#[path = "../harness/certificates.rs"]
mod certificates;
#[path = "../harness/foreign.rs"]
mod foreign;
#[path = "../harness/mod.rs"]
mod harness;

mod audience;
mod django;
mod feeds;
mod jinja;
mod mjml;
#[cfg(all(unix, feature = "cli"))]
mod postfix;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

/// A path in this folder.
fn here(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/judges", name]
        .iter()
        .collect()
}

/// A path in the folder that `.ci/judges` fills.
fn installed(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "target/judges", name]
        .iter()
        .collect()
}

/// `python SCRIPT`, a script of this folder.
fn script(python: impl AsRef<OsStr>, name: &str) -> Command {
    let mut command = Command::new(python);
    command
        .arg(here(name))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8");
    command
}

/// What a longer run by hand is given; see the README.
fn given(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}
