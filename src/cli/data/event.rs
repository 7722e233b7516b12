//! `letterpress data event`

use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::super::output::Trouble;
use super::super::table::{Side, Table};
use super::look::{Look, name};
use super::words;
use crate::data::{self, Node, Tree, event_value};
use crate::value;

/// Arguments of `data event`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Event {
    /// The event's id
    #[arg(value_name = "ID")]
    event: String,
    /// Shows all members of long lists
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Json<E, M> {
    data: E,
    included: Vec<M>,
    tree: Tree,
}

/// Of a list with more members than this the first [`SHOWN`] are shown.
const FEW: usize = 5;
const SHOWN: usize = 3;

pub(super) fn run(args: &Event, look: &Look<'_>) -> Result<(), Trouble> {
    let event = find(&args.event, look)?;
    let tree = Tree::of(Some(&event_value(event.clone())), None);
    if look.output.is_json() {
        let described = event.metric.id.is_some();
        return look.output.json(&Json {
            data: event.resource(),
            included: described
                .then(|| event.metric.resource())
                .into_iter()
                .collect(),
            tree,
        });
    }
    look.output.title("Event Details")?;
    details(&event, look)?;
    look.output.part("Activity Details")?;
    if tree.event.is_empty() {
        look.output.title("  no properties")?;
    } else {
        branches(&tree.event, args.all, look)?;
    }
    if !tree.extra.is_empty() {
        look.output.part("Extra: for templates, not for segments")?;
        branches(&tree.extra, args.all, look)?;
    }
    Ok(())
}

/// The event with an id, written with or without `id:`.
pub(super) fn find(id: &str, look: &Look<'_>) -> Result<Arc<data::Event>, Trouble> {
    let shop = look.shop();
    let found = match shop.event(id)? {
        Some(found) => Some(found),
        None => match id.strip_prefix("id:") {
            Some(id) => shop.event(id)?,
            None => None,
        },
    };
    found.ok_or_else(|| {
        let command = look.command(&["data", "timeline", "first"]);
        Trouble::with_help(
            format!("there is no event {id}"),
            format!("{command} lists a person's events and their ids"),
        )
    })
}

/// What the event is, and its properties at the top: those that segments can use.
fn details(event: &data::Event, look: &Look<'_>) -> Result<(), Trouble> {
    let who = match look.shop().profile_of(&event.profile)? {
        Some(profile) => match (profile.full_name(), &profile.email) {
            (Some(name), Some(email)) => format!("{name} <{email}>"),
            _ => name(&profile),
        },
        None if event.profile.is_empty() => "nobody known".to_owned(),
        None => format!("{}, who is not among the profiles", event.profile.key()),
    };
    let currency = event.value_currency.as_deref();
    let facts = [
        ("Metric", Some(event.metric.name.clone())),
        ("Source", event.metric.integration.clone()),
        ("Time", Some(look.time(event.time))),
        ("Profile", Some(who)),
        (
            "Value",
            event.value.map(|value| look.money(value, currency)),
        ),
        ("Event ID", Some(event.id().to_owned())),
    ];
    let mut table = Table::bare([Side::Left, Side::Left]).indented();
    for (label, fact) in facts {
        if let Some(fact) = fact {
            table.row([label.to_owned(), fact]);
        }
    }
    for (key, v) in value::pairs(&event.properties()) {
        let key = value::text(&key);
        let members = value::items(&v).unwrap_or_default();
        let nested = members
            .iter()
            .any(|one| matches!(words::kind(one), "list" | "object"));
        match words::kind(&v) {
            "object" => {}
            "list" if nested => {}
            // Said above.
            _ if key == "$value" || key == "$event_id" => {}
            _ => table.row([key, words::readable(&v)]),
        }
    }
    look.output.table(&table)
}

/// A tree, a line a value, each with the tag that prints it.
fn branches(nodes: &[Node], all: bool, look: &Look<'_>) -> Result<(), Trouble> {
    let mut table = Table::new([
        ("name", Side::Left),
        ("type", Side::Left),
        ("value", Side::Left),
        ("tag", Side::Left),
    ])
    .indented()
    .whole(3);
    rows(nodes, 0, all, &mut table);
    look.output.table(&table)
}

fn rows(nodes: &[Node], depth: usize, all: bool, table: &mut Table<4>) {
    for node in nodes {
        let list = node.kind == "list";
        let value = match &node.text {
            Some(text) => text.clone(),
            None => members(node.children.len(), list),
        };
        let tag = node.tag.clone().filter(|_| node.text.is_some());
        let indent = "  ".repeat(depth);
        let kind = node.kind.to_owned();
        table.row([
            format!("{indent}{}", node.key),
            kind,
            value,
            tag.unwrap_or_default(),
        ]);
        let count = node.children.len();
        let shown = if list && !all && count > FEW {
            SHOWN
        } else {
            count
        };
        rows(&node.children[..shown], depth + 1, all, table);
        if shown < count {
            let more = format!("{indent}  … {} more", count - shown);
            table.row([more, String::new(), String::new(), String::new()]);
        }
    }
}

fn members(count: usize, list: bool) -> String {
    match (count, list) {
        (0, _) => "empty".to_owned(),
        (1, true) => "1 member".to_owned(),
        (count, true) => format!("{count} members"),
        (1, false) => "1 field".to_owned(),
        (count, false) => format!("{count} fields"),
    }
}
