//! `letterpress segments`

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Global;
use super::audience::{self, Opened, member, people_table, tree};
use super::open;
use super::output::{Output, Trouble};
use super::table::{Side, Table};
use crate::audience::{Person, Segment};
use crate::diagnostic::nearest;
use crate::project::shown;

/// What can be asked about segments.
#[derive(Debug, Subcommand)]
pub(super) enum SegmentsCommand {
    /// Lists the segments of the data folder, in a marketer's words
    List,
    /// Shows the definition of a segment, in words or as Klaviyo's JSON
    Show(Named),
    /// Lists who is in a segment
    Members(Members),
    /// Says why somebody is in a segment, or is not: each condition, and what was found
    Explain(Explain),
}

/// A segment.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The segment: the name of its file, its id, or what it is called
    #[arg(value_name = "SEGMENT")]
    segment: String,
}

/// Arguments of `segments members`.
#[derive(Debug, Args)]
pub(super) struct Members {
    /// The segment: the name of its file, its id, or what it is called
    #[arg(value_name = "SEGMENT")]
    segment: String,
    /// How many people [default: all]
    #[arg(short, value_name = "N")]
    number: Option<usize>,
}

/// Arguments of `segments explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The segment: the name of its file, its id, or what it is called
    #[arg(value_name = "SEGMENT")]
    segment: String,
    /// Who: an address, id:…, ext:…, first, nth:12, random, @file.json or -
    #[arg(long, value_name = "SEL")]
    profile: String,
}

pub(super) fn run(
    command: SegmentsCommand,
    global: &Global,
    output: &Output,
) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let opened = audience::open(&project, global, output)?;
    match command {
        SegmentsCommand::List => list(&opened, output),
        SegmentsCommand::Show(args) => show(&*find(&opened, &args.segment, output)?, output),
        SegmentsCommand::Members(args) => members(&args, &opened, output),
        SegmentsCommand::Explain(args) => explain(&args, &opened, output),
    }?;
    Ok(0)
}

/// The segment that somebody names; what is worth knowing about it is said.
fn find(opened: &Opened<'_>, name: &str, output: &Output) -> Result<Arc<Segment>, Trouble> {
    if let Some(segment) = opened.audience.segment(name) {
        opened.say_of("segments", &segment.file, output);
        return Ok(segment.clone());
    }
    if let Some(wrong) = opened.broken("segments", name) {
        return Err(Trouble::File(format!("segments/{name}.json"), wrong));
    }
    let segments = opened.audience.segments().iter();
    let names: Vec<&str> = segments
        .flat_map(|one| [one.file.as_str(), one.name.as_str()])
        .collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if names.is_empty() => {
            "segments are files segments/NAME.json in the data folder".to_owned()
        }
        None => {
            let files = opened.audience.segments().iter().map(|one| &*one.file);
            format!("segments: {}", files.collect::<Vec<_>>().join(", "))
        }
    };
    Err(Trouble::with_help(
        format!("there is no segment '{name}'"),
        help,
    ))
}

fn list(opened: &Opened<'_>, output: &Output) -> Result<(), Trouble> {
    opened.say_all("segments", output);
    let segments = opened.audience.segments();
    if output.is_json() {
        let segments: Vec<_> = segments.iter().map(|one| described(one)).collect();
        return output.json(&json!({ "segments": segments }));
    }
    if segments.is_empty() {
        output.say("no segments: they are files segments/NAME.json in the data folder");
        return Ok(());
    }
    let mut table = Table::new([
        ("segment", Side::Left),
        ("name", Side::Left),
        ("who", Side::Left),
    ])
    .whole(0);
    for segment in segments {
        table.row([segment.file.clone(), segment.name.clone(), segment.words()]);
    }
    output.table(&table)
}

fn described(segment: &Segment) -> serde_json::Value {
    json!({
        "segment": segment.file,
        "id": segment.id,
        "name": segment.name,
        "conditions": segment.condition_count(),
        "words": segment.words(),
    })
}

fn show(segment: &Segment, output: &Output) -> Result<(), Trouble> {
    if output.is_json() {
        let mut json = described(segment);
        json["definition"] = segment.definition().clone();
        return output.json(&json);
    }
    output.title(&segment.name)?;
    for (number, group) in segment.group_words().iter().enumerate() {
        let and = if number == 0 { "   " } else { "AND" };
        output.title(&format!("{and} {group}"))?;
    }
    Ok(())
}

fn members(args: &Members, opened: &Opened<'_>, output: &Output) -> Result<(), Trouble> {
    let segment = find(opened, &args.segment, output)?;
    let shop = &*opened.data.shop;
    let members = segment.members(shop, opened.now.timestamp())?;
    opened.say_without_place(members.without_place, output);
    let count = members.people.len();
    let most = args.number.unwrap_or(usize::MAX);
    let shown = || members.people.iter().take(most);
    if output.is_json() {
        let people: Vec<_> = shown().map(|one| member(one)).collect();
        let json = json!({"segment": segment.file, "members": people, "count": count});
        return output.json(&json);
    }
    if count > 0 {
        output.table(&people_table(shown()))?;
    }
    let all = shop.profile_count()?;
    output.say(&format!("{count} of {all} profiles"));
    Ok(())
}

fn explain(args: &Explain, opened: &Opened<'_>, output: &Output) -> Result<(), Trouble> {
    let segment = find(opened, &args.segment, output)?;
    let profile = opened.person(&args.profile)?;
    let person = Person::of(&*opened.data.shop, profile.clone())?;
    let told = segment.explain(&person, opened.now.timestamp());
    if output.is_json() {
        let json = json!({
            "segment": segment.file,
            "profile": member(&profile),
            "holds": told.holds,
            "groups": told.groups,
        });
        return output.json(&json);
    }
    let is = if told.holds { "is" } else { "is not" };
    output.title(&format!("{} {is} in {}", shown(&profile), segment.name))?;
    tree(&told, 1, output)
}
