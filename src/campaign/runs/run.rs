//! The folder of a run: what was planned, which never changes, and the journal beside it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::delivery::{Counts, Delivery, Session, State};
use super::error::at;
use super::frozen::{Items, WorldSnapshot, from_line};
use super::journal::Journal;
use super::people::{People, Place, hash_of, unpack};
use super::{CampaignError, Consent, Policy, QuietHours, Rates};
use crate::delivery::SinkAddress;
use crate::email::{Email, Engine, FixedWorld, Recipient};
use crate::mjml::Validation;
use crate::project::Project;

/// What was decided when the run was planned: `run.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunSettings {
    /// The version of the folder's form.
    pub format: u32,
    /// The run's name.
    pub run: String,
    /// 32 hexadecimal digits: no other run has them. Message-IDs derive from them.
    pub id: String,
    /// The campaign's file.
    pub campaign: String,
    /// The email's name.
    pub email: String,
    /// When it was planned, by this machine's clock.
    pub planned_at: Timestamp,
    /// The time of the run, which emails see and say.
    pub now: Timestamp,
    /// The account's zone, for reports.
    pub timezone: String,
    /// Whom it may reach.
    pub consent: Consent,
    /// Whether consent is not asked: a transactional email.
    pub transactional: bool,
    /// What happens to a message of which it is not known whether it went out.
    pub policy: Policy,
    /// Where messages go.
    pub sinks: Vec<SinkAddress>,
    /// How fast.
    pub rates: Rates,
    /// Hours of the recipient's day in which nobody is mailed.
    pub quiet_hours: Option<QuietHours>,
    /// The [state](crate::data::Profiles::state) of the data when it was planned.
    pub data_state: i64,
    /// What mjml's validator may complain about.
    #[serde(with = "validation")]
    pub validation: Validation,
    /// What the plan found.
    pub plan: PlanNumbers,
    /// The hash of each file of the plan (SHA-256).
    pub files: BTreeMap<String, String>,
}

/// What a plan found about its people.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PlanNumbers {
    /// Everybody in it, those who are skipped included.
    pub planned: u64,
    /// How the audience came about: what each step left.
    pub steps: Vec<Step>,
    /// People in the plan who never said whether they want mail.
    pub never_subscribed: u64,
    /// Variables that are printed though they are blank, and for how many people.
    pub blanks: BTreeMap<String, u64>,
    /// Bytes of HTML: the median, the 99th of 100, the largest.
    pub sizes: Sizes,
    /// Messages whose HTML Gmail cuts off.
    pub clipped: u64,
}

/// What one step of an audience left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// What it is: `everybody`, `list:newsletter`, `Not Consented`.
    pub what: String,
    /// Whether it takes people in, leaves people out, or says how many there were at first.
    pub does: Does,
    /// How many were left.
    pub left: u64,
}

/// What a step of an audience does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// It says how many there are.
    Starts,
    /// It takes people in.
    Includes,
    /// It leaves people out.
    LeavesOut,
}

impl Step {
    /// How many people a line of a plan or a report is about, and what it says of them.
    pub fn line(&self, before: Option<u64>) -> (u64, String) {
        match (self.does, before) {
            (Does::LeavesOut, Some(before)) => (
                before.saturating_sub(self.left),
                format!("left out: {}", self.what),
            ),
            (Does::Includes, _) => (self.left, format!("with {}", self.what)),
            _ => (self.left, self.what.clone()),
        }
    }
}

/// Sizes of messages, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// The median.
    pub p50: u64,
    /// The 99th of 100.
    pub p99: u64,
    /// The largest.
    pub max: u64,
}

mod validation {
    use super::{Deserialize, Validation};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        v: &Validation,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(v.word())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Validation, D::Error> {
        let word = String::deserialize(d)?;
        Ok(Validation::named(&word).unwrap_or_default())
    }
}

/// The form of a run's folder.
const FORMAT: u32 = 1;

const SETTINGS: &str = "run.json";
const PEOPLE: &str = "people";
const WORLD: &str = "world.json";
const ITEMS: &str = "items.json";
const TEMPLATES: &str = "templates";
const JOURNAL: &str = "journal.sqlite";

impl RunSettings {
    /// The form that this program writes.
    pub(super) const FORMAT: u32 = FORMAT;

    /// What the ids of its messages derive from.
    #[cfg(feature = "feedback")]
    pub(in crate::campaign) fn seed(&self) -> u64 {
        seed(&self.id)
    }
}

/// The seed of a run with this id.
pub(super) fn seed(id: &str) -> u64 {
    id.get(..16)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .unwrap_or_default()
}

/// A run: planned, and perhaps sent.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    settings: RunSettings,
}

/// The paths of a run's folder.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn settings(&self) -> PathBuf {
        self.0.join(SETTINGS)
    }
    pub(super) fn people(&self) -> PathBuf {
        self.0.join(PEOPLE)
    }
    pub(super) fn world(&self) -> PathBuf {
        self.0.join(WORLD)
    }
    pub(super) fn items(&self) -> PathBuf {
        self.0.join(ITEMS)
    }
    pub(super) fn templates(&self) -> PathBuf {
        self.0.join(TEMPLATES)
    }
    pub(super) fn journal(&self) -> PathBuf {
        self.0.join(JOURNAL)
    }
    pub(super) fn marks(&self) -> PathBuf {
        self.0.join("marks")
    }
    pub(super) fn control(&self) -> PathBuf {
        self.0.join("control.json")
    }
    fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }
}

/// The lock of a run's folder: one process plans or sends it. The system's own, gone with the process.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it is held, not read")] File);

impl Lock {
    /// Takes the lock. Somebody who only looks whether it is taken holds it for a moment, which is waited for.
    pub(super) fn take(folder: &Folder, run: &str) -> Result<Lock, CampaignError> {
        let path = folder.lock();
        let mut file = Lock::open(folder)?;
        for _ in 0..20 {
            match file.try_lock() {
                Ok(()) => {
                    let written = file
                        .set_len(0)
                        .and_then(|()| write!(file, "{}", std::process::id()));
                    written.map_err(at(&path))?;
                    return Ok(Lock(file));
                }
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
                Err(fs::TryLockError::Error(error)) => return Err(at(&path)(error)),
            }
        }
        Err(CampaignError::Busy(run.to_owned()))
    }

    /// Whether somebody holds it.
    fn is_held(folder: &Folder) -> bool {
        let file = Lock::open(folder);
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
    }

    fn open(folder: &Folder) -> Result<File, CampaignError> {
        let path = folder.lock();
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(at(&path))
    }
}

/// Where a project's runs are.
pub fn runs_folder(project: &Project) -> PathBuf {
    project.root().join(".letterpress/runs")
}

/// Whether a text can name a run, which is a folder.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && name.len() <= 120 && name.chars().all(plain) && !name.starts_with('.')
}

impl Run {
    /// The names of the runs in a folder, those that were cut off while they were planned included; sorted.
    pub fn names(runs: &Path) -> Vec<String> {
        let entries = fs::read_dir(runs).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// Opens a run by its name.
    ///
    /// # Errors
    /// There is none, its plan was cut off, or its settings cannot be read.
    pub fn open(runs: &Path, name: &str) -> Result<Run, CampaignError> {
        let folder = Folder(runs.join(name));
        if !is_name(name) || !folder.0.is_dir() {
            return Err(CampaignError::Unknown {
                run: name.to_owned(),
                known: Run::names(runs),
            });
        }
        let path = folder.settings();
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CampaignError::Unfinished(name.to_owned()));
            }
            read => read.map_err(at(&path))?,
        };
        let damaged = |what: String| CampaignError::Damaged {
            run: name.to_owned(),
            what,
        };
        let settings: RunSettings = serde_json::from_str(&text)
            .map_err(|error| damaged(format!("{SETTINGS} cannot be read ({error})")))?;
        if settings.format > FORMAT {
            return Err(damaged(
                "it was planned by a newer letterpress; update letterpress".into(),
            ));
        }
        Ok(Run {
            folder: folder.0,
            settings,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.settings.run
    }

    /// What was decided when it was planned.
    pub fn settings(&self) -> &RunSettings {
        &self.settings
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn paths(&self) -> Folder {
        Folder(self.folder.clone())
    }

    pub(super) fn journal(&self) -> Result<Journal, CampaignError> {
        Journal::open(&self.paths().journal())
    }

    /// How many there are in each state.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn counts(&self) -> Result<Counts, CampaignError> {
        self.journal()?.counts()
    }

    /// Why people are in a state, the commonest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn reasons(&self, state: State) -> Result<Vec<(String, u64)>, CampaignError> {
        self.journal()?.reasons(state)
    }

    /// The times in which processes sent it.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn sessions(&self) -> Result<Vec<Session>, CampaignError> {
        self.journal()?.sessions()
    }

    /// Hands over each person's row, in the order of the plan, until `take` has enough.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn each(
        &self,
        state: Option<State>,
        take: impl FnMut(Delivery) -> bool,
    ) -> Result<(), CampaignError> {
        self.journal()?.each(state, take)
    }

    /// The rows of a person, by address or by the profile's key.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn find(&self, who: &str) -> Result<Vec<Delivery>, CampaignError> {
        self.journal()?.find(who)
    }

    /// Whether a process is sending it.
    pub fn is_busy(&self) -> bool {
        Lock::is_held(&self.paths())
    }

    /// Deletes its folder, and with it all that is known of it.
    ///
    /// # Errors
    /// A process is at it, or the folder cannot be deleted.
    pub fn delete(self) -> Result<(), CampaignError> {
        let _lock = Lock::take(&self.paths(), self.name())?;
        fs::remove_dir_all(&self.folder).map_err(at(&self.folder))
    }

    /// What was frozen, after each file was compared with its hash.
    ///
    /// # Errors
    /// A file is not what was planned, or cannot be read.
    pub fn frozen(&self) -> Result<Frozen, CampaignError> {
        let paths = self.paths();
        let damaged = |what: String| CampaignError::Damaged {
            run: self.name().to_owned(),
            what,
        };
        for (file, hash) in &self.settings.files {
            let path = self.folder.join(file);
            let found = hash_of(&path)
                .map_err(|error| damaged(format!("{file} cannot be read ({error})")))?;
            if found != *hash {
                return Err(damaged(format!("{file} is not what was planned")));
            }
        }
        let broken =
            |file: &'static str| move |error: io::Error| damaged(format!("{file}: {error}"));
        let world = WorldSnapshot::read(&paths.world()).and_then(WorldSnapshot::world);
        let items = fs::read_to_string(paths.items())
            .and_then(|text| Items::from_json(&text).map_err(io::Error::other));
        let engine = Engine::builder()
            .templates(paths.templates())
            .validation(self.settings.validation)
            .build()?;
        Ok(Frozen {
            world: world.map_err(broken(WORLD))?,
            items: items.map_err(broken(ITEMS))?,
            people: People::open(&paths.people()).map_err(broken(PEOPLE))?,
            email: engine.email(&self.settings.email)?,
        })
    }
}

/// What a plan froze: enough to make every message again.
#[derive(Debug)]
pub struct Frozen {
    world: FixedWorld,
    items: Items,
    people: People,
    email: Email,
}

impl Frozen {
    /// The email as it was.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// The world as it was.
    pub fn world(&self) -> &FixedWorld {
        &self.world
    }

    /// The recipient at a place.
    pub(super) fn recipient(&self, place: Place) -> io::Result<Recipient> {
        from_line(&unpack(&self.people.packed(place)?)?, &self.items)
    }

    /// The recipient of a row.
    ///
    /// # Errors
    /// Their line cannot be read.
    pub fn recipient_of(&self, row: &Delivery) -> io::Result<Recipient> {
        self.recipient(row.place)
    }
}
