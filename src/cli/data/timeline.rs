//! `letterpress data timeline`

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::super::output::Trouble;
use super::super::table::{Side, Table};
use super::look::{Look, counted, name};
use crate::data::{self, Metric, Profile, TimelinePage};
use crate::diagnostic::nearest;

/// Arguments of `data timeline`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Timeline {
    /// Who: an address, id:…, ext:…, first, nth:12, random, @file.json or -
    #[arg(value_name = "SEL")]
    profile: String,
    /// Events of this metric only [default: all]
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// How many events
    #[arg(short, value_name = "N", default_value_t = 20)]
    number: usize,
    /// Goes on after this event
    #[arg(long, value_name = "EVENT_ID")]
    after: Option<String>,
}

/// A page as Klaviyo's API has it.
#[derive(Serialize)]
struct Json<'a, E, M> {
    data: Vec<E>,
    included: Vec<M>,
    next: Option<&'a str>,
}

pub(super) fn run(args: &Timeline, look: &Look<'_>) -> Result<(), Trouble> {
    let shop = look.shop();
    let profile = look.person(&args.profile)?;
    let metric = args.metric.as_deref();
    if let Some(metric) = metric {
        known(metric, &profile, look)?;
    }
    let after = match &args.after {
        None => None,
        Some(id) => Some(after(id, &profile, look)?),
    };
    let page = TimelinePage::of(shop, &profile, metric, after.as_deref(), args.number)?;
    if look.output.is_json() {
        let mut metrics: Vec<&Arc<Metric>> = Vec::new();
        for event in &page.events {
            if event.metric.id.is_some() && !metrics.contains(&&event.metric) {
                metrics.push(&event.metric);
            }
        }
        return look.output.json(&Json {
            data: page.events.iter().map(|event| event.resource()).collect(),
            included: metrics.iter().map(|metric| metric.resource()).collect(),
            next: page.next(),
        });
    }
    if page.events.is_empty() {
        let what = metric.map_or(String::new(), |metric| format!(" '{metric}'"));
        let more = if after.is_some() { " further" } else { "" };
        let said = format!("{} has no{more}{what} events", name(&profile));
        look.output.say(&said);
        return Ok(());
    }
    let mut table = Table::new([
        ("time", Side::Left),
        ("metric", Side::Left),
        ("value", Side::Right),
        ("about", Side::Left),
        ("id", Side::Left),
    ])
    .whole(0)
    .whole(4);
    for event in &page.events {
        let currency = event.value_currency.as_deref();
        let value = event.value.map(|value| look.money(value, currency));
        table.row([
            look.time(event.time),
            event.metric.name.clone(),
            value.unwrap_or_default(),
            event.summary(),
            event.id().to_owned(),
        ]);
    }
    look.output.table(&table)?;
    match page.next() {
        Some(next) => {
            let number = args.number.to_string();
            let mut words = vec!["data", "timeline", &args.profile];
            words.extend(metric.iter().flat_map(|metric| ["--metric", metric]));
            if args.number != 20 {
                words.extend(["-n", &number]);
            }
            words.extend(["--after", next]);
            let command = look.command(&words);
            look.output.say(&format!("there is more: {command}"));
        }
        None if after.is_some() => look.output.say("these were the last"),
        None => {
            let events = counted(page.events.len(), "event", "events");
            look.output.say(&format!("{events} in all"));
        }
    }
    Ok(())
}

/// Whether there is a metric of this name at all; else what was probably meant, and what there is of this person.
fn known(metric: &str, profile: &Profile, look: &Look<'_>) -> Result<(), Trouble> {
    let shop = look.shop();
    let metrics = shop.metrics()?;
    if metrics.iter().any(|one| one.name == metric) {
        return Ok(());
    }
    let counts = shop.counts(Some(profile), Timestamp::MIN, Timestamp::MAX)?;
    let mut own: Vec<&str> = counts.iter().map(|one| one.metric.name.as_str()).collect();
    own.sort_unstable();
    own.dedup();
    let near = nearest(metric, metrics.iter().map(|one| one.name.as_str()));
    let near = near.map(|near| format!("did you mean '{near}'?"));
    let own = match own.is_empty() {
        true => format!("{} has no events", name(profile)),
        false => format!("{} has: {}", name(profile), own.join(", ")),
    };
    let help: Vec<String> = near.into_iter().chain([own]).collect();
    Err(Trouble::with_help(
        format!("there is no metric '{metric}'"),
        help.join(" "),
    ))
}

/// The event to go on after: one of this person's.
fn after(id: &str, profile: &Profile, look: &Look<'_>) -> Result<Arc<data::Event>, Trouble> {
    let shop = look.shop();
    let found = super::event::find(id, look)?;
    let whose = shop.profile_of(&found.profile)?;
    match whose {
        Some(whose) if whose.key() == profile.key() => Ok(found),
        _ => Err(Trouble::with_help(
            format!("the event {id} is not one of {}", name(profile)),
            "--after takes the id of the last event of the page before",
        )),
    }
}
