//! `letterpress campaign plan`

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::super::output::{Output, Trouble};
use super::super::{Global, open};
use super::{Named, absolute, sinks};
use crate::campaign::report::samples;
use crate::campaign::{GMAIL_CLIPS, PlanOptions, PlanRequest, Run, State, Totals};
use crate::check::Checker;

/// Arguments of `campaign plan`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    what: WhatToPlan,
}

/// What is planned, and how.
#[derive(Debug, Args)]
pub(super) struct WhatToPlan {
    /// The campaign's file
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
    /// Where the messages go, once or several times: dir:PATH, maildir:PATH, mbox:FILE, null:, smtp://host:port, smtps://host:port
    #[arg(long, value_name = "SINK")]
    to: Vec<String>,
    /// What the run is called [default: the date and the campaign's name]
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    /// Only the first N people
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

pub(super) fn run(args: &Plan, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let (_, run) = make(&args.what, global, output)?;
    if output.is_json() {
        return output.json(&as_json(&run)?).map(|()| 0);
    }
    let name = run.name();
    output.say(&format!(
        "planned as {name}; to send it: letterpress campaign resume {name}"
    ));
    Ok(0)
}

/// Plans and prints what was planned.
pub(super) fn make(
    what: &WhatToPlan,
    global: &Global,
    output: &Output,
) -> Result<(Named, Run), Trouble> {
    let named = Named::open(&what.file, global)?;
    let project = &named.project;
    let request = PlanRequest {
        file: absolute(&what.file),
        limit: what.limit,
        sinks: sinks(&what.to, project)?,
        now: open::now(global, &project.config().zone)?.timestamp(),
    };
    let run = from_request(&named, request, what.run.clone(), output)?;
    Ok((named, run))
}

/// Makes a plan again that was cut off.
pub(super) fn again(
    request: PlanRequest,
    run: &str,
    global: &Global,
    output: &Output,
) -> Result<(Named, Run), Trouble> {
    let named = Named::open(&request.file, global)?;
    let run = from_request(&named, request, Some(run.to_owned()), output)?;
    Ok((named, run))
}

fn from_request(
    named: &Named,
    request: PlanRequest,
    run: Option<String>,
    output: &Output,
) -> Result<Run, Trouble> {
    let project = &named.project;
    let now = request.now.to_zoned_datetime(project.config().zone.clone());
    open::say_findings(project, output)?;
    let findings = Checker::new(project, &now)?.email(&named.file.email)?;
    let errors: Vec<_> = findings
        .iter()
        .filter(|found| found.is_error())
        .cloned()
        .collect();
    if !errors.is_empty() {
        let email = format!("templates/{}", named.file.email);
        return Err(Trouble::File(email, errors));
    }
    output.findings(&findings);
    let said = Mutex::new(Instant::now());
    let progress = |planned: u64| {
        let Ok(mut said) = said.lock() else { return };
        if said.elapsed() > Duration::from_secs(5) {
            *said = Instant::now();
            output.say(&format!("{planned} people planned"));
        }
    };
    let mut file = named.file.clone();
    if file.rates.total.is_none()
        && let Some(rate) = &project.config().send_rate
    {
        let rate = rate
            .parse()
            .map_err(|error| Trouble::told(format!("letterpress.toml: rate: {error}")))?;
        file.rates.total = Some(rate);
    }
    let run = crate::campaign::plan(
        project,
        &named.name,
        &file,
        PlanOptions {
            file: request.file,
            run,
            limit: request.limit,
            sinks: request.sinks,
            now,
            progress: &progress,
        },
    )?;
    if !output.is_json() {
        output.data(shown(&run)?.as_bytes())?;
    }
    Ok(run)
}

/// A plan for programs.
pub(super) fn as_json(run: &Run) -> Result<serde_json::Value, Trouble> {
    let counts = Totals::of(&run.counts()?);
    let reasons = |state| -> Result<serde_json::Map<String, serde_json::Value>, Trouble> {
        let reasons = run.reasons(state)?.into_iter();
        Ok(reasons
            .map(|(reason, count)| (reason, json!(count)))
            .collect())
    };
    Ok(json!({
        "run": run.name(),
        "state": "planned",
        "counts": counts,
        "skipped": reasons(State::Skipped)?,
        "failed": reasons(State::Failed)?,
        "plan": run.settings().plan,
        "sinks": run.settings().sinks,
    }))
}

/// A plan for people.
fn shown(run: &Run) -> Result<String, Trouble> {
    let settings = run.settings();
    let plan = &settings.plan;
    let counts = Totals::of(&run.counts()?);
    let mut text = String::new();
    let mut line = |count: u64, what: &str| {
        let _ = writeln!(text, "{count:>9}  {what}");
    };
    let mut before: Option<u64> = None;
    for step in &plan.steps {
        let (count, what) = step.line(before);
        line(count, &what);
        before = Some(step.left);
    }
    line(plan.planned, "in the plan");
    for state in [State::Skipped, State::Failed] {
        for (reason, count) in run.reasons(state)? {
            line(count, &format!("{}: {}", state.word(), wording(&reason)));
        }
    }
    line(counts.pending, "to be sent");
    if plan.never_subscribed > 0 {
        line(
            plan.never_subscribed,
            "of them never said whether they want mail",
        );
    }
    for (variable, count) in &plan.blanks {
        line(*count, &format!("would read a blank for {variable}"));
    }
    if plan.clipped > 0 {
        let clips = GMAIL_CLIPS / 1000;
        line(
            plan.clipped,
            &format!("have more than {clips} KB of HTML, which Gmail cuts off"),
        );
    }
    let kilobytes = |bytes: u64| (bytes as f64 / 1000.0).round();
    let sizes = plan.sizes;
    if sizes.max > 0 {
        let _ = writeln!(
            text,
            "\nHTML: {} KB in the median, {} KB at the 99th of 100, {} KB at most; Gmail shows {} KB",
            kilobytes(sizes.p50),
            kilobytes(sizes.p99),
            kilobytes(sizes.max),
            GMAIL_CLIPS / 1000,
        );
    }
    for sample in samples(run)? {
        let _ = writeln!(text, "sample: {}  {}", sample.to, sample.subject);
    }
    let sinks: Vec<String> = settings.sinks.iter().map(ToString::to_string).collect();
    if !sinks.is_empty() {
        let _ = writeln!(text, "goes to {}", sinks.join(" and "));
    }
    Ok(text)
}

/// The reason of a skip in Klaviyo's wording.
pub(super) fn wording(reason: &str) -> &str {
    crate::campaign::klaviyo_wording(reason)
}
