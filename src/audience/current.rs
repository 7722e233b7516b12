//! A definition in Klaviyo's current spelling, whatever it was written in.

use serde_json::{Map, Value};

use super::country::Country;
use super::json::{Json, Node};

/// The JSON of a definition with the names that the current revision has.
pub(super) fn current(json: &Json) -> Value {
    match &json.node {
        Node::Null => Value::Null,
        Node::Boolean(yes) => Value::Bool(*yes),
        Node::Text(text) => Value::String(text.clone()),
        Node::Number(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        Node::List(members) => Value::Array(members.iter().map(current).collect()),
        Node::Object(members) => {
            let kind = json.get("type").and_then(Json::as_text).unwrap_or_default();
            let operator = json
                .get("operator")
                .and_then(Json::as_text)
                .unwrap_or_default();
            let mut object = Map::new();
            for member in members {
                let mut value = current(&member.value);
                let name = match (&*member.name, kind) {
                    ("type", "profile-attribute") => {
                        value = "profile-property".into();
                        "type"
                    }
                    ("field", "profile-property" | "profile-attribute") => "property",
                    ("region_id", "profile-region") => "region",
                    ("value", "date") if matches!(operator, "after" | "before") => "date",
                    ("country_code", "profile-postal-code-distance") => {
                        let country = value.as_str().and_then(Country::named);
                        if let Some(country) = country {
                            value = country.alpha_3.into();
                        }
                        "country_code"
                    }
                    ("field", "") if value == "is_double_optin" => {
                        value = "is_double_opt_in".into();
                        "field"
                    }
                    ("timeframe_filter", "profile-metric") if value.is_null() => {
                        value = serde_json::json!({"type": "date", "operator": "alltime"});
                        "timeframe_filter"
                    }
                    (name, _) => name,
                };
                object.insert(name.to_owned(), value);
            }
            Value::Object(object)
        }
    }
}
