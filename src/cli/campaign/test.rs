//! `letterpress campaign test`

use std::path::PathBuf;

use clap::Args;

use super::super::output::{Output, Trouble};
use super::super::{Global, open};
use super::{Named, sinks};
use crate::campaign::{send_now, trial};
use crate::email::{Outcome, Recipient, is_address};
use crate::project::{Selector, shown};

/// Arguments of `campaign test`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// The campaign's file
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
    /// Who gets it instead
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Whose message, once or several times: ada@example.com, id:…, ext:…, first, nth:12, random [default: first]
    #[arg(long, value_name = "SEL")]
    profile: Vec<String>,
    /// The sink [default: via under [send] in letterpress.toml]
    #[arg(long, value_name = "SINK")]
    via: Vec<String>,
}

pub(super) fn run(args: &Test, global: &Global, output: &Output) -> Result<u8, Trouble> {
    if !is_address(&args.to) {
        let what = format!("--to {}: this is no address", args.to);
        return Err(Trouble::with_help(what, "write one like me@example.com"));
    }
    let named = Named::open(&args.file, global)?;
    let project = &named.project;
    let sinks = sinks(&args.via, project)?;
    if sinks.is_empty() {
        return Err(Trouble::with_help(
            "nothing says where the message goes",
            "add --via SINK, or set via = \"smtp://…\" under [send] in letterpress.toml",
        ));
    }
    let password = std::env::var("LETTERPRESS_SMTP_PASSWORD").ok();
    let told = |error: crate::delivery::SinkError| Trouble::told(error.to_string());
    let opened = sinks
        .iter()
        .map(|sink| sink.open(password.as_deref()).map_err(told));
    let opened = opened.collect::<Result<Vec<_>, _>>()?;
    let email = project.engine().email(&named.file.email)?;
    output.diagnostics(email.findings());
    let now = open::now(global, &project.config().zone)?;
    let (world, findings) = project.world(now)?;
    output.findings(&findings);
    let data = project.data()?;
    let first = vec!["first".to_owned()];
    let wanted = if args.profile.is_empty() {
        &first
    } else {
        &args.profile
    };
    let mut failed = false;
    for selector in wanted {
        let profile =
            Selector::profile(selector)?.find_profile(&*data.shop, crate::project::fresh_seed())?;
        let who = shown(&profile).to_owned();
        let recipient = world.recipient(Recipient::new(profile), &email)?;
        match email.render(&recipient, &world) {
            Outcome::Rendered(mail) => {
                let letter = trial(&mail, &args.to)?;
                for sink in &opened {
                    let said = send_now(&**sink, &letter)?;
                    let said = if said.is_empty() {
                        said
                    } else {
                        format!(": {said}")
                    };
                    output.say(&format!("{who}'s message is sent to {}{said}", args.to));
                }
            }
            Outcome::Skipped(skip) => {
                failed = true;
                output.say(&format!(
                    "{who} would be skipped: {} ({})",
                    skip.klaviyo, skip.detail
                ));
            }
            Outcome::Failed(error) => {
                failed = true;
                output.diagnostics(&error.diagnostics);
            }
        }
    }
    Ok(u8::from(failed))
}
