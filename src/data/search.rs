//! Finding people and items by a word of what is known about them.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Catalog, CatalogItem, DataError, Profile};
use crate::value::{self, Value};

/// Without case and without accents, so that `jose` finds José.
pub(crate) fn folded(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of a query, folded.
pub(crate) fn words(query: &str) -> Vec<String> {
    query.split_whitespace().map(folded).collect()
}

/// What a person is found by, folded, one field a line: address and names first, then ids, then the values of properties.
pub(crate) fn text(profile: &Profile) -> String {
    let name = profile.full_name();
    let fields = [
        &profile.email,
        &name,
        &profile.external_id,
        &profile.id,
        &profile.phone_number,
        &profile.organization,
    ];
    let mut lines: Vec<String> = fields
        .into_iter()
        .flatten()
        .map(|field| folded(field))
        .collect();
    for name in value::items(&profile.properties).unwrap_or_default() {
        let name = name.as_str().unwrap_or_default();
        leaves(value::key(&profile.properties, name).as_ref(), &mut lines);
    }
    lines.join("\n")
}

/// The texts and numbers of a value; those of members are found, too.
fn leaves(of: Option<&Value>, lines: &mut Vec<String>) {
    let Some(of) = of else { return };
    if of.as_str().is_some() || of.is_number() {
        lines.push(folded(&value::text(of)));
    } else if let Ok(members) = of.try_iter() {
        for member in members {
            match value::key(of, member.as_str().unwrap_or_default()) {
                Some(inner) => leaves(Some(&inner), lines),
                None => leaves(Some(&member), lines),
            }
        }
    }
}

/// Items that were found.
#[derive(Debug, Clone, Default)]
pub struct FoundItems {
    /// Some of them, the nearest first.
    pub items: Vec<Arc<CatalogItem>>,
    /// How many there are in all.
    pub matches: usize,
}

/// Items in which every word of `query` is found, in the title, an id, a category or a variant's title, id or SKU,
/// whatever its case and its accents: at most `most` of them after `offset`. An empty query finds all, in their order.
///
/// ```
/// use letterpress::data::{CatalogItem, Shop, find_items};
/// let (shop, _) = Shop::builder()
///     .item(CatalogItem::from_json(r#"{"external_id": "P-11", "title": "Oolong", "categories": ["tea"]}"#)?)
///     .item(CatalogItem::from_json(r#"{"external_id": "P-42", "title": "Kettle for tea"}"#)?)
///     .build();
/// let found = find_items(&shop, "TEA", 0, 1)?;
/// assert_eq!((found.items[0].external_id.as_str(), found.matches), ("P-11", 2));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
///
/// # Errors
/// The database failed.
pub fn find_items<C: Catalog + ?Sized>(
    catalog: &C,
    query: &str,
    offset: usize,
    most: usize,
) -> Result<FoundItems, DataError> {
    let words = words(query);
    let mut found = Vec::new();
    for item in catalog.items() {
        let item = item?;
        if let Some(distance) = distance(&item_text(&item), &words) {
            found.push((distance, item));
        }
    }
    found.sort_by_key(|(distance, _)| *distance);
    let matches = found.len();
    let some = found.into_iter().skip(offset).take(most);
    Ok(FoundItems {
        items: some.map(|(_, item)| item).collect(),
        matches,
    })
}

/// What an item is found by, folded, one field a line.
fn item_text(item: &CatalogItem) -> String {
    let categories = item.categories.iter();
    let variants = item.variants.iter();
    let fields = [item.title.as_deref(), Some(&item.external_id)];
    let lines = fields
        .into_iter()
        .chain(categories.flat_map(|one| [Some(&*one.name), Some(&*one.external_id)]))
        .chain(variants.flat_map(|one| {
            [
                one.title.as_deref(),
                Some(&one.external_id),
                one.sku.as_deref(),
            ]
        }));
    lines.flatten().map(folded).collect::<Vec<_>>().join("\n")
}

/// How near a person's [`text`] is to the words of a query: the smaller, the nearer; None when a word is not there at all.
pub(crate) fn distance(text: &str, words: &[String]) -> Option<usize> {
    let mut sum = 0;
    for word in words {
        let places =
            text.match_indices(word.as_str())
                .map(|(at, _)| match text[..at].chars().next_back() {
                    None | Some('\n') => 0,
                    Some(c) if !c.is_alphanumeric() => 1,
                    Some(_) => 2,
                });
        sum += places.min()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_names_somebody_is_found() {
        let profile = Profile::from_json(
            r#"{"id": "01JD", "email": "Jose@Example.com", "first_name": "José", "last_name": "Núñez",
                "properties": {"Tags": ["Green Tea", 7], "Pet": {"name": "Rex"}, "VIP": true, "none": null}}"#,
        )
        .unwrap();
        let text = text(&profile);
        assert_eq!(
            text,
            "jose@example.com\njose nunez\n01jd\ngreen tea\n7\nrex"
        );
        let near = |query: &str| distance(&text, &words(query));
        assert_eq!(
            [
                near("JOSÉ"),
                near("tea"),
                near("ose"),
                near("jose rex"),
                near("")
            ],
            [Some(0), Some(1), Some(2), Some(0), Some(0)]
        );
        assert_eq!(near("jose cat"), None);
    }
}
