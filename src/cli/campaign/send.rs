//! `letterpress campaign send`, `resume` and `retry`

use std::io::{self, BufRead, IsTerminal, Write};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::super::output::{Output, Trouble};
use super::super::{Global, open};
use super::plan::WhatToPlan;
use super::{run_of, steer};
use crate::campaign::{
    CampaignError, Ended, PlanRequest, Progress, Run, SendOptions, Sent, State, Totals, Watch,
    runs_folder,
};
use crate::project::Project;

/// Arguments of `campaign send`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Send {
    #[command(flatten)]
    what: WhatToPlan,
    #[command(flatten)]
    how: How,
    /// Refuses when the plan has another number of people
    #[arg(long, value_name = "N")]
    expect: Option<u64>,
}

/// Arguments of `campaign resume`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Resume {
    /// The run's name
    run: String,
    #[command(flatten)]
    how: How,
}

/// Arguments of `campaign retry`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Retry {
    /// The run's name
    run: String,
    /// Only those that failed for this reason: refused, gave_up, …
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Also those of whom it is not known whether they got it: some may get it twice
    #[arg(long)]
    uncertain: bool,
    #[command(flatten)]
    how: How,
}

/// How it is sent.
#[derive(Debug, Args)]
struct How {
    /// Asks nothing
    #[arg(short, long)]
    yes: bool,
    /// How long a broken server is tried again before the run pauses, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
}

pub(super) fn send(args: &Send, global: &Global, output: &Output) -> Result<u8, Trouble> {
    if !args.how.yes && !io::stdin().is_terminal() {
        return Err(Trouble::with_help(
            "nobody can be asked whether to send: this is no terminal",
            "add --yes, and --expect N to be sure how many people it reaches",
        ));
    }
    let (named, run) = super::plan::make(&args.what, global, output)?;
    let planned = run.settings().plan.planned;
    if let Some(expected) = args.expect
        && expected != planned
    {
        run.delete()?;
        return Err(Trouble::with_help(
            format!("the plan has {planned} people, not {expected}; nothing was sent"),
            "look at it with: letterpress campaign plan",
        ));
    }
    if run.settings().sinks.is_empty() {
        run.delete()?;
        return Err(Trouble::with_help(
            "nothing says where the messages go",
            "add --to SINK, or set via = \"smtp://…\" under [send] in letterpress.toml",
        ));
    }
    if !agreed(&run, &args.how)? {
        output.say(&format!("not sent; it stays planned as {}", run.name()));
        return Ok(0);
    }
    go(&run, &named.project, &args.how, output)
}

pub(super) fn resume(args: &Resume, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let runs = runs_folder(&project);
    let run = match Run::open(&runs, &args.run) {
        Err(error @ CampaignError::Unfinished(_)) => {
            let Some(request) = PlanRequest::of(&runs, &args.run) else {
                return Err(error.into());
            };
            output.say(&format!(
                "the plan of {} was cut off; it is made again",
                args.run
            ));
            super::plan::again(request, &args.run, global, output)?.1
        }
        run => run?,
    };
    if run.proceed()? {
        output.say(&format!(
            "{} goes on in the process that sends it",
            run.name()
        ));
        return Ok(0);
    }
    let status = run.status()?;
    if status.progress.totals.pending == 0 {
        output.say(&format!(
            "{} is {}; there is nothing to send",
            run.name(),
            status.progress.state
        ));
        if output.is_json() {
            output.json(&steer::as_json(&run, &status))?;
        }
        return Ok(0);
    }
    if !args.how.yes && !io::stdin().is_terminal() {
        return Err(Trouble::with_help(
            "nobody can be asked whether to send: this is no terminal",
            "add --yes",
        ));
    }
    if !agreed(&run, &args.how)? {
        return Ok(0);
    }
    go(&run, &project, &args.how, output)
}

pub(super) fn retry(args: &Retry, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let run = run_of(&project, &args.run)?;
    if !args.how.yes && !io::stdin().is_terminal() {
        return Err(Trouble::with_help(
            "nobody can be asked whether to send: this is no terminal",
            "add --yes",
        ));
    }
    let mut states = vec![State::Failed];
    if args.uncertain {
        states.push(State::Uncertain);
    }
    let again = run.again(&states, args.reason.as_deref())?;
    output.say(&format!("{again} people get another try"));
    if again == 0 {
        return Ok(0);
    }
    if !agreed(&run, &args.how)? {
        return Ok(0);
    }
    go(&run, &project, &args.how, output)
}

/// Asks on the terminal.
fn agreed(run: &Run, how: &How) -> Result<bool, Trouble> {
    if how.yes {
        return Ok(true);
    }
    let pending = Totals::of(&run.counts()?).pending;
    let sinks: Vec<String> = run
        .settings()
        .sinks
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut stderr = io::stderr().lock();
    let _ = write!(
        stderr,
        "send {pending} messages to {}? [y/N] ",
        sinks.join(" and ")
    );
    let _ = stderr.flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Trouble::told(error.to_string()))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Sends what is left of a run.
fn go(run: &Run, project: &Project, how: &How, output: &Output) -> Result<u8, Trouble> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(AtomicUsize::new(0));
    let handler = {
        let (stop, asked) = (stop.clone(), asked.clone());
        move || {
            stop.store(true, Ordering::Relaxed);
            match asked.fetch_add(1, Ordering::Relaxed) {
                0 => {
                    let _ = writeln!(
                        io::stderr(),
                        "\nfinishing what is under way; once more to stop at once"
                    );
                }
                _ => process::exit(130),
            }
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        output.say(&format!(
            "Ctrl-C will not wait for what is under way: {error}"
        ));
    }
    let watch = OnScreen::start(output);
    let sent = crate::campaign::send(
        run,
        SendOptions {
            password: std::env::var("LETTERPRESS_SMTP_PASSWORD").ok(),
            data: Some(project.data()?.clone()),
            stop: &stop,
            watch: &watch,
            patience: Duration::from_secs(how.patience),
        },
    );
    watch.finish();
    match sent {
        // The run was under way: what is left can go on when the disk can.
        Err(error @ CampaignError::Journal { .. }) => {
            output.trouble(&error.into());
            output.say(&format!(
                "to go on: letterpress campaign resume {}",
                run.name()
            ));
            Ok(75)
        }
        sent => told(run, &sent?, output),
    }
}

/// Says how it went; the exit status.
fn told(run: &Run, sent: &Sent, output: &Output) -> Result<u8, Trouble> {
    let name = run.name();
    if let Some(after) = sent.after {
        let what = match after {
            "kill" => "the process before was ended",
            _ => "the machine was started again since",
        };
        let recovered = sent.recovered;
        output.say(&format!(
            "{what}: of what was under way {} were sent or refused, {} wait again, {} are uncertain",
            recovered.settled, recovered.pending, recovered.uncertain
        ));
    }
    let status = run.status()?;
    let progress = &status.progress;
    if output.is_json() {
        let mut json = steer::as_json(run, &status);
        json["recovered"] = json!(sent.recovered);
        output.json(&json)?;
    } else {
        let mut text = String::new();
        for (count, what) in [
            (progress.totals.sent, "sent"),
            (progress.totals.skipped, "skipped"),
            (progress.totals.failed, "failed"),
            (progress.totals.uncertain, "uncertain"),
            (progress.totals.pending, "pending"),
            (progress.totals.cancelled, "cancelled"),
        ] {
            if count > 0 || what == "sent" {
                text.push_str(&format!("{count:>9}  {what}\n"));
            }
        }
        output.data(text.as_bytes())?;
    }
    if progress.totals.uncertain > 0 {
        output.say(&format!("whether the uncertain ones got it is not known; who they are: letterpress campaign report {name} --format csv"));
    }
    match &sent.ended {
        Ended::Finished | Ended::Cancelled => Ok(u8::from(
            progress.totals.failed + progress.totals.uncertain + progress.totals.cancelled > 0,
        )),
        Ended::Stopped => {
            output.say(&format!(
                "stopped; to go on: letterpress campaign resume {name}"
            ));
            Ok(75)
        }
        Ended::Paused(why) => {
            output.say(&format!("paused: {why}"));
            output.say(&format!("to go on: letterpress campaign resume {name}"));
            Ok(75)
        }
    }
}

/// A bar on a terminal, lines of JSON for programs, else a line now and then.
struct OnScreen<'o> {
    output: &'o Output,
    bar: Option<ProgressBar>,
    last: Mutex<Instant>,
}

impl<'o> OnScreen<'o> {
    fn start(output: &'o Output) -> OnScreen<'o> {
        let bar = output.shows_progress_bar().then(|| {
            let style = ProgressStyle::with_template("{bar:32.green/dim} {pos} of {len}  {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━━─");
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10))
                .with_style(style)
        });
        OnScreen {
            output,
            bar,
            last: Mutex::new(Instant::now()),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Whether it is time for another line.
    fn is_time(&self, every: Duration) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.elapsed() >= every;
        if due {
            *last = Instant::now();
        }
        due
    }
}

impl Watch for OnScreen<'_> {
    fn progress(&self, progress: &Progress) {
        let done = progress.totals.planned - progress.totals.pending;
        if let Some(bar) = &self.bar {
            bar.set_length(progress.totals.planned);
            bar.set_position(done);
            let left = progress.seconds_left.map(steer::duration);
            let left = left
                .map(|left| format!(", {left} left"))
                .unwrap_or_default();
            bar.set_message(format!(
                "{:.0}/s{left}  {}",
                progress.per_second, progress.state
            ));
        } else if self.output.is_json() {
            if self.is_time(Duration::from_secs(1)) {
                let line = json!({ "progress": progress });
                let _ = writeln!(io::stderr().lock(), "{line}");
            }
        } else if self.is_time(Duration::from_secs(10)) {
            self.output.say(&format!(
                "{done} of {} done, {:.0}/s",
                progress.totals.planned, progress.per_second
            ));
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.output.say(text)),
            None => self.output.say(text),
        }
    }
}
