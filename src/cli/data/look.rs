//! What all commands that show data share: the data, the clock, how times and money are written.

use std::sync::Arc;

use jiff::{Timestamp, ZonedDateTime};

use super::super::Global;
use super::super::output::{Output, Trouble};
use super::super::render::wanted;
use crate::data::{Database, Identity, Profile};
use crate::language::Money;
use crate::project::{Data, Project, SelectError, Selector, Wanted, fresh_seed, shown};
use crate::value;

/// A project that is looked at.
pub(super) struct Look<'a> {
    pub(super) project: &'a Project,
    pub(super) data: &'a Data,
    pub(super) now: ZonedDateTime,
    pub(super) global: &'a Global,
    pub(super) output: &'a Output,
}

impl Look<'_> {
    pub(super) fn shop(&self) -> &dyn Database {
        &*self.data.shop
    }

    /// A time in the account's zone.
    pub(super) fn time(&self, time: Timestamp) -> String {
        let zone = self.project.config().zone.clone();
        time.to_zoned_datetime(zone)
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    }

    pub(super) fn time_or(&self, time: Option<Timestamp>, otherwise: &str) -> String {
        time.map_or_else(|| otherwise.to_owned(), |time| self.time(time))
    }

    /// An amount in the account's currency, or in another one.
    pub(super) fn money(&self, amount: f64, currency: Option<&str>) -> String {
        let config = self.project.config();
        let money = match currency {
            Some(currency) => Money::new(&config.locale, currency),
            None => config.money(),
        };
        let amount = value::format_float(amount);
        money
            .format_text(&amount)
            .unwrap_or_else(|| amount.into_owned())
    }

    /// The person that somebody names: by a selector, or by an id as it stands.
    pub(super) fn person(&self, text: &str) -> Result<Arc<Profile>, Trouble> {
        match self.named(text) {
            Err(Trouble::Select(error)) if self.shop().profile_count()? == 0 => {
                Err(Trouble::with_help(error.to_string(), self.no("profiles")))
            }
            found => found,
        }
    }

    /// Likewise, but nobody else is suggested: of people who are to be taken out, a near miss is the wrong one.
    pub(super) fn exactly(&self, text: &str) -> Result<Arc<Profile>, Trouble> {
        match self.person(text) {
            Err(Trouble::Select(SelectError::NotFound { what, selector, .. })) => {
                Err(SelectError::NotFound {
                    what,
                    selector,
                    near: Vec::new(),
                }
                .into())
            }
            found => found,
        }
    }

    fn named(&self, text: &str) -> Result<Arc<Profile>, Trouble> {
        let shop = self.shop();
        match Selector::profile(text) {
            Ok(selector) => {
                let any = selector == Selector::Random;
                match wanted(selector, Profile::from_json)? {
                    // Somebody the data may know by another of their names.
                    Wanted::Given(given) => {
                        let known = shop.profile_of(&Identity::from(&*given))?;
                        Ok(known.unwrap_or(given))
                    }
                    Wanted::Found(selector) => {
                        let seed = fresh_seed();
                        let found = selector.find_profile(shop, seed)?;
                        if any {
                            let who = shown(&found);
                            let said = format!("random profile: {who} (seed {seed})");
                            self.output.say(&said);
                        }
                        Ok(found)
                    }
                }
            }
            Err(unreadable) => self.by_bare_id(text)?.ok_or_else(|| unreadable.into()),
        }
    }

    fn by_bare_id(&self, text: &str) -> Result<Option<Arc<Profile>>, Trouble> {
        let shop = self.shop();
        let mut found = shop.profile(text)?;
        for other in [
            shop.profile_by_external_id(text)?,
            shop.profile_by_phone_number(text)?,
        ] {
            match (&found, other) {
                (Some(one), Some(other)) if one.key() != other.key() => {
                    return Err(Trouble::with_help(
                        format!(
                            "'{text}' is the id of one person and the external id or the phone number of another"
                        ),
                        format!("write id:{text} or ext:{text}"),
                    ));
                }
                (None, Some(other)) => found = Some(other),
                _ => {}
            }
        }
        if found.is_some() || text.contains(':') {
            return Ok(found);
        }
        let near = shop.search(text, 5)?.people;
        if near.is_empty() {
            return Ok(None);
        }
        let near = near.iter().map(|one| shown(one).to_owned()).collect();
        Err(SelectError::NotFound {
            what: "profile",
            selector: text.to_owned(),
            near,
        }
        .into())
    }

    /// The command with which to go on: this project, this clock.
    pub(super) fn command(&self, words: &[&str]) -> String {
        let mut command = String::from("letterpress");
        for word in words {
            command.push(' ');
            command.push_str(&quoted(word));
        }
        let project = self.global.project.as_ref();
        let project = project.map(|path| path.display().to_string());
        let flags = [("--project", &project), ("--now", &self.global.now)];
        for (flag, given) in flags {
            if let Some(given) = given {
                command.push_str(&format!(" {flag} {}", quoted(given)));
            }
        }
        command
    }

    /// What is said where there are no people, events or items at all.
    pub(super) fn nothing(&self, what: &str) {
        self.output.say(&self.no(what));
    }

    fn no(&self, what: &str) -> String {
        let folder = self.project.config().data.display().to_string();
        match self.project.data_folder().is_dir() {
            true => format!(
                "no {what}: the data folder {folder} has none, and letterpress data import brought none"
            ),
            false => format!(
                "no {what}: there is no data folder {folder}, and letterpress data import brought none"
            ),
        }
    }
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "@%+=:,./_-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A person in a sentence.
pub(super) fn name(profile: &Profile) -> String {
    profile
        .full_name()
        .unwrap_or_else(|| shown(profile).to_owned())
}

/// `1 profile`, `12 profiles`
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// `9 to 16`, `number 9`
pub(super) fn span(from: usize, to: usize) -> String {
    match from == to {
        true => format!("number {from}"),
        false => format!("{from} to {to}"),
    }
}
