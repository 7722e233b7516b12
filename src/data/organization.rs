//! The account that sends.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};
use crate::value::{self, Pairs, Value};

use super::DataError;

/// Who sends: the keys of `organization.toml`, which are the names of `organization` in templates.
///
/// ```
/// use letterpress::{data::Organization, diagnostic::Source, value};
/// let source = Source::new("organization.toml", r#"
///     name = "Northwind Tea"
///     url = "https://northwind-tea.example/"
///     street_address = "1 Long Wharf"
///     city = "Boston"
///     region = "MA"
///     zip_code = "02110""#);
/// let organization = Organization::from_toml(&source)?;
/// assert_eq!(organization.name(), "Northwind Tea");
/// assert_eq!(organization.get("full_address").as_deref(), Some("1 Long Wharf, Boston, MA 02110"));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Organization {
    value: Value,
}

impl Default for Organization {
    fn default() -> Organization {
        Organization {
            value: Value::from(Pairs::new(Vec::new())),
        }
    }
}

impl Organization {
    /// An organization of these names. Where `full_address` is missing it is put together from its parts.
    pub fn new(mut pairs: Vec<(Value, Value)>) -> Organization {
        let find = |name: &str| -> Option<String> {
            let (_, found) = pairs.iter().find(|(key, _)| key.as_str() == Some(name))?;
            Some(value::text(found)).filter(|text| !text.is_empty())
        };
        if find("full_address").is_none() {
            let region = [find("region"), find("zip_code")]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ");
            let parts = [
                find("street_address"),
                find("street_address2"),
                find("city"),
                Some(region).filter(|text| !text.is_empty()),
                find("country"),
            ];
            let address = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            if !address.is_empty() {
                pairs.retain(|(key, _)| key.as_str() != Some("full_address"));
                pairs.push((Value::from("full_address"), Value::from(address)));
            }
        }
        Organization {
            value: Value::from(Pairs::new(pairs)),
        }
    }

    /// Reads `organization.toml`.
    ///
    /// # Errors
    /// [`DataError::Toml`]: the text is no TOML.
    pub fn from_toml(source: &Arc<Source>) -> Result<Organization, DataError> {
        let table: toml::Table = source.text().parse().map_err(|error: toml::de::Error| {
            let at = error.span().unwrap_or(0..0);
            DataError::Toml(Box::new(
                Diagnostic::error(
                    "broken-toml",
                    format!("{} is no TOML: {}", source.name(), error.message()),
                )
                .at(source.location(at), ""),
            ))
        })?;
        let value = value::from_serialize(&table).map_err(|error| {
            DataError::Toml(Box::new(Diagnostic::error(
                "broken-toml",
                format!("{}: {error}", source.name()),
            )))
        })?;
        let pairs = value::items(&value)
            .unwrap_or_default()
            .into_iter()
            .map(|name| {
                let member =
                    value::key(&value, name.as_str().unwrap_or_default()).unwrap_or_default();
                (name, member)
            })
            .collect();
        Ok(Organization::new(pairs))
    }

    /// Its name; empty if it has none.
    pub fn name(&self) -> String {
        self.get("name").unwrap_or_default()
    }

    /// One of its names as text.
    pub fn get(&self, name: &str) -> Option<String> {
        value::key(&self.value, name).map(|v| value::text(&v))
    }

    /// The value of `organization` in a template.
    pub fn value(&self) -> Value {
        self.value.clone()
    }
}
