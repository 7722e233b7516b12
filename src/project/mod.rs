//! A project: `letterpress.toml` and everything it names, opened and wired.

mod audience;
#[cfg(test)]
mod broken;
mod choice;
mod clock;
mod config;
mod feeds;
mod fixture;
mod keys;
#[cfg(feature = "cli")]
pub mod sample;
mod select;
#[cfg(feature = "store")]
mod stored;
mod world;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::OnceLock;

use jiff::ZonedDateTime;

use crate::audience::Audience;
use crate::data::{Coupons, DataError, Database, Organization, Shop, catalog_item_value};
use crate::diagnostic::{Diagnostic, Location, Source};
use crate::email::{Compiling, Email, EmailError, Engine, Layouts};
use crate::feeds::{FeedDefinition, Feeds, Interactions, PriceChange, once};
use crate::links::Keys;
use crate::mjml::Picked;
#[cfg(feature = "store")]
use crate::store::{Store, StoreError};

pub use choice::{Choice, ChoiceError, Wanted, Wish, shown};
pub use clock::moment;
pub use config::Config;
pub use fixture::{Fixture, object};
pub use keys::KeysError;
pub use select::{SelectError, Selector};
pub use world::{ShopWorld, WorldFile, WorldFileError};

/// The name of a project's file.
pub const FILE: &str = "letterpress.toml";

/// Why a project cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is no `letterpress.toml` in this folder or above it.
    #[error("there is no letterpress.toml in {} or a folder above it", .0.display())]
    NotFound(PathBuf),
    /// There is no project where one was named.
    #[error("there is no project at {}", .0.display())]
    NotThere(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {path}: {error}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// `letterpress.toml` is wrong.
    #[error("letterpress.toml has {} error{}", .0.len(), if .0.len() == 1 { "" } else { "s" })]
    Config(Vec<Diagnostic>),
    /// The templates cannot be read.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The keys of links.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The store.
    #[cfg(feature = "store")]
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProjectError {
    /// What there is to show with source lines.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            ProjectError::Config(diagnostics)
            | ProjectError::Email(EmailError::Invalid { diagnostics, .. }) => diagnostics,
            _ => &[],
        }
    }
}

/// A project, its data read when it is first asked for.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
    config: Config,
    engine: Arc<Engine>,
    data: OnceLock<Arc<Data>>,
    audience: OnceLock<(Audience, Vec<Diagnostic>)>,
}

/// The data of a project as it was read.
pub struct Data {
    /// Profiles, events, metrics, catalog, lists.
    pub shop: Arc<dyn Database>,
    /// Who sends.
    pub organization: Organization,
    /// The text of `feeds.toml`.
    pub feeds: Option<Arc<Source>>,
    /// The codes of coupons.
    pub coupons: Coupons,
    /// What was wrong with single lines.
    pub findings: Vec<Diagnostic>,
    /// The database as what it is, for what is not asked through traits.
    #[cfg(feature = "store")]
    store: Option<Arc<Store>>,
    /// Prices that changed, for feeds.
    price_changes: Vec<PriceChange>,
    /// Read for feeds when the first is asked for; or why it cannot be read.
    interactions: OnceLock<Result<Arc<Interactions>, Arc<DataError>>>,
}

impl Data {
    /// What a database holds; organization, feeds and coupons are set beside it.
    pub(crate) fn new(shop: Arc<dyn Database>, findings: Vec<Diagnostic>) -> Data {
        Data {
            shop,
            organization: Organization::default(),
            feeds: None,
            coupons: Coupons::default(),
            findings,
            #[cfg(feature = "store")]
            store: None,
            price_changes: Vec::new(),
            interactions: OnceLock::new(),
        }
    }

    /// All of it in memory.
    fn of_shop(shop: Shop, findings: Vec<Diagnostic>) -> Data {
        Data {
            organization: shop.organization().clone(),
            feeds: shop.feeds_source().cloned(),
            coupons: shop.coupons().clone(),
            ..Data::new(Arc::new(shop), findings)
        }
    }

    /// What the events say of items, for the feeds of the shop; read once, whatever the time is.
    ///
    /// # Errors
    /// The database failed; it is not asked again.
    fn interactions(
        &self,
        definitions: &[FeedDefinition],
    ) -> Result<&Arc<Interactions>, DataError> {
        let read = once(&self.interactions, || {
            let read = Interactions::for_feeds(definitions, &*self.shop, &*self.shop);
            read.map(|read| Arc::new(read.with_price_changes(self.price_changes.clone())))
                .map_err(Arc::new)
        });
        let told = |error: &Arc<DataError>| DataError::Lookup(Box::new(error.clone()));
        read.as_ref().map_err(told)
    }
}

/// No people: they are many, and nobody else's business.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("organization", &self.organization)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

impl Project {
    /// Opens a project: its folder, or its `letterpress.toml`.
    ///
    /// # Errors
    /// The file is not there or wrong, or the templates cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Project, ProjectError> {
        let path = path.as_ref();
        let (root, file) = if path.is_dir() {
            // Paths in messages stay short: `templates/…`, not `./templates/…`.
            let root = path.strip_prefix(".").unwrap_or(path).to_owned();
            (root.clone(), root.join(FILE))
        } else {
            (
                path.parent().unwrap_or(Path::new("")).to_owned(),
                path.to_owned(),
            )
        };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ProjectError::NotThere(path.to_owned()));
            }
            Err(error) => return Err(ProjectError::Unreadable { path: file, error }),
        };
        let source = Source::new(file.display().to_string(), text);
        let config = Config::parse(&source).map_err(ProjectError::Config)?;
        let mut engine = Engine::builder().validation(config.validation);
        let templates = root.join("templates");
        if templates.is_dir() {
            // `.` is the folder of a project that was found round here.
            let within = match root.as_os_str().is_empty() {
                true => Path::new("."),
                false => root.as_path(),
            };
            engine = engine.templates(templates).links_within(within);
        }
        Ok(Project {
            engine: Arc::new(engine.build()?),
            root,
            config,
            data: OnceLock::new(),
            audience: OnceLock::new(),
        })
    }

    /// Opens the project that `from` stands in: the first folder upwards that has a `letterpress.toml`.
    ///
    /// # Errors
    /// There is none, or as [`Project::open`].
    pub fn find(from: &Path) -> Result<Project, ProjectError> {
        let start = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
        match start.ancestors().find(|folder| folder.join(FILE).is_file()) {
            // Paths in messages stay short where they can.
            Some(folder) if folder == start => Project::open(from),
            Some(folder) => Project::open(folder),
            None => Err(ProjectError::NotFound(start)),
        }
    }

    /// The folder of `letterpress.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What `letterpress.toml` says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The emails.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// An email as it is [uploaded](Engine::upload), the items that its product blocks pick frozen: with the values that
    /// the catalog has now.
    ///
    /// # Errors
    /// Those of [`Engine::upload`]; a picked item that the catalog has not.
    pub fn upload(&self, name: &str) -> Result<Email, EmailError> {
        let compiling = Compiling {
            layouts: Layouts::WrittenOut,
            picked: Some(&|id: &str| self.picked(id)),
            ..Compiling::default()
        };
        self.engine.email_as(name, compiling)
    }

    /// An item of the catalog for a product block that is [written out](Compiling::picked); the data is read for the first
    /// that is asked for. A project without items has no catalog.
    pub fn picked(&self, id: &str) -> Picked {
        let Ok(data) = self.data() else {
            return Picked::NoCatalog;
        };
        match (data.shop.item_count(), data.shop.item(id)) {
            (Ok(1..), Ok(Some(item))) => Picked::Item(catalog_item_value(item)),
            (Ok(1..), Ok(None)) => Picked::Missing,
            _ => Picked::NoCatalog,
        }
    }

    /// The folder of the templates.
    pub fn templates_folder(&self) -> PathBuf {
        self.root.join("templates")
    }

    /// The names and files of an email's fixtures, sorted.
    pub fn fixtures(&self, email: &str) -> Vec<(String, PathBuf)> {
        fixture::fixtures(&self.templates_folder(), email)
    }

    /// The same project with the same emails, whose data is read anew when it is asked for.
    pub fn with_fresh_data(&self) -> Project {
        Project {
            root: self.root.clone(),
            config: self.config.clone(),
            engine: self.engine.clone(),
            data: OnceLock::new(),
            audience: OnceLock::new(),
        }
    }

    /// The folder of the data.
    pub fn data_folder(&self) -> PathBuf {
        self.root.join(&self.config.data)
    }

    /// The data, read once. A project without a data folder has none, which is no error.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn data(&self) -> Result<&Arc<Data>, ProjectError> {
        if let Some(data) = self.data.get() {
            return Ok(data);
        }
        #[cfg(feature = "store")]
        let data = self.stored_data()?;
        #[cfg(not(feature = "store"))]
        let data = {
            let folder = self.data_folder();
            if folder.is_dir() {
                let (shop, findings) = Shop::load(&folder)?;
                Data::of_shop(shop, findings)
            } else {
                let findings = self.config.data_at.iter().map(missing_data).collect();
                Data::of_shop(Shop::default(), findings)
            }
        };
        Ok(self.data.get_or_init(|| Arc::new(data)))
    }

    /// The world at a time: the account, the catalog, the feeds as of that time, links signed with the project's
    /// keys. What is wrong with `feeds.toml` comes beside it.
    ///
    /// # Errors
    /// The data or the keys cannot be read.
    pub fn world(&self, now: ZonedDateTime) -> Result<(ShopWorld, Vec<Diagnostic>), ProjectError> {
        let keys = self.keys()?;
        self.world_with_keys(now, keys)
    }

    /// [`Project::world`], its links signed with other keys.
    ///
    /// # Errors
    /// The data cannot be read.
    pub fn world_with_keys(
        &self,
        now: ZonedDateTime,
        keys: Option<Keys>,
    ) -> Result<(ShopWorld, Vec<Diagnostic>), ProjectError> {
        let data = self.data()?.clone();
        Ok(ShopWorld::new(&self.config, data, keys, now))
    }

    /// All feeds of the project at a time, and what is wrong with their definitions.
    ///
    /// # Errors
    /// The data cannot be read.
    pub fn feeds(&self, now: &ZonedDateTime) -> Result<(Feeds, Vec<Diagnostic>), ProjectError> {
        let data = self.data()?;
        let (definitions, findings) = feeds::definitions(data);
        let interactions = data.interactions(&definitions)?.clone();
        let feeds = Feeds::new(definitions, interactions, now.timestamp());
        Ok((feeds, findings))
    }

    /// The keys that sign links; None for a project whose links need none.
    ///
    /// # Errors
    /// They cannot be read, or not be made at first use.
    pub fn keys(&self) -> Result<Option<Keys>, KeysError> {
        if self.config.links == crate::links::Links::default() {
            return Ok(None);
        }
        keys::keys(&self.root).map(Some)
    }

    /// [`Project::keys`] for looking at emails: where they cannot be stored (a folder that is only read), keys of this run,
    /// and a finding that says so.
    ///
    /// # Errors
    /// There are keys, but they are wrong.
    pub fn keys_to_look(&self) -> Result<(Option<Keys>, Option<Diagnostic>), KeysError> {
        match self.keys() {
            Err(error @ KeysError::Io { .. }) => {
                let finding = Diagnostic::warning(
                    "spare-keys",
                    "The links are signed with keys of this run only",
                )
                .note(error.to_string())
                .help("set LETTERPRESS_LINK_KEYS, or make .letterpress writable, before such mail is sent");
                Ok((keys::spare(), Some(finding)))
            }
            keys => Ok((keys?, None)),
        }
    }
}

/// A seed for what is chosen once by chance: whom the selector `random` finds.
pub fn fresh_seed() -> u64 {
    getrandom::u64().unwrap_or_default()
}

/// What is said of a data folder that is not there, at the place that names it.
fn missing_data(at: &Location) -> Diagnostic {
    Diagnostic::warning("missing-data", "The data folder is not there")
        .at(
            at.clone(),
            "no such folder: no people, no events, no products",
        )
        .help("make it, or name another one; without this line there needs to be none")
}
