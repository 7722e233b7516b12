//! What is odd about all data together.

use std::collections::HashMap;

use rusqlite::Connection;

use super::StoreError;
use super::goods::read_goods;
use super::spelled::Spelled;
use crate::data::{Noticed, Tally};

/// What is odd about all data together.
pub(super) fn noticed(connection: &Connection) -> Result<Noticed, StoreError> {
    let mut noticed = Noticed::default();
    let strings = |sql: &str| -> Result<Vec<String>, StoreError> {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    noticed.shared_addresses = Tally::of(&strings(
        "SELECT value FROM name JOIN profile USING (line_id) WHERE kind = 2
         GROUP BY value HAVING count(DISTINCT person) > 1 ORDER BY value",
    )?);
    noticed.lost_variants = Tally::of(&read_goods(connection)?.1);
    let spelled = Spelled::read(connection)?;
    let mut unknown: Vec<i64> = spelled
        .of
        .iter()
        .filter(|(_, place)| spelled.metrics.is_unknown(**place))
        .map(|(spelling, _)| *spelling)
        .collect();
    unknown.sort_unstable();
    let counts = match unknown.is_empty() {
        true => HashMap::new(),
        // All events are read for that, but once.
        false => connection
            .prepare("SELECT spelling, count(*) FROM event WHERE hidden = 0 GROUP BY spelling")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<HashMap<i64, i64>, _>>()?,
    };
    for spelling in unknown {
        let count = counts.get(&spelling).copied().unwrap_or(0);
        let name = spelled.metric(spelling).map_or("", |metric| &metric.name);
        noticed.unknown_metrics.add_many(name, count as usize);
    }
    let mut statement = connection.prepare(
        "SELECT who.id, who.external_id, who.email, who.phone_number, count(event.event), min(event.source), min(event.line)
         FROM who JOIN event USING (who) WHERE person IS NULL AND hidden = 0 GROUP BY who.who ORDER BY 6, 7",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let names: [String; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
        let name = names.iter().find(|name| !name.is_empty());
        let count: i64 = row.get(4)?;
        noticed
            .unknown_profiles
            .add_many(name.map_or("nobody", String::as_str), count as usize);
    }
    Ok(noticed)
}
