//! `letterpress feeds`

use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::Global;
use super::open;
use super::output::{Output, Trouble};
use super::render::{from_file, wanted};
use super::table::{Side, Table};
use crate::data::{CatalogItem, Event, Identity, Profile};
use crate::diagnostic::nearest;
use crate::feeds::{Explanation, Feed, FeedDefinition, Feeds, Pick, Share, Source, Why};
use crate::project::{Project, Selector, Wanted, fresh_seed, shown};

/// What can be asked about product feeds.
#[derive(Debug, Subcommand)]
pub(super) enum FeedsCommand {
    /// Lists the feeds of feeds.toml
    List,
    /// Shows the products of a feed: what everybody sees, or one person
    Show(ShowFeed),
}

/// Arguments of `feeds show`.
#[derive(Debug, Args)]
pub(super) struct ShowFeed {
    /// The feed's name
    #[arg(value_name = "NAME")]
    name: String,
    /// How many products
    #[arg(short, value_name = "N", default_value_t = 12)]
    number: usize,
    /// How many to pass over first, as a second block of the same feed does
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: usize,
    /// For whom: an address, id:…, ext:…, first, nth:12, random, @file.json or - [default: everybody]
    #[arg(long, value_name = "SEL")]
    profile: Option<String>,
    /// The event that starts the flow: latest, latest:"Placed Order", id:…, @file.json or - [default: none]
    #[arg(long, value_name = "SEL")]
    event: Option<String>,
    /// Says where each score comes from, and what is left out and why
    #[arg(long)]
    explain: bool,
}

pub(super) fn run(command: FeedsCommand, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let now = open::now(global, &project.config().zone)?;
    let (feeds, findings) = project.feeds(&now)?;
    output.diagnostics(&findings);
    open::say_findings(&project, output)?;
    output.diagnostics(&feeds.findings());
    match command {
        FeedsCommand::List => list(&feeds, output),
        FeedsCommand::Show(args) => show(&args, &project, &feeds, output),
    }
}

fn list(feeds: &Feeds, output: &Output) -> Result<u8, Trouble> {
    if output.is_json() {
        let feeds = feeds.iter().map(|feed| {
            let definition = feed.definition();
            json!({
                "feed": definition.name,
                "order": definition.order.name(),
                "window_days": definition.window_days,
                "half_life_days": definition.half_life_days,
                "fallback": definition.fallback.as_ref().map(|fallback| fallback.order.name()),
                "personal": !definition.order.is_global(),
            })
        });
        let json = json!({ "feeds": feeds.collect::<Vec<_>>() });
        return output.json(&json).map(|()| 0);
    }
    let mut table = Table::new([
        ("feed", Side::Left),
        ("order", Side::Left),
        ("window", Side::Right),
        ("fallback", Side::Left),
    ]);
    for feed in feeds.iter() {
        let definition = feed.definition();
        table.row([
            definition.name.clone(),
            definition.order.name().to_owned(),
            window(definition),
            fallback(definition),
        ]);
    }
    output.table(&table)?;
    Ok(0)
}

/// `30 d`; empty where the order looks at no events.
fn window(definition: &FeedDefinition) -> String {
    match definition.order.looks_back() {
        true => format!("{} d", definition.window_days),
        false => String::new(),
    }
}

fn fallback(definition: &FeedDefinition) -> String {
    let fallback = definition.fallback.iter().map(|one| one.order.name());
    let newest = definition.fill_newest.then_some("newest");
    fallback.chain(newest).collect::<Vec<_>>().join(", ")
}

fn show(args: &ShowFeed, project: &Project, feeds: &Feeds, output: &Output) -> Result<u8, Trouble> {
    let feed = find(feeds, &args.name)?;
    let (profile, event) = whom(args, project, feeds.now())?;
    if let Some(profile) = profile.as_deref().filter(|_| args.profile.is_none()) {
        output.say(&format!("for {}, whose event it is", shown(profile)));
    }
    let shopper = feeds.shopper(profile.as_deref(), event.as_deref());
    if args.explain {
        let told = feeds.explain(feed, &shopper, args.offset, args.number);
        return explained(feeds, feed, &told, args.offset, output);
    }
    let picks = feeds.pick(feed, &shopper, args.offset, args.number);
    if output.is_json() {
        let items: Vec<_> = picks.iter().map(|pick| item(feeds, feed, pick)).collect();
        let json = json!({"feed": feed.definition().name, "items": items});
        return output.json(&json).map(|()| 0);
    }
    let mut table = Table::new([
        ("", Side::Right),
        ("id", Side::Left),
        ("title", Side::Left),
        ("score", Side::Right),
        ("from", Side::Left),
    ]);
    for (place, pick) in (args.offset + 1..).zip(&picks) {
        let item = feeds.item(pick);
        table.row([
            place.to_string(),
            item.external_id.clone(),
            title(item),
            score(feed, pick),
            from(feed, pick.source).to_owned(),
        ]);
    }
    printed(&table, picks.is_empty(), output)?;
    Ok(0)
}

fn printed<const N: usize>(
    table: &Table<N>,
    is_empty: bool,
    output: &Output,
) -> Result<(), Trouble> {
    if is_empty {
        output.say("no products");
        return Ok(());
    }
    output.table(table)
}

/// The feed, or what to write instead.
fn find<'f>(feeds: &'f Feeds, name: &str) -> Result<&'f Feed, Trouble> {
    if let Some(feed) = feeds.get(name) {
        return Ok(feed);
    }
    let names: Vec<&str> = feeds
        .iter()
        .map(|feed| feed.definition().name.as_str())
        .collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if names.is_empty() => {
            "feeds are defined in feeds.toml, in the data folder".to_owned()
        }
        None => format!("feeds: {}", names.join(", ")),
    };
    Err(Trouble::with_help(
        format!("there is no feed '{name}'"),
        help,
    ))
}

/// The person and the event that the flags name.
#[allow(clippy::type_complexity)]
fn whom(
    args: &ShowFeed,
    project: &Project,
    now: Timestamp,
) -> Result<(Option<Arc<Profile>>, Option<Arc<Event>>), Trouble> {
    let shop = &*project.data()?.shop;
    let mut profile = match &args.profile {
        None => None,
        Some(text) => Some(
            match wanted(Selector::profile(text)?, Profile::from_json)? {
                // Somebody the shop may know by another of their names.
                Wanted::Given(given) => {
                    let known = shop.profile_of(&Identity::from(&*given))?;
                    known.unwrap_or(given)
                }
                Wanted::Found(selector) => selector.find_profile(shop, fresh_seed())?,
            },
        ),
    };
    let event = match &args.event {
        None => None,
        Some(text) => match Selector::event(text)? {
            Selector::Nothing => None,
            Selector::File(path) => {
                let read = |json: &str| Event::from_example(json, "", now);
                Some(Arc::new(from_file(&path, read)?))
            }
            Selector::Stdin => {
                let read = |json: &str| Event::from_example(json, "", now);
                Some(Arc::new(from_file("-".as_ref(), read)?))
            }
            selector => {
                if profile.is_none()
                    && let Selector::Id(id) = &selector
                    && let Some(event) = shop.event(id)?
                {
                    profile = shop.profile_of(&event.profile)?;
                }
                let Some(profile) = &profile else {
                    return Err(Trouble::with_help(
                        "an event of whom?",
                        "name the person with --profile, or the event with id:… or @file.json",
                    ));
                };
                Some(selector.find_event(shop, profile)?)
            }
        },
    };
    Ok((profile, event))
}

fn title(item: &CatalogItem) -> String {
    item.title.clone().unwrap_or_default()
}

/// The order that a product comes from.
fn from(feed: &Feed, source: Source) -> &'static str {
    match (source, &feed.definition().fallback) {
        (Source::Newest, _) => "newest",
        (Source::Fallback, Some(fallback)) => fallback.order.name(),
        _ => feed.definition().order.name(),
    }
}

/// A score as a person reads it.
fn score(feed: &Feed, pick: &Pick) -> String {
    match from(feed, pick.source) {
        "newest" | "added_to_cart" => pick.latest.map_or(String::new(), |time| time.to_string()),
        "static" => String::new(),
        "price_drop" => format!("-{:.0} %", pick.score * 100.0),
        _ => format!("{:.3}", pick.score),
    }
}

fn word(source: Source) -> &'static str {
    match source {
        Source::Order => "order",
        Source::Fallback => "fallback",
        Source::Newest => "newest",
    }
}

fn item(feeds: &Feeds, feed: &Feed, pick: &Pick) -> serde_json::Value {
    let item = feeds.item(pick);
    json!({
        "external_id": item.external_id,
        "title": item.title,
        "score": pick.score,
        "source": word(pick.source),
        "order": from(feed, pick.source),
        "people": pick.people,
        "latest": pick.latest.map(|time| time.to_string()),
    })
}

fn explained(
    feeds: &Feeds,
    feed: &Feed,
    told: &Explanation,
    offset: usize,
    output: &Output,
) -> Result<u8, Trouble> {
    if output.is_json() {
        let items: Vec<_> = told
            .shown
            .iter()
            .map(|shown| {
                let mut json = item(feeds, feed, &shown.pick);
                if let (Why::Likeness(shares), Some(fields)) = (&shown.why, json.as_object_mut()) {
                    fields.insert("seeds".to_owned(), seeds(shares));
                }
                json
            })
            .collect();
        let left_out: Vec<_> = told
            .left_out
            .iter()
            .map(|one| {
                let mut json = item(feeds, feed, &one.pick);
                if let Some(fields) = json.as_object_mut() {
                    fields.insert("reason".to_owned(), json!(one.reason.to_string()));
                }
                json
            })
            .collect();
        let json = json!({"feed": feed.definition().name, "items": items, "left_out": left_out});
        return output.json(&json).map(|()| 0);
    }
    let mut table = Table::new([
        ("", Side::Right),
        ("id", Side::Left),
        ("title", Side::Left),
        ("score", Side::Right),
        ("from", Side::Left),
        ("because", Side::Left),
    ]);
    for (place, shown) in (offset + 1..).zip(&told.shown) {
        let item = feeds.item(&shown.pick);
        table.row([
            place.to_string(),
            item.external_id.clone(),
            title(item),
            score(feed, &shown.pick),
            from(feed, shown.pick.source).to_owned(),
            because(&shown.why),
        ]);
    }
    for one in &told.left_out {
        let item = feeds.item(&one.pick);
        table.row([
            "-".to_owned(),
            item.external_id.clone(),
            title(item),
            score(feed, &one.pick),
            from(feed, one.pick.source).to_owned(),
            format!("left out: {}", one.reason),
        ]);
    }
    printed(
        &table,
        told.shown.is_empty() && told.left_out.is_empty(),
        output,
    )?;
    Ok(0)
}

fn seeds(shares: &[Share]) -> serde_json::Value {
    let seed = |share: &Share| {
        json!({
            "external_id": share.seed.external_id,
            "factor": share.factor,
            "likeness": share.likeness,
            "score": share.score,
        })
    };
    shares.iter().map(seed).collect()
}

/// Where a score comes from, in a few words.
fn because(why: &Why) -> String {
    let day = |time: &Option<Timestamp>| match time {
        Some(time) => jiff::tz::Offset::UTC.to_datetime(*time).date().to_string(),
        None => "never".to_owned(),
    };
    match why {
        Why::Everybody { people: 1, latest } => format!("1 person, last on {}", day(latest)),
        Why::Everybody { people, latest } => format!("{people} people, last on {}", day(latest)),
        Why::Own { latest } => format!("this person, last on {}", day(latest)),
        Why::Created(Some(time)) => format!("in the catalog since {}", day(&Some(*time))),
        Why::Created(None) => "in the catalog, nobody knows since when".to_owned(),
        Why::Cheaper(time) => format!("cheaper since {}", day(time)),
        Why::Listed(place) => format!("number {place} of items"),
        Why::Chance => "chance".to_owned(),
        Why::Likeness(shares) => {
            let few = shares.iter().take(3);
            let few = few.map(|share| {
                let id = &share.seed.external_id;
                format!("{id}: {:.3} × {:.3}", share.factor, share.likeness)
            });
            let mut parts: Vec<String> = few.collect();
            if shares.len() > 3 {
                parts.push(format!("{} more", shares.len() - 3));
            }
            parts.join(", ")
        }
    }
}
