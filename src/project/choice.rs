//! Whom an email is rendered for: the same choice for `letterpress render` and for the page.

use std::sync::Arc;

use super::{Fixture, Project, ProjectError, SelectError, Selector};
use crate::data::{DataError, Event, Profile};
use crate::diagnostic::nearest;
use crate::email::{Email, Kind, Recipient};
use crate::value::{Pairs, Value};

/// Why there is nobody to render for.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The project's data.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A selector found nothing.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The database failed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The email has no fixture of this name.
    #[error("'{email}' has no fixture '{name}'")]
    NoFixture {
        /// The email.
        email: String,
        /// The name asked for.
        name: String,
        /// What to do about it.
        help: String,
    },
    /// People and events are found in a project, and there is none.
    #[error("there is no project here to find people and events in")]
    NoProject,
    /// An event without anybody it belongs to.
    #[error("an event of whom?")]
    NoPerson,
    /// A fixture cannot be read.
    #[error("{0}")]
    Told(String),
}

impl ChoiceError {
    pub(super) fn told(what: impl Into<String>) -> ChoiceError {
        ChoiceError::Told(what.into())
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            ChoiceError::NoFixture { help, .. } => Some(help),
            ChoiceError::NoProject => Some(
                "go to a project's folder, name it with --project, or give a file: --profile @ada.json",
            ),
            ChoiceError::NoPerson => {
                Some("name the person with --profile, or the event with id:… or @file.json")
            }
            _ => None,
        }
    }
}

/// A person or an event: looked up in the project's data, or given.
#[derive(Debug, Clone)]
pub enum Wanted<T> {
    /// By a selector.
    Found(Selector),
    /// As it is.
    Given(Arc<T>),
}

/// What is asked for; all of it may be left open.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The person.
    pub profile: Option<Wanted<Profile>>,
    /// The event.
    pub event: Option<Wanted<Event>>,
    /// A fixture of the email.
    pub fixture: Option<String>,
    /// Names at top level, instead of the fixture's.
    pub context: Option<Vec<(Value, Value)>>,
    /// Further names at top level, over those.
    pub also: Vec<(Value, Value)>,
    /// Which one `random` finds.
    pub seed: u64,
}

/// Whom to render for, and how that came about.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Person, event and context.
    pub recipient: Recipient,
    /// The fixture that was used.
    pub fixture: Option<String>,
    /// The fixture's clock, as it was written.
    pub now: Option<String>,
    /// Sentences for the person in front of it: what was chosen where nothing was asked for.
    pub said: Vec<String>,
    /// Whether people were looked up in the data, so that what is wrong with it matters.
    pub looked_up: bool,
}

impl Wish {
    /// Chooses for `email`: what was asked for; else the first fixture, else the first profile; and for a flow's email
    /// the person's latest event of the metric that starts the flow.
    ///
    /// # Errors
    /// Something that was asked for is not there, or the data cannot be read.
    pub fn choose(self, email: &Email, project: Option<&Project>) -> Result<Choice, ChoiceError> {
        let needed = || project.ok_or(ChoiceError::NoProject);
        let nothing_asked = self.profile.is_none()
            && self.event.is_none()
            && self.fixture.is_none()
            && self.context.is_none();
        let mut said = Vec::new();
        let mut looked_up = false;

        let named = self.fixture.is_some();
        let (fixture, used) = self.fixture(email, project, nothing_asked, &mut said)?;
        let Fixture {
            mut profile,
            mut event,
            now,
            mut context,
        } = used;

        match &self.profile {
            Some(Wanted::Given(given)) => profile = Some(given.clone()),
            Some(Wanted::Found(selector)) => {
                let shop = &*needed()?.data()?.shop;
                looked_up = true;
                let found = selector.find_profile(shop, self.seed)?;
                if *selector == Selector::Random {
                    let (who, seed) = (shown(&found), self.seed);
                    said.push(format!("random profile: {who} (seed {seed})"));
                }
                profile = Some(found);
            }
            None if nothing_asked
                && profile.is_none()
                && context.is_empty()
                && email.manifest().subject.is_some() =>
            {
                if let Some(project) = project {
                    looked_up = true;
                    profile = project.data()?.shop.nth_profile(0)?;
                    if let Some(profile) = &profile {
                        let (email, who) = (email.name(), shown(profile));
                        said.push(format!("rendering '{email}' for {who}"));
                    }
                }
            }
            None => {}
        }

        match &self.event {
            Some(Wanted::Given(given)) => event = Some(given.clone()),
            Some(Wanted::Found(Selector::Nothing)) => event = None,
            Some(Wanted::Found(selector)) => {
                let shop = &*needed()?.data()?.shop;
                if profile.is_none()
                    && let Selector::Id(id) = selector
                    && let Some(found) = shop.event(id)?
                {
                    profile = shop.profile_of(&found.profile)?;
                }
                let profile = profile.as_ref().ok_or(ChoiceError::NoPerson)?;
                event = Some(selector.find_event(shop, profile)?);
            }
            // A flow's email for a person: the latest event that would have started it.
            None if event.is_none() && !named && email.kind() == Kind::Flow => {
                if let (Some(profile), Some(project)) = (&profile, project)
                    && let Some(metric) = project.trigger_metric(email)?
                {
                    event = project.data()?.shop.latest_event(profile, &metric)?;
                    said.push(match &event {
                        Some(event) => format!("with the event {metric:?} of {}", event.time),
                        None => format!(
                            "{} has no event {metric:?}: rendering without one",
                            shown(profile)
                        ),
                    });
                }
            }
            None => {}
        }

        if let Some(given) = self.context {
            context = given;
        }
        context.extend(self.also);
        let context: Value = Pairs::new(context).into();
        let mut recipient = match profile {
            Some(profile) => Recipient::new(profile).context(context),
            None => Recipient::from_context(context),
        };
        if let Some(event) = event {
            recipient = recipient.event(event);
        }
        Ok(Choice {
            recipient,
            fixture,
            now,
            said,
            looked_up,
        })
    }

    /// The fixture that was asked for, or the first one where nothing was.
    fn fixture(
        &self,
        email: &Email,
        project: Option<&Project>,
        nothing_asked: bool,
        said: &mut Vec<String>,
    ) -> Result<(Option<String>, Fixture), ChoiceError> {
        if self.fixture.is_none() && !nothing_asked {
            return Ok((None, Fixture::default()));
        }
        let known = project
            .map(|project| project.fixtures(email.name()))
            .unwrap_or_default();
        let found = match &self.fixture {
            Some(wanted) => {
                let found = known.iter().find(|(name, _)| name == wanted);
                Some(found.ok_or_else(|| no_fixture(email.name(), wanted, &known))?)
            }
            None => known.first(),
        };
        let Some((name, path)) = found else {
            return Ok((None, Fixture::default()));
        };
        if self.fixture.is_none() {
            let email = email.name();
            said.push(format!("rendering '{email}' with its fixture '{name}'"));
        }
        Ok((Some(name.clone()), Fixture::read(path, trigger(email))?))
    }
}

/// The metric of an event that names none: the one that starts the email's flow.
fn trigger(email: &Email) -> &str {
    email.manifest().metric.as_deref().unwrap_or_default()
}

fn no_fixture(email: &str, wanted: &str, known: &[(String, std::path::PathBuf)]) -> ChoiceError {
    let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let help = match nearest(wanted, names.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if names.is_empty() => {
            format!("put it at templates/{email}/fixtures/{wanted}.json")
        }
        None => format!("fixtures: {}", names.join(", ")),
    };
    ChoiceError::NoFixture {
        email: email.to_owned(),
        name: wanted.to_owned(),
        help,
    }
}

/// What a person is called on the screen.
pub fn shown(profile: &Profile) -> &str {
    profile.email.as_deref().unwrap_or_else(|| profile.key())
}
