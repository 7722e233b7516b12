//! A message of a run again, weeks later, and what has changed in template and data since.

use super::delivery::Delivery;
use super::made::{Made, make};
use super::run::Frozen;
use super::{CampaignError, Run};
use crate::data::Profile;
use crate::data::{DataError, Identity};
use crate::project::Project;

/// A message of a run, made again.
#[derive(Debug)]
pub struct Replayed {
    /// The exact bytes, if there was a message; else why there was none.
    pub message: Result<Vec<u8>, String>,
    /// What became of it.
    pub delivery: Delivery,
}

/// Something that is not as it was when the run was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A template that reads otherwise now, is new, or is gone.
    Template(String),
    /// A field of the profile: what it was, and what it is.
    Profile {
        /// Which.
        field: String,
        /// As JSON.
        then: String,
        /// As JSON.
        now: String,
    },
    /// The data does not know the person any more.
    Gone,
}

impl Run {
    /// Makes the message of a person again.
    ///
    /// # Errors
    /// The run is damaged.
    pub fn replay(&self, frozen: &Frozen, delivery: Delivery) -> Result<Replayed, CampaignError> {
        let people = self.paths().people();
        if delivery.place.length == 0 {
            let message = Err("nothing was planned for this person".to_owned());
            return Ok(Replayed { message, delivery });
        }
        let recipient = frozen
            .recipient(delivery.place)
            .map_err(super::error::at(&people))?;
        let message = match make(frozen, self.settings(), &recipient) {
            Made::Letter(letter) => Ok(letter.bytes),
            Made::Skipped { detail, .. } | Made::Failed { detail, .. } => Err(detail),
        };
        Ok(Replayed { message, delivery })
    }

    /// What has changed since the plan, for one person's message.
    ///
    /// # Errors
    /// The run or the data cannot be read.
    pub fn changes(
        &self,
        frozen: &Frozen,
        delivery: &Delivery,
        project: &Project,
    ) -> Result<Vec<Change>, CampaignError> {
        let mut changes = Vec::new();
        let library = project.engine().library();
        let folder = self.paths().templates();
        let mut names: Vec<String> = self
            .settings()
            .files
            .keys()
            .filter_map(|file| file.strip_prefix("templates/").map(str::to_owned))
            .collect();
        // Another email's templates are of no interest.
        let own = format!("{}/", self.settings().email);
        names.extend(library.names().into_iter().map(str::to_owned));
        names.retain(|name| name.starts_with(&own) || name.starts_with('_'));
        names.sort();
        names.dedup();
        for name in names {
            let then = std::fs::read_to_string(folder.join(&name)).ok();
            let now = library.file(&name).map(|file| library.sources().text(file));
            if then.as_deref() != now {
                changes.push(Change::Template(name));
            }
        }
        let people = self.paths().people();
        let recipient = frozen
            .recipient(delivery.place)
            .map_err(super::error::at(&people))?;
        if let Some(then) = recipient.profile() {
            let data = project.data()?;
            match data.shop.profile_of(&Identity::from(&**then))? {
                None => changes.push(Change::Gone),
                Some(now) => changes.extend(differences(then, &now)?),
            }
        }
        Ok(changes)
    }
}

/// The fields in which two profiles differ.
fn differences(then: &Profile, now: &Profile) -> Result<Vec<Change>, CampaignError> {
    let json = |profile: &Profile| {
        let value = serde_json::to_value(profile.resource());
        value.map_err(|error| DataError::Lookup(Box::new(error)))
    };
    let (then, now) = (json(then)?, json(now)?);
    let mut changes = Vec::new();
    compare("", &then["attributes"], &now["attributes"], &mut changes);
    Ok(changes)
}

fn compare(
    path: &str,
    then: &serde_json::Value,
    now: &serde_json::Value,
    changes: &mut Vec<Change>,
) {
    use serde_json::Value;
    if then == now {
        return;
    }
    if let (Value::Object(a), Value::Object(b)) = (then, now) {
        let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let inner = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let value = |object: &serde_json::Map<String, Value>| {
                object.get(name).cloned().unwrap_or(Value::Null)
            };
            compare(&inner, &value(a), &value(b), changes);
        }
        return;
    }
    changes.push(Change::Profile {
        field: path.to_owned(),
        then: then.to_string(),
        now: now.to_string(),
    });
}
