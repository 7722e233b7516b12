//! What a shop sells: items, their variants, their categories.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::fields::{Fields, Kind, kind, read, unexpected, with_whole_characters};
use super::profile::read_mapping;
use super::record::Resource;
use super::{DataError, instant};
use crate::value::{self, Value};

/// An item of the catalog.
///
/// ```
/// use letterpress::data::CatalogItem;
/// let item = CatalogItem::from_json(r#"{"external_id": "P-11", "title": "Oolong", "price": "19.90",
///     "url": "https://shop.example/p/oolong", "image_full_url": "https://shop.example/i/oolong.jpg"}"#)?;
/// assert_eq!((item.external_id.as_str(), item.price_value()), ("P-11", Some(19.9)));
/// assert!(item.is_visible());
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
pub struct CatalogItem {
    /// The compound id in Klaviyo, `$custom:::$default:::P-11`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The shop's own id.
    pub external_id: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// What it cost before, if that was more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regular_price: Option<Price>,
    /// ISO 4217, if it is not the account's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_full_url: Option<String>,
    /// A small picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_thumbnail_url: Option<String>,
    /// Further pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Anything else the shop says about it: a flat mapping.
    #[serde(skip_serializing_if = "is_empty")]
    pub custom_metadata: Value,
    /// Whether it may be shown.
    pub published: bool,
    /// First known.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub created: Option<Timestamp>,
    /// Last changed.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub updated: Option<Timestamp>,
    /// What it belongs to, in order.
    #[serde(serialize_with = "all", skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Arc<CatalogCategory>>,
    /// Sizes, colours and the like, in order.
    #[serde(serialize_with = "all", skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Arc<CatalogVariant>>,
    /// How many are left, where the item itself says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory_quantity: Option<f64>,
    /// 1: not to be recommended when none is left.
    #[serde(skip_serializing_if = "is_zero")]
    pub inventory_policy: u8,
}

/// One size, colour or the like of an item.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CatalogVariant {
    /// The compound id in Klaviyo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The shop's own id.
    pub external_id: String,
    /// The id of the item, as it was written: compound or the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Stock keeping unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// How many are left; nothing means unlimited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory_quantity: Option<f64>,
    /// 1: not to be recommended when none is left.
    #[serde(skip_serializing_if = "is_zero")]
    pub inventory_policy: u8,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_full_url: Option<String>,
    /// A small picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_thumbnail_url: Option<String>,
    /// Further pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Size, colour and the like: a flat mapping.
    #[serde(skip_serializing_if = "is_empty")]
    pub custom_metadata: Value,
    /// Whether it may be shown.
    pub published: bool,
}

/// A category of items.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CatalogCategory {
    /// The compound id in Klaviyo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The shop's own id.
    pub external_id: String,
    /// What it is called.
    pub name: String,
    /// Last changed.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub updated: Option<Timestamp>,
    /// Ids of items, where the category names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
}

/// A price as it was written: a number, or a text such as `19.90` or `on request`.
#[derive(Debug, Clone, PartialEq)]
pub enum Price {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Price {
    /// The number it is; a text counts if it is a number, with or without a currency and thousands in commas.
    ///
    /// ```
    /// use letterpress::data::Price;
    /// let value = |text: &str| Price::Text(text.into()).value();
    /// assert_eq!([value("19.90"), value("$1,234.50"), value("12 EUR")], [Some(19.9), Some(1234.5), Some(12.0)]);
    /// assert_eq!([value("$.99"), value("Rs.99"), value("-$5")], [Some(0.99), Some(99.0), Some(-5.0)]);
    /// assert_eq!([value("19,90"), value("10 - 20"), value("on request"), value("")], [None; 4]);
    /// ```
    pub fn value(&self) -> Option<f64> {
        let text = match self {
            Price::Number(number) => return Some(*number),
            Price::Text(text) => text.trim(),
        };
        let digit = |c: char| c.is_ascii_digit();
        let (before, rest) = text.split_at(text.find(digit)?);
        let number = &rest[..=rest.rfind(digit)?];
        let negative = before.starts_with('-') || before.ends_with('-');
        // `$.99`, but not `Rs.99`.
        let fraction = before
            .strip_suffix('.')
            .is_some_and(|sign| !sign.ends_with(char::is_alphabetic));
        let mut plain = String::from(if fraction { "0." } else { "" });
        for (place, group) in number.split(',').enumerate() {
            // Commas stand between thousands or the text is no number that is understood.
            let whole = group.split('.').next().unwrap_or_default();
            if place > 0 && (whole.len() != 3 || plain.contains('.')) {
                return None;
            }
            plain.push_str(group);
        }
        let price: f64 = plain.parse().ok()?;
        let simple = plain.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        (simple && price.is_finite()).then_some(if negative { -price } else { price })
    }

    /// As a value of a template.
    pub fn to_value(&self) -> Value {
        match self {
            Price::Number(number) => Value::from(*number),
            Price::Text(text) => Value::from(text.as_str()),
        }
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Price::Number(number) => serializer.serialize_f64(*number),
            Price::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl CatalogItem {
    /// Reads one item: Klaviyo's JSON:API resource, or its attributes alone (where `categories` may be a list of
    /// ids).
    ///
    /// # Errors
    /// [`DataError::Record`]: the text is no JSON object, is of another type, has no `external_id`, or a field
    /// cannot be read as what it should be.
    pub fn from_json(json: &str) -> Result<CatalogItem, DataError> {
        with_whole_characters(json, |json| {
            CatalogItem::read(&Resource::one(json, "catalog-item")?)
        })
    }

    pub(crate) fn read(resource: &Resource<'_>) -> Result<CatalogItem, DataError> {
        let fields = &resource.attributes;
        let mut categories = resource.all_related("categories")?;
        for raw in fields.list("categories")? {
            match kind(raw) {
                Kind::Text => categories.push(read(fields.record(), raw)?),
                Kind::Number => categories.push(raw.get().to_owned()),
                _ => {
                    return Err(unexpected(
                        fields.record(),
                        raw,
                        "categories",
                        "a category's id",
                    ));
                }
            }
        }
        let custom_metadata = read_mapping(fields, "custom_metadata")?;
        let mut regular_price = price(fields, "regular_price")?;
        for name in ["regular_price", "compare_at_price", "original_price"] {
            regular_price =
                regular_price.or_else(|| price_of_value(&value::key(&custom_metadata, name)?));
        }
        let mut currency = fields.identifier("currency_code")?;
        for name in ["currency_code", "currency"] {
            currency =
                currency.or_else(|| Some(value::key(&custom_metadata, name)?.as_str()?.to_owned()));
        }
        Ok(CatalogItem {
            external_id: external_id(resource)?,
            id: compound(&resource.id),
            title: fields.text("title")?,
            description: fields.text("description")?,
            price: price(fields, "price")?,
            regular_price,
            currency,
            url: fields.identifier("url")?,
            image_full_url: fields.identifier("image_full_url")?,
            image_thumbnail_url: fields.identifier("image_thumbnail_url")?,
            images: images(fields)?,
            custom_metadata,
            published: fields.boolean("published")?.unwrap_or(true),
            created: fields.time("created")?,
            updated: fields.time("updated")?,
            categories: categories
                .into_iter()
                .map(|id| Arc::new(CatalogCategory::unknown(&id)))
                .collect(),
            variants: Vec::new(),
            inventory_quantity: fields.number("inventory_quantity")?,
            inventory_policy: policy(fields)?,
        })
    }

    /// The price as a number.
    pub fn price_value(&self) -> Option<f64> {
        self.price.as_ref()?.value()
    }

    /// The price before, as a number, if it is higher than the price.
    pub fn regular_price_value(&self) -> Option<f64> {
        let regular = self.regular_price.as_ref()?.value()?;
        (regular > self.price_value()?).then_some(regular)
    }

    /// How many are left over all published variants; nothing means unlimited.
    pub fn stock(&self) -> Option<f64> {
        if self.variants.is_empty() {
            return self.inventory_quantity;
        }
        self.published_variants()
            .map(|v| v.inventory_quantity)
            .sum()
    }

    /// Whether a feed may show it: it is published, has a picture, and something of it can be bought.
    pub fn is_visible(&self) -> bool {
        let sellable =
            |policy: u8, quantity: Option<f64>| policy != 1 || quantity.is_none_or(|q| q > 0.0);
        self.published
            && self.image_full_url.is_some()
            && if self.variants.is_empty() {
                sellable(self.inventory_policy, self.inventory_quantity)
            } else {
                self.published_variants()
                    .any(|v| sellable(v.inventory_policy, v.inventory_quantity))
            }
    }

    /// The prices it can be bought at: those of its published variants, or its own where it has no variants.
    pub fn prices(&self) -> Vec<f64> {
        if self.variants.is_empty() {
            return self.price_value().into_iter().collect();
        }
        self.published_variants()
            .filter_map(|v| v.price.as_ref()?.value())
            .collect()
    }

    fn published_variants(&self) -> impl Iterator<Item = &CatalogVariant> {
        self.variants.iter().map(|v| &**v).filter(|v| v.published)
    }
}

impl CatalogVariant {
    /// Reads one variant: Klaviyo's JSON:API resource, or its attributes alone with an `item`.
    ///
    /// # Errors
    /// As [`CatalogItem::from_json`].
    pub fn from_json(json: &str) -> Result<CatalogVariant, DataError> {
        with_whole_characters(json, |json| {
            CatalogVariant::read(&Resource::one(json, "catalog-variant")?)
        })
    }

    pub(crate) fn read(resource: &Resource<'_>) -> Result<CatalogVariant, DataError> {
        let fields = &resource.attributes;
        let mut item = resource.related("item")?;
        for name in ["item", "item_id"] {
            item = item.or(fields.identifier(name)?);
        }
        Ok(CatalogVariant {
            external_id: external_id(resource)?,
            id: compound(&resource.id),
            item,
            title: fields.text("title")?,
            description: fields.text("description")?,
            sku: fields.text("sku")?,
            price: price(fields, "price")?,
            inventory_quantity: fields.number("inventory_quantity")?,
            inventory_policy: policy(fields)?,
            url: fields.identifier("url")?,
            image_full_url: fields.identifier("image_full_url")?,
            image_thumbnail_url: fields.identifier("image_thumbnail_url")?,
            images: images(fields)?,
            custom_metadata: read_mapping(fields, "custom_metadata")?,
            published: fields.boolean("published")?.unwrap_or(true),
        })
    }
}

impl CatalogCategory {
    /// Reads one category: Klaviyo's JSON:API resource, or its attributes alone.
    ///
    /// # Errors
    /// As [`CatalogItem::from_json`].
    pub fn from_json(json: &str) -> Result<CatalogCategory, DataError> {
        with_whole_characters(json, |json| {
            CatalogCategory::read(&Resource::one(json, "catalog-category")?)
        })
    }

    pub(crate) fn read(resource: &Resource<'_>) -> Result<CatalogCategory, DataError> {
        let external_id = external_id(resource)?;
        Ok(CatalogCategory {
            id: compound(&resource.id),
            name: resource
                .attributes
                .text("name")?
                .unwrap_or_else(|| external_id.clone()),
            external_id,
            updated: resource.attributes.time("updated")?,
            items: resource.all_related("items")?,
        })
    }

    /// A category of which only the id is known.
    fn unknown(id: &str) -> CatalogCategory {
        CatalogCategory {
            id: compound(&Some(id.to_owned())),
            external_id: own_id(id).to_owned(),
            name: own_id(id).to_owned(),
            updated: None,
            items: Vec::new(),
        }
    }
}

/// The shop's own id in a compound id: `P-11` in `$custom:::$default:::P-11`; any other id is its own.
///
/// ```
/// use letterpress::data::own_id;
/// assert_eq!([own_id("$custom:::$default:::P-11"), own_id("P-11")], ["P-11", "P-11"]);
/// ```
pub fn own_id(id: &str) -> &str {
    match id.splitn(3, ":::").nth(2) {
        Some(own) if id.starts_with('$') => own,
        _ => id,
    }
}

fn compound(id: &Option<String>) -> Option<String> {
    id.clone().filter(|id| own_id(id).len() < id.len())
}

fn external_id(resource: &Resource<'_>) -> Result<String, DataError> {
    let own = resource.attributes.identifier("external_id")?;
    own.or_else(|| resource.id.as_deref().map(|id| own_id(id).to_owned()))
        .ok_or_else(|| {
            DataError::record(
                format!("a {} needs an 'external_id'", resource.kind),
                resource.attributes.place("external_id"),
            )
        })
}

fn price(fields: &Fields<'_>, name: &str) -> Result<Option<Price>, DataError> {
    match fields.raw(name) {
        Some(raw) if kind(raw) == Kind::Number => Ok(fields.number(name)?.map(Price::Number)),
        _ => Ok(fields.identifier(name)?.map(Price::Text)),
    }
}

fn price_of_value(v: &Value) -> Option<Price> {
    match v.as_str() {
        Some(text) => Some(Price::Text(text.to_owned())),
        None if v.is_number() => f64::try_from(v.clone()).ok().map(Price::Number),
        None => None,
    }
}

fn images(fields: &Fields<'_>) -> Result<Vec<String>, DataError> {
    fields
        .list("images")?
        .into_iter()
        .filter(|raw| kind(raw) == Kind::Text)
        .map(|raw| read(fields.record(), raw))
        .collect()
}

fn policy(fields: &Fields<'_>) -> Result<u8, DataError> {
    Ok(match fields.number("inventory_policy")? {
        Some(1.0) => 1,
        Some(2.0) => 2,
        _ => 0,
    })
}

fn is_empty(mapping: &Value) -> bool {
    value::length(mapping).unwrap_or(0) == 0
}

fn is_zero(policy: &u8) -> bool {
    *policy == 0
}

fn all<T: Serialize, S: Serializer>(list: &[Arc<T>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(|one| &**one))
}
