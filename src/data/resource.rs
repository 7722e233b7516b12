//! Profiles, events and items as Klaviyo's API writes them: what came in goes out, and can be read again.
//!
//! Field for field the resources of `GET /api/profiles` and its sisters, in their order. What Klaviyo has no field for
//! (a regular price, a metric that has no id) stands among the attributes under the name that the reader knows.

use serde::Serialize;

use super::{Metric, instant};
use crate::value::{self, Value};

/// `{"type": …, "id": …, "attributes": …, "relationships": …}`
#[derive(Serialize)]
pub(super) struct Resource<'a, A> {
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    pub(super) attributes: A,
    #[serde(skip_serializing_if = "Relationships::is_empty")]
    pub(super) relationships: Relationships<'a>,
}

#[derive(Default, Serialize)]
pub(super) struct Relationships<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profile: Option<One<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metric: Option<One<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<One<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Many<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) categories: Option<Many<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) variants: Option<Many<'a>>,
}

impl Relationships<'_> {
    fn is_empty(&self) -> bool {
        self.profile.is_none()
            && self.metric.is_none()
            && self.item.is_none()
            && self.items.is_none()
            && self.categories.is_none()
            && self.variants.is_none()
    }
}

#[derive(Serialize)]
pub(super) struct One<'a> {
    data: Name<'a>,
}

#[derive(Serialize)]
pub(super) struct Many<'a> {
    data: Vec<Name<'a>>,
}

#[derive(Serialize)]
struct Name<'a> {
    r#type: &'static str,
    id: &'a str,
}

pub(super) fn one<'a>(r#type: &'static str, id: Option<&'a str>) -> Option<One<'a>> {
    id.map(|id| One {
        data: Name { r#type, id },
    })
}

pub(super) fn many<'a>(
    r#type: &'static str,
    ids: impl Iterator<Item = &'a str>,
) -> Option<Many<'a>> {
    let data: Vec<Name<'a>> = ids.map(|id| Name { r#type, id }).collect();
    (!data.is_empty()).then_some(Many { data })
}

/// A mapping that is one even where nothing is in it.
pub(super) struct Mapping<'a>(pub(super) &'a Value);

impl Serialize for Mapping<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match value::length(self.0) {
            Some(1..) => self.0.serialize(serializer),
            _ => serializer.collect_map(std::iter::empty::<((), ())>()),
        }
    }
}

impl Metric {
    /// The metric as Klaviyo's API writes it.
    ///
    /// ```
    /// use letterpress::data::Metric;
    /// let json = serde_json::to_string(&Metric::named("Placed Order").resource()).unwrap();
    /// assert_eq!(json, r#"{"type":"metric","attributes":{"name":"Placed Order"}}"#);
    /// ```
    pub fn resource(&self) -> impl Serialize + '_ {
        let integration = self.integration.is_some() || self.integration_id.is_some();
        Resource {
            r#type: "metric",
            id: self.id.as_deref(),
            attributes: MetricAttributes {
                name: &self.name,
                created: self.created.map(instant::show),
                updated: self.updated.map(instant::show),
                integration: integration.then_some(Integration {
                    id: self.integration_id.as_deref(),
                    name: self.integration.as_deref(),
                }),
            },
            relationships: Relationships::default(),
        }
    }
}

#[derive(Serialize)]
struct MetricAttributes<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<Integration<'a>>,
}

#[derive(Serialize)]
struct Integration<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}
