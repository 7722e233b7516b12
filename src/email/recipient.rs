//! One person, with all that a message to them reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::data::{Event, Profile, event_value, person_value};
use crate::links::Purpose;
use crate::value::{self, Pairs, Value};

/// One person: profile, triggering event, own feeds, coupon codes.
///
/// ```
/// use letterpress::data::Profile;
/// use letterpress::email::Recipient;
/// let profile = Profile::from_json(r#"{"email": "ada@example.com", "first_name": "Ada"}"#).unwrap();
/// let ada = Recipient::new(profile).coupon("WELCOME10", "TEA-4711");
/// assert_eq!(ada.key(), "ada@example.com");
/// ```
#[derive(Debug, Clone)]
pub struct Recipient {
    profile: Option<Arc<Profile>>,
    event: Option<Arc<Event>>,
    /// Names at top level, over those from profile and event.
    context: Option<Value>,
    /// The names that profile and event give.
    names: Value,
    feeds: Vec<(Arc<str>, Value)>,
    coupons: BTreeMap<String, String>,
    links: Vec<(Purpose, String)>,
    property_links: Vec<PropertyLink>,
    date: Option<Timestamp>,
    key: String,
}

/// The address that notes a property of a profile and leads on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyLink {
    /// The property that a click sets.
    pub property: String,
    /// What it is set to.
    pub value: String,
    /// Where the click leads on to.
    pub url: String,
    /// The address that does both.
    pub address: String,
}

impl Recipient {
    /// A person with this profile.
    pub fn new(profile: impl Into<Arc<Profile>>) -> Recipient {
        let profile = profile.into();
        let mut recipient = Recipient::empty(profile.key().to_owned());
        recipient.profile = Some(profile);
        recipient.named()
    }

    /// Nobody in particular: only the names of `context`, a mapping.
    pub fn from_context(context: Value) -> Recipient {
        let key = value::key(&context, "email")
            .map(|v| value::text(&v))
            .unwrap_or_default();
        let mut recipient = Recipient::empty(key);
        recipient.context = Some(context);
        recipient
    }

    /// [`Recipient::from_context`] of anything that serde can write.
    ///
    /// # Errors
    /// `context` has no JSON form.
    pub fn from_serialize<T: Serialize + ?Sized>(
        context: &T,
    ) -> Result<Recipient, serde_json::Error> {
        value::from_serialize(context).map(Recipient::from_context)
    }

    fn empty(key: String) -> Recipient {
        Recipient {
            profile: None,
            event: None,
            context: None,
            names: Pairs::new(Vec::new()).into(),
            feeds: Vec::new(),
            coupons: BTreeMap::new(),
            links: Vec::new(),
            property_links: Vec::new(),
            date: None,
            key,
        }
    }

    /// With the event that started the flow.
    pub fn event(mut self, event: impl Into<Arc<Event>>) -> Recipient {
        self.event = Some(event.into());
        self.named()
    }

    /// With names at top level, over those from profile and event.
    pub fn context(mut self, context: Value) -> Recipient {
        self.context = Some(context);
        self
    }

    /// With a feed of their own: `feeds.NAME` in templates.
    pub fn feed(mut self, name: impl Into<Arc<str>>, items: Value) -> Recipient {
        self.feeds.push((name.into(), items));
        self
    }

    /// With their code of a coupon.
    pub fn coupon(mut self, name: impl Into<String>, code: impl Into<String>) -> Recipient {
        self.coupons.insert(name.into(), code.into());
        self
    }

    /// With an address of their own, instead of the world's: one that was signed before.
    pub fn link(mut self, purpose: Purpose, address: impl Into<String>) -> Recipient {
        self.links.push((purpose, address.into()));
        self
    }

    /// With the address of a property link, instead of the world's.
    pub fn property_link(mut self, link: PropertyLink) -> Recipient {
        self.property_links.push(link);
        self
    }

    /// With the date of their message, instead of the world's time.
    pub fn dated(mut self, date: Timestamp) -> Recipient {
        self.date = Some(date);
        self
    }

    /// Builds the names that profile and event give; each value is read only when a template names it.
    fn named(mut self) -> Recipient {
        let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(8);
        if let Some(profile) = &self.profile {
            let known = [
                ("email", profile.email.clone()),
                ("first_name", profile.first_name.clone()),
                ("last_name", profile.last_name.clone()),
                ("full_name", profile.full_name()),
            ];
            for (name, v) in known {
                if let Some(v) = v {
                    pairs.push((name.into(), v.into()));
                }
            }
            pairs.push(("person".into(), person_value(profile.clone())));
        }
        if let Some(event) = &self.event {
            pairs.push(("event".into(), event_value(event.clone())));
        }
        self.names = Pairs::new(pairs).into();
        self
    }

    /// What identifies the person: the profile's key, else the context's `email`; seeds and file names derive from it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The profile.
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.profile.as_ref()
    }

    /// The event that started the flow.
    pub fn triggering_event(&self) -> Option<&Arc<Event>> {
        self.event.as_ref()
    }

    /// The code of a coupon.
    pub fn coupon_code(&self, name: &str) -> Option<&str> {
        self.coupons.get(name).map(String::as_str)
    }

    /// The mappings in which a template's names are looked up, before those of the world.
    pub(super) fn names(&self) -> impl Iterator<Item = &Value> {
        self.context.iter().chain([&self.names])
    }

    /// The codes they have, by coupon.
    pub fn coupon_codes(&self) -> &BTreeMap<String, String> {
        &self.coupons
    }

    /// The address of a link that was signed before.
    pub fn address(&self, purpose: Purpose) -> Option<&str> {
        let mut links = self.links.iter();
        links
            .find(|(of, _)| *of == purpose)
            .map(|(_, address)| address.as_str())
    }

    /// The address of a property link that was made before.
    pub fn property_address(&self, property: &str, value: &str, url: &str) -> Option<&str> {
        let asked = |link: &&PropertyLink| {
            (&*link.property, &*link.value, &*link.url) == (property, value, url)
        };
        let found = self.property_links.iter().find(asked);
        found.map(|link| link.address.as_str())
    }

    /// The date of their message.
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// The feeds of this person.
    pub fn feeds(&self) -> &[(Arc<str>, Value)] {
        &self.feeds
    }
}
