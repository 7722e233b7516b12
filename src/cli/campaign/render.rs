//! `letterpress campaign render`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::super::output::{Output, Trouble};
use super::super::{Global, open};
use super::Named;
use crate::campaign::{Audience, chosen};
use crate::delivery::{DirSink, FolderOptions};
use crate::email::{Recipient, Summary, World};

/// Arguments of `campaign render`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RenderCampaign {
    /// The campaign's file
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
    /// Where the messages go: dir:PATH
    #[arg(long, value_name = "SINK")]
    to: String,
    /// Renders for the first N people only
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub(super) fn run(args: &RenderCampaign, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let folder = folder_of(&args.to)?;
    let Named { project, file, .. } = Named::open(&args.file, global)?;
    let email = project.engine().email(&file.email)?;
    output.diagnostics(email.findings());
    let now = open::now(global, &project.config().zone)?;
    open::say_findings(&project, output)?;
    let (world, findings) = project.world(now)?;
    output.findings(&findings);
    // One code for everybody would be no code.
    let world = world.without_preview_codes();
    world.prepare(&email)?;
    output.findings(&world.feed_findings());
    let coupons = &email.needs().coupons;
    let data = project.data()?;
    let chosen = match chosen(&project, &file, world.now().timestamp())? {
        Ok(chosen) => chosen,
        Err(found) => return Err(Trouble::File(args.file.display().to_string(), found)),
    };
    let mut audience = match chosen {
        Some(chosen) => Audience::choose(&file, chosen.people.into_iter().map(Ok))?,
        None => Audience::choose(&file, data.shop.profiles())?,
    };
    if let Some(limit) = args.limit {
        audience.people.truncate(limit);
    }

    let mut options = FolderOptions::new(&file.email);
    for (prefix, images) in &project.config().preview_images {
        options = options.images(prefix, project.root().join(images));
    }
    let told = |error: crate::delivery::DeliveryError| Trouble::told(error.to_string());
    let mut sink = DirSink::create(&folder, options).map_err(told)?;
    let preparer = sink.preparer();

    let progress = Progress::start(output, audience.people.len());
    let cancel = AtomicBool::new(false);
    let failed = OnceLock::new();
    let mut written = Ok(());
    let started = Instant::now();
    let batch = email
        .batch(&world)
        .cancelled_by(&cancel)
        .progress(&progress.done)
        .run_with(
            audience
                .people
                .iter()
                .enumerate()
                .map_while(|(place, profile)| {
                    let codes = coupons
                        .iter()
                        .filter_map(|name| Some((name, data.coupons.codes(name).get(place)?)));
                    let who = codes.fold(Recipient::new(profile.clone()), |who, (name, code)| {
                        who.coupon(name, code.as_str())
                    });
                    // A database that fails ends the run.
                    match world.recipient(who, &email) {
                        Ok(recipient) => Some(recipient),
                        Err(error) => {
                            let _ = failed.set(error);
                            None
                        }
                    }
                }),
            |recipient, outcome| preparer.prepare(recipient, outcome),
            |turn| {
                if written.is_ok() {
                    written = sink.put(turn.index, turn.outcome);
                    // A full disk: nobody else is rendered for nothing.
                    cancel.store(written.is_err(), Ordering::Relaxed);
                }
                progress.show();
            },
        );
    progress.finish();
    written.map_err(told)?;
    failed.into_inner().map_or(Ok(()), Err)?;
    world.sound()?;
    let index = sink.index();
    let summary = sink.finish(&batch).map_err(told)?;
    report(&summary, &audience, started.elapsed(), &index, output)?;
    Ok(u8::from(summary.failed > 0))
}

/// The folder of a `dir:` sink.
fn folder_of(sink: &str) -> Result<PathBuf, Trouble> {
    match sink.strip_prefix("dir:") {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err(Trouble::with_help(
            format!("--to {sink}: this version writes to folders"),
            "write --to dir:out",
        )),
    }
}

/// A bar on a terminal, else a line now and then.
struct Progress<'o> {
    bar: Option<ProgressBar>,
    output: &'o Output,
    total: usize,
    done: AtomicUsize,
    last: std::cell::Cell<Instant>,
}

impl<'o> Progress<'o> {
    fn start(output: &'o Output, total: usize) -> Progress<'o> {
        let bar = output.shows_progress_bar().then(|| {
            let style = ProgressStyle::with_template(
                "{bar:32.green/dim} {pos} of {len}  {per_sec}, {eta} left",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━─");
            ProgressBar::with_draw_target(
                Some(total as u64),
                ProgressDrawTarget::stderr_with_hz(15),
            )
            .with_style(style)
        });
        Progress {
            bar,
            output,
            total,
            done: AtomicUsize::new(0),
            last: std::cell::Cell::new(Instant::now()),
        }
    }

    fn show(&self) {
        let done = self.done.load(Ordering::Relaxed);
        match &self.bar {
            Some(bar) => bar.set_position(done as u64),
            None if !std::io::stderr().is_terminal()
                && self.last.get().elapsed() > Duration::from_secs(10) =>
            {
                self.last.set(Instant::now());
                self.output
                    .say(&format!("{done} of {} rendered", self.total));
            }
            None => {}
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How it went, for a person or for a program.
fn report(
    summary: &Summary,
    audience: &Audience,
    took: Duration,
    index: &Path,
    output: &Output,
) -> Result<(), Trouble> {
    if output.is_json() {
        let left_out: serde_json::Map<_, _> = audience
            .left_out
            .iter()
            .map(|(reason, count)| (reason.code().to_owned(), json!(count)))
            .collect();
        let skipped: serde_json::Map<_, _> = summary
            .skipped
            .iter()
            .map(|(reason, count)| (reason.code().to_owned(), json!(count)))
            .collect();
        let report = json!({
            "rendered": summary.rendered,
            "skipped": skipped,
            "left_out": left_out,
            "failed": summary.failed,
            "index": index,
        });
        return output.json(&report);
    }
    let mut rows = vec![("rendered".to_owned(), summary.rendered)];
    for (reason, count) in &summary.skipped {
        rows.push((format!("skipped: {}", reason.klaviyo()), *count));
    }
    for (reason, count) in &audience.left_out {
        rows.push((format!("left out: {}", reason.klaviyo()), *count));
    }
    rows.push(("failed".to_owned(), summary.failed));
    let mut text = String::new();
    for (what, count) in rows {
        text.push_str(&format!("{count:>8}  {what}\n"));
    }
    output.data(text.as_bytes())?;
    output.say(&format!(
        "in {:.1} s; open {} to look at them",
        took.as_secs_f64(),
        index.display()
    ));
    if cfg!(feature = "preview") {
        output.say("to see an email change while you write it: letterpress preview");
    }
    Ok(())
}
