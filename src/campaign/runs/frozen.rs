//! A recipient as a line of the plan, and the world as it was: what a message needs, weeks later, without the project.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::data::{Event, Profile};
use crate::email::{FixedWorld, PropertyLink, Recipient};
use crate::language::Money;
use crate::links::Purpose;
use crate::value::{self, Value};

/// The links of a message, as they were signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Addresses {
    #[serde(skip_serializing_if = "Option::is_none")]
    unsubscribe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferences: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_view: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    property: Vec<PropertyLink>,
}

impl Addresses {
    pub(super) fn note(&mut self, purpose: Purpose, address: String) {
        *match purpose {
            Purpose::Unsubscribe => &mut self.unsubscribe,
            Purpose::Preferences => &mut self.preferences,
            Purpose::WebView => &mut self.web_view,
        } = Some(address);
    }

    pub(super) fn note_property(&mut self, link: PropertyLink) {
        // HTML and text part ask for the same.
        if !self.property.contains(&link) {
            self.property.push(link);
        }
    }

    fn give(self, mut recipient: Recipient) -> Recipient {
        let links = [
            (Purpose::Unsubscribe, self.unsubscribe),
            (Purpose::Preferences, self.preferences),
            (Purpose::WebView, self.web_view),
        ];
        for (purpose, address) in links {
            if let Some(address) = address {
                recipient = recipient.link(purpose, address);
            }
        }
        self.property
            .into_iter()
            .fold(recipient, Recipient::property_link)
    }
}

/// A recipient's line.
#[derive(Serialize)]
struct Written<'a, P: Serialize, E: Serialize> {
    profile: Option<P>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<E>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    feeds: BTreeMap<&'a str, Vec<FeedItem>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    coupons: &'a BTreeMap<String, String>,
    links: &'a Addresses,
    date: Timestamp,
}

#[derive(Deserialize)]
struct Read<'a> {
    #[serde(borrow)]
    profile: Option<&'a RawValue>,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
    #[serde(default)]
    feeds: BTreeMap<String, Vec<FeedItem>>,
    #[serde(default)]
    coupons: BTreeMap<String, String>,
    links: Addresses,
    date: Timestamp,
}

/// A product of a person's feed: its id among the plan's items.
type FeedItem = u32;

/// The products that feeds of the plan's people hold, each once.
#[derive(Debug, Default)]
pub(super) struct Items {
    by_id: HashMap<String, FeedItem>,
    values: Vec<Value>,
}

impl Items {
    /// The number of a product.
    fn number(&mut self, item: &Value) -> FeedItem {
        let id = value::key(item, "external_id").map(|id| value::text(&id));
        let id = id.unwrap_or_else(|| value::text(item));
        let values = &mut self.values;
        *self.by_id.entry(id).or_insert_with(|| {
            values.push(item.clone());
            FeedItem::try_from(values.len() - 1).unwrap_or(FeedItem::MAX)
        })
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.values)
    }

    pub(super) fn from_json(json: &str) -> Result<Items, serde_json::Error> {
        let all = value::from_json(json)?;
        Ok(Items {
            by_id: HashMap::new(),
            values: value::items(&all).unwrap_or_default(),
        })
    }
}

/// The line of a recipient, as JSON.
pub(super) fn to_line(
    recipient: &Recipient,
    items: &Mutex<Items>,
    links: &Addresses,
    date: Timestamp,
) -> Result<Vec<u8>, serde_json::Error> {
    let feeds = recipient.feeds().iter().map(|(name, list)| {
        let list = value::items(list).unwrap_or_default();
        let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = list.iter().map(|item| items.number(item));
        (&**name, numbers.collect())
    });
    serde_json::to_vec(&Written {
        feeds: feeds.collect(),
        profile: recipient.profile().map(|profile| profile.resource()),
        event: recipient.triggering_event().map(|event| event.resource()),
        coupons: recipient.coupon_codes(),
        links,
        date,
    })
}

/// The recipient of a line.
///
/// # Errors
/// The line is not one that [`to_line`] wrote.
pub(super) fn from_line(line: &[u8], items: &Items) -> io::Result<Recipient> {
    let text = std::str::from_utf8(line).map_err(io::Error::other)?;
    let read: Read<'_> = serde_json::from_str(text).map_err(io::Error::other)?;
    let profile = read.profile.map(|raw| Profile::from_json(raw.get()));
    let profile = profile.transpose().map_err(io::Error::other)?;
    let mut recipient = Recipient::new(profile.unwrap_or_default()).dated(read.date);
    if let Some(raw) = read.event {
        recipient = recipient.event(Event::from_json(raw.get()).map_err(io::Error::other)?);
    }
    for (name, numbers) in read.feeds {
        let list = numbers.iter().map(|number| {
            let item = items.values.get(*number as usize);
            item.cloned()
                .ok_or_else(|| io::Error::other("a feed names a product that the plan has not"))
        });
        let list = list.collect::<io::Result<Vec<Value>>>()?;
        recipient = recipient.feed(name, Value::from_object(list));
    }
    for (coupon, code) in read.coupons {
        recipient = recipient.coupon(coupon, code);
    }
    Ok(read.links.give(recipient))
}

/// The profile of a recipient's line.
pub(super) fn profile_of_line(line: &[u8]) -> io::Result<Profile> {
    let text = std::str::from_utf8(line).map_err(io::Error::other)?;
    let read: Read<'_> = serde_json::from_str(text).map_err(io::Error::other)?;
    let raw = read
        .profile
        .ok_or_else(|| io::Error::other("the line has no profile"))?;
    Profile::from_json(raw.get()).map_err(io::Error::other)
}

/// The world of a plan, in the form of a `--world` file.
#[derive(Serialize, Deserialize)]
pub(super) struct WorldSnapshot {
    pub(super) now: Timestamp,
    pub(super) timezone: String,
    pub(super) currency_locale: String,
    pub(super) currency: String,
    pub(super) seed: u64,
    pub(super) missing_image: String,
    #[serde(with = "any")]
    pub(super) organization: Value,
    #[serde(with = "any")]
    pub(super) feeds: Value,
    /// The items that were asked for, by the id they were asked for with.
    #[serde(with = "mapping")]
    pub(super) catalog: BTreeMap<String, Value>,
}

impl WorldSnapshot {
    pub(super) fn read(path: &Path) -> io::Result<WorldSnapshot> {
        let text = std::fs::read_to_string(path)?;
        serde_json::from_str(&text).map_err(io::Error::other)
    }

    /// The world as it was.
    pub(super) fn world(self) -> io::Result<FixedWorld> {
        let zone = jiff::tz::TimeZone::get(&self.timezone).map_err(io::Error::other)?;
        let now: ZonedDateTime = self.now.to_zoned_datetime(zone);
        let mut world = FixedWorld::at(now)
            .with_money(Money::new(&self.currency_locale, &self.currency))
            .with_organization(self.organization)
            .with_feeds(self.feeds)
            .with_missing_image(self.missing_image)
            .with_seed(self.seed);
        for (id, item) in self.catalog {
            let published = value::key(&item, "published").is_none_or(|v| value::truthy(&v));
            world = world.with_catalog_item(id, item, published);
        }
        Ok(world)
    }
}

mod any {
    use super::{Value, value};
    use serde::{Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(v: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        v.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Value, D::Error> {
        value::json::deserialize(d)
    }
}

mod mapping {
    use super::{BTreeMap, Value, value};
    use serde::de::Deserialize;
    use serde::{Deserializer, Serializer};

    #[derive(serde::Deserialize)]
    struct Any(#[serde(deserialize_with = "value::json::deserialize")] Value);

    pub(super) fn serialize<S: Serializer>(
        all: &BTreeMap<String, Value>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(all)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Value>, D::Error> {
        let read = BTreeMap::<String, Any>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|(id, item)| (id, item.0)).collect())
    }
}
