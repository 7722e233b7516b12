//! The name of an event.

use jiff::Timestamp;
use serde::Serialize;

use super::fields::{Fields, Kind, kind, unexpected, with_whole_characters};
use super::record::Resource;
use super::{DataError, instant};

/// What happened, as a kind: *Placed Order*, *Viewed Product*, … with the integration that reports it.
///
/// ```
/// use letterpress::data::Metric;
/// let metric = Metric::from_json(r#"{"type": "metric", "id": "UxxK3p",
///     "attributes": {"name": "Checkout Started", "integration": {"id": "0eMvjm", "name": "API"}}}"#)?;
/// assert_eq!((metric.name.as_str(), metric.integration.as_deref()), ("Checkout Started", Some("API")));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Metric {
    /// The id in Klaviyo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name.
    pub name: String,
    /// The name of the integration, e.g. `Shopify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// The integration's id in Klaviyo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_id: Option<String>,
    /// Since when there is one.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub created: Option<Timestamp>,
    /// When it was changed last.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub updated: Option<Timestamp>,
}

impl Metric {
    /// A metric of this name.
    pub fn named(name: impl Into<String>) -> Metric {
        Metric {
            name: name.into(),
            ..Metric::default()
        }
    }

    /// Reads one metric: Klaviyo's JSON:API resource, or its attributes alone.
    ///
    /// # Errors
    /// [`DataError::Record`]: the text is no JSON object, is of another type, or has no name.
    pub fn from_json(json: &str) -> Result<Metric, DataError> {
        with_whole_characters(json, |json| Metric::read(&Resource::one(json, "metric")?))
    }

    pub(crate) fn read(resource: &Resource<'_>) -> Result<Metric, DataError> {
        let fields = &resource.attributes;
        let metric = Metric {
            created: fields.time("created")?,
            updated: fields.time("updated")?,
            ..Metric::of_fields(fields, resource.id.clone())?
        };
        if metric.name.is_empty() {
            return Err(DataError::record(
                "a metric needs a 'name'",
                fields.place("name"),
            ));
        }
        Ok(metric)
    }

    /// A metric as an event names it; the name is empty where only an id is given.
    pub(crate) fn of_fields(fields: &Fields<'_>, id: Option<String>) -> Result<Metric, DataError> {
        let mut integration_id = fields.identifier("integration_id")?;
        let integration = match fields.raw("integration") {
            Some(raw) if kind(raw) == Kind::Object => match fields.object("integration")? {
                Some(object) => {
                    integration_id = object.identifier("id")?.or(integration_id);
                    object.identifier("name")?
                }
                None => None,
            },
            Some(raw) if kind(raw) == Kind::List => {
                return Err(unexpected(fields.record(), raw, "integration", "a name"));
            }
            _ => fields.identifier("integration")?,
        };
        Ok(Metric {
            id,
            name: fields.identifier("name")?.unwrap_or_default(),
            integration,
            integration_id,
            ..Metric::default()
        })
    }
}
