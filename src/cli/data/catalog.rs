//! `letterpress data catalog`

use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::super::output::Trouble;
use super::super::table::{Side, Table};
use super::look::{Look, counted, span};
use super::words;
use crate::data::{CatalogCategory, CatalogItem, CatalogVariant, Price, find_items};
use crate::value::{self, Value};

/// Arguments of `data catalog`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Catalog {
    /// The id of an item or of a variant, id:… where it could be a word; or words that are all looked for: in titles,
    /// ids, categories, variants [default: all items]
    #[arg(value_name = "ID|QUERY")]
    query: Vec<String>,
    /// How many items
    #[arg(short, value_name = "N", default_value_t = 20)]
    number: usize,
    /// How many to pass over first
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: usize,
}

/// Resources as Klaviyo's API has them.
#[derive(Serialize)]
struct Json<D> {
    data: D,
    included: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<usize>,
}

pub(super) fn run(args: &Catalog, look: &Look<'_>) -> Result<(), Trouble> {
    let query = args.query.join(" ");
    if let Some(item) = by_id(&query, look)? {
        return one(&item, look);
    }
    let found = find_items(look.shop(), &query, args.offset, args.number)?;
    if look.output.is_json() {
        return look.output.json(&Json {
            data: found
                .items
                .iter()
                .map(|item| item.resource())
                .collect::<Vec<_>>(),
            included: included(&found.items)?,
            matches: Some(found.matches),
        });
    }
    if found.items.is_empty() {
        match (query.trim().is_empty(), found.matches) {
            (true, 0) => look.nothing("catalog items"),
            (false, 0) => look.output.say(&format!("no item matches '{query}'")),
            _ => look.output.say("no items more"),
        }
        return Ok(());
    }
    let mut table = Table::new([
        ("id", Side::Left),
        ("title", Side::Left),
        ("price", Side::Right),
        ("regular", Side::Right),
        ("stock", Side::Right),
        ("shown", Side::Left),
        ("variants", Side::Right),
        ("categories", Side::Left),
    ])
    .whole(0);
    for item in &found.items {
        let categories: Vec<&str> = item.categories.iter().map(|one| &*one.name).collect();
        table.row([
            item.external_id.clone(),
            item.title.clone().unwrap_or_default(),
            price(item.price.as_ref(), item, look),
            price(item.regular_price.as_ref(), item, look),
            stock(item.stock()),
            shown(item).to_owned(),
            match item.variants.len() {
                0 => String::new(),
                count => count.to_string(),
            },
            categories.join(", "),
        ]);
    }
    look.output.table(&table)?;
    let end = args.offset + found.items.len();
    let items = counted(found.matches, "item", "items");
    if end >= found.matches {
        look.output.say(&items);
        return Ok(());
    }
    let (number, offset) = (args.number.to_string(), end.to_string());
    let mut words = vec!["data", "catalog"];
    words.extend(args.query.iter().map(String::as_str));
    if args.number != 20 {
        words.extend(["-n", &number]);
    }
    words.extend(["--offset", &offset]);
    let (shown, command) = (span(args.offset + 1, end), look.command(&words));
    look.output
        .say(&format!("{shown} of {items}; next: {command}"));
    Ok(())
}

/// The item that a whole query is the id of, or has a variant of this id.
fn by_id(query: &str, look: &Look<'_>) -> Result<Option<Arc<CatalogItem>>, Trouble> {
    let (id, must) = match query.strip_prefix("id:") {
        Some(id) => (id, true),
        None => (query, false),
    };
    if id.trim().is_empty() && !must {
        return Ok(None);
    }
    let found = match look.shop().item(id)? {
        Some(item) => Some(item),
        None => look.shop().item_of_variant(id)?,
    };
    if found.is_none() && must {
        let command = look.command(&["data", "catalog"]);
        return Err(Trouble::with_help(
            format!("there is no item {id}"),
            format!("{command} lists them"),
        ));
    }
    Ok(found)
}

/// All of one item.
fn one(item: &Arc<CatalogItem>, look: &Look<'_>) -> Result<(), Trouble> {
    if look.output.is_json() {
        return look.output.json(&Json {
            data: item.resource(),
            included: included(std::slice::from_ref(item))?,
            matches: None,
        });
    }
    look.output
        .title(item.title.as_deref().unwrap_or(&item.external_id))?;
    look.output.part("Information")?;
    let categories: Vec<String> = item.categories.iter().map(|one| category(one)).collect();
    let facts = [
        ("ID", Some(item.external_id.clone())),
        ("Klaviyo ID", item.id.clone()),
        ("Description", item.description.clone()),
        ("Price", Some(price(item.price.as_ref(), item, look))),
        (
            "Regular Price",
            Some(price(item.regular_price.as_ref(), item, look)),
        ),
        ("Stock", Some(stock(item.stock()))),
        ("Shown", Some(shown(item).to_owned())),
        ("URL", item.url.clone()),
        ("Image", item.image_full_url.clone()),
        ("Thumbnail", item.image_thumbnail_url.clone()),
        ("Further Images", Some(item.images.join(", "))),
        ("Categories", Some(categories.join(", "))),
        ("Created", item.created.map(|time| look.time(time))),
        ("Updated", item.updated.map(|time| look.time(time))),
    ];
    let mut table = Table::bare([Side::Left, Side::Left]).indented();
    for (label, fact) in facts {
        if let Some(fact) = fact.filter(|fact| !fact.is_empty()) {
            table.row([label.to_owned(), fact]);
        }
    }
    look.output.table(&table)?;
    let metadata = value::pairs(&item.custom_metadata);
    if !metadata.is_empty() {
        look.output.part("Custom Metadata")?;
        let mut table = Table::bare([Side::Left, Side::Left, Side::Left]).indented();
        for (key, v) in metadata {
            table.row([
                value::text(&key),
                words::kind(&v).to_owned(),
                words::readable(&v),
            ]);
        }
        look.output.table(&table)?;
    }
    look.output.part("Variants")?;
    if item.variants.is_empty() {
        return look.output.title("  none: the item is sold as it is");
    }
    let mut table = Table::new([
        ("id", Side::Left),
        ("title", Side::Left),
        ("size", Side::Left),
        ("colour", Side::Left),
        ("sku", Side::Left),
        ("price", Side::Right),
        ("stock", Side::Right),
        ("shown", Side::Left),
    ])
    .indented()
    .whole(0);
    for one in &item.variants {
        table.row([
            one.external_id.clone(),
            one.title.clone().unwrap_or_default(),
            metadata_of(one, &["size"]),
            metadata_of(one, &["color", "colour"]),
            one.sku.clone().unwrap_or_default(),
            price(one.price.as_ref(), item, look),
            stock(one.inventory_quantity),
            variant_shown(one).to_owned(),
        ]);
    }
    look.output.table(&table)
}

/// Variants and categories of items, each category once.
fn included(items: &[Arc<CatalogItem>]) -> Result<Vec<Value>, Trouble> {
    let told = |error: serde_json::Error| Trouble::told(error.to_string());
    let mut included = Vec::new();
    let mut categories: Vec<&Arc<CatalogCategory>> = Vec::new();
    for item in items {
        for one in &item.variants {
            included.push(value::from_serialize(&one.resource()).map_err(told)?);
        }
        for one in &item.categories {
            if !categories.contains(&one) {
                categories.push(one);
            }
        }
    }
    for one in categories {
        included.push(value::from_serialize(&one.resource()).map_err(told)?);
    }
    Ok(included)
}

/// `Green tea (green)`
fn category(category: &CatalogCategory) -> String {
    match category.name == category.external_id {
        true => category.name.clone(),
        false => format!("{} ({})", category.name, category.external_id),
    }
}

/// A price in the item's currency; a text that is no number as it stands.
fn price(price: Option<&Price>, item: &CatalogItem, look: &Look<'_>) -> String {
    let Some(price) = price else {
        return String::new();
    };
    match (price.value(), price) {
        (Some(value), _) => look.money(value, item.currency.as_deref()),
        (None, Price::Text(text)) => text.clone(),
        (None, Price::Number(number)) => number.to_string(),
    }
}

fn stock(stock: Option<f64>) -> String {
    stock.map_or_else(|| "unlimited".to_owned(), |stock| stock.to_string())
}

/// Whether feeds show it, and why not.
fn shown(item: &CatalogItem) -> &'static str {
    match (item.published, item.is_visible(), &item.image_full_url) {
        (false, _, _) => "no: not published",
        (_, true, _) => "yes",
        (_, _, None) => "no: no image",
        _ => "no: sold out",
    }
}

fn variant_shown(variant: &CatalogVariant) -> &'static str {
    let left = variant.inventory_quantity.is_none_or(|left| left > 0.0);
    match (variant.published, left || variant.inventory_policy != 1) {
        (false, _) => "no: not published",
        (_, false) => "no: sold out",
        _ => "yes",
    }
}

/// The first of some names in a variant's metadata, however they are capitalized.
fn metadata_of(variant: &CatalogVariant, names: &[&str]) -> String {
    let pairs = value::pairs(&variant.custom_metadata).into_iter();
    let mut found = pairs.filter(|(key, _)| {
        let key = value::text(key);
        names.iter().any(|name| key.eq_ignore_ascii_case(name))
    });
    found
        .next()
        .map_or_else(String::new, |(_, v)| words::readable(&v))
}
