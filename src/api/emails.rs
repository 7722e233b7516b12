//! The emails of the project.

use serde::Serialize;

use super::{Problem, Snapshot};
use crate::email::{EmailError, Kind};

/// All emails, and what is wrong with the project as a whole.
#[derive(Debug, Serialize)]
pub struct Emails {
    /// Counts the readings of the files.
    pub generation: u64,
    /// The account's name.
    pub organization: String,
    /// How many people there are.
    pub people: usize,
    /// The account's time zone.
    pub timezone: String,
    /// Sorted by name.
    pub emails: Vec<EmailEntry>,
    /// What is wrong with the project's files; the last good state is shown.
    pub problems: Vec<Problem>,
}

/// One email in the list.
#[derive(Debug, Serialize)]
pub struct EmailEntry {
    /// The folder's name.
    pub name: String,
    /// Flow or campaign; None where `email.toml` cannot be read.
    pub kind: Option<Kind>,
    /// The metric, or the date property, that starts its flow.
    pub trigger: Option<String>,
    /// Whether it is sent whatever the consent.
    pub transactional: bool,
    /// Names of its fixtures.
    pub fixtures: Vec<String>,
    /// How many errors keep it from being rendered.
    pub errors: usize,
    /// How many things a person should look at.
    pub warnings: usize,
}

/// So many findings of the data are shown; the command line tells all.
const MOST_FINDINGS: usize = 20;

impl Snapshot {
    /// All emails. A project that cannot be opened has none, and its problems.
    pub fn emails(&self) -> Emails {
        let mut found = Emails {
            generation: self.generation,
            organization: String::new(),
            people: 0,
            timezone: String::new(),
            emails: Vec::new(),
            problems: self.trouble.clone(),
        };
        let Some(project) = &self.project else {
            return found;
        };
        found.timezone = project
            .config()
            .zone
            .iana_name()
            .unwrap_or("UTC")
            .to_owned();
        if let Ok(data) = project.data() {
            found.organization = data.organization.name();
            match data.shop.profile_count() {
                Ok(people) => found.people = people,
                Err(error) => found.problems.push(Problem::told(&error.to_string(), None)),
            }
            let findings = data.findings.iter().take(MOST_FINDINGS);
            let shown = findings.map(|finding| Problem::of(finding, self.editor()));
            found.problems.extend(shown);
        }
        found.emails = project
            .engine()
            .emails()
            .into_iter()
            .map(|name| self.entry(name))
            .collect();
        found
    }

    fn entry(&self, name: String) -> EmailEntry {
        let project = self.project.as_ref();
        let compiled = project.map(|project| project.engine().email(&name));
        let fixtures = project.map(|project| project.fixtures(&name));
        let errors = match &compiled {
            Some(Err(EmailError::Invalid { diagnostics, .. })) => diagnostics.len(),
            Some(Err(_)) => 1,
            _ => 0,
        };
        let email = match compiled {
            Some(Ok(email)) => {
                self.remember(&email);
                Some(email)
            }
            _ => self.remembered(&name),
        };
        let manifest = email.as_ref().map(|email| email.manifest());
        EmailEntry {
            kind: manifest.map(|manifest| manifest.kind),
            trigger: manifest.and_then(|m| m.metric.clone().or_else(|| m.date_property.clone())),
            transactional: manifest.is_some_and(|manifest| manifest.transactional),
            fixtures: fixtures
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
                .collect(),
            errors,
            warnings: email.as_ref().map_or(0, |email| email.findings().len()),
            name,
        }
    }
}
