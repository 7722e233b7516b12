//! The catalog, read into memory.

use jiff::Timestamp;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rusqlite::Connection;

use super::StoreError;
use crate::data::{Goods, GoodsBuilder, Record};

/// The catalog, and the variants whose item is not in it.
pub(super) fn read_goods(connection: &Connection) -> Result<(Goods, Vec<String>), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, json, seen, source FROM record WHERE kind > 0 ORDER BY source, line",
    )?;
    let rows = statement
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<Result<Vec<(i64, String, i64, i64)>, _>>()?;
    let records = rows
        .into_par_iter()
        .map(|(kind, json, seen, source)| {
            let expected = match kind {
                1 => "catalog-item",
                2 => "catalog-variant",
                _ => "catalog-category",
            };
            let mut record = Record::of_line(&json, expected).pop();
            if let Some(Ok(Record::Item(item))) = &mut record
                && item.created.is_none()
                && source >= super::IMPORTS
            {
                // New is what was first synced last; an import that does not say when was it.
                item.created = Timestamp::from_second(seen).ok();
            }
            record
        })
        .collect::<Vec<_>>();
    let mut goods = GoodsBuilder::default();
    for record in records.into_iter().flatten() {
        match record? {
            Record::Item(item) => {
                goods.item(*item);
            }
            Record::Variant(variant) => {
                goods.variant(*variant);
            }
            Record::Category(category) => goods.category(category),
            _ => {}
        }
    }
    Ok(goods.build())
}
