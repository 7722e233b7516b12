//! `letterpress preview`

use std::process::{Command, Stdio};

use clap::Args;
use serde_json::json;

use super::Global;
use super::output::{Output, Trouble};
use crate::preview::{Options, Preview};

/// Arguments of `preview`.
#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// The port; the next that is free if it is taken
    #[arg(short, long, default_value_t = 3000)]
    port: u16,
    /// The address to listen on; any but this machine's own asks for a token, which is printed
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    host: String,
    /// Opens the page in the browser
    #[arg(long, overrides_with = "no_open")]
    open: bool,
    /// Does not open it: the default
    #[arg(long, overrides_with = "open")]
    no_open: bool,
}

pub(super) fn run(args: &PreviewArgs, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let preview = Preview::open(Options {
        project: global.project.clone(),
        host: args.host.clone(),
        port: args.port,
        now: global.now.clone(),
    })?;
    let address = preview.address().to_owned();
    if output.is_json() {
        let line = json!({"address": address}).to_string() + "\n";
        output.data(line.as_bytes())?;
    }
    let emails = preview.live().snapshot().emails();
    if preview.moved() {
        output.say(&format!("port {} is taken", args.port));
    }
    output.labelled("preview", "32", &address);
    let count =
        |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    output.say(&format!(
        "{} and {}; save a file and the page shows it. Ctrl-C ends.",
        count(emails.emails.len(), "email", "emails"),
        count(emails.people, "person", "people"),
    ));
    for problem in &emails.problems {
        output.say(&format!("note: {}", problem.title));
    }
    if args.open {
        open(&address, output);
    }
    preview.run()?;
    output.say("The preview has ended.");
    Ok(0)
}

/// Opens the browser, by the system's own command.
fn open(address: &str, output: &Output) {
    let mut command = match std::env::consts::OS {
        "macos" => Command::new("open"),
        "windows" => {
            let mut command = Command::new("cmd");
            command.args(["/C", "start", ""]);
            command
        }
        _ => Command::new("xdg-open"),
    };
    let quiet = command
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if quiet.spawn().is_err() {
        output.say("no browser could be opened; open the address by hand");
    }
}
