//! A person is taken out of all runs: what became of their messages stays, who they were does not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::CampaignError;
use super::coupons::Allotments;
use super::delivery::Delivery;
use super::error::at;
use super::frozen::profile_of_line;
use super::people::{People, Place, hash_of, unpack};
use super::run::{Folder, Lock, Run, runs_folder};
use crate::data::{Identity, Names, names};
use crate::files::write_durably;
use crate::project::Project;

/// The runs that somebody is in, held so that nobody sends them meanwhile.
///
/// ```
/// use letterpress::campaign::RunsHeld;
/// use letterpress::data::Profile;
/// use letterpress::project::Project;
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("letterpress.toml"), "")?;
/// let project = Project::open(folder.path())?;
/// let ada = Profile::from_json(r#"{"email": "ada@example.com"}"#)?;
/// assert_eq!(RunsHeld::of(&project, &[(&ada).into()])?.forget()?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunsHeld<'p> {
    project: &'p Project,
    runs: Vec<(Run, Vec<Delivery>, Lock)>,
    keys: Vec<String>,
}

impl<'p> RunsHeld<'p> {
    /// Finds the runs that a person is in, by all that they are called, and takes their locks. What a plan left behind that was
    /// cut off is removed: nobody can tell whose data is in it.
    ///
    /// # Errors
    /// One of them is being sent or planned, or cannot be read. Nothing has changed then.
    pub fn of(project: &'p Project, called: &[Identity]) -> Result<RunsHeld<'p>, CampaignError> {
        let folder = runs_folder(project);
        let known: Names = called.iter().flat_map(names).collect();
        let mut keys: Vec<String> = Vec::new();
        for one in called {
            let names = [&one.id, &one.external_id, &one.email, &one.phone_number];
            keys.extend(names.into_iter().flatten().cloned());
        }
        keys.sort();
        keys.dedup();
        let mut held = RunsHeld {
            project,
            runs: Vec::new(),
            keys,
        };
        let mut left_behind = Vec::new();
        for name in Run::names(&folder) {
            let run = match Run::open(&folder, &name) {
                Ok(run) => run,
                Err(CampaignError::Unfinished(_)) => {
                    let paths = Folder(folder.join(&name));
                    let lock =
                        Lock::take(&paths, &name).map_err(|error| refused(error, "planned"))?;
                    left_behind.push((paths, lock));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let rows = held.rows(&run, &known)?;
            if rows.is_empty() {
                continue;
            }
            let lock = Lock::take(&run.paths(), &name).map_err(|error| refused(error, "sent"))?;
            // Whoever held it may have changed the rows.
            let rows = held.rows(&run, &known)?;
            held.runs.push((run, rows, lock));
        }
        for (paths, _lock) in left_behind {
            fs::remove_dir_all(&paths.0).map_err(at(&paths.0))?;
        }
        Ok(held)
    }

    /// The rows of a run that are this person's. Keys are mere texts, so the lines say whose they really are.
    fn rows(&self, run: &Run, known: &Names) -> Result<Vec<Delivery>, CampaignError> {
        let mut rows: Vec<Delivery> = Vec::new();
        for key in &self.keys {
            for row in run.journal()?.all_of(key)? {
                if !rows.iter().any(|one| one.n == row.n) {
                    rows.push(row);
                }
            }
        }
        if rows.is_empty() {
            return Ok(rows);
        }
        let path = run.paths().people();
        let people = People::open(&path).map_err(at(&path))?;
        rows.retain(|row| {
            let line = people.packed(row.place).and_then(|packed| unpack(&packed));
            let profile = line.and_then(|line| profile_of_line(&line));
            match profile {
                Ok(profile) => {
                    let own = names(&Identity::from(&profile));
                    own.iter().any(|name| known.contains(name))
                }
                // Overwritten by an attempt that was cut off, or damaged: the key alone counts.
                Err(_) => true,
            }
        });
        Ok(rows)
    }

    /// Takes the person out of these runs: their lines are overwritten, their rows lose key, address and reply. Who waited is
    /// skipped. Codes they were given stay given, to nobody who can be named. How many runs there were.
    ///
    /// # Errors
    /// A file cannot be written. The same again finishes what was begun.
    pub fn forget(self) -> Result<u64, CampaignError> {
        for (run, rows, _) in &self.runs {
            let places: Vec<Place> = rows.iter().map(|row| row.place).collect();
            // The rows come last: while they are there, somebody who was cut off can begin again.
            overwrite(run, &places)?;
            let journal = run.journal()?;
            for row in rows {
                journal.forget(row.n)?;
            }
            journal.checkpoint()?;
        }
        let coupons = self.project.root().join(".letterpress/coupons.sqlite");
        if coupons.is_file() {
            Allotments::open(&coupons)?.forget(&self.keys)?;
        }
        Ok(self.runs.len() as u64)
    }
}

fn refused(error: CampaignError, how: &str) -> CampaignError {
    match error {
        CampaignError::Busy(run) => CampaignError::Refused {
            what: format!(
                "the run '{run}' is being {how}, and has data of this person; nothing was forgotten"
            ),
            help: format!(
                "wait for its end (letterpress campaign status {run} -w) or end it (letterpress campaign cancel {run}), then forget again"
            ),
        },
        other => other,
    }
}

/// Overwrites lines of the file of the people with zeros, and notes the file's new hash.
fn overwrite(run: &Run, places: &[Place]) -> Result<(), CampaignError> {
    let path = run.paths().people();
    let name = "people";
    let before = hash_of(&path).map_err(at(&path))?;
    let whole = run.settings().files.get(name) == Some(&before);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(at(&path))?;
    let mut begun = true;
    for place in places {
        begun &= is_zero(&mut file, *place).map_err(at(&path))?;
        zero(&mut file, *place).map_err(at(&path))?;
    }
    file.sync_all().map_err(at(&path))?;
    // A file that was damaged otherwise stays so: no hash of ours may say that it is as it was planned.
    if whole || begun {
        let mut settings = run.settings().clone();
        let after = hash_of(&path).map_err(at(&path))?;
        settings.files.insert(name.to_owned(), after);
        let path = run.paths().settings();
        let json = serde_json::to_vec_pretty(&settings).map_err(io::Error::other);
        write_durably(&path, &json.map_err(at(&path))?).map_err(at(&path))?;
    }
    Ok(())
}

fn is_zero(file: &mut File, place: Place) -> io::Result<bool> {
    file.seek(SeekFrom::Start(place.offset))?;
    let mut bytes = Vec::new();
    file.take(u64::from(place.length)).read_to_end(&mut bytes)?;
    Ok(bytes.iter().all(|byte| *byte == 0))
}

fn zero(file: &mut File, place: Place) -> io::Result<()> {
    // What is not there is not made.
    let end = file.metadata()?.len();
    let length = u64::from(place.length).min(end.saturating_sub(place.offset));
    file.seek(SeekFrom::Start(place.offset))?;
    io::copy(&mut io::repeat(0).take(length), file)?;
    file.flush()
}
