//! What a template sees of a catalog item: in `{% catalog %}`, and in a product feed.

use std::sync::Arc;

use super::lazy::{self, Named};
use super::{CatalogItem, CatalogVariant, Price};
use crate::value::{self, Pairs, Value};

/// The value of `catalog_item` inside `{% catalog %}`.
///
/// `metadata` is the item's own, with its price under `price` unless it has one there. What the item does not
/// have is left out, but `currency_code` and `currency_symbol` are null where the account's currency holds.
///
/// ```
/// use std::sync::Arc;
/// use letterpress::{data::{CatalogItem, catalog_item_value}, value};
/// let item = CatalogItem::from_json(r#"{"external_id": "P-11", "title": "Oolong", "price": 19.9,
///     "image_full_url": "https://shop.example/i.jpg", "custom_metadata": {"Origin": "Fujian"}, "categories": ["tea"]}"#)?;
/// let item = catalog_item_value(Arc::new(item));
/// let read = |name: &str| value::text(&value::key(&item, name).unwrap());
/// assert_eq!(read("metadata"), "{'Origin': 'Fujian', 'price': 19.9}");
/// assert_eq!(read("featured_image"), "{'full': {'src': 'https://shop.example/i.jpg'}, 'thumbnail': {'src': 'https://shop.example/i.jpg'}}");
/// assert_eq!(read("categories"), "['tea']");
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
pub fn catalog_item_value(item: Arc<CatalogItem>) -> Value {
    lazy::value(Looked(item))
}

const NAMES: [&str; 20] = [
    "id",
    "external_id",
    "title",
    "description",
    "url",
    "price",
    "regular_price",
    "currency_code",
    "currency_symbol",
    "featured_image",
    "image_full_url",
    "image_thumbnail_url",
    "images",
    "metadata",
    "categories",
    "variants",
    "published",
    "inventory_quantity",
    "created",
    "updated",
];

struct Looked(Arc<CatalogItem>);

impl Named for Looked {
    fn get(&self, name: &str) -> Option<Value> {
        let item = &*self.0;
        let text = |field: &Option<String>| field.as_deref().map(Value::from);
        let time =
            |field: &Option<jiff::Timestamp>| field.map(|t| Value::from(super::instant::show(t)));
        match name {
            "id" | "external_id" => Some(Value::from(item.external_id.as_str())),
            "title" => text(&item.title),
            "description" => text(&item.description),
            "url" => text(&item.url),
            "price" => item.price.as_ref().map(Price::to_value),
            "regular_price" => item.regular_price.as_ref().map(Price::to_value),
            "currency_code" => Some(text(&item.currency).unwrap_or(Value::from(()))),
            "currency_symbol" => Some(
                item.currency
                    .as_deref()
                    .map_or(Value::from(()), |c| Value::from(symbol(c))),
            ),
            "featured_image" => Some(featured_image(item)),
            "image_full_url" => text(&item.image_full_url),
            "image_thumbnail_url" => text(&item.image_thumbnail_url),
            "images" => Some(Value::from_object(
                item.images
                    .iter()
                    .map(|url| Value::from(url.as_str()))
                    .collect::<Vec<_>>(),
            )),
            "metadata" => Some(metadata(&item.custom_metadata, &item.price)),
            "categories" => Some(categories(item)),
            "variants" => Some(Value::from_object(
                item.variants.iter().map(|v| variant(v)).collect::<Vec<_>>(),
            )),
            "published" => Some(Value::from(item.published)),
            "inventory_quantity" => item.inventory_quantity.map(Value::from),
            "created" => time(&item.created),
            "updated" => time(&item.updated),
            _ => None,
        }
    }

    fn names(&self) -> Vec<Value> {
        let there = |name: &&str| self.get(name).is_some();
        NAMES.into_iter().filter(there).map(Value::from).collect()
    }
}

/// The value of an item of a product feed: texts ready to be printed, as product blocks expect them.
///
/// `price` is a text made by `format` (or the item's own text, where its price is no number), `regular_price` is
/// empty unless it is higher; `price_value` and `regular_price_value` are the numbers.
///
/// ```
/// use letterpress::{data::{CatalogItem, feed_item_value}, value};
/// let item = CatalogItem::from_json(r#"{"external_id": "P-11", "title": "Oolong", "price": 19.9, "custom_metadata": {"compare_at_price": "25"}}"#)?;
/// let item = feed_item_value(&item, &|n| format!("${n:.2}"));
/// let read = |name: &str| value::text(&value::key(&item, name).unwrap());
/// assert_eq!([read("price"), read("regular_price"), read("price_value")], ["$19.90", "$25.00", "19.9"]);
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
pub fn feed_item_value(item: &CatalogItem, format: &dyn Fn(f64) -> String) -> Value {
    let text = |field: &Option<String>| Value::from(field.as_deref().unwrap_or_default());
    let number = |n: Option<f64>| n.map(Value::from);
    let price = match (&item.price, item.price_value()) {
        (_, Some(number)) => format(number),
        (Some(Price::Text(text)), None) => text.clone(),
        _ => String::new(),
    };
    let regular = item.regular_price_value();
    let thumbnail = if item.image_thumbnail_url.is_some() {
        &item.image_thumbnail_url
    } else {
        &item.image_full_url
    };
    let known = |name: &str| value::key(&item.custom_metadata, name).filter(|v| !v.is_none());
    let pairs = [
        ("id", Some(Value::from(item.external_id.as_str()))),
        ("external_id", Some(Value::from(item.external_id.as_str()))),
        ("title", Some(text(&item.title))),
        ("description", Some(text(&item.description))),
        ("url", Some(text(&item.url))),
        ("image_full_url", Some(text(&item.image_full_url))),
        ("image_url", Some(text(&item.image_full_url))),
        ("image_thumbnail_url", Some(text(thumbnail))),
        ("price", Some(Value::from(price))),
        (
            "regular_price",
            Some(Value::from(regular.map_or_else(String::new, format))),
        ),
        ("price_value", number(item.price_value())),
        ("regular_price_value", number(regular)),
        ("rating", known("rating")),
        ("rating_count", known("rating_count")),
        ("categories", Some(categories(item))),
        ("metadata", Some(item.custom_metadata.clone())),
    ];
    let pairs = pairs.into_iter().filter_map(|(name, v)| Some((name, v?)));
    Value::from(pairs.collect::<Pairs>())
}

fn categories(item: &CatalogItem) -> Value {
    let names = item.categories.iter().map(|c| Value::from(c.name.as_str()));
    Value::from_object(names.collect::<Vec<_>>())
}

fn featured_image(item: &CatalogItem) -> Value {
    let source = |url: Option<&String>| {
        Value::from(
            url.map(|u| ("src", u.as_str()))
                .into_iter()
                .collect::<Pairs>(),
        )
    };
    let full = item.image_full_url.as_ref();
    let pairs = [
        ("full", source(full)),
        (
            "thumbnail",
            source(item.image_thumbnail_url.as_ref().or(full)),
        ),
    ];
    Value::from(pairs.into_iter().collect::<Pairs>())
}

fn metadata(own: &Value, price: &Option<Price>) -> Value {
    let Some(price) = price
        .as_ref()
        .filter(|_| value::key(own, "price").is_none())
    else {
        return own.clone();
    };
    let mut pairs: Vec<(Value, Value)> = value::items(own)
        .unwrap_or_default()
        .into_iter()
        .map(|name| {
            let member = value::key(own, name.as_str().unwrap_or_default()).unwrap_or_default();
            (name, member)
        })
        .collect();
    pairs.push((Value::from("price"), price.to_value()));
    Value::from(Pairs::new(pairs))
}

fn variant(variant: &CatalogVariant) -> Value {
    let text = |field: &Option<String>| field.as_deref().map(Value::from);
    let pairs = [
        ("id", Some(Value::from(variant.external_id.as_str()))),
        (
            "external_id",
            Some(Value::from(variant.external_id.as_str())),
        ),
        ("title", text(&variant.title)),
        ("description", text(&variant.description)),
        ("sku", text(&variant.sku)),
        ("price", variant.price.as_ref().map(Price::to_value)),
        ("url", text(&variant.url)),
        ("image_full_url", text(&variant.image_full_url)),
        ("image_thumbnail_url", text(&variant.image_thumbnail_url)),
        (
            "inventory_quantity",
            variant.inventory_quantity.map(Value::from),
        ),
        ("metadata", Some(variant.custom_metadata.clone())),
        ("published", Some(Value::from(variant.published))),
    ];
    let pairs = pairs.into_iter().filter_map(|(name, v)| Some((name, v?)));
    Value::from(pairs.collect::<Pairs>())
}

/// The sign of the commonest currencies, or the code itself.
fn symbol(code: &str) -> &str {
    match code {
        "USD" | "CAD" | "AUD" | "NZD" | "MXN" | "SGD" | "HKD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" | "CNY" => "¥",
        "INR" => "₹",
        "KRW" => "₩",
        "BRL" => "R$",
        "ILS" => "₪",
        "PLN" => "zł",
        "SEK" | "NOK" | "DKK" => "kr",
        other => other,
    }
}
