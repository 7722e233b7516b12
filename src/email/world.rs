//! What is the same for everybody in a run: the clock, the account, the catalog, feeds, links.

use std::collections::BTreeMap;

use jiff::ZonedDateTime;

use super::Recipient;
use crate::language::{Barcode, CatalogAnswer, CatalogQuery, Money};
use crate::links::{Keys, Links, Purpose, Setting};
use crate::value::{Pairs, Value};

/// Everything a render sees beyond its template and its [`Recipient`]. A caller's own database can stand behind it.
///
/// A world gives the same answers for as long as a run lasts; rendering asks it from many threads at once.
pub trait World: Sync {
    /// The time of the run, in the account's zone.
    fn now(&self) -> &ZonedDateTime;

    /// How the account writes money.
    fn money(&self) -> &Money;

    /// `organization` in templates, a mapping.
    fn organization(&self) -> &Value;

    /// `feeds` in templates: lists of products by name, the same for everybody.
    fn feeds(&self) -> &Value;

    /// An item of the catalog.
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer>;

    /// A link of this recipient in the email of this name; None where the account has no such address.
    fn link(&self, purpose: Purpose, recipient: &Recipient, email: &str) -> Option<String>;

    /// The address that sets a property of the recipient's profile and leads on, in the email of this name; without one
    /// the link leads straight there.
    fn property_link(
        &self,
        setting: &Setting,
        recipient: &Recipient,
        email: &str,
    ) -> Option<String> {
        let _ = (setting, recipient, email);
        None
    }

    /// The address of a picture of a barcode.
    fn barcode(&self, barcode: &Barcode<'_>) -> Option<String> {
        let _ = barcode;
        None
    }

    /// A coupon's code for everybody, for previews; a recipient's own code comes first.
    fn coupon(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }

    /// The picture shown where a product has none.
    fn missing_image(&self) -> &str;

    /// What message ids, boundaries and random choices derive from, together with the recipient.
    fn seed(&self) -> u64;
}

/// A [`World`] of plain values.
///
/// ```
/// use letterpress::email::{FixedWorld, World};
/// use letterpress::language::Money;
/// let world = FixedWorld::at("2026-11-20T18:00:00[America/New_York]".parse().unwrap())
///     .with_money(Money::new("en-US", "USD"))
///     .with_organization(letterpress::value::from_json(r#"{"name": "Northwind Tea"}"#).unwrap());
/// assert_eq!(world.now().year(), 2026);
/// ```
#[derive(Debug, Clone)]
pub struct FixedWorld {
    now: ZonedDateTime,
    money: Money,
    organization: Value,
    feeds: Value,
    catalog: BTreeMap<String, CatalogAnswer>,
    links: Links,
    keys: Option<Keys>,
    coupons: BTreeMap<String, String>,
    missing_image: String,
    seed: u64,
}

impl FixedWorld {
    /// A world at this time, in this zone, with nothing in it.
    pub fn at(now: ZonedDateTime) -> FixedWorld {
        let nothing = || Value::from(Pairs::new(Vec::new()));
        FixedWorld {
            now,
            money: Money::default(),
            organization: nothing(),
            feeds: nothing(),
            catalog: BTreeMap::new(),
            links: Links::default(),
            keys: None,
            coupons: BTreeMap::new(),
            missing_image: String::new(),
            seed: 0,
        }
    }

    /// With another way to write money.
    pub fn with_money(mut self, money: Money) -> FixedWorld {
        self.money = money;
        self
    }

    /// With an organization, a mapping.
    pub fn with_organization(mut self, organization: Value) -> FixedWorld {
        self.organization = organization;
        self
    }

    /// With feeds, a mapping of lists by name.
    pub fn with_feeds(mut self, feeds: Value) -> FixedWorld {
        self.feeds = feeds;
        self
    }

    /// With an item of the catalog.
    pub fn with_catalog_item(
        mut self,
        id: impl Into<String>,
        item: Value,
        published: bool,
    ) -> FixedWorld {
        self.catalog
            .insert(id.into(), CatalogAnswer { item, published });
        self
    }

    /// With addresses for links, and the keys that sign them.
    pub fn with_links(mut self, links: Links, keys: Option<Keys>) -> FixedWorld {
        self.links = links;
        self.keys = keys;
        self
    }

    /// With a coupon's code for everybody.
    pub fn with_coupon(mut self, name: impl Into<String>, code: impl Into<String>) -> FixedWorld {
        self.coupons.insert(name.into(), code.into());
        self
    }

    /// With a picture for products that have none.
    pub fn with_missing_image(mut self, url: impl Into<String>) -> FixedWorld {
        self.missing_image = url.into();
        self
    }

    /// With another seed.
    pub fn with_seed(mut self, seed: u64) -> FixedWorld {
        self.seed = seed;
        self
    }
}

impl World for FixedWorld {
    fn now(&self) -> &ZonedDateTime {
        &self.now
    }
    fn money(&self) -> &Money {
        &self.money
    }
    fn organization(&self) -> &Value {
        &self.organization
    }
    fn feeds(&self) -> &Value {
        &self.feeds
    }
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        let id = query.id.rsplit(":::").next().unwrap_or(query.id);
        self.catalog
            .get(query.id)
            .or_else(|| self.catalog.get(id))
            .cloned()
    }
    fn link(&self, purpose: Purpose, recipient: &Recipient, email: &str) -> Option<String> {
        self.links
            .address(purpose, self.keys.as_ref(), recipient.key(), email)
    }
    fn property_link(
        &self,
        setting: &Setting,
        recipient: &Recipient,
        email: &str,
    ) -> Option<String> {
        let keys = self.keys.as_ref();
        self.links
            .property_address(keys, recipient.key(), email, setting.clone())
    }
    fn coupon(&self, name: &str) -> Option<String> {
        self.coupons.get(name).cloned()
    }
    fn missing_image(&self) -> &str {
        &self.missing_image
    }
    fn seed(&self) -> u64 {
        self.seed
    }
}
