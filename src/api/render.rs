//! A render for one person: everything the page shows of it, and its parts as bytes.

use jiff::ZonedDateTime;
use serde::{Deserialize, Serialize};

use super::live::World;
use super::people::looked_up;
use super::{ApiError, EventEntry, Person, Problem, Snapshot, Tree};
use crate::campaign::{Consent, not_mailed};
use crate::data::{DataError, event_value, person_value};
use crate::delivery::Part;
use crate::diagnostic::{Diagnostic, Severity};
use crate::email::{Email, EmailError, Failed, Header, Mailbox, Outcome, Rendered};
use crate::project::{Choice, Selector, Wanted, Wish, fresh_seed, moment, shown};

/// What is asked to be rendered, as the flags of `letterpress render` name it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The email's name.
    pub email: String,
    /// The person.
    pub profile: Option<String>,
    /// The event, or `none`.
    pub event: Option<String>,
    /// A fixture of the email.
    pub fixture: Option<String>,
    /// The clock.
    pub now: Option<String>,
}

/// A render, as the page shows it.
#[derive(Debug, Serialize)]
pub struct View {
    /// The snapshot it was rendered from.
    pub generation: u64,
    /// The email's name.
    pub email: String,
    /// `rendered`, `skipped` or `failed`.
    pub outcome: &'static str,
    /// Whether files on disk are broken, and `mail` is from their last good state.
    pub stale: bool,
    /// Whom it is for.
    pub person: Option<Person>,
    /// The event that started it.
    pub event: Option<EventEntry>,
    /// The fixture that was used.
    pub fixture: Option<String>,
    /// The clock it was rendered at, RFC 3339.
    pub now: String,
    /// What was chosen where nothing was asked for, and what a campaign would do.
    pub said: Vec<String>,
    /// The message.
    pub mail: Option<MailView>,
    /// What is wrong, errors first.
    pub problems: Vec<Problem>,
    /// Event and person.
    pub tree: Tree,
}

/// The message, and its parts.
#[derive(Debug, Serialize)]
pub struct MailView {
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: Option<Mailbox>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The subject.
    pub subject: String,
    /// The preheader.
    pub preheader: String,
    /// Further headers.
    pub headers: Vec<Header>,
    /// The HTML part, exactly.
    pub html: String,
    /// The text part, exactly.
    pub text: String,
    /// The whole message, where one can be built.
    pub eml: Option<String>,
    /// Bytes.
    pub sizes: SizesView,
}

/// Bytes of the parts.
#[derive(Debug, Serialize)]
pub struct SizesView {
    /// Of the HTML part.
    pub html: usize,
    /// Of the text part.
    pub text: usize,
    /// Of the whole message.
    pub eml: usize,
}

/// One part for whoever asks under `/r/`.
#[derive(Debug)]
pub struct Answer {
    /// Whether the outcome was `rendered`.
    pub rendered: bool,
    /// The part; None where the outcome has none.
    pub bytes: Option<Vec<u8>>,
    /// Why there is none, for people.
    pub said: String,
}

/// A render and what led to it.
struct Run {
    email: Email,
    choice: Choice,
    now: ZonedDateTime,
    world: World,
    outcome: Outcome,
}

impl Snapshot {
    /// Renders, for the page. An email with errors is shown as it last compiled.
    ///
    /// # Errors
    /// The email, the person, the event or the fixture is not there, or the project's data cannot be read.
    pub fn view(&self, asked: &Asked) -> Result<View, ApiError> {
        let (email, errors) = self.as_last_compiled(&asked.email)?;
        let editor = self.editor();
        let show = |diagnostic: &Diagnostic| Problem::of(diagnostic, editor);
        let mut problems = self.trouble.clone();
        problems.extend(errors.iter().map(show));
        if let Ok(data) = self.data() {
            problems.extend(data.findings.iter().take(20).map(show));
        }
        let mut view = View {
            generation: self.generation,
            email: asked.email.clone(),
            outcome: "failed",
            stale: !(self.trouble.is_empty() && errors.is_empty()),
            person: None,
            event: None,
            fixture: None,
            now: String::new(),
            said: Vec::new(),
            mail: None,
            problems,
            tree: Tree::default(),
        };
        if let Some(email) = email {
            let run = self.run(email, asked)?;
            self.fill(&mut view, &run)?;
            if !errors.is_empty() {
                view.outcome = "failed";
            }
        }
        view.problems
            .sort_by_key(|problem| problem.severity != Severity::Error);
        Ok(view)
    }

    /// Renders one part, exactly as `letterpress render` prints it.
    ///
    /// # Errors
    /// As [`Snapshot::view`], or the message cannot be built.
    pub fn part(&self, asked: &Asked, part: Part) -> Result<Answer, ApiError> {
        let outcome = match self.project()?.engine().email(&asked.email) {
            Ok(email) => self.run(email, asked)?.outcome,
            Err(EmailError::Invalid { diagnostics, .. }) => {
                Outcome::Failed(Box::new(Failed { diagnostics }))
            }
            Err(error) => return Err(error.into()),
        };
        let said = match &outcome {
            Outcome::Rendered(_) => String::new(),
            Outcome::Skipped(skip) => format!("skipped: {}: {}\n", skip.klaviyo, skip.detail),
            Outcome::Failed(failed) => {
                let texts = failed.diagnostics.iter().map(|d| d.to_text(false) + "\n");
                texts.collect()
            }
        };
        Ok(Answer {
            rendered: outcome.rendered().is_some(),
            bytes: part.of(&outcome)?,
            said,
        })
    }

    /// The HTML that is framed: of the email as it last compiled.
    ///
    /// # Errors
    /// As [`Snapshot::view`]
    pub fn framed(&self, asked: &Asked) -> Result<Option<String>, ApiError> {
        let (Some(email), _) = self.as_last_compiled(&asked.email)? else {
            return Ok(None);
        };
        Ok(match self.run(email, asked)?.outcome {
            Outcome::Rendered(mail) => Some(mail.html),
            _ => None,
        })
    }

    /// An email as it is, or with its errors as it last compiled, if it ever did.
    fn as_last_compiled(&self, name: &str) -> Result<(Option<Email>, Vec<Diagnostic>), ApiError> {
        match self.project()?.engine().email(name) {
            Ok(email) => {
                self.remember(&email);
                Ok((Some(email), Vec::new()))
            }
            Err(EmailError::Invalid { diagnostics, .. }) => {
                Ok((self.remembered(name), diagnostics))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn run(&self, email: Email, asked: &Asked) -> Result<Run, ApiError> {
        let project = self.project()?;
        let choice = asked.wish()?.choose(&email, Some(project))?;
        let zone = &project.config().zone;
        let now = match [&self.now, &asked.now, &choice.now]
            .into_iter()
            .flatten()
            .next()
        {
            Some(text) => moment(text, zone).ok_or_else(|| ApiError::Time(text.clone()))?,
            None => ZonedDateTime::now().with_time_zone(zone.clone()),
        };
        let world = self.world(now.clone())?;
        let recipient = world.0.recipient(choice.recipient.clone(), &email)?;
        let outcome = email.render(&recipient, &world.0);
        if let Some(error) = world.0.failure() {
            return Err(DataError::Lookup(error.to_string().into()).into());
        }
        Ok(Run {
            email,
            choice,
            now,
            world,
            outcome,
        })
    }

    fn fill(&self, view: &mut View, run: &Run) -> Result<(), ApiError> {
        let recipient = &run.choice.recipient;
        let editor = self.editor();
        let show = |diagnostic: &Diagnostic| Problem::of(diagnostic, editor);
        view.outcome = run.outcome.word();
        view.fixture.clone_from(&run.choice.fixture);
        view.now = run.now.timestamp().to_string();
        view.said.clone_from(&run.choice.said);
        view.problems.extend(run.email.findings().iter().map(show));
        view.problems.extend(run.world.1.iter().map(show));
        view.problems
            .extend(run.world.0.feed_findings().iter().map(show));
        if let Some(profile) = recipient.profile() {
            view.person = Some(self.shown(profile)?);
            if !run.email.manifest().transactional
                && let Some(reason) = not_mailed(profile, Consent::Subscribed, false)
            {
                let (who, reason) = (shown(profile), reason.klaviyo());
                view.said
                    .push(format!("a campaign would leave {who} out: {reason}"));
            }
        }
        let event = recipient.triggering_event();
        let trigger = run.email.manifest().metric.as_deref();
        view.event = event
            .map(|event| self.entry_of(event, trigger))
            .transpose()?;
        let person = recipient
            .profile()
            .map(|profile| person_value(profile.clone()));
        let event = event.map(|event| event_value(event.clone()));
        view.tree = Tree::of(event.as_ref(), person.as_ref());
        match &run.outcome {
            Outcome::Rendered(mail) => {
                view.problems.extend(mail.warnings.iter().map(show));
                let mail = MailView::of(mail, &mut view.problems);
                view.mail = Some(mail);
            }
            Outcome::Skipped(skip) => {
                let title = format!("{}: {}", skip.klaviyo, skip.detail);
                let mut diagnostic = Diagnostic::error("skipped", title);
                if let Some(at) = &skip.at {
                    diagnostic = diagnostic.at(at.clone(), "this asked for it");
                }
                let help = "nothing is broken: this person gets no mail";
                view.problems.push(show(&diagnostic.help(help)));
            }
            Outcome::Failed(failed) => view.problems.extend(failed.diagnostics.iter().map(show)),
        }
        Ok(())
    }
}

impl Asked {
    fn wish(&self) -> Result<Wish, ApiError> {
        let given = |field: &'_ Option<String>| field.clone().filter(|text| !text.is_empty());
        let profile = match given(&self.profile) {
            Some(text) => Some(Wanted::Found(looked_up(Selector::profile(&text)?)?)),
            None => None,
        };
        let event = match given(&self.event) {
            Some(text) => Some(Wanted::Found(looked_up(Selector::event(&text)?)?)),
            None => None,
        };
        Ok(Wish {
            profile,
            event,
            fixture: given(&self.fixture),
            context: None,
            also: Vec::new(),
            seed: fresh_seed(),
        })
    }
}

impl MailView {
    /// A message that cannot be built is a problem; its parts are shown all the same.
    fn of(mail: &Rendered, problems: &mut Vec<Problem>) -> MailView {
        let eml = match crate::delivery::eml(mail) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                problems.push(Problem::told(&error.to_string(), None));
                None
            }
        };
        MailView {
            from: mail.from.clone(),
            to: mail.to.clone(),
            reply_to: mail.reply_to.clone(),
            subject: mail.subject.clone(),
            preheader: mail.preheader.clone(),
            headers: mail.headers.clone(),
            html: mail.html.clone(),
            text: mail.text.clone(),
            sizes: SizesView {
                html: mail.html.len(),
                text: mail.text.len(),
                eml: eml.as_ref().map_or(0, String::len),
            },
            eml,
        }
    }
}
