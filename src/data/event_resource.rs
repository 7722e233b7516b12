//! An event as Klaviyo's API writes it.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::resource::{Relationships, Resource, one};
use super::{Event, Identity, Metric, instant};

impl Event {
    /// The event as Klaviyo's API writes it. Where its metric or its person has no id, they stand among the attributes.
    ///
    /// ```
    /// use letterpress::data::Event;
    /// let event = Event::from_json(r#"{"id": "4vRpBT", "metric": "Placed Order", "profile": {"id": "01JD3T"},
    ///     "time": "2026-11-20T18:04:10Z", "properties": {"$value": 59.9}}"#)?;
    /// let json = serde_json::to_string(&event.resource()).unwrap();
    /// assert_eq!(json, r#"{"type":"event","id":"4vRpBT","attributes":{"timestamp":1795197850,"#.to_owned()
    ///     + r#""datetime":"2026-11-20T18:04:10+00:00","event_properties":{"$value": 59.9},"metric":{"name":"Placed Order"}},"#
    ///     + r#""relationships":{"profile":{"data":{"type":"profile","id":"01JD3T"}}}}"#);
    /// assert_eq!(Event::from_json(&json)?.id(), "4vRpBT");
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn resource(&self) -> impl Serialize + '_ {
        let says = |name: &str| self.property(name).is_some();
        let (who, metric) = (&*self.profile, &*self.metric);
        Resource {
            r#type: "event",
            id: Some(self.id()),
            attributes: EventAttributes {
                timestamp: self.time.as_second(),
                datetime: instant::show(self.time),
                uuid: self.uuid.as_deref(),
                unique_id: self
                    .unique_id()
                    .filter(|id| *id != self.id() && !says("$event_id")),
                value: self.value.filter(|_| !says("$value")),
                value_currency: self.value_currency.as_deref(),
                event_properties: Properties(self),
                metric: metric.id.is_none().then_some(metric),
                profile: (who.id.is_none() && !who.is_empty()).then_some(who),
            },
            relationships: Relationships {
                profile: one("profile", who.id.as_deref()),
                metric: one("metric", metric.id.as_deref()),
                ..Relationships::default()
            },
        }
    }
}

#[derive(Serialize)]
struct EventAttributes<'a> {
    timestamp: i64,
    datetime: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_currency: Option<&'a str>,
    event_properties: Properties<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<&'a Metric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a Identity>,
}

/// The properties, to the letter as they were read.
struct Properties<'a>(&'a Event);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(self.0.raw_properties()) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.collect_map(std::iter::empty::<((), ())>()),
        }
    }
}
