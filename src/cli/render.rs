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
use crate::campaign::{Consent, not_mailed};
use crate::data::{Event, Profile};
use crate::delivery;
use crate::email::{Email, EmailError, EmailTrace, Engine, EngineBuilder, Failed, Outcome};
use crate::language::{Dialect, Limits};
use crate::project::{
    ChoiceError, Project, Selector, ShopWorld, Wanted, Wish, WorldFile, fresh_seed, moment, object,
    shown,
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
    /// Where includes look [default: the project's templates/]
    #[arg(long, value_name = "DIR")]
    template_dir: Option<PathBuf>,
    /// Replaces the clock, catalog, links, coupons, feeds … for tests and experiments
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// What a file is written in; an email says it in its email.toml
    #[arg(long, value_enum)]
    dialect: Option<Language>,
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

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    Klaviyo,
    Jinja,
}

impl Language {
    /// The dialect of a file, if one was named.
    pub(super) fn of_file(named: Option<Language>) -> Dialect {
        match named {
            Some(Language::Jinja) => Dialect::Jinja,
            Some(Language::Klaviyo) | None => Dialect::Klaviyo,
        }
    }

    /// An email of the project has its own dialect.
    pub(super) fn only_for_files(named: Option<Language>, target: &Target) -> Result<(), Trouble> {
        match (named, target) {
            (Some(_), Target::Email(_) | Target::Own { .. }) => Err(Trouble::with_help(
                "--dialect is for files",
                "an email is in Jinja when its email.toml says dialect = \"jinja\"",
            )),
            _ => Ok(()),
        }
    }
}

/// What an argument names.
pub(super) enum Target {
    /// An email of the project.
    Email(String),
    /// An email of the project, in an engine that holds further blocks.
    Own {
        /// The engine.
        engine: Engine,
        /// The email's name.
        name: String,
    },
    /// A file, loaded into an engine of its own.
    File {
        /// The engine.
        engine: Engine,
        /// The file's name in it.
        name: String,
    },
}

/// An email's name, or a path to a file: what is the name of an email is one.
///
/// `universal` holds blocks of universal content by id that go before those of the project.
pub(super) fn target(
    argument: &str,
    template_dir: Option<&Path>,
    project: Option<&Project>,
    universal: &BTreeMap<String, String>,
) -> Result<Target, Trouble> {
    let is_email = project.is_some_and(|p| p.engine().emails().iter().any(|name| name == argument));
    let path = Path::new(argument);
    let looks_like_path = argument.contains(['/', '\\']) || path.extension().is_some();
    if is_email || !(looks_like_path || path.is_file()) {
        let name = argument.to_owned();
        return Ok(match project {
            Some(project) if !universal.is_empty() => Target::Own {
                engine: with_blocks(Engine::builder(), universal)
                    .templates(project.root().join("templates"))
                    .links_within(folder_of(project))
                    .build()?,
                name,
            },
            _ => Target::Email(name),
        });
    }
    let text = template_of(path).map_err(|error| {
        let what = format!("cannot read {argument}: {error}");
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Trouble::with_help(what, "name an email of the project, or a file that exists")
            }
            std::io::ErrorKind::InvalidData => Trouble::with_help(what, "templates are UTF-8 text"),
            std::io::ErrorKind::FileTooLarge => {
                Trouble::with_help(what, "divide it, or put what is large into partials")
            }
            std::io::ErrorKind::IsADirectory => {
                Trouble::with_help(what, "name a file in it, or an email of the project")
            }
            _ => Trouble::told(what),
        }
    })?;
    let own_templates = project
        .map(|p| p.root().join("templates"))
        .filter(|dir| dir.is_dir());
    let folder = template_dir.map(Path::to_owned).or(own_templates);
    let absolute = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // A file inside the templates keeps its name there, so that relative includes work.
    let inside = folder.as_deref().and_then(|folder| {
        absolute(path)
            .strip_prefix(absolute(folder))
            .map(Path::to_owned)
            .ok()
    });
    let name = inside
        .as_deref()
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/");
    let mut engine =
        with_blocks(Engine::builder(), universal).template_shown_as(&name, argument, text);
    if let Some(folder) = folder {
        engine = engine.templates(folder);
        if let (None, Some(project)) = (template_dir, project) {
            engine = engine.links_within(folder_of(project));
        }
    }
    Ok(Target::File {
        engine: engine.build()?,
        name,
    })
}

/// The folder of a project, which has an empty name where it is this one.
fn folder_of(project: &Project) -> &Path {
    match project.root() {
        root if root.as_os_str().is_empty() => Path::new("."),
        root => root,
    }
}

/// Reads a template that was named: never more than one may hold, and no pipe that nobody may ever write to. What a
/// shell passes as `<(…)` is a pipe as well, but one without a name.
fn template_of(path: &Path) -> std::io::Result<String> {
    use std::io::{Error, ErrorKind};
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let is_pipe = std::fs::metadata(path)?.file_type().is_fifo();
        if is_pipe && std::fs::canonicalize(path).is_ok() {
            return Err(Error::new(ErrorKind::InvalidInput, "it is a named pipe"));
        }
    }
    let most = Limits::default().source;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let reason = format!("it has more than {most} bytes, the most that a template may have");
        return Err(Error::new(ErrorKind::FileTooLarge, reason));
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

/// Adds blocks of universal content: what starts as MJML does is MJML.
fn with_blocks(engine: EngineBuilder, blocks: &BTreeMap<String, String>) -> EngineBuilder {
    blocks.iter().fold(engine, |engine, (id, source)| {
        let is_mjml = source.trim_start().starts_with("<mj");
        let extension = if is_mjml { "mjml" } else { "html" };
        engine.template(format!("_universal/{id}.{extension}"), source)
    })
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
    let target = target(
        &args.email,
        args.template_dir.as_deref(),
        project.as_ref(),
        &universal,
    )?;
    Language::only_for_files(args.dialect, &target)?;
    let found = match target {
        Target::Own { engine, name } => engine.email(&name),
        Target::Email(name) => match &project {
            Some(project) => project.engine().email(&name),
            // Says that there is no project.
            None => open::project(global)?.engine().email(&name),
        },
        Target::File { engine, name } => engine.document_in(Language::of_file(args.dialect), &name),
    };
    let email = match found {
        Ok(email) => email,
        // A template with errors is a failed render, not a command that could not run.
        Err(EmailError::Invalid { diagnostics, .. }) if args.part == Part::Json => {
            let outcome = Outcome::Failed(Box::new(Failed { diagnostics }));
            return printed(&outcome, None, &args, output);
        }
        Err(error @ EmailError::Invalid { .. }) => {
            output.trouble(&error.into());
            return Ok(1);
        }
        Err(error) => return Err(error.into()),
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
        && let Some(reason) = not_mailed(profile, Consent::Subscribed)
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
            let (world, findings) = project.world(now)?;
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

    let (outcome, trace) = if args.trace {
        let (outcome, trace) = email.render_traced(&chosen.recipient, &world);
        (outcome, Some(trace))
    } else {
        (email.render(&chosen.recipient, &world), None)
    };
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
fn wanted<T, E: std::fmt::Display>(
    selector: Selector,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Wanted<T>, Trouble> {
    Ok(match selector {
        Selector::File(path) => Wanted::Given(Arc::new(from_file(&path, parse)?)),
        Selector::Stdin => Wanted::Given(Arc::new(from_file(Path::new("-"), parse)?)),
        selector => Wanted::Found(selector),
    })
}

fn from_file<T, E: std::fmt::Display>(
    path: &Path,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Trouble> {
    let text = read(path)?;
    parse(&text).map_err(|error| Trouble::told(format!("{}: {error}", path.display())))
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
