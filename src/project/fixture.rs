//! Fixtures: named examples beside an email, for previews and tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::choice::ChoiceError;
use crate::data::{Event, Profile};
use crate::value::{self, Pairs, Value};

/// What a fixture file holds: `{"profile": …, "event": …, "now": …, "context": {…}}`, every key optional.
#[derive(Debug, Default)]
pub struct Fixture {
    /// Whom the example is for.
    pub profile: Option<Arc<Profile>>,
    /// What started the flow.
    pub event: Option<Arc<Event>>,
    /// The clock, as it was written.
    pub now: Option<String>,
    /// Names at top level.
    pub context: Vec<(Value, Value)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    profile: Option<Box<RawValue>>,
    event: Option<Box<RawValue>>,
    now: Option<String>,
    context: Option<Box<RawValue>>,
}

impl Fixture {
    /// Reads a fixture's file; an event that names neither metric nor time has this metric, and happens at the
    /// fixture's own `now`, or now.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is not what it should be.
    pub fn read(path: &Path, metric: &str) -> Result<Fixture, ChoiceError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ChoiceError::told(format!("cannot read {}: {error}", path.display()))
        })?;
        let wrong = |what: &str, error: &dyn std::fmt::Display| {
            ChoiceError::told(format!("{}: {what}: {error}", path.display()))
        };
        let raw: Raw = serde_json::from_str(&text)
            .map_err(|error| ChoiceError::told(format!("{}: {error}", path.display())))?;
        let profile = match raw.profile {
            Some(json) => {
                Some(Profile::from_json(json.get()).map_err(|error| wrong("profile", &error))?)
            }
            None => None,
        };
        let event = match raw.event {
            Some(json) => {
                let now = raw.now.as_ref().and_then(|now| now.parse().ok());
                let time = now.unwrap_or_else(Timestamp::now);
                let event = Event::from_example(json.get(), metric, time);
                Some(event.map_err(|error| wrong("event", &error))?)
            }
            None => None,
        };
        let context = match raw.context {
            Some(json) => object(json.get()).map_err(|error| wrong("context", &error))?,
            None => Vec::new(),
        };
        Ok(Fixture {
            profile: profile.map(Arc::new),
            event: event.map(Arc::new),
            now: raw.now,
            context,
        })
    }
}

/// The names and files of an email's fixtures below the templates' folder, sorted.
pub(super) fn fixtures(templates: &Path, email: &str) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> =
        std::fs::read_dir(templates.join(email).join("fixtures"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let path = entry.path();
                let name = path.file_stem()?.to_str()?.to_owned();
                (path.extension()? == "json").then_some((name, path))
            })
            .collect();
    found.sort();
    found
}

/// The pairs of a JSON object, for names at top level.
///
/// # Errors
/// The text is no JSON object.
pub fn object(json: &str) -> Result<Vec<(Value, Value)>, String> {
    let v = value::from_json(json).map_err(|error| error.to_string())?;
    match v.downcast_object_ref::<Pairs>() {
        Some(pairs) => Ok(pairs.iter().map(|(k, v)| (k.clone(), v.clone())).collect()),
        None => Err("a JSON object is expected".into()),
    }
}
