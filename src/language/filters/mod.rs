//! The filters, those that belong together in a file each.

mod lists;
mod numbers;
mod text;
mod values;

use super::registry::Filter;

/// The entries of all filters.
pub(super) fn all() -> impl Iterator<Item = &'static Filter> {
    [
        lists::FILTERS,
        numbers::FILTERS,
        text::FILTERS,
        values::FILTERS,
    ]
    .into_iter()
    .flatten()
}
