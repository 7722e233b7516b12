//! Items, variants and categories as Klaviyo's API writes them.

use serde::Serialize;

use super::resource::{Mapping, Relationships, Resource, many, one};
use super::{CatalogCategory, CatalogItem, CatalogVariant, Price, instant};
use crate::value::{self, Value};

/// The compound id, else the shop's own.
fn id<'a>(compound: &'a Option<String>, own: &'a str) -> &'a str {
    compound.as_deref().unwrap_or(own)
}

impl CatalogItem {
    /// The item as Klaviyo's API writes it; its variants and categories are named, not included.
    ///
    /// ```
    /// use letterpress::data::CatalogItem;
    /// let item = CatalogItem::from_json(r#"{"external_id": "P-11", "title": "Oolong", "price": 19.9, "categories": ["tea"]}"#)?;
    /// let json = serde_json::to_string(&item.resource()).unwrap();
    /// assert!(json.contains(r#""relationships":{"categories":{"data":[{"type":"catalog-category","id":"tea"}]}}"#));
    /// assert_eq!(CatalogItem::from_json(&json)?.price_value(), Some(19.9));
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn resource(&self) -> impl Serialize + '_ {
        let says = |names: &[&str]| {
            let mut names = names.iter();
            names.any(|name| value::key(&self.custom_metadata, name).is_some_and(|v| !v.is_none()))
        };
        let regular = self.regular_price.as_ref();
        let currency = self.currency.as_deref();
        let categories = self.categories.iter();
        let variants = self.variants.iter();
        Resource {
            r#type: "catalog-item",
            id: Some(id(&self.id, &self.external_id)),
            attributes: ItemAttributes {
                external_id: &self.external_id,
                title: self.title.as_deref(),
                description: self.description.as_deref(),
                price: self.price.as_ref(),
                regular_price: regular
                    .filter(|_| !says(&["regular_price", "compare_at_price", "original_price"])),
                currency_code: currency.filter(|_| !says(&["currency_code", "currency"])),
                inventory_quantity: self.inventory_quantity.map(whole),
                inventory_policy: (self.inventory_policy != 0).then_some(self.inventory_policy),
                url: self.url.as_deref(),
                image_full_url: self.image_full_url.as_deref(),
                image_thumbnail_url: self.image_thumbnail_url.as_deref(),
                images: &self.images,
                custom_metadata: Mapping(&self.custom_metadata),
                published: self.published,
                created: self.created.map(instant::show),
                updated: self.updated.map(instant::show),
            },
            relationships: Relationships {
                categories: many(
                    "catalog-category",
                    categories.map(|one| id(&one.id, &one.external_id)),
                ),
                variants: many(
                    "catalog-variant",
                    variants.map(|one| id(&one.id, &one.external_id)),
                ),
                ..Relationships::default()
            },
        }
    }
}

#[derive(Serialize)]
struct ItemAttributes<'a> {
    external_id: &'a str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    price: Option<&'a Price>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regular_price: Option<&'a Price>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory_quantity: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory_policy: Option<u8>,
    url: Option<&'a str>,
    image_full_url: Option<&'a str>,
    image_thumbnail_url: Option<&'a str>,
    images: &'a [String],
    custom_metadata: Mapping<'a>,
    published: bool,
    created: Option<String>,
    updated: Option<String>,
}

/// `14` where a quantity is whole, as it is nearly always.
fn whole(quantity: f64) -> Value {
    match quantity.fract() == 0.0 && quantity.abs() < 1e15 {
        true => Value::from(quantity as i64),
        false => Value::from(quantity),
    }
}

impl CatalogVariant {
    /// The variant as Klaviyo's API writes it.
    ///
    /// ```
    /// use letterpress::data::CatalogVariant;
    /// let small = CatalogVariant::from_json(r#"{"external_id": "P-11-50", "item": "P-11", "inventory_quantity": 3}"#)?;
    /// let json = serde_json::to_string(&small.resource()).unwrap();
    /// assert!(json.ends_with(r#""relationships":{"item":{"data":{"type":"catalog-item","id":"P-11"}}}}"#));
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn resource(&self) -> impl Serialize + '_ {
        Resource {
            r#type: "catalog-variant",
            id: Some(id(&self.id, &self.external_id)),
            attributes: VariantAttributes {
                external_id: &self.external_id,
                title: self.title.as_deref(),
                description: self.description.as_deref(),
                sku: self.sku.as_deref(),
                inventory_policy: self.inventory_policy,
                inventory_quantity: self.inventory_quantity.map(whole),
                price: self.price.as_ref(),
                url: self.url.as_deref(),
                image_full_url: self.image_full_url.as_deref(),
                image_thumbnail_url: self.image_thumbnail_url.as_deref(),
                images: &self.images,
                custom_metadata: Mapping(&self.custom_metadata),
                published: self.published,
            },
            relationships: Relationships {
                item: one("catalog-item", self.item.as_deref()),
                ..Relationships::default()
            },
        }
    }
}

#[derive(Serialize)]
struct VariantAttributes<'a> {
    external_id: &'a str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    sku: Option<&'a str>,
    inventory_policy: u8,
    inventory_quantity: Option<Value>,
    price: Option<&'a Price>,
    url: Option<&'a str>,
    image_full_url: Option<&'a str>,
    image_thumbnail_url: Option<&'a str>,
    images: &'a [String],
    custom_metadata: Mapping<'a>,
    published: bool,
}

impl CatalogCategory {
    /// The category as Klaviyo's API writes it.
    ///
    /// ```
    /// use letterpress::data::CatalogCategory;
    /// let tea = CatalogCategory::from_json(r#"{"external_id": "tea", "name": "Tea"}"#)?;
    /// let json = serde_json::to_string(&tea.resource()).unwrap();
    /// assert_eq!(json, r#"{"type":"catalog-category","id":"tea","attributes":{"external_id":"tea","name":"Tea"}}"#);
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn resource(&self) -> impl Serialize + '_ {
        Resource {
            r#type: "catalog-category",
            id: Some(id(&self.id, &self.external_id)),
            attributes: CategoryAttributes {
                external_id: &self.external_id,
                name: &self.name,
                updated: self.updated.map(instant::show),
            },
            relationships: Relationships {
                items: many("catalog-item", self.items.iter().map(String::as_str)),
                ..Relationships::default()
            },
        }
    }
}

#[derive(Serialize)]
struct CategoryAttributes<'a> {
    external_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
}
