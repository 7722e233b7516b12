//! `letterpress render`

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Global;
use super::open;
use super::output::{Output, Trouble};
use super::target::Reading;
use crate::campaign::{Consent, not_mailed};
use crate::data::{DataError, Event, Profile};
use crate::delivery;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::email::{Email, EmailError, EmailTrace, Failed, Layouts, Outcome};
use crate::project::{
    ChoiceError, ProjectError, Selector, ShopWorld, Wanted, Wish, WorldFile, fresh_seed, moment,
    object, shown,
};
use crate::value::{self, Value};

/// Arguments of `render`.
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// An email of the project (a folder under templates/), or a file
    #[arg(value_name = "EMAIL|FILE")]
    email: String,
    /// Whom for: an address, id:…, ext:…, first, nth:12, random, @file.json or -
    #[arg(long, value_name = "SEL")]
    profile: Option<String>,
    /// Which event: latest, latest:"Placed Order", id:…, @file.json or -
    #[arg(long, value_name = "SEL")]
    event: Option<String>,
    /// A fixture of the email: a file under its fixtures/
    #[arg(long, value_name = "NAME")]
    fixture: Option<String>,
    /// A JSON object whose keys become names at top level; - for standard input
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// Sets one name at top level; the value is JSON if it reads as JSON, else text
    #[arg(short = 'D', value_name = "KEY=VALUE")]
    define: Vec<String>,
    /// Replaces the clock, catalog, links, coupons, feeds … for tests and experiments
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// Which part to print
    #[arg(long, value_enum, default_value_t = Part::Html)]
    part: Part,
    /// Adds what the render did to the outcome: each name read, each branch and loop taken; with --part json
    #[arg(long)]
    trace: bool,
    /// Writes to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Html,
    Text,
    Subject,
    Preheader,
    Eml,
    Json,
}

impl Part {
    fn into_part(self) -> delivery::Part {
        match self {
            Part::Html => delivery::Part::Html,
            Part::Text => delivery::Part::Text,
            Part::Subject => delivery::Part::Subject,
            Part::Preheader => delivery::Part::Preheader,
            Part::Eml => delivery::Part::Eml,
            Part::Json => delivery::Part::Json,
        }
    }
}

/// The outcome with what led to it.
#[derive(Serialize)]
struct Traced<'o> {
    #[serde(flatten)]
    outcome: &'o Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<EmailTrace>,
}

pub(super) fn run(args: RenderArgs, global: &Global, output: &Output) -> Result<u8, Trouble> {
    if args.trace && args.part != Part::Json {
        return Err(Trouble::with_help(
            "--trace is a part of the JSON form",
            "add --part json",
        ));
    }
    let project = open::project_if_any(global)?;
    let mut world_file = match &args.world {
        Some(path) => Some(
            serde_json::from_str::<WorldFile>(&read(path)?)
                .map_err(|error| Trouble::told(format!("{}: {error}", path.display())))?,
        ),
        None => None,
    };
    let universal = match &mut world_file {
        Some(file) => std::mem::take(&mut file.universal),
        None => BTreeMap::new(),
    };
    let found = args.reading.email(
        &args.email,
        project.as_ref(),
        &universal,
        Layouts::ForEach,
        global,
    );
    let email = match found {
        Ok(email) => email,
        // A template with errors is a failed render, not a command that could not run.
        Err(Trouble::Email(EmailError::Invalid { diagnostics, .. })) if args.part == Part::Json => {
            let outcome = Outcome::Failed(Box::new(Failed { diagnostics }));
            return printed(&outcome, None, &args, output);
        }
        Err(trouble @ Trouble::Email(EmailError::Invalid { .. })) => {
            output.trouble(&trouble);
            return Ok(1);
        }
        Err(trouble) => return Err(trouble),
    };
    output.diagnostics(email.findings());

    let zone = project
        .as_ref()
        .map_or(jiff::tz::TimeZone::UTC, |p| p.config().zone.clone());
    let mut now = open::now(global, &zone)?;
    let chosen = wish(&args, &email)?.choose(&email, project.as_ref());
    // Whoever is not found may stand in a line that cannot be read.
    let looked_up = match &chosen {
        Ok(chosen) => chosen.looked_up,
        Err(error) => matches!(error, ChoiceError::Select(_)),
    };
    if let Some(project) = &project
        && looked_up
    {
        open::say_findings(project, output)?;
    }
    let chosen = chosen?;
    for sentence in &chosen.said {
        output.say(sentence);
    }
    if let Some(profile) = chosen.recipient.profile()
        && !email.manifest().transactional
        && let Some(reason) = not_mailed(profile, Consent::Subscribed, false)
    {
        output.say(&format!(
            "note: a campaign would leave {} out: {}",
            shown(profile),
            reason.klaviyo()
        ));
    }
    if global.now.is_none()
        && let Some(text) = &chosen.now
    {
        now = moment(text, &zone)
            .ok_or_else(|| Trouble::told(format!("the fixture's now: '{text}' is no time")))?;
    }
    let mut world = match &project {
        // Nothing of the project's data is read for a context that stands alone.
        Some(project)
            if chosen.recipient.profile().is_some()
                || args.context.is_none()
                || args.world.is_none() =>
        {
            let (keys, spare) = project.keys_to_look().map_err(ProjectError::from)?;
            output.diagnostics(spare.as_slice());
            let (world, findings) = project.world_with_keys(now, keys)?;
            output.findings(&findings);
            world
        }
        _ => ShopWorld::empty(now),
    };
    if let (Some(path), Some(file)) = (&args.world, world_file) {
        world = world
            .replaced_by(file, global.now.is_some())
            .map_err(|error| Trouble::told(format!("{}: {error}", path.display())))?;
    }

    let recipient = world.recipient(chosen.recipient, &email)?;
    let (outcome, trace) = if args.trace {
        let (outcome, trace) = email.render_traced(&recipient, &world);
        (outcome, Some(trace))
    } else {
        (email.render(&recipient, &world), None)
    };
    output.findings(&world.feed_findings());
    world.sound()?;
    printed(&outcome, trace, &args, output)
}

/// Prints the part that is asked for, or says why there is none.
fn printed(
    outcome: &Outcome,
    trace: Option<EmailTrace>,
    args: &RenderArgs,
    output: &Output,
) -> Result<u8, Trouble> {
    let done = u8::from(outcome.rendered().is_none());
    if trace.is_some() {
        let json = serde_json::to_string_pretty(&Traced { outcome, trace })
            .map_err(|error| Trouble::told(error.to_string()))?;
        output.data_to(args.output.as_deref(), (json + "\n").as_bytes())?;
        return Ok(done);
    }
    let told = |error: delivery::DeliveryError| Trouble::told(error.to_string());
    match outcome {
        Outcome::Rendered(mail) if args.part != Part::Json => output.diagnostics(&mail.warnings),
        _ => {}
    }
    if let Some(bytes) = args.part.into_part().of(outcome).map_err(told)? {
        output.data_to(args.output.as_deref(), &bytes)?;
        return Ok(done);
    }
    match outcome {
        Outcome::Rendered(_) => {}
        Outcome::Skipped(skip) => {
            output.labelled(
                "skipped",
                "33",
                &format!("{}: {}", skip.klaviyo, skip.detail),
            );
            if let Some(at) = &skip.at {
                output.labelled("     at", "36", &at.to_string());
            }
        }
        Outcome::Failed(failed) => output.diagnostics(&failed.diagnostics),
    }
    Ok(done)
}

/// What the flags ask for.
fn wish(args: &RenderArgs, email: &Email) -> Result<Wish, Trouble> {
    let context = match &args.context {
        Some(path) => {
            let text = read(path)?;
            let told = |error| Trouble::told(format!("{}: {error}", path.display()));
            Some(object(&text).map_err(told)?)
        }
        None => None,
    };
    let mut also = Vec::new();
    for definition in &args.define {
        let Some((name, text)) = definition.split_once('=') else {
            return Err(Trouble::with_help(
                format!("-D {definition}"),
                "write -D name=value",
            ));
        };
        let v = value::from_json(text).unwrap_or_else(|_| Value::from(text));
        also.push((name.into(), v));
    }
    Ok(Wish {
        profile: match &args.profile {
            Some(text) => Some(wanted(Selector::profile(text)?, Profile::from_json)?),
            None => None,
        },
        event: match &args.event {
            Some(text) => {
                let metric = email.manifest().metric.as_deref().unwrap_or_default();
                // What somebody pasted may lack what Klaviyo adds.
                let read = |json: &str| Event::from_example(json, metric, jiff::Timestamp::now());
                Some(wanted(Selector::event(text)?, read)?)
            }
            None => None,
        },
        fixture: args.fixture.clone(),
        context,
        also,
        seed: fresh_seed(),
    })
}

/// A person or an event from a file, or to be looked up.
pub(super) fn wanted<T>(
    selector: Selector,
    parse: impl Fn(&str) -> Result<T, DataError>,
) -> Result<Wanted<T>, Trouble> {
    Ok(match selector {
        Selector::File(path) => Wanted::Given(Arc::new(from_file(&path, parse)?)),
        Selector::Stdin => Wanted::Given(Arc::new(from_file(Path::new("-"), parse)?)),
        selector => Wanted::Found(selector),
    })
}

pub(super) fn from_file<T>(
    path: &Path,
    parse: impl Fn(&str) -> Result<T, DataError>,
) -> Result<T, Trouble> {
    let text = read(path)?;
    parse(&text).map_err(|error| {
        let name = path.display().to_string();
        let found = error.diagnostic(&Source::new(&name, &text));
        let severity = Severity::Error;
        Trouble::File(name, vec![Diagnostic { severity, ..found }])
    })
}

/// Reads a file, or standard input for `-`.
fn read(path: &Path) -> Result<String, Trouble> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| Trouble::told(format!("cannot read {}: {error}", path.display())))
}
