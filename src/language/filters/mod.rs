//! The filters, those that belong together in a file each.

mod arithmetic;
mod convert;
mod dates;
mod encodings;
mod html;
mod links;
mod lists;
mod markup;
mod numbers;
mod order;
mod pprint;
mod printf;
mod text;
mod urls;
mod values;
mod words;

use super::registry::Filter;

/// The entries of all filters.
pub(super) fn all() -> impl Iterator<Item = &'static Filter> {
    [
        arithmetic::FILTERS,
        dates::FILTERS,
        encodings::FILTERS,
        html::FILTERS,
        links::FILTERS,
        lists::FILTERS,
        numbers::FILTERS,
        order::FILTERS,
        pprint::FILTERS,
        printf::FILTERS,
        text::FILTERS,
        urls::FILTERS,
        values::FILTERS,
        words::FILTERS,
    ]
    .into_iter()
    .flatten()
}
