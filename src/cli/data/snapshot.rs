//! `letterpress data snapshot`

use clap::Args;

use super::super::output::Trouble;
use super::super::table::{Side, Table};
use super::look::{Look, name};
use crate::data;
use crate::diagnostic::nearest;

/// Arguments of `data snapshot`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Snapshot {
    /// Who: an address, id:…, ext:…, first, nth:12, random, @file.json or -
    #[arg(value_name = "SEL")]
    profile: String,
    /// These metrics only, their names between commas [default: all]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    metrics: Vec<String>,
}

pub(super) fn run(args: &Snapshot, look: &Look<'_>) -> Result<(), Trouble> {
    let profile = look.person(&args.profile)?;
    let wanted: Vec<&str> = args.metrics.iter().map(|name| name.trim()).collect();
    let mut snapshot = data::Snapshot::of(look.shop(), &profile, look.now.timestamp())?;
    if !wanted.is_empty() {
        known(&wanted, look)?;
        let rows = &mut snapshot.metrics;
        rows.retain(|row| wanted.contains(&row.metric.as_str()));
    }
    if look.output.is_json() {
        return look.output.json(&snapshot);
    }
    let (who, when) = (name(&profile), look.time(snapshot.as_of));
    if snapshot.metrics.is_empty() {
        let of = if wanted.is_empty() {
            ""
        } else {
            " of these metrics"
        };
        look.output
            .say(&format!("{who} has no events{of} until {when}"));
        return Ok(());
    }
    let mut table = Table::new([
        ("metric", Side::Left),
        ("last 30 days", Side::Right),
        ("value", Side::Right),
        ("all time", Side::Right),
        ("value", Side::Right),
        ("first", Side::Left),
        ("last", Side::Left),
    ])
    .whole(5)
    .whole(6);
    // What is worth nothing says nothing.
    let money = |value: f64| match value == 0.0 {
        true => String::new(),
        false => look.money(value, None),
    };
    for row in &snapshot.metrics {
        table.row([
            row.metric.clone(),
            row.count_30d.to_string(),
            money(row.value_30d),
            row.count_all.to_string(),
            money(row.value_all),
            look.time(row.first),
            look.time(row.last),
        ]);
    }
    look.output.table(&table)?;
    look.output.say(&format!("{who} as of {when}"));
    Ok(())
}

/// Whether there are metrics of these names.
fn known(wanted: &[&str], look: &Look<'_>) -> Result<(), Trouble> {
    let metrics = look.shop().metrics()?;
    for name in wanted {
        if metrics.iter().any(|one| one.name == *name) {
            continue;
        }
        let near = nearest(name, metrics.iter().map(|one| one.name.as_str()));
        let help = near.map_or_else(
            || format!("{} lists them", look.command(&["data", "metrics"])),
            |near| format!("did you mean '{near}'?"),
        );
        return Err(Trouble::with_help(
            format!("there is no metric '{name}'"),
            help,
        ));
    }
    Ok(())
}
