//! Who somebody is, by the names they go by.

use serde::Serialize;

use super::fields::Fields;
use super::{DataError, Profile};

/// The identifiers of a person, strongest first; events name people by any of them.
///
/// ```
/// use letterpress::data::Identity;
/// assert_eq!(Identity::email("ada@example.com").key(), "ada@example.com");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Identity {
    /// The profile's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The account's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
}

impl Identity {
    /// Somebody known by an email address.
    pub fn email(address: impl Into<String>) -> Identity {
        Identity {
            email: Some(address.into()),
            ..Identity::default()
        }
    }

    /// Somebody known by a profile's id.
    pub fn id(id: impl Into<String>) -> Identity {
        Identity {
            id: Some(id.into()),
            ..Identity::default()
        }
    }

    /// The strongest identifier there is, as [`Profile::key`]; empty for nobody.
    pub fn key(&self) -> &str {
        [&self.id, &self.external_id, &self.email, &self.phone_number]
            .into_iter()
            .find_map(|field| field.as_deref())
            .unwrap_or_default()
    }

    /// Whether this names nobody.
    pub fn is_empty(&self) -> bool {
        self.key().is_empty()
    }

    pub(crate) fn read(fields: &Fields<'_>, id: Option<String>) -> Result<Identity, DataError> {
        Ok(Identity {
            id,
            external_id: fields.identifier("external_id")?,
            email: fields.identifier("email")?,
            phone_number: fields.identifier("phone_number")?,
        })
    }
}

impl From<&Profile> for Identity {
    fn from(profile: &Profile) -> Identity {
        Identity {
            id: profile.id.clone(),
            external_id: profile.external_id.clone(),
            email: profile.email.clone(),
            phone_number: profile.phone_number.clone(),
        }
    }
}
