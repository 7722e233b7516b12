//! The world of a project: its account, its catalog, its feeds at a moment; and `--world`, which replaces any of it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::Data;
use super::clock::moment;
use super::config::Config;
use super::feeds::{self, ProductFeeds};
use crate::data::{DataError, Shop, catalog_item_value};
use crate::diagnostic::Diagnostic;
use crate::email::{Email, Recipient, World};
use crate::language::{Barcode, CatalogAnswer, CatalogQuery, Money};
use crate::links::{Keys, LinkError, LinkTemplate, Links, Purpose, Setting};
use crate::value::{self, Value};

/// Shown where a product has no picture and the project names none: a grey square, inside the message.
const NO_IMAGE: &str =
    "data:image/gif;base64,R0lGODlhAQABAIAAAN3d3QAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==";

/// The world of a project at a moment.
#[derive(Debug)]
pub struct ShopWorld {
    now: ZonedDateTime,
    money: Money,
    organization: Value,
    feeds: Value,
    /// Where each recipient has feeds of their own; not when `--world` says what everybody sees.
    products: Option<Arc<ProductFeeds>>,
    data: Arc<Data>,
    /// Why the catalog could not be asked: a template cannot be told.
    failure: OnceLock<DataError>,
    links: Links,
    keys: Option<Keys>,
    missing_image: String,
    seed: u64,
    /// From `--world`: these items instead of the shop's.
    catalog: Option<BTreeMap<String, Value>>,
    coupons: Option<BTreeMap<String, String>>,
    /// Whether a coupon of the shop shows its first code where the recipient has none.
    preview: bool,
    /// From `--world`: where property links and pictures of barcodes are answered; what is asked for is added as a query.
    property: Option<String>,
    barcode: Option<String>,
}

impl ShopWorld {
    pub(super) fn new(
        config: &Config,
        data: Arc<Data>,
        keys: Option<Keys>,
        now: ZonedDateTime,
    ) -> (ShopWorld, Vec<Diagnostic>) {
        let money = config.money();
        let (definitions, findings) = feeds::definitions(&data);
        let products = ProductFeeds::new(data.clone(), definitions, now.timestamp(), money.clone());
        let products = Arc::new(products);
        let world = ShopWorld {
            organization: data.organization.value(),
            feeds: feeds::everybody(&products),
            products: Some(products),
            money,
            links: config.links.clone(),
            keys,
            missing_image: config
                .missing_image
                .clone()
                .unwrap_or_else(|| NO_IMAGE.to_owned()),
            seed: 0,
            catalog: None,
            coupons: None,
            preview: true,
            property: None,
            barcode: None,
            data,
            failure: OnceLock::new(),
            now,
        };
        (world, findings)
    }

    /// The recipient with their own view of the product feeds that the email names: without what they bought, ordered
    /// by what they did.
    ///
    /// # Errors
    /// The database failed.
    pub fn recipient(&self, recipient: Recipient, email: &Email) -> Result<Recipient, DataError> {
        match &self.products {
            Some(products) => {
                products.of(recipient, email.needs().feeds.iter().map(String::as_str))
            }
            None => Ok(recipient),
        }
    }

    /// Computes what the feeds of an email need of everybody's data; without it the first recipient waits.
    ///
    /// # Errors
    /// The database failed.
    pub fn prepare(&self, email: &Email) -> Result<(), DataError> {
        match &self.products {
            Some(products) => products.prepare(email.needs().feeds.iter().map(String::as_str)),
            None => Ok(()),
        }
    }

    /// What was noticed about the data of the feeds that were computed so far.
    pub fn feed_findings(&self) -> Vec<Diagnostic> {
        let products = self.products.as_deref();
        products.map(ProductFeeds::findings).unwrap_or_default()
    }

    /// Why an item of the catalog could not be looked up, if that ever happened: to the template it was as if there were
    /// no such item, so what was rendered cannot be trusted.
    pub fn failure(&self) -> Option<&DataError> {
        self.failure.get()
    }

    /// The same once for all: an error where an item of the catalog could not be looked up.
    ///
    /// # Errors
    /// [`ShopWorld::failure`]
    pub fn sound(self) -> Result<(), DataError> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }

    /// A world without a project: UTC, `en-US`, dollars, nothing in it.
    pub fn empty(now: ZonedDateTime) -> ShopWorld {
        let data = Arc::new(Data::of_shop(Shop::default(), Vec::new()));
        ShopWorld {
            now,
            money: Money::default(),
            organization: data.organization.value(),
            feeds: value::Pairs::new(Vec::new()).into(),
            products: None,
            data,
            failure: OnceLock::new(),
            links: Links::default(),
            keys: None,
            missing_image: NO_IMAGE.to_owned(),
            seed: 0,
            catalog: None,
            coupons: None,
            preview: true,
            property: None,
            barcode: None,
        }
    }

    /// With another seed.
    pub fn with_seed(mut self, seed: u64) -> ShopWorld {
        self.seed = seed;
        self
    }

    /// Without the code that previews show of a coupon: who has none of their own is skipped.
    pub fn without_preview_codes(mut self) -> ShopWorld {
        self.preview = false;
        self
    }

    /// With whatever a `--world` file replaces. `now` in it counts only where `clock_is_set` does not say that the
    /// command line named a time.
    ///
    /// # Errors
    /// A time, a zone or an address in it cannot be read.
    pub fn replaced_by(
        mut self,
        file: WorldFile,
        clock_is_set: bool,
    ) -> Result<ShopWorld, WorldFileError> {
        let zone = match &file.timezone {
            Some(name) => TimeZone::get(name).map_err(|_| WorldFileError::Zone(name.clone()))?,
            None => self.now.time_zone().clone(),
        };
        self.now = match &file.now {
            Some(text) if !clock_is_set => {
                moment(text, &zone).ok_or_else(|| WorldFileError::Now(text.clone()))?
            }
            _ => self.now.with_time_zone(zone),
        };
        if let Some(locale) = &file.currency_locale {
            self.money = Money::new(
                locale,
                file.currency
                    .as_deref()
                    .unwrap_or_else(|| currency_of(locale)),
            );
        }
        if let Some(seed) = file.seed {
            self.seed = seed;
        }
        if let Some(links) = file.links {
            self.property = links.property;
            self.barcode = links.barcode;
            let template = |text: Option<String>| match text {
                Some(text) => LinkTemplate::parse(&text),
                None => Ok(LinkTemplate::default()),
            };
            self.links = Links {
                unsubscribe: template(links.unsubscribe)?,
                preferences: template(links.preferences)?,
                web_view: template(links.web_view)?,
                property: LinkTemplate::default(),
            };
        }
        self.catalog = file.catalog.map(|items| items.0).or(self.catalog);
        self.coupons = file.coupons.or(self.coupons);
        if let Some(feeds) = file.feeds {
            self.feeds = feeds.0;
            self.products = None;
        }
        if let Some(organization) = file.organization {
            self.organization = organization.0;
        }
        if let Some(url) = file.missing_image {
            self.missing_image = url;
        }
        Ok(self)
    }
}

/// A price as a product block prints it.
pub(super) fn price(money: &Money, amount: f64) -> String {
    money
        .format_text(&value::format_float(amount))
        .unwrap_or_else(|| value::format_float(amount).into_owned())
}

/// The currency of a locale's region, where nothing else is said.
fn currency_of(locale: &str) -> &'static str {
    match locale.rsplit(['-', '_']).next().unwrap_or_default() {
        "GB" => "GBP",
        "CA" => "CAD",
        "AU" => "AUD",
        "NZ" => "NZD",
        "JP" => "JPY",
        "CH" => "CHF",
        "SE" => "SEK",
        "NO" => "NOK",
        "DK" => "DKK",
        "PL" => "PLN",
        "BR" => "BRL",
        "MX" => "MXN",
        "IN" => "INR",
        "US" | "en" => "USD",
        _ => "EUR",
    }
}

impl World for ShopWorld {
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
        if let Some(catalog) = &self.catalog {
            let item = catalog.get(query.id)?.clone();
            let published = value::key(&item, "published").is_none_or(|v| value::truthy(&v));
            return Some(CatalogAnswer { item, published });
        }
        let item = self.data.shop.item(query.id).unwrap_or_else(|error| {
            let _ = self.failure.set(error);
            None
        })?;
        Some(CatalogAnswer {
            published: item.published,
            item: catalog_item_value(item),
        })
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
        let Setting {
            property,
            value,
            url,
        } = setting;
        match self.property.as_deref() {
            Some(base) => Some(with_query(
                base,
                &[("property", property), ("value", value), ("url", url)],
            )),
            None => self.links.property_address(
                self.keys.as_ref(),
                recipient.key(),
                email,
                setting.clone(),
            ),
        }
    }
    fn barcode(&self, barcode: &Barcode<'_>) -> Option<String> {
        let base = self.barcode.as_deref()?;
        let (width, height) = (barcode.width.to_string(), barcode.height.to_string());
        Some(with_query(
            base,
            &[
                ("value", barcode.value),
                ("width", &width),
                ("height", &height),
            ],
        ))
    }
    fn coupon(&self, name: &str) -> Option<String> {
        match &self.coupons {
            Some(coupons) => coupons.get(name).cloned(),
            None if self.preview => self.data.coupons.codes(name).first().cloned(),
            None => None,
        }
    }
    fn missing_image(&self) -> &str {
        &self.missing_image
    }
    fn seed(&self) -> u64 {
        self.seed
    }
}

/// An address with a query, every value percent-encoded (RFC 3986: unreserved characters stay).
fn with_query(base: &str, query: &[(&str, &str)]) -> String {
    let mut url = base.to_owned();
    let mut separator = if base.contains('?') { '&' } else { '?' };
    for (name, v) in query {
        url.push(separator);
        url.push_str(name);
        url.push('=');
        for byte in v.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    url.push(char::from(byte))
                }
                _ => url.push_str(&format!("%{byte:02X}")),
            }
        }
        separator = '&';
    }
    url
}

/// What `--world FILE.json` holds; every key is optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldFile {
    now: Option<String>,
    timezone: Option<String>,
    currency_locale: Option<String>,
    currency: Option<String>,
    seed: Option<u64>,
    links: Option<LinksFile>,
    catalog: Option<Items>,
    coupons: Option<BTreeMap<String, String>>,
    feeds: Option<Any>,
    organization: Option<Any>,
    missing_image: Option<String>,
    /// Universal content blocks by id.
    #[serde(default)]
    pub universal: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinksFile {
    unsubscribe: Option<String>,
    preferences: Option<String>,
    web_view: Option<String>,
    property: Option<String>,
    barcode: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Any(#[serde(deserialize_with = "value::json::deserialize")] Value);

#[derive(Debug)]
struct Items(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Items, D::Error> {
        let items = BTreeMap::<String, Any>::deserialize(deserializer)?;
        Ok(Items(
            items.into_iter().map(|(id, item)| (id, item.0)).collect(),
        ))
    }
}

/// What is wrong with a `--world` file.
#[derive(Debug, thiserror::Error)]
pub enum WorldFileError {
    /// `now`
    #[error("\"now\": '{0}' is no time; write one like 2026-11-20T18:00:00Z")]
    Now(String),
    /// `timezone`
    #[error("\"timezone\": '{0}' is no time zone; write one like America/New_York")]
    Zone(String),
    /// `links`
    #[error("\"links\": {0}")]
    Link(#[from] LinkError),
}
