//! Planning a campaign: who gets it, and all that their messages need, frozen in the folder of a run.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::audience::not_mailed;
use super::choice::chosen;
use super::coupons::Allotments;
use super::delivery::{Planned, State};
use super::error::at;
use super::frozen::{Addresses, Items, WorldSnapshot, to_line};
use super::journal::Journal;
use super::people::{PeopleWriter, Place, pack};
use super::request::{PlanRequest, make_folder};
use super::run::{Does, Folder, PlanNumbers, RunSettings, Sizes, Step, runs_folder, seed};
use super::witness::Witness;
use super::{CampaignError, CampaignFile, NotMailed, Run};
use crate::audience::ChoiceStep;
use crate::check::Blanks;
use crate::data::{Consent, Profile, Rows};
use crate::delivery::SinkAddress;
use crate::email::{Email, Outcome, Recipient, World, hexadecimal};
use crate::files::{private_folder, write_durably};
use crate::project::{Project, ShopWorld};
use crate::value::Value;

/// How a campaign is planned.
pub struct PlanOptions<'o> {
    /// The campaign's file, as it can be found from anywhere.
    pub file: PathBuf,
    /// The run's name; else its date and the campaign's name.
    pub run: Option<String>,
    /// Only so many people, the first ones.
    pub limit: Option<u64>,
    /// Where messages go.
    pub sinks: Vec<SinkAddress>,
    /// The time of the run, in the account's zone.
    pub now: ZonedDateTime,
    /// Told how many people have been planned.
    pub progress: &'o (dyn Fn(u64) + Sync),
}

/// So many people are planned at once.
const CHUNK: usize = 512;

/// Gmail cuts the HTML of a message off here, in bytes.
pub const GMAIL_CLIPS: u64 = 102_000;

/// Plans a campaign: `name` is what its file is called.
///
/// Nothing is sent. The folder is whole when this returns: [`Run::open`] finds it, and sending reads nothing else but
/// who has unsubscribed or been suppressed since.
///
/// # Errors
/// The name is taken; the email has errors; a coupon has fewer codes than people; a file cannot be written.
pub fn plan(
    project: &Project,
    name: &str,
    file: &CampaignFile,
    options: PlanOptions<'_>,
) -> Result<Run, CampaignError> {
    let email = project.engine().email(&file.email)?;
    let runs = runs_folder(project);
    let (folder, run, lock) = make_folder(&runs, name, &options)?;
    let request = PlanRequest {
        file: options.file.clone(),
        limit: options.limit,
        sinks: options.sinks.clone(),
        now: options.now.timestamp(),
    };
    let planner = Planner {
        project,
        campaign: name,
        file,
        email: &email,
        options: &options,
        folder: &folder,
        run: &run,
    };
    let planned = request.write(&folder).and_then(|()| planner.plan());
    if planned.is_err() {
        // What was begun is of no use; that it is there would only be confusing.
        let _ = fs::remove_dir_all(&folder.0);
    }
    drop(lock);
    planned?;
    Run::open(&runs, &run)
}

struct Planner<'p> {
    project: &'p Project,
    campaign: &'p str,
    file: &'p CampaignFile,
    email: &'p Email,
    options: &'p PlanOptions<'p>,
    folder: &'p Folder,
    run: &'p str,
}

/// One person, planned.
struct One {
    row: Planned,
    line: Option<Vec<u8>>,
    html: Option<u64>,
    blank: Vec<String>,
    never_subscribed: bool,
}

/// What was written so far.
struct Written {
    people: PeopleWriter,
    journal: Journal,
    numbers: PlanNumbers,
    html: Vec<u32>,
}

impl Planner<'_> {
    fn plan(&self) -> Result<(), CampaignError> {
        let data_state = self.project.data()?.shop.state()?;
        let id = random_id();
        let seed = seed(&id);
        let (world, _) = self.project.world(self.options.now.clone())?;
        // One code for everybody would be no code.
        let world = world.without_preview_codes().with_seed(seed);
        world.prepare(self.email)?;
        let written = self.people(&world)?;
        let (witness_catalog, items, mut written) = written;
        if let Some(error) = world.failure() {
            let told = crate::data::DataError::Lookup(error.to_string().into());
            return Err(told.into());
        }
        let mut files = BTreeMap::new();
        let people = written.people.finish().map_err(at(&self.folder.people()))?;
        files.insert("people".to_owned(), people);
        self.templates(&mut files)?;
        self.snapshot(&world, witness_catalog, seed, &mut files)?;
        let json = items.to_json().map_err(io::Error::other);
        self.write(
            "items.json",
            &json.map_err(at(&self.folder.items()))?,
            &mut files,
        )?;
        written.journal.hurry(false)?;
        written.journal.checkpoint()?;
        written.html.sort_unstable();
        written.numbers.sizes = sizes(&written.html);
        let clipped = written
            .html
            .iter()
            .filter(|&&size| u64::from(size) > GMAIL_CLIPS);
        written.numbers.clipped = clipped.count() as u64;
        let config = self.project.config();
        let settings = RunSettings {
            format: RunSettings::FORMAT,
            run: self.run.to_owned(),
            id,
            campaign: self.campaign.to_owned(),
            email: self.file.email.clone(),
            planned_at: Timestamp::now(),
            now: self.options.now.timestamp(),
            timezone: zone_name(&self.options.now),
            consent: self.file.consent,
            transactional: self.email.manifest().transactional,
            policy: self.file.policy,
            sinks: self.options.sinks.clone(),
            rates: self.file.rates.clone(),
            quiet_hours: self.file.quiet_hours,
            data_state,
            validation: config.validation,
            plan: written.numbers,
            files,
        };
        let json = serde_json::to_vec_pretty(&settings).map_err(io::Error::other);
        let path = self.folder.settings();
        write_durably(&path, &json.map_err(at(&path))?).map_err(at(&path))
    }

    /// Plans everybody; what their messages asked for comes back.
    fn people(
        &self,
        world: &ShopWorld,
    ) -> Result<(BTreeMap<String, Value>, Items, Written), CampaignError> {
        let data = self.project.data()?.clone();
        let journal = Journal::create(&self.folder.journal())?;
        journal.hurry(true)?;
        let people =
            PeopleWriter::create(&self.folder.people()).map_err(at(&self.folder.people()))?;
        let mut written = Written {
            people,
            journal,
            numbers: PlanNumbers::default(),
            html: Vec::new(),
        };
        let witness = Witness::new(world);
        let items = Mutex::new(Items::default());
        let blanks = Blanks::of(self.project, self.email);
        let mailed_lately = self.mailed_lately()?;
        let mut allotments = match self.email.needs().coupons.is_empty() {
            true => None,
            false => Some(Allotments::open(
                &self.project.root().join(".letterpress/coupons.sqlite"),
            )?),
        };
        let names = self.email.needs().coupons.iter().map(String::as_str);
        let mut handing = match &mut allotments {
            Some(allotments) => Some(allotments.hand_out(self.run, names, &data.coupons)?),
            None => None,
        };
        let mut left_out: BTreeMap<NotMailed, u64> = BTreeMap::new();
        let mut wanted: Vec<(Arc<Profile>, Recipient)> = Vec::with_capacity(CHUNK);
        let mut skipped = Vec::new();
        let mut admitted = 0;
        let handle =
            |wanted: &mut Vec<(Arc<Profile>, Recipient)>| -> Vec<Result<One, CampaignError>> {
                std::mem::take(wanted)
                    .into_par_iter()
                    .map(|(profile, recipient)| {
                        self.one(&profile, recipient, world, &witness, &items, &blanks)
                    })
                    .collect()
            };
        let now = self.options.now.timestamp();
        let chosen = chosen(self.project, self.file, now)?.map_err(CampaignError::Audience)?;
        let mut steps = Vec::new();
        let profiles: Rows<'_, Profile> = match chosen {
            Some(chosen) => {
                steps.extend(chosen.steps.into_iter().map(choice_step));
                Box::new(chosen.people.into_iter().map(Ok))
            }
            None => {
                let left = data.shop.profile_count()? as u64;
                let what = "profiles".to_owned();
                steps.push(Step {
                    what,
                    does: Does::Starts,
                    left,
                });
                data.shop.profiles()
            }
        };
        // Whoever the campaign names and may not be mailed is in the plan, with the reason. Without names it is for those who may.
        let names = !self.file.include.is_empty();
        let transactional = self.email.manifest().transactional;
        for profile in profiles {
            let profile = profile?;
            let lately = mailed_lately.contains(profile.key());
            let reason = not_mailed(&profile, self.file.consent, transactional)
                .or(lately.then_some(NotMailed::SmartSending));
            if let Some(reason) = reason {
                if names {
                    skipped.push(Ok(skipped_row(&profile, reason)));
                    if skipped.len() == CHUNK {
                        self.put(std::mem::take(&mut skipped), &mut written)?;
                    }
                } else {
                    *left_out.entry(reason).or_default() += 1;
                }
                continue;
            }
            if self.options.limit.is_some_and(|limit| admitted >= limit) {
                break;
            }
            admitted += 1;
            let mut recipient = Recipient::new(profile.clone());
            if let Some(handing) = &mut handing {
                let codes =
                    handing
                        .codes(profile.key())
                        .map_err(|error| CampaignError::Journal {
                            path: "coupons.sqlite".into(),
                            source: Box::new(error),
                        })?;
                for (coupon, code) in codes {
                    recipient = recipient.coupon(coupon, code);
                }
            }
            wanted.push((profile, recipient));
            if wanted.len() == CHUNK {
                self.put(handle(&mut wanted), &mut written)?;
                self.put(std::mem::take(&mut skipped), &mut written)?;
            }
        }
        self.put(handle(&mut wanted), &mut written)?;
        self.put(skipped, &mut written)?;
        if let Some(handing) = handing {
            handing.finish()?;
        }
        let mut left = steps.last().map_or(0, |step| step.left);
        let mut leave = |what: &str, left| {
            let (what, does) = (what.to_owned(), Does::LeavesOut);
            steps.push(Step { what, does, left });
        };
        for (reason, count) in left_out {
            left -= count;
            leave(reason.klaviyo(), left);
        }
        if written.numbers.planned < left {
            leave("beyond the limit", written.numbers.planned);
        }
        written.numbers.steps = steps;
        let items = items.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((witness.catalog(), items, written))
    }

    /// Plans one person: renders once, so that what is frozen is all that is needed.
    fn one(
        &self,
        profile: &Arc<Profile>,
        recipient: Recipient,
        world: &ShopWorld,
        witness: &Witness<'_>,
        items: &Mutex<Items>,
        blanks: &Blanks,
    ) -> Result<One, CampaignError> {
        let recipient = world.recipient(recipient, self.email)?;
        let asked = witness.for_one();
        let outcome = self.email.render(&recipient, &asked);
        let links: Addresses = asked.links();
        let (state, reason, detail, html) = match &outcome {
            Outcome::Rendered(mail) => (State::Pending, None, None, Some(mail.sizes.html as u64)),
            Outcome::Skipped(skip) => {
                let reason = skip.reason.code().to_owned();
                (
                    State::Skipped,
                    Some(reason),
                    Some(skip.detail.clone()),
                    None,
                )
            }
            Outcome::Failed(failed) => {
                let first = failed.diagnostics.first();
                let code = first.map_or("failed", |found| found.code).to_owned();
                (
                    State::Failed,
                    Some(code),
                    first.map(ToString::to_string),
                    None,
                )
            }
        };
        let line = to_line(&recipient, items, &links, world.now().timestamp());
        let line = line.map_err(io::Error::other).and_then(|line| pack(&line));
        Ok(One {
            row: Planned {
                key: recipient.key().to_owned(),
                address: profile.email.clone().unwrap_or_default(),
                place: Place {
                    offset: 0,
                    length: 0,
                },
                state,
                reason,
                detail,
                bytes: None,
            },
            line: Some(line.map_err(at(&self.folder.people()))?),
            html,
            blank: match state {
                State::Pending => blanks
                    .blank_for(profile)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                _ => Vec::new(),
            },
            never_subscribed: profile.consent() == Consent::NeverSubscribed,
        })
    }

    /// Writes the lines and rows of people.
    fn put(
        &self,
        ones: Vec<Result<One, CampaignError>>,
        written: &mut Written,
    ) -> Result<(), CampaignError> {
        let first = u32::try_from(written.numbers.planned).map_err(|_| CampaignError::Refused {
            what: "a run has at most 4 billion people".into(),
            help: "plan several campaigns".into(),
        })?;
        let mut rows = Vec::with_capacity(ones.len());
        for one in ones {
            let mut one = one?;
            if let Some(line) = &one.line {
                one.row.place = written
                    .people
                    .put(line)
                    .map_err(at(&self.folder.people()))?;
            }
            written.numbers.planned += 1;
            written.numbers.never_subscribed += u64::from(one.never_subscribed);
            for variable in one.blank {
                *written.numbers.blanks.entry(variable).or_default() += 1;
            }
            written
                .html
                .extend(one.html.map(|size| u32::try_from(size).unwrap_or(u32::MAX)));
            rows.push(one.row);
        }
        written.journal.plan(first, &rows)?;
        (self.options.progress)(written.numbers.planned);
        Ok(())
    }

    /// Who was mailed too recently, by the journals of the project's other runs.
    fn mailed_lately(&self) -> Result<HashSet<String>, CampaignError> {
        let Some(hours) = self.file.smart_sending_hours.filter(|hours| *hours > 0) else {
            return Ok(HashSet::new());
        };
        let hours = i64::try_from(hours)
            .unwrap_or(i64::MAX / 3600)
            .min(24 * 365);
        let since = Timestamp::now() - SignedDuration::from_hours(hours);
        let runs = runs_folder(self.project);
        let mut keys = HashSet::new();
        for name in Run::names(&runs) {
            let journal = Folder(runs.join(&name)).journal();
            if name != self.run && journal.is_file() {
                keys.extend(Journal::open(&journal)?.reached_since(since)?);
            }
        }
        Ok(keys)
    }

    /// Copies the templates, as the engine has read them.
    fn templates(&self, files: &mut BTreeMap<String, String>) -> Result<(), CampaignError> {
        let library = self.project.engine().library();
        for name in library.names() {
            let Some(id) = library.file(name) else {
                continue;
            };
            let path = format!("templates/{name}");
            if let Some(folder) = self.folder.0.join(&path).parent() {
                private_folder(folder).map_err(at(folder))?;
            }
            self.write(&path, library.sources().text(id).as_bytes(), files)?;
        }
        Ok(())
    }

    fn snapshot(
        &self,
        world: &ShopWorld,
        catalog: BTreeMap<String, Value>,
        seed: u64,
        files: &mut BTreeMap<String, String>,
    ) -> Result<(), CampaignError> {
        let library = self.project.engine().library();
        let says_feeds = |name: &&str| {
            let file = library.file(name);
            file.is_some_and(|file| library.sources().text(file).contains("feeds"))
        };
        // Everybody's feeds cost something to compute, and most emails have none.
        let feeds = match library.names().iter().any(says_feeds) {
            true => world.feeds().clone(),
            false => crate::value::Pairs::new(Vec::new()).into(),
        };
        let config = self.project.config();
        let snapshot = WorldSnapshot {
            now: world.now().timestamp(),
            timezone: zone_name(world.now()),
            currency_locale: config.locale.clone(),
            currency: config.currency.clone(),
            seed,
            missing_image: world.missing_image().to_owned(),
            organization: world.organization().clone(),
            feeds,
            catalog,
        };
        let json = serde_json::to_vec(&snapshot).map_err(io::Error::other);
        let json = json.map_err(at(&self.folder.world()))?;
        self.write("world.json", &json, files)
    }

    fn write(
        &self,
        name: &str,
        bytes: &[u8],
        files: &mut BTreeMap<String, String>,
    ) -> Result<(), CampaignError> {
        let path = self.folder.0.join(name);
        let written = || -> io::Result<String> {
            let mut file = fs::File::create(&path)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            Ok(hexadecimal(&Sha256::digest(bytes)))
        };
        files.insert(name.to_owned(), written().map_err(at(&path))?);
        Ok(())
    }
}

/// A step of a choice among lists and segments.
fn choice_step(step: ChoiceStep) -> Step {
    let does = match step.includes {
        _ if step.what == "everybody" => Does::Starts,
        true => Does::Includes,
        false => Does::LeavesOut,
    };
    Step {
        what: step.what,
        does,
        left: step.left as u64,
    }
}

/// The row of somebody whom the campaign names and who may not be mailed; no message of theirs is planned.
fn skipped_row(profile: &Profile, reason: NotMailed) -> One {
    One {
        row: Planned {
            key: profile.key().to_owned(),
            address: profile.email.clone().unwrap_or_default(),
            place: Place {
                offset: 0,
                length: 0,
            },
            state: State::Skipped,
            reason: Some(reason.code().to_owned()),
            detail: None,
            bytes: None,
        },
        line: None,
        html: None,
        blank: Vec::new(),
        never_subscribed: false,
    }
}

fn zone_name(now: &ZonedDateTime) -> String {
    now.time_zone().iana_name().unwrap_or("UTC").to_owned()
}

fn random_id() -> String {
    let mut bytes = [0; 16];
    // Without chance, the clock: two runs of one account are not planned in the same nanosecond.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = Timestamp::now().as_nanosecond().to_le_bytes();
    }
    hexadecimal(&bytes)
}

fn sizes(sorted: &[u32]) -> Sizes {
    let share = |share: f64| {
        let at = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
        sorted.get(at).copied().map_or(0, u64::from)
    };
    Sizes {
        p50: share(0.5),
        p99: share(0.99),
        max: share(1.0),
    }
}
