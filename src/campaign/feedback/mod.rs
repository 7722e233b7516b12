//! What comes back after a campaign: people who unsubscribe, mails that bounce, complaints. Each becomes news of a profile.

mod arf;
mod dsn;
mod list;
mod mailbox;
mod returned;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::runs::at;
use super::{CampaignError, Run, runs_folder};
use crate::data::{Consent, DataError, Profile, Profiles, Suppression, SuppressionReason};
use crate::email::message_id;
use crate::links::{Asks, Keys, LinkError, Links, Purpose, tokens_in};
use crate::project::Project;
use crate::store::{ImportOptions, Store};
use dsn::Verdict;
use list::{Line, Who, bounced, unsubscribed};
use mailbox::Found;
use returned::{Report, Returned};

/// What came of a mail, of a recipient in it, or of a line of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackOutcome {
    /// The address is none: suppressed.
    HardBounce,
    /// Somebody pressed "this is spam": suppressed.
    SpamComplaint,
    /// Somebody unsubscribed: consent ends, suppressed.
    Unsubscribed,
    /// All this was known before.
    Known,
    /// Not delivered, and the address may be a good one.
    SoftBounce,
    /// Still being tried.
    Delayed,
    /// It arrived.
    Delivered,
    /// The person has another address by now.
    AddressChanged,
    /// A machine's answer: somebody is away.
    AutoReply,
    /// A report that is no complaint.
    OtherReport,
    /// The data knows nobody of this address.
    Unknown,
    /// A token that these keys did not sign, or that was signed for another link.
    Forged,
    /// No report, or a line that cannot be read.
    Unparsed,
}

impl FeedbackOutcome {
    /// All of them, in the order in which they are shown.
    pub const ALL: [FeedbackOutcome; 13] = [
        FeedbackOutcome::HardBounce,
        FeedbackOutcome::SpamComplaint,
        FeedbackOutcome::Unsubscribed,
        FeedbackOutcome::Known,
        FeedbackOutcome::SoftBounce,
        FeedbackOutcome::Delayed,
        FeedbackOutcome::Delivered,
        FeedbackOutcome::AddressChanged,
        FeedbackOutcome::AutoReply,
        FeedbackOutcome::OtherReport,
        FeedbackOutcome::Unknown,
        FeedbackOutcome::Forged,
        FeedbackOutcome::Unparsed,
    ];

    /// The word for programs.
    ///
    /// ```
    /// assert_eq!(letterpress::campaign::FeedbackOutcome::HardBounce.code(), "hard_bounce");
    /// ```
    pub fn code(self) -> &'static str {
        match self {
            FeedbackOutcome::HardBounce => "hard_bounce",
            FeedbackOutcome::SpamComplaint => "spam_complaint",
            FeedbackOutcome::Unsubscribed => "unsubscribed",
            FeedbackOutcome::Known => "known",
            FeedbackOutcome::SoftBounce => "soft_bounce",
            FeedbackOutcome::Delayed => "delayed",
            FeedbackOutcome::Delivered => "delivered",
            FeedbackOutcome::AddressChanged => "address_changed",
            FeedbackOutcome::AutoReply => "auto_reply",
            FeedbackOutcome::OtherReport => "other_report",
            FeedbackOutcome::Unknown => "unknown",
            FeedbackOutcome::Forged => "forged",
            FeedbackOutcome::Unparsed => "unparsed",
        }
    }
}

/// What an import of feedback found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback {
    /// Mails and lines that were read.
    pub read: u64,
    /// What came of them; a mail may be about several people.
    pub counts: BTreeMap<FeedbackOutcome, u64>,
    /// People of whom something new is known now.
    pub people: u64,
    /// Addresses of nobody that the data knows.
    pub unknown: BTreeSet<String>,
    /// What was not taken, where it stands, and why.
    pub rejected: Vec<String>,
}

/// Takes those out of further mailings who unsubscribed: a list of addresses, of tokens or of addresses of links as they come
/// back, or CSV with a column `email`, `token` or `url`. `-` is standard input.
///
/// The data is changed as [`Store::import`] changes it: all or nothing, and a second time changes nothing.
///
/// ```
/// use letterpress::campaign::{FeedbackOutcome, import_unsubscribes};
/// use letterpress::project::Project;
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("letterpress.toml"), "")?;
/// std::fs::create_dir(folder.path().join("shop"))?;
/// std::fs::write(folder.path().join("shop/profiles.jsonl"), r#"{"email": "ada@example.com"}"#)?;
/// let list = folder.path().join("list.txt");
/// std::fs::write(&list, "Ada@example.com\nnobody@example.com\n")?;
/// let project = Project::open(folder.path())?;
/// let done = import_unsubscribes(&project, &list, "2026-11-20T18:00:00Z".parse()?)?;
/// assert_eq!((done.counts[&FeedbackOutcome::Unsubscribed], done.counts[&FeedbackOutcome::Unknown]), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The file cannot be read, or the data cannot be written.
pub fn import_unsubscribes(
    project: &Project,
    file: &Path,
    now: Timestamp,
) -> Result<Feedback, CampaignError> {
    let bytes = match file.as_os_str() == "-" {
        true => {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
        }
        false => std::fs::read(file),
    };
    let bytes = bytes.map_err(at(file))?;
    let mut desk = Desk::open(project, now)?;
    for line in unsubscribed(&bytes) {
        desk.feedback.read += 1;
        desk.line(
            &file.display().to_string(),
            line,
            FeedbackOutcome::Unsubscribed,
        )?;
    }
    desk.finish()
}

/// Takes those out of further mailings whose address is none, or who complained: mails that came back (single ones, mboxes,
/// maildirs, folders) and CSV with the columns `email,reason` and perhaps `timestamp`. `-` is standard input.
///
/// Whom a report is about is told by the recipients in it, else by our message that it encloses.
///
/// ```
/// use letterpress::campaign::{FeedbackOutcome, import_bounces};
/// use letterpress::project::Project;
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("letterpress.toml"), "")?;
/// std::fs::create_dir(folder.path().join("shop"))?;
/// std::fs::write(folder.path().join("shop/profiles.jsonl"), r#"{"email": "ada@example.com"}"#)?;
/// let list = folder.path().join("list.csv");
/// std::fs::write(&list, "email,reason\nada@example.com,550 5.1.1 no such user\n")?;
/// let (project, now) = (Project::open(folder.path())?, "2026-11-20T18:00:00Z".parse()?);
/// assert_eq!(import_bounces(&project, &[list.clone()], now)?.counts[&FeedbackOutcome::HardBounce], 1);
/// assert_eq!(import_bounces(&project, &[list], now)?.counts[&FeedbackOutcome::Known], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file cannot be read, or the data cannot be written.
pub fn import_bounces(
    project: &Project,
    paths: &[PathBuf],
    now: Timestamp,
) -> Result<Feedback, CampaignError> {
    let mut desk = Desk::open(project, now)?;
    let mut failed = None;
    mailbox::read(paths, &mut |name, found| {
        let taken = match found {
            _ if failed.is_some() => Ok(()),
            Found::Mail(mail) => desk.mail(name, &returned::read(&mail)),
            Found::List(list) => desk.list(name, &list),
        };
        failed = failed.take().or(taken.err());
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    desk.by_message(&runs_folder(project))?;
    desk.finish()
}

/// What is new of a person.
struct News {
    profile: Arc<Profile>,
    suppressions: Vec<Suppression>,
    unsubscribed: Option<Timestamp>,
}

/// Something of which only the message tells whom it is about.
struct Unclear {
    outcome: FeedbackOutcome,
    address: Option<String>,
    ids: Vec<String>,
    /// Whom the token of the message's unsubscribe link names.
    key: Option<String>,
    place: String,
    at: Timestamp,
}

/// Where feedback is looked through.
struct Desk<'p> {
    store: Store,
    keys: Option<Keys>,
    links: &'p Links,
    now: Timestamp,
    news: BTreeMap<String, News>,
    unclear: Vec<Unclear>,
    feedback: Feedback,
}

impl<'p> Desk<'p> {
    fn open(project: &'p Project, now: Timestamp) -> Result<Desk<'p>, CampaignError> {
        let mut store = Store::open(&project.store_file())?;
        let folder = project.data_folder();
        store.sync(folder.is_dir().then_some(&*folder), now)?;
        let keys = project.keys().map_err(crate::project::ProjectError::from)?;
        Ok(Desk {
            store,
            keys,
            links: &project.config().links,
            now,
            news: BTreeMap::new(),
            unclear: Vec::new(),
            feedback: Feedback::default(),
        })
    }

    fn count(&mut self, outcome: FeedbackOutcome) {
        *self.feedback.counts.entry(outcome).or_default() += 1;
    }

    fn reject(&mut self, outcome: FeedbackOutcome, place: &str, why: &str) {
        self.count(outcome);
        self.feedback.rejected.push(format!("{place}: {why}"));
    }

    fn unknown(&mut self, who: Option<String>, place: &str) {
        self.count(FeedbackOutcome::Unknown);
        let who = who.unwrap_or_else(|| format!("{place} (names no address)"));
        self.feedback.unknown.insert(who);
    }

    /// When something happened: not after now, whatever a mail says.
    fn time(&self, at: Option<Timestamp>) -> Timestamp {
        at.map_or(self.now, |at| at.min(self.now))
    }

    /// A line that names somebody of whom this is said.
    fn line(
        &mut self,
        file: &str,
        line: Line,
        outcome: FeedbackOutcome,
    ) -> Result<(), CampaignError> {
        let place = format!("{file}:{}", line.number);
        let at = self.time(line.at);
        match line.who {
            Who::Address(address) => match self.store.profile_by_email(&address)? {
                Some(profile) => self.note(&profile, outcome, at),
                None => self.unknown(Some(address), &place),
            },
            Who::Link(link) => match self.unsubscribes(&link) {
                Ok(key) => match self.person(&key)? {
                    Some(profile) => self.note(&profile, outcome, at),
                    None => self.unknown(Some(key), &place),
                },
                Err(why) => self.reject(FeedbackOutcome::Forged, &place, &why),
            },
            Who::Unreadable(text) => {
                let why = format!("no address and no token: {text}");
                self.reject(FeedbackOutcome::Unparsed, &place, &why);
            }
        }
        Ok(())
    }

    fn list(&mut self, file: &str, list: &[u8]) -> Result<(), CampaignError> {
        let Some(lines) = bounced(list) else {
            self.feedback.read += 1;
            self.reject(
                FeedbackOutcome::Unparsed,
                file,
                "there is no column 'email'",
            );
            return Ok(());
        };
        for one in lines {
            self.feedback.read += 1;
            match one.outcome {
                Some(
                    outcome @ (FeedbackOutcome::HardBounce
                    | FeedbackOutcome::SpamComplaint
                    | FeedbackOutcome::Unsubscribed),
                ) => self.line(file, one.line, outcome)?,
                Some(outcome) => self.count(outcome),
                None => {
                    let place = format!("{file}:{}", one.line.number);
                    self.reject(
                        FeedbackOutcome::Unparsed,
                        &place,
                        "the reason is neither a word that is known here nor a server's code",
                    );
                }
            }
        }
        Ok(())
    }

    fn mail(&mut self, file: &str, returned: &Returned) -> Result<(), CampaignError> {
        self.feedback.read += 1;
        match &returned.report {
            Report::Delivery(recipients) => {
                for one in recipients {
                    match one.verdict {
                        Verdict::Hard => {
                            // Of several recipients the message does not say which one it was sent to.
                            let alone = recipients.len() == 1;
                            let outcome = FeedbackOutcome::HardBounce;
                            self.told(file, outcome, &one.addresses, returned, alone)?;
                        }
                        Verdict::Soft => self.count(FeedbackOutcome::SoftBounce),
                        Verdict::Delayed => self.count(FeedbackOutcome::Delayed),
                        Verdict::Delivered => self.count(FeedbackOutcome::Delivered),
                    }
                }
            }
            Report::Complaint(complaint) if complaint.is_abuse => {
                let outcome = FeedbackOutcome::SpamComplaint;
                self.told(file, outcome, &complaint.addresses, returned, true)?;
            }
            Report::Complaint(_) => self.count(FeedbackOutcome::OtherReport),
            Report::AutoReply => self.count(FeedbackOutcome::AutoReply),
            Report::Unparsed => self.reject(FeedbackOutcome::Unparsed, file, "this is no report"),
        }
        Ok(())
    }

    /// Something is told of whoever has one of these addresses, else of whom the enclosed message was for.
    fn told(
        &mut self,
        place: &str,
        outcome: FeedbackOutcome,
        addresses: &[String],
        returned: &Returned,
        alone: bool,
    ) -> Result<(), CampaignError> {
        let at = self.time(returned.date);
        for address in addresses {
            if let Some(profile) = self.store.profile_by_email(address)? {
                self.note(&profile, outcome, at);
                return Ok(());
            }
        }
        let address = addresses.last().cloned();
        if !alone {
            self.unknown(address, place);
            return Ok(());
        }
        let links = returned.unsubscribe.iter();
        let key = links.filter_map(|link| self.unsubscribes(link).ok()).next();
        self.unclear.push(Unclear {
            outcome,
            address,
            ids: returned.ids.clone(),
            key,
            place: place.to_owned(),
            at,
        });
        Ok(())
    }

    /// Finds those whom only the ids of their messages name, in the project's runs.
    fn by_message(&mut self, runs: &Path) -> Result<(), CampaignError> {
        let unclear = std::mem::take(&mut self.unclear);
        let ids: HashSet<&str> = unclear
            .iter()
            .flat_map(|one| one.ids.iter().map(String::as_str))
            .collect();
        let sent = match ids.is_empty() {
            true => HashMap::new(),
            false => sent_to(runs, &ids)?,
        };
        for one in &unclear {
            // A run knows more than a token: the address that the message was sent to.
            let of_run = one.ids.iter().find_map(|id| sent.get(id.as_str()));
            let address = of_run.map(|(_, address)| address);
            let key = of_run.map(|(key, _)| key).or(one.key.as_ref());
            let profile = key.map(|key| self.person(key)).transpose()?.flatten();
            let Some(profile) = profile else {
                let who = one.address.clone().or(address.cloned());
                self.unknown(who, &one.place);
                continue;
            };
            let has = profile.email.as_deref().unwrap_or_default();
            let moved = address.is_some_and(|address| !has.eq_ignore_ascii_case(address));
            // That an old address is gone says nothing of the new one. Who complains complains of us.
            if moved && one.outcome == FeedbackOutcome::HardBounce {
                self.count(FeedbackOutcome::AddressChanged);
            } else {
                self.note(&profile, one.outcome, one.at);
            }
        }
        Ok(())
    }

    /// Whom a token, or an address that holds one, unsubscribes; else why it does not.
    fn unsubscribes(&self, link: &str) -> Result<String, String> {
        let Some(keys) = &self.keys else {
            return Err("the project has no [links], so no token is its own".to_owned());
        };
        let exact = self.links.unsubscribe.token_in(link);
        let mut why = LinkError::Malformed;
        for token in exact.into_iter().chain(tokens_in(link)) {
            match keys.verify(token) {
                Ok(claim) if claim.asks == Asks::Link(Purpose::Unsubscribe) => {
                    return Ok(claim.person);
                }
                Ok(_) => return Err("the token is of another link".to_owned()),
                Err(LinkError::Malformed) => {}
                Err(error) => why = error,
            }
        }
        Err(why.to_string())
    }

    /// The profile of a key: an id, else an external id, an address or a number.
    fn person(&self, key: &str) -> Result<Option<Arc<Profile>>, DataError> {
        let store = &self.store;
        let found = store.profile(key)?;
        if found.is_some() || key.is_empty() {
            return Ok(found);
        }
        if let Some(found) = store.profile_by_external_id(key)? {
            return Ok(Some(found));
        }
        match store.profile_by_email(key)? {
            Some(found) => Ok(Some(found)),
            None => store.profile_by_phone_number(key),
        }
    }

    /// Notes what is said of a person.
    fn note(&mut self, profile: &Arc<Profile>, outcome: FeedbackOutcome, at: Timestamp) {
        let reason = match outcome {
            FeedbackOutcome::HardBounce => SuppressionReason::HardBounce,
            FeedbackOutcome::SpamComplaint => SuppressionReason::SpamComplaint,
            _ => SuppressionReason::Unsubscribe,
        };
        let key = profile.key().to_owned();
        let known = profile.subscriptions.as_ref().map(|all| &all.email);
        let known = known.map_or(&[][..], |email| &email.suppression);
        let told = self.news.get(&key);
        let told = told.map_or(&[][..], |news| &news.suppressions);
        let is_suppressed = known.iter().chain(told).any(|one| one.reason == reason);
        let ends = outcome == FeedbackOutcome::Unsubscribed
            && profile.consent() != Consent::Unsubscribed
            && self
                .news
                .get(&key)
                .is_none_or(|news| news.unsubscribed.is_none());
        if is_suppressed && !ends {
            return self.count(FeedbackOutcome::Known);
        }
        let news = self.news.entry(key).or_insert_with(|| News {
            profile: profile.clone(),
            suppressions: Vec::new(),
            unsubscribed: None,
        });
        if !is_suppressed {
            let timestamp = Some(at);
            news.suppressions.push(Suppression { reason, timestamp });
        }
        if ends {
            news.unsubscribed = Some(at);
        }
        self.count(outcome);
    }

    /// Brings the news into the store.
    fn finish(mut self) -> Result<Feedback, CampaignError> {
        self.feedback.people = self.news.len() as u64;
        let mut lines = String::new();
        for news in self.news.values() {
            let line = news
                .line()
                .map_err(|error| DataError::Lookup(Box::new(error)))?;
            lines.push_str(&line);
            lines.push('\n');
        }
        if !lines.is_empty() {
            let options = ImportOptions::default();
            self.store
                .import_profiles("feedback of campaigns", &lines, options, self.now)?;
        }
        Ok(self.feedback)
    }
}

impl News {
    /// The profile's line: who, and what closes the channel, all that closed it before included.
    fn line(&self) -> Result<String, serde_json::Error> {
        let profile = &self.profile;
        let mut email = profile.subscriptions.clone().unwrap_or_default().email;
        email.suppression.extend(self.suppressions.iter().cloned());
        let marketing = match self.unsubscribed {
            // Who says what consent is says all of it, so what else is known of it is said again.
            Some(at) => {
                email.consent = Consent::Unsubscribed;
                email.consent_timestamp = Some(at);
                email.last_updated = Some(at);
                serde_json::to_value(&email)?
            }
            None => json!({ "suppression": email.suppression }),
        };
        let names = [
            ("id", &profile.id),
            ("external_id", &profile.external_id),
            ("email", &profile.email),
            ("phone_number", &profile.phone_number),
        ];
        let mut line = json!({ "subscriptions": { "email": { "marketing": marketing } } });
        let strongest = names.into_iter().find(|(_, value)| value.is_some());
        if let Some((name, Some(value))) = strongest {
            line[name] = json!(value);
        }
        serde_json::to_string(&line)
    }
}

/// To whom messages with these ids were sent: the keys of profiles, and addresses. Ids are not stored, they derive from run
/// and person; so each run's people are looked through once.
fn sent_to(
    runs: &Path,
    ids: &HashSet<&str>,
) -> Result<HashMap<String, (String, String)>, CampaignError> {
    let mut found = HashMap::new();
    for name in Run::names(runs) {
        // One that is being planned, or was made by a newer program, has sent nothing that can be known here.
        let Ok(run) = Run::open(runs, &name) else {
            continue;
        };
        let (seed, email) = (run.settings().seed(), &run.settings().email);
        run.each(None, |row| {
            if !row.key.is_empty() {
                let id = message_id(seed, email, &row.key, None);
                if ids.contains(id.as_str()) {
                    found.insert(id, (row.key, row.address));
                }
            }
            found.len() < ids.len()
        })?;
    }
    Ok(found)
}
