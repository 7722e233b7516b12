//! Something that somebody did.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::fields::{
    Kind, PropertyFields, Sound, kind, part_error, unexpected, with_whole_characters,
};
use super::record::Resource;
use super::{DataError, Identity, Metric, instant};
use crate::value::{self, Pairs, Value};

/// Something that somebody did at a certain time.
///
/// The properties stay JSON text until they are asked for: a shop has hundreds of thousands of events, and a mail
/// needs one of them.
///
/// ```
/// use letterpress::{data::Event, value};
/// let event = Event::from_json(r#"{"metric": "Checkout Started", "profile": {"email": "ada@example.com"},
///     "time": "2026-11-20T18:04:10+00:00", "properties": {"$value": 59.9, "$extra": {"line_items": []}}}"#)?;
/// assert_eq!(event.metric.name, "Checkout Started");
/// assert_eq!(event.profile.email.as_deref(), Some("ada@example.com"));
/// assert_eq!((event.value, event.time.as_second()), (Some(59.9), 1_795_197_850));
/// assert!(value::key(&event.properties(), "$extra").is_some());
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Clone)]
pub struct Event {
    /// What was done.
    pub metric: Arc<Metric>,
    /// Who did it.
    pub profile: Arc<Identity>,
    /// When, to the second.
    pub time: Timestamp,
    /// What it was worth: the event's `value`, else the property `$value`.
    pub value: Option<f64>,
    /// ISO 4217.
    pub value_currency: Option<Box<str>>,
    pub(crate) id: Option<Box<str>>,
    pub(crate) uuid: Option<Box<str>>,
    pub(crate) unique_id: Option<Box<str>>,
    /// Made from what the event says, where it has no id at all, so that it can be asked for all the same.
    derived_id: Option<Box<str>>,
    properties: Option<Box<RawValue>>,
}

impl Event {
    /// An event without id, value and properties.
    ///
    /// ```
    /// use letterpress::data::{Event, Identity, Metric};
    /// use letterpress::value;
    /// let event = Event::new(Metric::named("Viewed Product"), Identity::email("ada@example.com"), "2026-11-20T18:04:10Z".parse()?)
    ///     .with_id("e1")
    ///     .with_properties(r#"{"ProductID": "P-11"}"#)?;
    /// assert_eq!(event.id(), "e1");
    /// assert_eq!(value::text(&event.properties()), "{'ProductID': 'P-11'}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(metric: Metric, profile: Identity, time: Timestamp) -> Event {
        Event {
            metric: Arc::new(metric),
            profile: Arc::new(profile),
            time,
            value: None,
            value_currency: None,
            id: None,
            uuid: None,
            unique_id: None,
            derived_id: None,
            properties: None,
        }
    }

    /// The event with this id.
    pub fn with_id(mut self, id: impl Into<Box<str>>) -> Event {
        self.id = Some(id.into());
        self
    }

    /// The event with this `unique_id`: of several with the same person and metric the first is kept.
    pub fn with_unique_id(mut self, id: impl Into<Box<str>>) -> Event {
        self.unique_id = Some(id.into());
        self
    }

    /// The event with these properties, the text of a JSON object; `$value` and `$event_id` are read from them
    /// where the event has no value and no unique id yet.
    ///
    /// # Errors
    /// [`DataError::Record`]: the text is no JSON object.
    pub fn with_properties(self, json: &str) -> Result<Event, DataError> {
        with_whole_characters(json, |json| {
            let raw: &RawValue = serde_json::from_str(json).map_err(|e| {
                DataError::record(format!("this is no JSON object: {e}"), 0..json.len())
            })?;
            let mut event = self.clone();
            event.take_properties(json, raw, "properties")?;
            Ok(event)
        })
    }

    /// Reads one event in any of its spellings: Klaviyo's JSON:API resource, a create-event body, the old Track
    /// call, or the short form of the example above.
    ///
    /// # Errors
    /// [`DataError::Record`]: the text is no JSON object, is of another type, names no metric or no time, or a
    /// field cannot be read as what it should be.
    pub fn from_json(json: &str) -> Result<Event, DataError> {
        with_whole_characters(json, |json| Event::read(&Resource::one(json, "event")?))
    }

    /// [`Event::from_json`] for an example that somebody pasted: where it names no metric and no time, it has these.
    ///
    /// Klaviyo takes an event without a time, too, as one of now.
    ///
    /// ```
    /// use letterpress::data::Event;
    /// let now = "2026-11-20T18:00:00Z".parse()?;
    /// let event = Event::from_example(r#"{"properties": {"OrderId": "1001"}}"#, "Placed Order", now)?;
    /// assert_eq!((&*event.metric.name, event.time), ("Placed Order", now));
    /// assert!(Event::from_json(r#"{"properties": {"OrderId": "1001"}}"#).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Event::from_json`]; and what stands beside the properties though Klaviyo has it among them: `extra`.
    pub fn from_example(json: &str, metric: &str, time: Timestamp) -> Result<Event, DataError> {
        with_whole_characters(json, |json| {
            let resource = Resource::one(json, "event")?;
            for name in ["extra", "$extra"] {
                if resource.attributes.raw(name).is_some() {
                    return Err(outside_properties(&resource, name));
                }
            }
            Event::read_or(&resource, Some((metric, time)))
        })
    }

    pub(crate) fn read(resource: &Resource<'_>) -> Result<Event, DataError> {
        Event::read_or(resource, None)
    }

    fn read_or(
        resource: &Resource<'_>,
        otherwise: Option<(&str, Timestamp)>,
    ) -> Result<Event, DataError> {
        let fields = &resource.attributes;
        let mut time = None;
        for name in ["datetime", "timestamp", "time"] {
            time = time.or(fields.time(name)?);
        }
        let time = time.or(otherwise.map(|(_, time)| time)).ok_or_else(|| {
            DataError::record("an event needs a time", fields.place("metric"))
                .with_help("give it as 'datetime', 'timestamp' or 'time'")
        })?;
        let mut event = Event {
            metric: Arc::new(metric(resource, otherwise.map(|(metric, _)| metric))?),
            profile: Arc::new(profile(resource)?),
            time,
            value: fields.number("value")?,
            value_currency: fields
                .identifier("value_currency")?
                .map(String::into_boxed_str),
            id: resource.id.clone().map(String::into_boxed_str),
            uuid: fields.identifier("uuid")?.map(String::into_boxed_str),
            unique_id: fields.identifier("unique_id")?.map(String::into_boxed_str),
            derived_id: None,
            properties: None,
        };
        for name in ["event_properties", "properties"] {
            if let (Some(raw), None) = (fields.raw(name), &event.properties) {
                event.take_properties(fields.record(), raw, name)?;
            }
        }
        if event.id().is_empty() {
            event.derived_id = Some(event.derive_id());
        }
        Ok(event)
    }

    /// The same for the same event, however often and wherever it is read.
    fn derive_id(&self) -> Box<str> {
        let metric = self.metric.id.as_deref().unwrap_or(&self.metric.name);
        let mut hash = Sha256::new();
        for part in [metric, self.profile.key(), self.raw_properties()] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(self.time.as_second().to_le_bytes());
        let hash = hash.finalize();
        let hex: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        hex.into_boxed_str()
    }

    fn take_properties(
        &mut self,
        record: &str,
        raw: &RawValue,
        name: &str,
    ) -> Result<(), DataError> {
        if kind(raw) != Kind::Object {
            return Err(unexpected(record, raw, name, "an object"));
        }
        let survey: Survey =
            serde_json::from_str(raw.get()).map_err(|error| part_error(record, raw, &error))?;
        self.value = self.value.or(survey.value);
        if self.unique_id.is_none() {
            self.unique_id = survey.event_id;
        }
        self.properties = Some(raw.to_owned());
        Ok(())
    }

    /// What tells this event from others: its id, else its uuid, else its unique id; for an event that was read without
    /// any of them sixteen digits that are made from what it says.
    pub fn id(&self) -> &str {
        [&self.id, &self.uuid, &self.unique_id, &self.derived_id]
            .into_iter()
            .find_map(|field| field.as_deref())
            .unwrap_or_default()
    }

    /// Whether both say the same in all they say.
    #[cfg(feature = "preview")]
    pub(crate) fn is_as(&self, other: &Event) -> bool {
        (self.id(), self.time, self.value) == (other.id(), other.time, other.value)
            && (&self.metric, &self.profile) == (&other.metric, &other.profile)
            && self.raw_properties() == other.raw_properties()
    }

    /// The `unique_id` (or `$event_id`) it was recorded with, if any.
    pub fn unique_id(&self) -> Option<&str> {
        self.unique_id.as_deref()
    }

    /// The id it was given: in Klaviyo, or by whoever recorded it.
    pub(crate) fn own_id(&self) -> Option<&str> {
        self.id.as_deref().or(self.uuid.as_deref())
    }

    /// The properties as the JSON text that was read; `{}` if there are none.
    pub fn raw_properties(&self) -> &str {
        self.properties.as_deref().map_or("{}", RawValue::get)
    }

    /// The properties, parsed now: a mapping in the order it was written.
    pub fn properties(&self) -> Value {
        // The text was walked through when the event was read.
        value::from_json(self.raw_properties())
            .unwrap_or_else(|_| Value::from(Pairs::new(Vec::new())))
    }

    /// One property at the top level, without parsing the others.
    ///
    /// ```
    /// # use letterpress::data::Event;
    /// let event = Event::from_json(r#"{"metric": "Ordered Product", "time": 0, "properties": {"a": [1], "Quantity": 2}}"#)?;
    /// assert_eq!(event.property("Quantity").and_then(|q| q.as_usize()), Some(2));
    /// assert!(event.property("Price").is_none());
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn property(&self, name: &str) -> Option<Value> {
        let raw = self.raw_property(name)?;
        value::from_json(raw.get()).ok()
    }

    /// The properties, cut into their fields but not converted.
    pub(crate) fn property_fields(&self) -> Option<PropertyFields<'_>> {
        PropertyFields::of(self.raw_properties())
    }

    fn raw_property(&self, name: &str) -> Option<&RawValue> {
        let mut deserializer = serde_json::Deserializer::from_str(self.raw_properties());
        Only(name).deserialize(&mut deserializer).ok().flatten()
    }
}

/// Klaviyo has no `extra` beside the properties: what no template would see is not passed over in silence.
fn outside_properties(resource: &Resource<'_>, name: &str) -> DataError {
    let title = format!(
        "'{name}' stands beside the properties of the event; Klaviyo has it among them, as '$extra'"
    );
    DataError::record(title, resource.attributes.place(name))
        .with_help("write \"properties\": {\"$extra\": …}; templates read that as event.extra")
}

/// The metric that an event names.
fn metric(resource: &Resource<'_>, otherwise: Option<&str>) -> Result<Metric, DataError> {
    let fields = &resource.attributes;
    if let Some(id) = resource.related("metric")? {
        return Ok(Metric {
            id: Some(id),
            ..Metric::default()
        });
    }
    // `event` is the old Track call's name for it.
    let name = if fields.raw("metric").is_some() {
        "metric"
    } else {
        "event"
    };
    let metric = match fields.raw(name) {
        Some(raw) if kind(raw) == Kind::Object => match fields.object(name)? {
            Some(object) => match object.object_if_it_is_one("data")? {
                // A create-event body.
                Some(data) => {
                    let attributes = data.object("attributes")?.unwrap_or(data.clone());
                    Metric::of_fields(&attributes, data.identifier("id")?)?
                }
                None => Metric::of_fields(&object, object.identifier("id")?)?,
            },
            None => Metric::default(),
        },
        Some(raw) if kind(raw) == Kind::Text => {
            Metric::named(fields.identifier(name)?.unwrap_or_default())
        }
        Some(raw) => return Err(unexpected(fields.record(), raw, name, "a metric's name")),
        None => Metric {
            id: fields.identifier("metric_id")?,
            ..Metric::default()
        },
    };
    if metric.name.is_empty() && metric.id.is_none() {
        if let Some(name) = otherwise {
            return Ok(Metric::named(name));
        }
        return Err(
            DataError::record("an event needs a metric", fields.place(name))
                .with_help("for example \"metric\": \"Placed Order\""),
        );
    }
    Ok(metric)
}

/// The person that an event names; nobody is fine, the event then belongs to nobody known.
fn profile(resource: &Resource<'_>) -> Result<Identity, DataError> {
    let fields = &resource.attributes;
    if let Some(id) = resource.related("profile")? {
        return Ok(Identity {
            id: Some(id),
            ..Identity::default()
        });
    }
    if let Some(profile) = fields.object("profile")? {
        return match profile.object_if_it_is_one("data")? {
            Some(data) => {
                let attributes = data.object("attributes")?.unwrap_or(data.clone());
                Identity::read(&attributes, data.identifier("id")?)
            }
            None => Identity::read(&profile, profile.identifier("id")?),
        };
    }
    if let Some(customer) = fields.object("customer_properties")? {
        return Ok(Identity {
            id: None,
            external_id: customer.identifier("$id")?,
            email: customer.identifier("$email")?,
            phone_number: customer.identifier("$phone_number")?,
        });
    }
    Ok(Identity {
        id: fields.identifier("profile_id")?,
        ..Identity::default()
    })
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Event({} {} {} by {:?})",
            self.id(),
            self.metric.name,
            self.time,
            self.profile.key()
        )
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Event", 9)?;
        let ids = [
            ("id", &self.id),
            ("uuid", &self.uuid),
            ("unique_id", &self.unique_id),
        ];
        for (name, id) in ids {
            if let Some(id) = id {
                s.serialize_field(name, id)?;
            }
        }
        s.serialize_field("metric", &*self.metric)?;
        s.serialize_field("profile", &*self.profile)?;
        s.serialize_field("datetime", &instant::show(self.time))?;
        if let Some(value) = &self.value {
            s.serialize_field("value", value)?;
        }
        if let Some(currency) = &self.value_currency {
            s.serialize_field("value_currency", currency)?;
        }
        match &self.properties {
            Some(raw) => s.serialize_field("properties", raw)?,
            None => {
                s.serialize_field("properties", &std::collections::BTreeMap::<(), ()>::new())?
            }
        }
        s.end()
    }
}

/// What is read from the properties while they are checked.
#[derive(Default)]
struct Survey {
    value: Option<f64>,
    event_id: Option<Box<str>>,
}

impl<'de> Deserialize<'de> for Survey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Survey;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Survey, A::Error> {
                let mut survey = Survey::default();
                while let Some(name) = map.next_key_seed(Which(["$value", "$event_id"]))? {
                    match name {
                        Some(0) => {
                            survey.value = scalar(&map.next_value::<Value>()?)
                                .and_then(|t| t.parse().ok())
                                .filter(|n: &f64| n.is_finite())
                        }
                        Some(_) => {
                            survey.event_id =
                                scalar(&map.next_value::<Value>()?).map(String::into_boxed_str)
                        }
                        None => {
                            map.next_value::<Sound>()?;
                        }
                    }
                }
                Ok(survey)
            }
        }
        deserializer.deserialize_map(Look)
    }
}

/// The trimmed text of a text or a number that is not empty.
fn scalar(v: &Value) -> Option<String> {
    let is_scalar = v.as_str().is_some() || v.is_number();
    Some(value::text(v).trim().to_owned()).filter(|text| is_scalar && !text.is_empty())
}

/// Which of some names a key is.
struct Which<'n, const N: usize>([&'n str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Which<'_, N> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const N: usize> Visitor<'_> for Which<'_, N> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|&known| known == name))
    }
}

/// Reads one field of an object and skips the others; the last of a repeated one.
struct Only<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Only<'_> {
    type Value = Option<&'de RawValue>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Only<'_> {
    type Value = Option<&'de RawValue>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key_seed(Which([self.0]))? {
            match name {
                Some(_) => found = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}
