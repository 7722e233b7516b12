//! `letterpress data profiles`

use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::super::output::Trouble;
use super::super::table::{Side, Table};
use super::look::{Look, counted, span};
use super::words;
use crate::data::{self, Activity};

/// Arguments of `data profiles`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Profiles {
    /// Words that are all looked for: in names, addresses, ids and properties [default: everybody]
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// How many people
    #[arg(short, value_name = "N", default_value_t = 20)]
    number: usize,
    /// How many to pass over first
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: usize,
}

#[derive(Serialize)]
struct Json<P> {
    profiles: Vec<P>,
    matches: Option<usize>,
}

pub(super) fn run(args: &Profiles, look: &Look<'_>) -> Result<(), Trouble> {
    let query = args.query.join(" ");
    let (people, matches) = people(&query, args, look)?;
    if look.output.is_json() {
        let profiles = people.iter().map(|one| one.resource()).collect();
        return look.output.json(&Json { profiles, matches });
    }
    if people.is_empty() {
        match (query.trim().is_empty(), matches) {
            (true, Some(0)) => look.nothing("profiles"),
            (false, Some(0)) => look.output.say(&format!("nobody matches '{query}'")),
            _ => look.output.say("nobody more"),
        }
        return Ok(());
    }
    let mut table = Table::new([
        ("name", Side::Left),
        ("email", Side::Left),
        ("id", Side::Left),
        ("location", Side::Left),
        ("consent", Side::Left),
        ("last active", Side::Left),
    ])
    .whole(1)
    .whole(2);
    for profile in &people {
        let seen = Activity::of(look.shop(), profile, look.now.timestamp())?;
        table.row([
            profile.full_name().unwrap_or_default(),
            profile.email.clone().unwrap_or_default(),
            id(profile),
            location(profile),
            consent(profile),
            look.time_or(seen.map(|seen| seen.last), ""),
        ]);
    }
    look.output.table(&table)?;
    say_rest(&query, args, people.len(), matches, look);
    Ok(())
}

/// A page of those who match, and how many do.
#[allow(clippy::type_complexity)]
fn people(
    query: &str,
    args: &Profiles,
    look: &Look<'_>,
) -> Result<(Vec<Arc<data::Profile>>, Option<usize>), Trouble> {
    let shop = look.shop();
    if !query.trim().is_empty() {
        let found = shop.search(query, args.offset.saturating_add(args.number))?;
        let people = found.people.into_iter().skip(args.offset).collect();
        return Ok((people, found.matches));
    }
    let mut people = Vec::new();
    let count = shop.profile_count()?;
    for place in (args.offset..count).take(args.number) {
        people.extend(shop.nth_profile(place)?);
    }
    Ok((people, Some(count)))
}

/// How many there are in all, and how to see the next of them.
fn say_rest(query: &str, args: &Profiles, shown: usize, matches: Option<usize>, look: &Look<'_>) {
    let what = match query.trim().is_empty() {
        true => ("profile", "profiles"),
        false => ("match", "matches"),
    };
    let end = args.offset + shown;
    let more = matches.map_or(shown == args.number, |matches| end < matches);
    let from = args.offset + 1;
    let said = match matches {
        Some(count) if count == shown => counted(count, what.0, what.1),
        Some(count) => format!("{} of {}", span(from, end), counted(count, what.0, what.1)),
        None => span(from, end),
    };
    if !more {
        return look.output.say(&said);
    }
    let (number, offset) = (args.number.to_string(), end.to_string());
    let mut words = vec!["data", "profiles"];
    words.extend(args.query.iter().map(String::as_str));
    if args.number != 20 {
        words.extend(["-n", &number]);
    }
    words.extend(["--offset", &offset]);
    look.output
        .say(&format!("{said}; next: {}", look.command(&words)));
}

/// What names somebody: the account's own id, else the profile's.
fn id(profile: &data::Profile) -> String {
    let own = profile.external_id.as_ref();
    own.or(profile.id.as_ref()).cloned().unwrap_or_default()
}

fn location(profile: &data::Profile) -> String {
    let place = &profile.location;
    let region = place.city.as_ref().or(place.region.as_ref());
    let parts = [region, place.country.as_ref()].into_iter().flatten();
    let parts: Vec<&str> = parts
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

/// What they said; and that they cannot be mailed all the same.
fn consent(profile: &data::Profile) -> String {
    let said = words::consent(profile.consent());
    match profile.suppression() {
        Some(_) => format!("{said}, suppressed"),
        None => said.to_owned(),
    }
}
