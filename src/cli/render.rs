//! `letterpress render`

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Global;
use super::open;
use super::output::{Output, Trouble};
use crate::campaign::{Consent, not_mailed};
use crate::data::{Event, Profile};
use crate::delivery;
use crate::diagnostic::nearest;
use crate::email::{
    Email, EmailError, EmailTrace, Engine, EngineBuilder, Kind, Outcome, Recipient, Rendered,
};
use crate::project::{Project, Selector, ShopWorld, WorldFile, moment, seed_of};
use crate::value::{self, Pairs, Value};

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
                    .build()?,
                name,
            },
            _ => Target::Email(name),
        });
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("cannot read {argument}: {error}");
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Trouble::with_help(what, "name an email of the project, or a file that exists")
            }
            std::io::ErrorKind::InvalidData => Trouble::with_help(what, "templates are UTF-8 text"),
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
    }
    Ok(Target::File {
        engine: engine.build()?,
        name,
    })
}

/// Adds blocks of universal content: what starts as MJML does is MJML.
fn with_blocks(engine: EngineBuilder, blocks: &BTreeMap<String, String>) -> EngineBuilder {
    blocks.iter().fold(engine, |engine, (id, source)| {
        let is_mjml = source.trim_start().starts_with("<mj");
        let extension = if is_mjml { "mjml" } else { "html" };
        engine.template(format!("_universal/{id}.{extension}"), source)
    })
}

/// `{"profile": …, "event": …, "now": …, "context": {…}}`, every key optional.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    profile: Option<Box<RawValue>>,
    event: Option<Box<RawValue>>,
    now: Option<String>,
    context: Option<Box<RawValue>>,
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
    let found = match target(
        &args.email,
        args.template_dir.as_deref(),
        project.as_ref(),
        &universal,
    )? {
        Target::Own { engine, name } => engine.email(&name),
        Target::Email(name) => match &project {
            Some(project) => project.engine().email(&name),
            // Says that there is no project.
            None => open::project(global)?.engine().email(&name),
        },
        Target::File { engine, name } => engine.document(&name),
    };
    let email = match found {
        Ok(email) => email,
        // A template with errors is a failed render, not a command that could not run.
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
    let chosen = choose(&args, &email, project.as_ref(), output)?;
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
    if args.part == Part::Json {
        let traced = Traced {
            outcome: &outcome,
            trace,
        };
        let json = serde_json::to_string_pretty(&traced)
            .map_err(|error| Trouble::told(error.to_string()))?;
        output.data_to(args.output.as_deref(), (json + "\n").as_bytes())?;
        return Ok(u8::from(outcome.rendered().is_none()));
    }
    match &outcome {
        Outcome::Rendered(mail) => {
            output.diagnostics(&mail.warnings);
            output.data_to(args.output.as_deref(), &part(mail, args.part)?)?;
            Ok(0)
        }
        Outcome::Skipped(skip) => {
            output.labelled(
                "skipped",
                "33",
                &format!("{}: {}", skip.klaviyo, skip.detail),
            );
            if let Some(at) = &skip.at {
                output.labelled("     at", "36", &at.to_string());
            }
            Ok(1)
        }
        Outcome::Failed(failed) => {
            output.diagnostics(&failed.diagnostics);
            Ok(1)
        }
    }
}

fn part(mail: &Rendered, part: Part) -> Result<Vec<u8>, Trouble> {
    Ok(match part {
        Part::Html | Part::Json => mail.html.clone().into_bytes(),
        Part::Text => mail.text.clone().into_bytes(),
        Part::Subject => mail.subject.clone().into_bytes(),
        Part::Preheader => mail.preheader.clone().into_bytes(),
        Part::Eml => delivery::eml(mail).map_err(|error| Trouble::told(error.to_string()))?,
    })
}

/// Whom to render for.
struct Chosen {
    recipient: Recipient,
    /// The fixture's clock.
    now: Option<String>,
}

fn choose(
    args: &RenderArgs,
    email: &Email,
    project: Option<&Project>,
    output: &Output,
) -> Result<Chosen, Trouble> {
    let nothing_named = args.profile.is_none()
        && args.event.is_none()
        && args.fixture.is_none()
        && args.context.is_none();
    let fixtures = project
        .map(|p| fixtures(p, email.name()))
        .unwrap_or_default();
    let fixture = match &args.fixture {
        Some(name) => {
            let found = fixtures.iter().find(|(known, _)| known == name);
            let Some((_, path)) = found else {
                let known: Vec<&str> = fixtures.iter().map(|(name, _)| name.as_str()).collect();
                let help = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None if known.is_empty() => {
                        format!("put it at templates/{}/fixtures/{name}.json", email.name())
                    }
                    None => format!("fixtures: {}", known.join(", ")),
                };
                return Err(Trouble::with_help(
                    format!("'{}' has no fixture '{name}'", email.name()),
                    help,
                ));
            };
            Some(path)
        }
        None if nothing_named => match fixtures.first() {
            Some((name, path)) => {
                output.say(&format!(
                    "rendering '{}' with its fixture '{name}'",
                    email.name()
                ));
                Some(path)
            }
            None => None,
        },
        None => None,
    };
    let fixture = match fixture {
        None => None,
        Some(path) => {
            let text = read(path)?;
            let fixture: Fixture = serde_json::from_str(&text)
                .map_err(|error| Trouble::told(format!("{}: {error}", path.display())))?;
            Some((path, fixture))
        }
    };

    let mut profile = None;
    let mut event = None;
    let mut context: Vec<(Value, Value)> = Vec::new();
    let mut now = None;
    if let Some((path, fixture)) = fixture {
        let wrong = |what: &str, error: &dyn std::fmt::Display| {
            Trouble::told(format!("{}: {what}: {error}", path.display()))
        };
        if let Some(json) = fixture.profile {
            let read = Profile::from_json(json.get()).map_err(|error| wrong("profile", &error))?;
            profile = Some(Arc::new(read));
        }
        if let Some(json) = fixture.event {
            let read = Event::from_json(json.get()).map_err(|error| wrong("event", &error))?;
            event = Some(Arc::new(read));
        }
        if let Some(json) = fixture.context {
            context = object(json.get()).map_err(|error| wrong("context", &error))?;
        }
        now = fixture.now;
    }

    if let Some(text) = &args.profile {
        profile = Some(match Selector::profile(text)? {
            Selector::File(path) => Arc::new(from_file(&path, Profile::from_json)?),
            Selector::Stdin => Arc::new(from_file(Path::new("-"), Profile::from_json)?),
            selector => {
                let seed = fresh_seed();
                let project = needs_project(project)?;
                open::say_findings(project, output)?;
                let found = selector.find_profile(&project.data()?.shop, seed)?;
                if selector == Selector::Random {
                    output.say(&format!("random profile: {} (seed {seed})", shown(&found)));
                }
                found
            }
        });
    } else if nothing_named
        && profile.is_none()
        && context.is_empty()
        && let Some(project) = project
        && email.manifest().subject.is_some()
    {
        open::say_findings(project, output)?;
        profile = project.data()?.shop.profiles().first().cloned();
        if let Some(profile) = &profile {
            output.say(&format!(
                "rendering '{}' for {}",
                email.name(),
                shown(profile)
            ));
        }
    }
    match &args.event {
        Some(text) => {
            event = Some(match Selector::event(text)? {
                Selector::File(path) => Arc::new(from_file(&path, Event::from_json)?),
                Selector::Stdin => Arc::new(from_file(Path::new("-"), Event::from_json)?),
                selector => {
                    let project = needs_project(project)?;
                    let shop = &project.data()?.shop;
                    if profile.is_none()
                        && let Selector::Id(id) = &selector
                        && let Some(found) = shop.event(id)
                    {
                        profile = shop.profile_of(&found.profile).cloned();
                    }
                    let Some(profile) = &profile else {
                        return Err(Trouble::with_help(
                            "an event of whom?",
                            "name the person with --profile, or the event with id:… or @file.json",
                        ));
                    };
                    selector.find_event(shop, profile)?
                }
            });
        }
        // A flow's email for a person: the latest event that would have started it.
        None if event.is_none() && args.fixture.is_none() && email.kind() == Kind::Flow => {
            if let (Some(profile), Some(metric), Some(project)) =
                (&profile, &email.manifest().metric, project)
            {
                event = project.data()?.shop.latest_event(profile, metric).cloned();
                match &event {
                    Some(event) => {
                        output.say(&format!("with the event {metric:?} of {}", event.time))
                    }
                    None => output.say(&format!(
                        "{} has no event {metric:?}: rendering without one",
                        shown(profile)
                    )),
                }
            }
        }
        None => {}
    }
    if let Some(profile) = &profile
        && !email.manifest().transactional
        && let Some(reason) = not_mailed(profile, Consent::Subscribed)
    {
        output.say(&format!(
            "note: a campaign would leave {} out: {}",
            shown(profile),
            reason.klaviyo()
        ));
    }

    if let Some(path) = &args.context {
        let text = read(path)?;
        context =
            object(&text).map_err(|error| Trouble::told(format!("{}: {error}", path.display())))?;
    }
    for definition in &args.define {
        let Some((name, text)) = definition.split_once('=') else {
            return Err(Trouble::with_help(
                format!("-D {definition}"),
                "write -D name=value",
            ));
        };
        let v = value::from_json(text).unwrap_or_else(|_| Value::from(text));
        context.push((name.into(), v));
    }
    let context: Value = Pairs::new(context).into();
    let mut recipient = match profile {
        Some(profile) => Recipient::new(profile).context(context),
        None => Recipient::from_context(context),
    };
    if let Some(event) = event {
        recipient = recipient.event(event);
    }
    Ok(Chosen { recipient, now })
}

/// What a person is called on the screen.
fn shown(profile: &Profile) -> &str {
    profile.email.as_deref().unwrap_or_else(|| profile.key())
}

fn needs_project(project: Option<&Project>) -> Result<&Project, Trouble> {
    project.ok_or_else(|| {
        Trouble::with_help(
            "there is no project here to find people and events in",
            "go to a project's folder, name it with --project, or give a file: --profile @ada.json",
        )
    })
}

fn fresh_seed() -> u64 {
    let now = jiff::Timestamp::now();
    seed_of(&format!("{now:?} {}", std::process::id()))
}

/// The fixtures of an email, by name, sorted.
fn fixtures(project: &Project, email: &str) -> Vec<(String, PathBuf)> {
    let folder = project
        .root()
        .join("templates")
        .join(email)
        .join("fixtures");
    let mut found: Vec<(String, PathBuf)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            (path.extension()? == "json").then_some((name, path))
        })
        .collect();
    found.sort();
    found
}

fn object(json: &str) -> Result<Vec<(Value, Value)>, String> {
    let v = value::from_json(json).map_err(|error| error.to_string())?;
    match v.downcast_object_ref::<Pairs>() {
        Some(pairs) => Ok(pairs.iter().map(|(k, v)| (k.clone(), v.clone())).collect()),
        None => Err("a JSON object is expected".into()),
    }
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
