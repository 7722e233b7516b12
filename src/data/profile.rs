//! A person.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::fields::{Fields, Kind, kind, read, unexpected, with_whole_characters};
use super::record::Resource;
use super::{Consent, DataError, Subscriptions, Suppression, instant};
use crate::value::{self, Pairs, Value};

/// A person: what Klaviyo calls a profile.
///
/// Every field may be missing. Numbers and booleans are taken where a text belongs (a zip code of `2110`), and
/// what is null is as if it were absent.
///
/// ```
/// use letterpress::data::{Consent, Profile};
/// let ada = Profile::from_json(r#"{"type": "profile", "id": "01JD3T", "attributes": {
///     "email": "ada@example.com", "first_name": "Ada", "location": {"zip": 2110},
///     "properties": {"Birthday": "1990-02-28"},
///     "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED", "suppression": []}}}}}"#)?;
/// assert_eq!((ada.key(), ada.consent(), ada.can_receive_email()), ("01JD3T", Consent::Subscribed, true));
/// assert_eq!(ada.location.zip.as_deref(), Some("2110"));
///
/// let same = Profile::from_json(r#"{"email": "ada@example.com", "first_name": "Ada"}"#)?; // attributes alone
/// assert_eq!((same.key(), same.consent()), ("ada@example.com", Consent::NeverSubscribed));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
pub struct Profile {
    /// The id in Klaviyo, or in the program the data comes from; opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The address mails go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// In E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The account's own id of this person; `person.id` in a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Where they work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// BCP 47, e.g. `en-GB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where they live.
    #[serde(skip_serializing_if = "Location::is_empty")]
    pub location: Location,
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
    /// When they last did something.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_event_date: Option<Timestamp>,
    /// Custom properties: a mapping, in the order it was written.
    #[serde(skip_serializing_if = "no_properties")]
    pub properties: Value,
    /// Consent and suppression, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<Box<Subscriptions>>,
    /// What Klaviyo predicted of them, as it was exported: a mapping; segments ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictive_analytics: Option<Box<Value>>,
}

/// Where somebody lives.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Location {
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address1: Option<String>,
    /// Second line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address2: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Name of the time zone, e.g. `America/New_York`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
}

fn no_properties(properties: &Value) -> bool {
    value::length(properties).unwrap_or(0) == 0
}

impl Profile {
    /// Reads one profile: Klaviyo's JSON:API resource, or its attributes alone.
    ///
    /// # Errors
    /// [`DataError::Record`]: the text is no JSON object, is of another type, or a field holds something that
    /// cannot be read as what it should be (a list as `email`, a word as `latitude`).
    pub fn from_json(json: &str) -> Result<Profile, DataError> {
        with_whole_characters(json, |json| Profile::read(&Resource::one(json, "profile")?))
    }

    pub(crate) fn read(resource: &Resource<'_>) -> Result<Profile, DataError> {
        let fields = &resource.attributes;
        Ok(Profile {
            id: resource.id.clone(),
            email: fields.identifier("email")?,
            phone_number: fields.identifier("phone_number")?,
            external_id: fields.identifier("external_id")?,
            first_name: fields.text("first_name")?,
            last_name: fields.text("last_name")?,
            organization: fields.text("organization")?,
            title: fields.text("title")?,
            image: fields.text("image")?,
            locale: fields.identifier("locale")?,
            location: match fields.object("location")? {
                Some(location) => Location::read(&location)?,
                None => Location::default(),
            },
            created: fields.time("created")?,
            updated: fields.time("updated")?,
            last_event_date: fields.time("last_event_date")?,
            properties: read_mapping(fields, "properties")?,
            subscriptions: match fields.object("subscriptions")? {
                Some(subscriptions) => Some(Box::new(Subscriptions::read(&subscriptions)?)),
                None => None,
            },
            predictive_analytics: match fields.raw("predictive_analytics") {
                Some(raw) if kind(raw) == Kind::Object => {
                    Some(Box::new(read_value(fields.record(), raw)?))
                }
                _ => None,
            },
        })
    }

    /// What tells this person from everybody else, for seeds and file names: the id, else the external id, else
    /// the email address, else the phone number, else nothing.
    pub fn key(&self) -> &str {
        [&self.id, &self.external_id, &self.email, &self.phone_number]
            .into_iter()
            .find_map(|field| field.as_deref())
            .unwrap_or_default()
    }

    /// First and last name, or the one there is.
    ///
    /// ```
    /// # use letterpress::data::Profile;
    /// let ada = Profile { first_name: Some("Ada".into()), ..Profile::default() };
    /// assert_eq!(ada.full_name().as_deref(), Some("Ada"));
    /// assert_eq!(Profile::default().full_name(), None);
    /// ```
    pub fn full_name(&self) -> Option<String> {
        let part = |field: &Option<String>| field.clone().filter(|name| !name.is_empty());
        match (part(&self.first_name), part(&self.last_name)) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (one, other) => one.or(other),
        }
    }

    /// What they said about marketing by email.
    pub fn consent(&self) -> Consent {
        self.subscriptions
            .as_ref()
            .map_or(Consent::NeverSubscribed, |s| s.email.consent)
    }

    /// The first reason, if there is one, that closes email to them.
    pub fn suppression(&self) -> Option<&Suppression> {
        self.subscriptions.as_ref()?.email.suppression.first()
    }

    /// Whether marketing may be mailed: there is an address, they have not unsubscribed, and nothing suppresses them.
    ///
    /// ```
    /// # use letterpress::data::Profile;
    /// let by_hand = Profile::from_json(r#"{"email": "a@example.com", "subscriptions": {"email": {"marketing":
    ///     {"consent": "SUBSCRIBED", "suppression": [{"reason": "USER_SUPPRESSED", "timestamp": null}]}}}}"#)?;
    /// assert!(!by_hand.can_receive_email());
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn can_receive_email(&self) -> bool {
        self.email.is_some()
            && self.consent() != Consent::Unsubscribed
            && self.suppression().is_none()
    }

    /// A custom property, unless it is absent or null.
    pub fn property(&self, name: &str) -> Option<Value> {
        value::key(&self.properties, name).filter(|v| !v.is_none())
    }
}

impl Location {
    fn read(fields: &Fields<'_>) -> Result<Location, DataError> {
        Ok(Location {
            address1: fields.text("address1")?,
            address2: fields.text("address2")?,
            city: fields.text("city")?,
            region: fields.text("region")?,
            country: fields.text("country")?,
            zip: fields.text("zip")?,
            timezone: fields.identifier("timezone")?,
            ip: fields.text("ip")?,
            latitude: fields.number("latitude")?,
            longitude: fields.number("longitude")?,
        })
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Location::default()
    }
}

/// A field that is a mapping with anything in it; an empty one if it is absent.
pub(crate) fn read_mapping(fields: &Fields<'_>, name: &str) -> Result<Value, DataError> {
    match fields.raw(name) {
        None => Ok(Value::from(Pairs::new(Vec::new()))),
        Some(raw) if kind(raw) == Kind::Object => read_value(fields.record(), raw),
        Some(raw) => Err(unexpected(fields.record(), raw, name, "an object")),
    }
}

pub(crate) fn read_value(record: &str, raw: &RawValue) -> Result<Value, DataError> {
    struct Any(Value);
    impl<'de> serde::Deserialize<'de> for Any {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            value::json::deserialize(deserializer).map(Any)
        }
    }
    read::<Any>(record, raw).map(|any| any.0)
}
