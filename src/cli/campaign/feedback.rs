//! `letterpress campaign import-unsubscribes` and `import-bounces`

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::super::output::{Output, Trouble};
use super::super::table::{Side, Table};
use super::super::{Global, open};
use crate::campaign::{Feedback, FeedbackOutcome, import_bounces, import_unsubscribes};

/// Arguments of `campaign import-unsubscribes`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportUnsubscribes {
    /// CSV with a column email, token or url; or an address, a token or a link on each line; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Arguments of `campaign import-bounces`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportBounces {
    /// Mails that came back: files, mboxes, maildirs, folders; or CSV: email,reason[,timestamp]; - for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

pub(super) fn unsubscribes(
    args: &ImportUnsubscribes,
    global: &Global,
    output: &Output,
) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let now = open::now(global, &project.config().zone)?.timestamp();
    let feedback = import_unsubscribes(&project, &args.file, now)?;
    show(&feedback, "lines", output).map(|()| 0)
}

pub(super) fn bounces(
    args: &ImportBounces,
    global: &Global,
    output: &Output,
) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let now = open::now(global, &project.config().zone)?.timestamp();
    let feedback = import_bounces(&project, &args.paths, now)?;
    show(&feedback, "mails and lines", output).map(|()| 0)
}

fn wording(outcome: FeedbackOutcome) -> &'static str {
    match outcome {
        FeedbackOutcome::HardBounce => "hard bounced: suppressed",
        FeedbackOutcome::SpamComplaint => "marked as spam: suppressed",
        FeedbackOutcome::Unsubscribed => "unsubscribed: suppressed",
        FeedbackOutcome::Known => "known already",
        FeedbackOutcome::SoftBounce => "bounced, and the address may be good",
        FeedbackOutcome::Delayed => "delayed: still being tried",
        FeedbackOutcome::Delivered => "delivered",
        FeedbackOutcome::AddressChanged => "bounced, and the person has another address by now",
        FeedbackOutcome::AutoReply => "automatic replies",
        FeedbackOutcome::OtherReport => "reports that are no complaint",
        FeedbackOutcome::Unknown => "of nobody that the data knows",
        FeedbackOutcome::Forged => "rejected: the token is not ours",
        FeedbackOutcome::Unparsed => "cannot be read",
    }
}

fn show(feedback: &Feedback, what: &str, output: &Output) -> Result<(), Trouble> {
    let count = |outcome: FeedbackOutcome| feedback.counts.get(&outcome).copied().unwrap_or(0);
    if output.is_json() {
        let counts: Map<String, Value> = FeedbackOutcome::ALL
            .into_iter()
            .map(|outcome| (outcome.code().to_owned(), json!(count(outcome))))
            .collect();
        return output.json(&json!({
            "read": feedback.read,
            "people": feedback.people,
            "counts": counts,
            "unknown": feedback.unknown,
            "rejected": feedback.rejected,
        }));
    }
    let mut table = Table::bare([Side::Right, Side::Left]);
    table.row([feedback.read.to_string(), format!("{what} read")]);
    for outcome in FeedbackOutcome::ALL {
        if count(outcome) > 0 {
            table.row([count(outcome).to_string(), wording(outcome).to_owned()]);
        }
    }
    table.row([
        feedback.people.to_string(),
        "people newly suppressed".to_owned(),
    ]);
    output.table(&table)?;
    let details = feedback.unknown.len() + feedback.rejected.len();
    if output.is_verbose() {
        for who in &feedback.unknown {
            output.say(&format!("nobody: {who}"));
        }
        for what in &feedback.rejected {
            output.say(&format!("not taken: {what}"));
        }
    } else if details > 0 {
        output.say("-v lists what is of nobody or was not taken");
    }
    Ok(())
}
