//! `letterpress campaign status`, `pause`, `rate` and `cancel`

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::super::output::{Output, Trouble};
use super::super::table::{Side, Table};
use super::super::{Global, open};
use super::run_of;
use crate::campaign::{Rate, Run, State, Status as RunStatus, runs_folder};

/// The run that is meant.
#[derive(Debug, Args)]
pub(in crate::cli) struct Named {
    /// The run's name
    run: String,
}

/// Arguments of `campaign status`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    /// The run's name [default: all runs]
    run: Option<String>,
    /// Goes on showing until the run is over
    #[arg(short, long)]
    watch: bool,
}

/// Arguments of `campaign rate`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ChangeRate {
    /// The run's name
    run: String,
    /// How fast: 50/s, 3000/m, 10000/h; or none
    #[arg(value_name = "RATE")]
    rate: String,
    /// To this domain only; * for each domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

pub(super) fn as_json(run: &Run, status: &RunStatus) -> Value {
    let progress = &status.progress;
    let mut json = json!({
        "run": run.name(),
        "state": progress.state,
        "counts": progress.totals,
    });
    if status.busy {
        json["per_second"] = json!(progress.per_second);
        json["seconds_left"] = json!(progress.seconds_left);
        json["slowest"] = json!(progress.slowest);
        json["pid"] = json!(progress.pid);
    }
    json
}

pub(super) fn status(args: &Status, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let Some(name) = &args.run else {
        return all(&runs_folder(&project), output).map(|()| 0);
    };
    let run = run_of(&project, name)?;
    loop {
        let status = run.status()?;
        if output.is_json() {
            output.json(&as_json(&run, &status))?;
        } else {
            output.data(shown(&run, &status)?.as_bytes())?;
        }
        if !args.watch || !status.busy {
            return Ok(0);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// A run for people.
fn shown(run: &Run, status: &RunStatus) -> Result<String, Trouble> {
    let progress = &status.progress;
    let mut text = format!("{}: {}", run.name(), progress.state);
    if status.busy {
        text.push_str(&format!(", {:.0}/s", progress.per_second));
        if let Some(left) = progress.seconds_left {
            text.push_str(&format!(", {} left", duration(left)));
        }
        text.push_str(&format!(", held up by {}", held_up_by(&progress.slowest)));
    }
    text.push('\n');
    let mut line = |count: u64, what: &str| text.push_str(&format!("{count:>9}  {what}\n"));
    line(progress.totals.planned, "planned");
    line(progress.totals.sent, "sent");
    for (state, count) in [
        (State::Skipped, progress.totals.skipped),
        (State::Failed, progress.totals.failed),
        (State::Uncertain, progress.totals.uncertain),
        (State::Cancelled, progress.totals.cancelled),
    ] {
        if count == 0 {
            line(0, state.word());
        }
        for (reason, count) in run.reasons(state)? {
            line(
                count,
                &format!("{}: {}", state.word(), super::plan::wording(&reason)),
            );
        }
    }
    line(progress.totals.pending, "pending");
    if let Some(next) = status.next_due {
        let zone =
            jiff::tz::TimeZone::get(&run.settings().timezone).unwrap_or(jiff::tz::TimeZone::UTC);
        let at = next.to_zoned_datetime(zone);
        text.push_str(&format!(
            "the next that waits for its time: {}\n",
            at.strftime("%Y-%m-%d %H:%M:%S %Z")
        ));
    }
    if !status.busy && progress.totals.pending > 0 {
        text.push_str(&format!(
            "to go on: letterpress campaign resume {}\n",
            run.name()
        ));
    }
    Ok(text)
}

fn held_up_by(stage: &str) -> &str {
    match stage {
        "sink" => "the sink",
        "journal" => "the disk",
        "rate" => "the rate that was set",
        other => other,
    }
}

/// `1 h 5 min`, `3 min`, `12 s`.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn all(runs: &std::path::Path, output: &Output) -> Result<(), Trouble> {
    let names = Run::names(runs);
    if names.is_empty() && !output.is_json() {
        output.say("no runs yet: letterpress campaign plan FILE.toml");
        return Ok(());
    }
    let mut table = Table::new([
        ("run", Side::Left),
        ("state", Side::Left),
        ("planned", Side::Right),
        ("sent", Side::Right),
        ("skipped", Side::Right),
        ("failed", Side::Right),
        ("uncertain", Side::Right),
        ("pending", Side::Right),
    ])
    .whole(0);
    let mut json = Vec::new();
    for name in names {
        match Run::open(runs, &name) {
            Ok(run) => {
                let status = run.status()?;
                let p = &status.progress;
                table.row([
                    name,
                    p.state.clone(),
                    p.totals.planned.to_string(),
                    p.totals.sent.to_string(),
                    p.totals.skipped.to_string(),
                    p.totals.failed.to_string(),
                    p.totals.uncertain.to_string(),
                    p.totals.pending.to_string(),
                ]);
                json.push(as_json(&run, &status));
            }
            Err(error) => {
                output.say(&error.to_string());
                json.push(json!({"run": name, "state": "unreadable"}));
            }
        }
    }
    match output.is_json() {
        true => output.json(&json!({ "runs": json })),
        false => output.table(&table),
    }
}

pub(super) fn pause(args: &Named, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let run = run_of(&open::project(global)?, &args.run)?;
    match run.pause()? {
        true => output.say(&format!(
            "{0} is paused; to go on: letterpress campaign resume {0}",
            run.name()
        )),
        false => output.say(&format!(
            "no process is sending {}; nothing to pause",
            run.name()
        )),
    }
    Ok(0)
}

pub(super) fn rate(args: &ChangeRate, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let run = run_of(&open::project(global)?, &args.run)?;
    let rate = match args.rate.as_str() {
        "none" => None,
        text => Some(text.parse::<Rate>().map_err(Trouble::told)?),
    };
    let rates = run.change_rate(args.domain.as_deref(), rate)?;
    let total = rates
        .total
        .map_or("no limit".to_owned(), |rate| rate.to_string());
    output.say(&format!("{}: {total} in total", run.name()));
    for (domain, rate) in &rates.domains {
        output.say(&format!("  {domain}: {rate}"));
    }
    Ok(0)
}

pub(super) fn cancel(args: &Named, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let run = run_of(&open::project(global)?, &args.run)?;
    let status = run.status()?;
    match run.cancel()? {
        Some(0) => output.say(&format!(
            "{} is {}; there is nothing to cancel",
            run.name(),
            status.progress.state
        )),
        Some(left) => output.say(&format!(
            "{} is cancelled; {left} people will not get it",
            run.name()
        )),
        None => output.say(&format!(
            "{} ends as soon as what is under way is finished",
            run.name()
        )),
    }
    Ok(0)
}
