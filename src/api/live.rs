//! A project that stays open while its files change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use jiff::ZonedDateTime;
use serde::Serialize;

use super::{ApiError, Problem};
use crate::data::Database;
use crate::diagnostic::Diagnostic;
use crate::email::Email;
use crate::links::Keys;
use crate::project::{Data, KeysError, Project, ProjectError, ShopWorld};

/// What kind of file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A template, a partial or a fixture.
    Template,
    /// A file of the data folder.
    Data,
    /// `letterpress.toml`.
    Config,
    /// A picture that the framed view shows from disk.
    Image,
}

/// What the page is told when files changed.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The snapshot there is now.
    pub generation: u64,
    /// What kinds of files changed.
    pub what: Vec<What>,
    /// Their names.
    pub files: Vec<String>,
}

/// A project that stays open while its files change: always the last state that could be read.
#[derive(Debug)]
pub struct Live {
    /// The project that was named, if one was.
    named: Option<PathBuf>,
    now: Option<String>,
    /// Signs links where the project's own keys cannot be stored.
    spare_keys: OnceLock<Option<Keys>>,
    state: RwLock<Arc<Snapshot>>,
}

/// A project as it was last read. Everything that is asked of it is answered from the same state.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) generation: u64,
    pub(super) project: Option<Arc<Project>>,
    /// Why the files on disk are not what is shown.
    pub(super) trouble: Vec<Problem>,
    /// `--now`.
    pub(super) now: Option<String>,
    keys: Option<Keys>,
    /// The last world that was made: ranking the feeds is most of a render.
    world: Mutex<Option<(ZonedDateTime, World)>>,
    /// Emails as they last compiled, by name; kept from snapshot to snapshot.
    compiled: Arc<Mutex<HashMap<String, Email>>>,
}

/// A world, and what is wrong with its feeds.
pub(super) type World = Arc<(ShopWorld, Vec<Diagnostic>)>;

impl Live {
    /// Opens the project at `path`, or the one that the working folder stands in. What is wrong with it stands in
    /// [`Snapshot::trouble`]. `now` moves every clock, as `--now` does.
    pub fn open(path: Option<&Path>, now: Option<String>) -> Live {
        let live = Live {
            named: path.map(Path::to_owned),
            state: RwLock::new(Arc::new(Snapshot {
                generation: 0,
                project: None,
                trouble: Vec::new(),
                now: now.clone(),
                keys: None,
                world: Mutex::default(),
                compiled: Arc::default(),
            })),
            now,
            spare_keys: OnceLock::new(),
        };
        live.reload(&[What::Config]);
        live
    }

    /// The project as it was last read.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads again what changed. What cannot be read leaves the last good state, and says so.
    pub fn reload(&self, what: &[What]) -> Arc<Snapshot> {
        let old = self.snapshot();
        let mut trouble = Vec::new();
        let mut keys = old.keys.clone();
        let project = match self.reread(&old, what) {
            Ok(project) => match self.keys(&project) {
                Ok(found) => {
                    keys = found;
                    Some(project)
                }
                Err(error) => {
                    trouble = Problem::of_project(&error.into());
                    Some(project)
                }
            },
            Err((error, opened)) => {
                trouble = Problem::of_project(&error);
                old.project.clone().or(opened)
            }
        };
        let fresh = Arc::new(Snapshot {
            generation: old.generation + 1,
            project,
            trouble,
            now: self.now.clone(),
            keys,
            world: Mutex::default(),
            compiled: old.compiled.clone(),
        });
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        fresh
    }

    /// The project anew, as far as it changed; on an error also what could be opened of it.
    #[allow(clippy::type_complexity)]
    fn reread(
        &self,
        old: &Snapshot,
        what: &[What],
    ) -> Result<Arc<Project>, (ProjectError, Option<Arc<Project>>)> {
        let known = old.project.as_ref().filter(|_| old.trouble.is_empty());
        let Some(known) = known.filter(|_| !what.contains(&What::Config)) else {
            let opened = match &self.named {
                Some(path) => Project::open(path),
                None => Project::find(Path::new(".")),
            };
            let project = Arc::new(opened.map_err(|error| (error, None))?);
            return match project.data() {
                Ok(_) => Ok(project),
                Err(error) => Err((error, Some(project))),
            };
        };
        let mut project = known.clone();
        if what.contains(&What::Data) {
            project = Arc::new(known.with_fresh_data());
            project.data().map_err(|error| (error, None))?;
        }
        if what.contains(&What::Template) {
            let reloaded = project.engine().reload();
            reloaded.map_err(|error| (error.into(), None))?;
        }
        Ok(project)
    }

    /// The project's keys; where they cannot be stored (a folder that is only read), keys of this run.
    fn keys(&self, project: &Project) -> Result<Option<Keys>, KeysError> {
        match project.keys_to_look()? {
            (spare, Some(_)) => Ok(self.spare_keys.get_or_init(|| spare).clone()),
            (keys, None) => Ok(keys),
        }
    }

    /// The folder in which a project is looked for, when there is none yet.
    pub fn folder(&self) -> PathBuf {
        let named = self.named.clone().unwrap_or_else(|| PathBuf::from("."));
        match named.parent() {
            Some(parent) if named.extension().is_some() => match parent.as_os_str().is_empty() {
                true => PathBuf::from("."),
                false => parent.to_owned(),
            },
            _ => named,
        }
    }
}

impl Snapshot {
    /// Counts the readings.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The project, if one could ever be opened.
    ///
    /// # Errors
    /// [`ApiError::NoProject`]
    pub fn project(&self) -> Result<&Arc<Project>, ApiError> {
        self.project.as_ref().ok_or(ApiError::NoProject)
    }

    /// Why the files on disk are not what is shown: empty when all is well.
    pub fn trouble(&self) -> &[Problem] {
        &self.trouble
    }

    pub(super) fn data(&self) -> Result<&Arc<Data>, ApiError> {
        Ok(self.project()?.data()?)
    }

    pub(super) fn shop(&self) -> Result<&dyn Database, ApiError> {
        Ok(&*self.data()?.shop)
    }

    pub(super) fn editor(&self) -> Option<&str> {
        self.project.as_ref()?.config().editor.as_deref()
    }

    /// The world at a moment; the last one is kept.
    pub(super) fn world(&self, now: ZonedDateTime) -> Result<World, ApiError> {
        let mut kept = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((moment, world)) = &*kept
            && *moment == now
        {
            return Ok(world.clone());
        }
        let world = Arc::new(
            self.project()?
                .world_with_keys(now.clone(), self.keys.clone())?,
        );
        *kept = Some((now, world.clone()));
        Ok(world)
    }

    /// Remembers an email that compiled.
    pub(super) fn remember(&self, email: &Email) {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.insert(email.name().to_owned(), email.clone());
    }

    /// An email as it last compiled.
    pub(super) fn remembered(&self, name: &str) -> Option<Email> {
        let compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.get(name).cloned()
    }
}
