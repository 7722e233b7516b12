//! `letterpress flows`

use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::Global;
use super::audience::{self, Opened, member, tree};
use super::open;
use super::output::{Output, Trouble};
use super::render::from_file;
use super::table::{Side, Table};
use crate::audience::{Admission, Flow, History, Person, Start, Verdict, WalkStep};
use crate::data::{Event, Profile};
use crate::diagnostic::nearest;
use crate::project::{Selector, shown};

/// What can be asked about flows.
#[derive(Debug, Subcommand)]
pub(super) enum FlowsCommand {
    /// Lists the flows of the data folder and what makes each start
    List,
    /// Shows a flow: what makes it start, whom it keeps, its actions
    Show(Named),
    /// Says whether somebody enters a flow and what becomes of each action, and why
    Explain(Explain),
    /// Lists whom a date brings into a flow on a day
    Due(Due),
}

/// A flow.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The flow: the name of its file, its id, or what it is called
    #[arg(value_name = "FLOW")]
    flow: String,
}

/// Arguments of `flows explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The flow: the name of its file, its id, or what it is called
    #[arg(value_name = "FLOW")]
    flow: String,
    /// Who: an address, id:…, ext:…, first, nth:12, random, @file.json or -
    #[arg(long, value_name = "SEL")]
    profile: String,
    /// The event that starts it: latest, latest:"Placed Order", id:…, @file.json or - [default: the latest that could]
    #[arg(long, value_name = "SEL")]
    event: Option<String>,
}

/// Arguments of `flows due`.
#[derive(Debug, Args)]
pub(super) struct Due {
    /// The flow: the name of its file, its id, or what it is called
    #[arg(value_name = "FLOW")]
    flow: String,
    /// The day, where each person lives [default: today]
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    on: Option<String>,
    /// The first of several days
    #[arg(long, value_name = "DATE", requires = "to")]
    from: Option<String>,
    /// The last of them
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<String>,
}

pub(super) fn run(command: FlowsCommand, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let opened = audience::open(&project, global, output)?;
    match command {
        FlowsCommand::List => list(&opened, output),
        FlowsCommand::Show(args) => show(&*find(&opened, &args.flow, output)?, output),
        FlowsCommand::Explain(args) => explain(&args, &opened, output),
        FlowsCommand::Due(args) => due(&args, &opened, output),
    }?;
    Ok(0)
}

/// The flow that somebody names; what is worth knowing about it is said.
fn find(opened: &Opened<'_>, name: &str, output: &Output) -> Result<Arc<Flow>, Trouble> {
    if let Some(flow) = opened.audience.flow(name) {
        opened.say_of("flows", &flow.file, output);
        return Ok(flow.clone());
    }
    if let Some(wrong) = opened.broken("flows", name) {
        return Err(Trouble::File(format!("flows/{name}.json"), wrong));
    }
    let flows = opened.audience.flows();
    let names: Vec<&str> = flows
        .iter()
        .flat_map(|one| [&*one.file, &*one.name])
        .collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if names.is_empty() => "flows are files flows/NAME.json in the data folder".to_owned(),
        None => {
            let files: Vec<&str> = flows.iter().map(|one| &*one.file).collect();
            format!("flows: {}", files.join(", "))
        }
    };
    Err(Trouble::with_help(
        format!("there is no flow '{name}'"),
        help,
    ))
}

fn described(flow: &Flow) -> serde_json::Value {
    let emails = flow.messages().map(|(_, message)| &message.template_id);
    json!({
        "flow": flow.file,
        "id": flow.id,
        "name": flow.name,
        "trigger": flow.trigger_kind(),
        "starts": flow.trigger_words(),
        "keeps": flow.filter_words(),
        "reentry": flow.reentry_words(),
        "emails": emails.collect::<Vec<_>>(),
    })
}

fn list(opened: &Opened<'_>, output: &Output) -> Result<(), Trouble> {
    opened.say_all("flows", output);
    let flows = opened.audience.flows();
    if output.is_json() {
        let flows: Vec<_> = flows.iter().map(|one| described(one)).collect();
        return output.json(&json!({ "flows": flows }));
    }
    if flows.is_empty() {
        output.say("no flows: they are files flows/NAME.json in the data folder");
        return Ok(());
    }
    let mut table = Table::new([
        ("flow", Side::Left),
        ("name", Side::Left),
        ("emails", Side::Left),
        ("starts when", Side::Left),
    ])
    .whole(0);
    for flow in flows {
        let emails = flow
            .messages()
            .filter_map(|(_, message)| message.template_id.as_deref());
        let emails: Vec<&str> = emails.collect();
        table.row([
            flow.file.clone(),
            flow.name.clone(),
            emails.join(", "),
            flow.trigger_words(),
        ]);
    }
    output.table(&table)
}

fn show(flow: &Flow, output: &Output) -> Result<(), Trouble> {
    if output.is_json() {
        let mut json = described(flow);
        json["definition"] = flow.definition().clone();
        return output.json(&json);
    }
    output.title(&flow.name)?;
    let mut table = Table::bare([Side::Left, Side::Left]).indented();
    let starts = match flow.trigger_kind() {
        "date" => "starts",
        _ => "starts when",
    };
    table.row([starts.to_owned(), flow.trigger_words()]);
    if flow.has_filter() {
        table.row(["keeps if".to_owned(), flow.filter_words()]);
    }
    table.row(["enters".to_owned(), flow.reentry_words()]);
    output.table(&table)?;
    output.part("Actions")?;
    let mut table = Table::bare([Side::Left, Side::Left, Side::Left]).indented();
    for action in flow.actions() {
        table.row([action.id.clone(), action.words(), flow.ways(action)]);
    }
    output.table(&table)
}

fn explain(args: &Explain, opened: &Opened<'_>, output: &Output) -> Result<(), Trouble> {
    let flow = find(opened, &args.flow, output)?;
    let profile = opened.person(&args.profile)?;
    let person = Person::of(&*opened.data.shop, profile.clone())?;
    let now = opened.now.timestamp();
    let (start, person) = start(args, opened, &flow, person, now)?;
    let history = History::default();
    let at = start.at();
    let admission = flow.enters(&start, &person, &history, at);
    let steps = match &admission.entry {
        Some(entry) => flow.walk(entry, &person, &history, now),
        None => Vec::new(),
    };
    let event = match &start {
        Start::Event(event) => Some(event.id().to_owned()),
        _ => None,
    };
    if output.is_json() {
        let json = json!({
            "flow": flow.file,
            "profile": member(&profile),
            "event": event,
            "at": at.to_string(),
            "enters": admission.enters,
            "reason": admission.reason,
            "trigger_filter": admission.trigger_filter,
            "profile_filter": admission.profile_filter,
            "steps": steps,
        });
        return output.json(&json);
    }
    told(&flow, &profile, &admission, at, output)?;
    for step in &steps {
        walked(step, output)?;
    }
    Ok(())
}

/// What would start the flow for somebody.
fn start(
    args: &Explain,
    opened: &Opened<'_>,
    flow: &Flow,
    person: Person,
    now: Timestamp,
) -> Result<(Start, Person), Trouble> {
    let shop = &*opened.data.shop;
    let profile = person.profile().clone();
    let who = shown(&profile).to_owned();
    if let Some(metric) = flow.trigger_metric() {
        let event = match args.event.as_deref().map(Selector::event).transpose()? {
            Some(Selector::File(path)) => Arc::new(from_file(&path, |json| {
                Event::from_example(json, metric, now)
            })?),
            Some(Selector::Stdin) => Arc::new(from_file("-".as_ref(), |json| {
                Event::from_example(json, metric, now)
            })?),
            Some(selector) => selector.find_event(shop, &profile)?,
            None => {
                let of = person
                    .events()
                    .iter()
                    .filter(|event| event.metric.name == metric && event.time <= now);
                let latest = of.max_by_key(|event| event.time).cloned();
                latest.ok_or_else(|| {
                    Trouble::with_help(
                        format!("{who} has no event \"{metric}\" that could have started it"),
                        "give one with --event @file.json",
                    )
                })?
            }
        };
        // An event of a file is one of what they did, too.
        let known = person
            .events()
            .iter()
            .any(|one| !one.id().is_empty() && one.id() == event.id());
        let person = match known {
            true => person,
            false => {
                let events = std::iter::once(event.clone()).chain(person.events().iter().cloned());
                Person::new(profile, events.collect(), person.lists().to_vec())
            }
        };
        return Ok((Start::Event(event), person));
    }
    if args.event.is_some() {
        return Err(Trouble::told(format!(
            "'{}' does not start with an event",
            flow.file
        )));
    }
    if flow.trigger_kind() == "date" {
        // The latest start of the last year, else the next.
        let from = opened
            .now
            .date()
            .saturating_sub(jiff::Span::new().days(366));
        let fires = flow.fires_between(
            &profile,
            from,
            opened.now.date().saturating_add(jiff::Span::new().days(1)),
        );
        let past = fires.into_iter().rfind(|fire| fire.at <= now);
        let fire = past.or_else(|| flow.next_fire(&profile, now));
        let fire = fire.ok_or_else(|| {
            let property = flow.trigger_property().unwrap_or_default();
            Trouble::with_help(
                format!("the flow never starts for {who}"),
                format!("their property '{property}' holds no date that comes round"),
            )
        })?;
        return Ok((Start::Date(fire), person));
    }
    if let Some(group) = flow.trigger_group() {
        let joined = person.lists().iter().find(|one| one.list == group);
        let at = match (flow.trigger_kind(), joined) {
            ("list", None) => {
                return Err(Trouble::told(format!("{who} is not on the list {group}")));
            }
            (_, Some(one)) => one.joined.unwrap_or(now),
            _ => now,
        };
        let group = group.to_owned();
        return Ok((Start::Joined { group, at }, person));
    }
    Err(Trouble::told(format!(
        "what starts '{}' (a change in the catalog) cannot be explained yet",
        flow.file
    )))
}

fn told(
    flow: &Flow,
    profile: &Profile,
    admission: &Admission,
    at: Timestamp,
    output: &Output,
) -> Result<(), Trouble> {
    let does = if admission.enters {
        "enters"
    } else {
        "does not enter"
    };
    output.title(&format!("{} {does} {} at {at}", shown(profile), flow.name))?;
    if let Some(reason) = &admission.reason {
        output.title(&format!("  because of {reason}"))?;
    }
    for (name, filter) in [
        ("the event", &admission.trigger_filter),
        ("the profile, at entry", &admission.profile_filter),
    ] {
        if let Some(filter) = filter {
            output.title(&format!("  {name}"))?;
            tree(filter, 2, output)?;
        }
    }
    Ok(())
}

fn walked(step: &WalkStep, output: &Output) -> Result<(), Trouble> {
    let (mark, reason) = match &step.kept {
        None => ("…", " · still to come".to_owned()),
        Some(kept) => {
            let mark = match kept.verdict {
                Verdict::Do => "✓",
                Verdict::Skip => "✗",
                Verdict::Leave => "⏹",
            };
            let said = match kept.verdict {
                Verdict::Do => "",
                Verdict::Skip => " · skipped: ",
                Verdict::Leave => " · leaves: ",
            };
            (
                mark,
                said.to_owned() + kept.reason.as_deref().unwrap_or_default(),
            )
        }
    };
    output.title(&format!("{} {mark} {}{reason}", step.at, step.does))?;
    match &step.split {
        Some(split) => tree(split, 2, output),
        None => Ok(()),
    }
}

fn due(args: &Due, opened: &Opened<'_>, output: &Output) -> Result<(), Trouble> {
    let flow = find(opened, &args.flow, output)?;
    if flow.trigger_kind() != "date" {
        return Err(Trouble::with_help(
            format!(
                "'{}' does not start from a date, but when {}",
                flow.file,
                flow.trigger_words()
            ),
            "flows due is for flows whose trigger has the type 'date'",
        ));
    }
    let date = |name: &str, text: &str| -> Result<Date, Trouble> {
        text.parse().map_err(|_| {
            Trouble::with_help(
                format!("--{name}: '{text}' is no date"),
                "write one like 2026-11-20",
            )
        })
    };
    let (from, to) = match (&args.on, &args.from, &args.to) {
        (Some(on), ..) => (date("on", on)?, date("on", on)?),
        (None, Some(from), Some(to)) => (date("from", from)?, date("to", to)?),
        _ => (opened.now.date(), opened.now.date()),
    };
    if to < from {
        return Err(Trouble::told("--to lies before --from"));
    }
    if i32::from(to.year()) - i32::from(from.year()) > 10 {
        return Err(Trouble::told(
            "--from and --to are no more than ten years apart",
        ));
    }
    let due = flow.due(&*opened.data.shop, from, to)?;
    if output.is_json() {
        let people: Vec<_> = due
            .people
            .iter()
            .map(|(profile, fire)| {
                let mut json = member(profile);
                json["at"] = json!(fire.at.to_string());
                json["date"] = json!(fire.occurrence.to_string());
                json
            })
            .collect();
        return output.json(&json!({"flow": flow.file, "due": people, "kept_out": due.kept_out}));
    }
    if !due.people.is_empty() {
        let mut table = Table::new([
            ("at", Side::Left),
            ("for", Side::Left),
            ("name", Side::Left),
            ("email", Side::Left),
            ("id", Side::Left),
        ])
        .whole(0)
        .whole(3)
        .whole(4);
        for (profile, fire) in &due.people {
            table.row([
                fire.at.to_string(),
                fire.occurrence.to_string(),
                profile.full_name().unwrap_or_default(),
                profile.email.clone().unwrap_or_default(),
                profile.key().to_owned(),
            ]);
        }
        output.table(&table)?;
    }
    let days = match from == to {
        true => format!("on {from}"),
        false => format!("from {from} to {to}"),
    };
    let people = if due.people.len() == 1 {
        "start"
    } else {
        "starts"
    };
    let kept_out = match due.kept_out {
        0 => String::new(),
        n => format!("; the filter on the profile keeps {n} out"),
    };
    output.say(&format!("{} {people} {days}{kept_out}", due.people.len()));
    Ok(())
}
