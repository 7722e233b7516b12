//! `letterpress data metrics`

use serde_json::json;

use super::super::output::Trouble;
use super::super::table::{Side, Table};
use super::look::{Look, counted};
use crate::data::MetricSummary;

pub(super) fn run(look: &Look<'_>) -> Result<(), Trouble> {
    let metrics = MetricSummary::all(look.shop())?;
    if look.output.is_json() {
        return look.output.json(&json!({ "metrics": metrics }));
    }
    if metrics.is_empty() {
        look.nothing("metrics");
        return Ok(());
    }
    let mut table = Table::new([
        ("metric", Side::Left),
        ("source", Side::Left),
        ("events", Side::Right),
        ("first", Side::Left),
        ("last", Side::Left),
    ])
    .whole(3)
    .whole(4);
    for one in &metrics {
        table.row([
            one.name.clone(),
            one.source.clone().unwrap_or_default(),
            one.count.to_string(),
            look.time_or(one.first, ""),
            look.time_or(one.last, ""),
        ]);
    }
    look.output.table(&table)?;
    let all = metrics.iter().map(|one| one.count).sum();
    let events = counted(all, "event", "events");
    let metrics = counted(metrics.len(), "metric", "metrics");
    look.output.say(&format!("{metrics}, {events}"));
    Ok(())
}
