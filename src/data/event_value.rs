//! What a template sees of the event that triggered a mail.

use std::sync::{Arc, OnceLock};

use super::Event;
use super::lazy::{self, Named};
use crate::value::{self, Value};

/// The value of `event`: the event's properties, nulls included.
///
/// `extra` reads the property `$extra`; `$value` and `$currency_code` come from the event where they are not
/// among the properties. The properties are parsed at the first read, once.
///
/// ```
/// use std::sync::Arc;
/// use letterpress::{data::{Event, event_value}, value};
/// let event = Event::from_json(r#"{"metric": "Checkout Started", "time": 0, "value": 40,
///     "properties": {"Coupon": null, "$extra": {"line_items": [{"title": "Oolong"}]}}}"#)?;
/// let event = event_value(Arc::new(event));
/// assert_eq!(value::text(&value::key(&event, "extra").unwrap()), "{'line_items': [{'title': 'Oolong'}]}");
/// assert_eq!(value::text(&value::key(&event, "$value").unwrap()), "40.0");
/// assert_eq!(value::text(&event), "{'Coupon': None, 'extra': {'line_items': [{'title': 'Oolong'}]}, '$value': 40.0}");
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
pub fn event_value(event: Arc<Event>) -> Value {
    lazy::value(Triggered {
        event,
        properties: OnceLock::new(),
    })
}

struct Triggered {
    event: Arc<Event>,
    properties: OnceLock<Value>,
}

impl Triggered {
    fn property(&self, name: &str) -> Option<Value> {
        let properties = self.properties.get_or_init(|| self.event.properties());
        value::key(properties, name)
    }

    fn own(&self, name: &str) -> Option<Value> {
        match name {
            "$value" => self.event.value.map(Value::from),
            "$currency_code" => self.event.value_currency.as_deref().map(Value::from),
            _ => None,
        }
    }
}

impl Named for Triggered {
    fn get(&self, name: &str) -> Option<Value> {
        if name == "extra"
            && let Some(extra) = self.property("$extra")
        {
            return Some(extra);
        }
        self.property(name).or_else(|| self.own(name))
    }

    fn names(&self) -> Vec<Value> {
        let properties = self.properties.get_or_init(|| self.event.properties());
        let extra = self.property("$extra").is_some();
        let mut names: Vec<Value> = value::items(properties)
            .unwrap_or_default()
            .into_iter()
            // Klaviyo shows `$extra` under the name that templates use.
            .filter(|name| !extra || name.as_str() != Some("extra"))
            .map(|name| match name.as_str() {
                Some("$extra") => Value::from("extra"),
                _ => name,
            })
            .collect();
        for name in ["$value", "$currency_code"] {
            if self.property(name).is_none() && self.own(name).is_some() {
                names.push(Value::from(name));
            }
        }
        names
    }
}
