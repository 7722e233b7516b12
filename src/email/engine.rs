//! All emails of a project, compiled when they are first asked for.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use minijinja::functions::Function;
use minijinja::value::{FunctionArgs, FunctionResult};

use super::Email;
use super::manifest::Manifest;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::language::{Dialect, Library, Limits, Registry};
use crate::mjml::{Picked, Validation};

/// Why an email cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EmailError {
    /// There is none of this name.
    #[error("there is no email '{name}'{}", .nearest.as_ref().map(|n| format!("; did you mean '{n}'?")).unwrap_or_default())]
    Unknown {
        /// The name asked for.
        name: String,
        /// The nearest there is.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// Its files have errors.
    #[error("{}", first_of(.name, .diagnostics))]
    Invalid {
        /// The email.
        name: String,
        /// All errors.
        diagnostics: Vec<Diagnostic>,
    },
    /// A file of the templates cannot be read.
    #[error("cannot read {path}: {reason}", path = .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// The first error of an email with its place, and how many more there are.
fn first_of(email: &str, diagnostics: &[Diagnostic]) -> String {
    let mut errors = diagnostics.iter().filter(|found| found.is_error());
    let Some(first) = errors.next() else {
        return format!("the email '{email}' has errors");
    };
    let place = match &first.primary {
        Some(label) => label.at.to_string(),
        None => format!("the email '{email}'"),
    };
    let title = &first.title;
    match errors.count() {
        0 => format!("{place}: {title}"),
        more => format!("{place}: {title} (and {more} more)"),
    }
}

/// All emails of a project; shared by all threads.
///
/// ```
/// use letterpress::email::{Engine, FixedWorld, Recipient};
/// let engine = Engine::builder()
///     .template("hello/email.toml", "subject = \"Hi {{ first_name }}\"")
///     .template("hello/body.html", "<p>Hi {{ first_name }}</p>")
///     .build()?;
/// let ada = Recipient::from_context(letterpress::value::from_json(r#"{"first_name": "<Ada>"}"#)?);
/// let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
/// let outcome = engine.email("hello")?.render(&ada, &world);
/// let mail = outcome.rendered().unwrap();
/// assert_eq!((mail.subject.as_str(), mail.html.as_str()), ("Hi <Ada>", "<p>Hi &lt;Ada&gt;</p>"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Engine {
    registry: Arc<Registry>,
    limits: Limits,
    validation: Validation,
    folder: Option<PathBuf>,
    within: Option<PathBuf>,
    in_memory: Vec<File>,
    /// Swapped whole by [`Engine::reload`].
    state: RwLock<Arc<State>>,
}

/// A template file: the name it is included by, the name messages call it, its text.
#[derive(Debug, Clone)]
struct File {
    name: String,
    shown: String,
    text: String,
}

/// The emails that were asked for, by name.
type Emails = HashMap<String, Result<Email, EmailError>>;

/// One reading of all files.
struct State {
    library: Arc<Library>,
    names: Vec<String>,
    manifests: HashMap<String, Result<Manifest, Vec<Diagnostic>>>,
    emails: Mutex<Emails>,
}

/// How an email is compiled, where that is not what the settings say.
#[derive(Clone, Copy, Default)]
pub struct Compiling<'c> {
    /// What becomes of what mjml's validator complains about; None: what `email.toml` or the engine says.
    pub validation: Option<Validation>,
    /// What becomes of a layout that depends on the person.
    pub layouts: Layouts,
    /// The items that product blocks pick, whose values stand in what is written out. None: they are looked up when it is
    /// rendered.
    pub picked: Option<&'c dyn Fn(&str) -> Picked>,
}

impl fmt::Debug for Compiling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiling")
            .field("validation", &self.validation)
            .field("layouts", &self.layouts)
            .finish_non_exhaustive()
    }
}

/// What becomes of a layout that depends on the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layouts {
    /// It is compiled for each person.
    #[default]
    ForEach,
    /// All its alternatives are [written out](crate::mjml::alternatives()), for a program that knows no MJML.
    WrittenOut,
}

impl Compiling<'_> {
    fn or(self, validation: Validation) -> Self {
        let validation = self.validation.or(Some(validation));
        Compiling { validation, ..self }
    }
}

/// Makes an [`Engine`].
pub struct EngineBuilder {
    registry: Registry,
    limits: Limits,
    validation: Validation,
    folder: Option<PathBuf>,
    within: Option<PathBuf>,
    in_memory: Vec<File>,
}

impl EngineBuilder {
    /// Takes the templates of a folder: a folder an email, and partials.
    pub fn templates(mut self, folder: impl Into<PathBuf>) -> EngineBuilder {
        self.folder = Some(folder.into());
        self
    }

    /// Links among the templates may lead to files in this folder; without it, in the folder of templates only. No file
    /// elsewhere is read.
    pub fn links_within(mut self, folder: impl Into<PathBuf>) -> EngineBuilder {
        self.within = Some(folder.into());
        self
    }

    /// Adds a template in memory: `winback/body.mjml`, `_partials/footer.mjml`, the universal content block
    /// `_universal/Wq9xYz.html`. It wins over a file of the same name.
    pub fn template(self, name: impl Into<String>, text: impl Into<String>) -> EngineBuilder {
        let name = name.into();
        self.template_shown_as(name.clone(), name, text)
    }

    /// [`EngineBuilder::template`], called `shown` in messages.
    pub fn template_shown_as(
        mut self,
        name: impl Into<String>,
        shown: impl Into<String>,
        text: impl Into<String>,
    ) -> EngineBuilder {
        self.in_memory.push(File {
            name: name.into(),
            shown: shown.into(),
            text: text.into(),
        });
        self
    }

    /// Adds a filter of the caller's own; see [`Registry::add_filter`].
    pub fn filter<F, Rv, Args>(mut self, name: &str, filter: F) -> EngineBuilder
    where
        F: Function<Rv, Args>,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        self.registry.add_filter(name, filter);
        self
    }

    /// Sets the limits of a render.
    pub fn limits(mut self, limits: Limits) -> EngineBuilder {
        self.limits = limits;
        self
    }

    /// What becomes of what mjml's validator complains about (an attribute that an element has not, a colour that is
    /// none), in emails whose `email.toml` says nothing of it; findings, if this is not called.
    ///
    /// ```
    /// use letterpress::email::Engine;
    /// use letterpress::mjml::Validation;
    /// let body = "<mjml><mj-body><mj-section colour=\"red\"/></mj-body></mjml>";
    /// let hello = || Engine::builder().template("hello/email.toml", "").template("hello/body.mjml", body);
    /// assert_eq!(hello().build()?.email("hello")?.findings().len(), 1);
    /// assert!(hello().validation(Validation::Strict).build()?.email("hello").is_err());
    /// assert!(hello().validation(Validation::Skip).build()?.email("hello")?.findings().is_empty());
    /// # Ok::<(), letterpress::email::EmailError>(())
    /// ```
    pub fn validation(mut self, validation: Validation) -> EngineBuilder {
        self.validation = validation;
        self
    }

    /// Reads the templates.
    ///
    /// # Errors
    /// [`EmailError::Unreadable`]: the folder or a file in it.
    pub fn build(self) -> Result<Engine, EmailError> {
        let registry = Arc::new(self.registry);
        let state = State::read(
            &registry,
            self.limits,
            self.folder.as_deref(),
            self.within.as_deref(),
            &self.in_memory,
        )?;
        Ok(Engine {
            registry,
            limits: self.limits,
            validation: self.validation,
            folder: self.folder,
            within: self.within,
            in_memory: self.in_memory,
            state: RwLock::new(Arc::new(state)),
        })
    }
}

impl Engine {
    /// An engine without templates, to be given some.
    pub fn builder() -> EngineBuilder {
        EngineBuilder {
            registry: Registry::standard(),
            limits: Limits::default(),
            validation: Validation::default(),
            folder: None,
            within: None,
            in_memory: Vec::new(),
        }
    }

    /// The names of all emails, sorted.
    pub fn emails(&self) -> Vec<String> {
        self.state().names.clone()
    }

    /// An email, compiled; the same one for everybody who asks until [`Engine::reload`].
    ///
    /// # Errors
    /// There is none, or it has errors.
    pub fn email(&self, name: &str) -> Result<Email, EmailError> {
        let state = self.state();
        if let Some(known) = state.emails().get(name) {
            return known.clone();
        }
        // Nobody waits for another's email. Two who ask first for the same one both compile it, and share one.
        let email = state.compile(name, Compiling::default(), self.validation);
        if matches!(email, Err(EmailError::Unknown { .. })) {
            return email;
        }
        let mut emails = state.emails();
        emails.entry(name.to_owned()).or_insert(email).clone()
    }

    /// An email, compiled anew, in another way than the settings say.
    ///
    /// # Errors
    /// There is none, or it has errors.
    pub fn email_as(&self, name: &str, compiling: Compiling<'_>) -> Result<Email, EmailError> {
        self.state().compile(name, compiling, self.validation)
    }

    /// An email as it is uploaded to a program that renders it for people without knowing MJML: [`Email::source`] is HTML
    /// for everybody, its tags kept. Where the layout depends on a person, the alternatives are
    /// [written out](crate::mjml::alternatives()). It renders what [`Engine::email`] renders. Items that product blocks pick
    /// are looked up when it is rendered; [`Compiling::picked`] freezes them.
    ///
    /// # Errors
    /// Those of [`Engine::email`]; a layout that cannot be written out in 16 alternatives; an include that only running can
    /// place.
    pub fn upload(&self, name: &str) -> Result<Email, EmailError> {
        let layouts = Layouts::WrittenOut;
        self.email_as(
            name,
            Compiling {
                layouts,
                ..Compiling::default()
            },
        )
    }

    /// A single template as an email that has only a body: `.mjml` is compiled, anything else is HTML or text as it is.
    ///
    /// # Errors
    /// There is none, or it has errors.
    pub fn document(&self, name: &str) -> Result<Email, EmailError> {
        self.document_in(Dialect::Klaviyo, name)
    }

    /// [`Engine::document`] in a dialect.
    ///
    /// # Errors
    /// There is none, or it has errors.
    pub fn document_in(&self, dialect: Dialect, name: &str) -> Result<Email, EmailError> {
        self.document_as(dialect, name, Compiling::default())
    }

    /// [`Engine::document_in`], compiled in another way than the settings say.
    ///
    /// # Errors
    /// There is none, or it has errors.
    pub fn document_as(
        &self,
        dialect: Dialect,
        name: &str,
        compiling: Compiling<'_>,
    ) -> Result<Email, EmailError> {
        let state = self.state();
        if state.library.file(name).is_none() {
            let known: Vec<String> = state
                .library
                .names()
                .into_iter()
                .map(str::to_owned)
                .collect();
            return Err(EmailError::Unknown {
                name: name.to_owned(),
                nearest: state.library.nearest(name).map(str::to_owned),
                known,
            });
        }
        let compiling = compiling.or(self.validation);
        Email::compile_document(name, dialect, compiling, &state.library).map_err(|diagnostics| {
            EmailError::Invalid {
                name: name.to_owned(),
                diagnostics,
            }
        })
    }

    /// Reads all templates again and swaps them in at once; renders that are under way finish with the old ones.
    ///
    /// # Errors
    /// As [`EngineBuilder::build`]; the old templates stay.
    pub fn reload(&self) -> Result<(), EmailError> {
        let fresh = State::read(
            &self.registry,
            self.limits,
            self.folder.as_deref(),
            self.within.as_deref(),
            &self.in_memory,
        )?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(())
    }

    /// The files of all templates.
    pub(crate) fn library(&self) -> Arc<Library> {
        self.state().library.clone()
    }

    fn state(&self) -> Arc<State> {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("emails", &self.emails())
            .finish_non_exhaustive()
    }
}

impl State {
    fn emails(&self) -> MutexGuard<'_, Emails> {
        self.emails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(
        &self,
        name: &str,
        compiling: Compiling<'_>,
        usual: Validation,
    ) -> Result<Email, EmailError> {
        let Some(manifest) = self.manifests.get(name) else {
            let body = ["body.mjml", "body.html"].map(|file| format!("{name}/{file}"));
            if body.iter().any(|body| self.library.file(body).is_some()) {
                let error =
                    Diagnostic::error("missing-manifest", format!("'{name}' has no email.toml"))
                        .help(format!(
                            "write {name}/email.toml, one line is enough: subject = \"Hello\""
                        ));
                return Err(EmailError::Invalid {
                    name: name.to_owned(),
                    diagnostics: vec![error],
                });
            }
            return Err(EmailError::Unknown {
                name: name.to_owned(),
                nearest: nearest(name, self.names.iter().map(String::as_str)).map(str::to_owned),
                known: self.names.clone(),
            });
        };
        let compiled = manifest.clone().and_then(|manifest| {
            let compiling = compiling.or(manifest.validation.unwrap_or(usual));
            Email::compile(name, manifest, compiling, &self.library)
        });
        compiled.map_err(|diagnostics| EmailError::Invalid {
            name: name.to_owned(),
            diagnostics,
        })
    }

    fn read(
        registry: &Arc<Registry>,
        limits: Limits,
        folder: Option<&Path>,
        within: Option<&Path>,
        in_memory: &[File],
    ) -> Result<State, EmailError> {
        let mut files = Vec::new();
        if let Some(folder) = folder {
            let within = within.unwrap_or(folder);
            let within =
                std::fs::canonicalize(within).map_err(|error| unreadable(within, &error))?;
            let mut reader = Reader {
                within,
                most: limits.source,
                files: &mut files,
                entries: 0,
                bytes: 0,
                open: Vec::new(),
            };
            reader.folder(folder, "")?;
        }
        files.retain(|file| in_memory.iter().all(|other| other.name != file.name));
        files.extend(in_memory.iter().cloned());
        let mut library = Library::new(registry.clone(), limits);
        let mut manifests = HashMap::new();
        let files: Vec<(String, Arc<Source>)> = files
            .into_iter()
            .map(|file| (file.name, Source::new(file.shown, file.text)))
            .collect();
        for (name, source) in &files {
            if let Some(email) = name.strip_suffix("/email.toml")
                && !email.starts_with('_')
                && !email.contains("/_")
            {
                manifests.insert(email.to_owned(), Manifest::parse(source));
            }
        }
        let dialect_of = |name: &str| match manifests.get(name.rsplit_once('/').map_or("", |n| n.0))
        {
            Some(Ok(manifest)) => manifest.dialect,
            _ => Dialect::Klaviyo,
        };
        for (name, source) in files {
            // Whatever is no text is HTML, as it is in `Engine::document`.
            match name.ends_with(".txt") || name.ends_with(".toml") {
                true => library.add(name, source),
                false => library.add_html_in(dialect_of(&name), name, source),
            };
        }
        let mut names: Vec<String> = manifests.keys().cloned().collect();
        names.sort_unstable();
        Ok(State {
            library: Arc::new(library),
            names,
            manifests,
            emails: Mutex::default(),
        })
    }
}

/// How many files and folders are looked at among the templates.
const ENTRIES: usize = 50_000;
/// How many bytes the templates may have, all together.
const BYTES: usize = 100_000_000;

/// Reads the text files below a folder of templates.
struct Reader<'f> {
    /// Links may lead to what stands in here.
    within: PathBuf,
    /// The most bytes a template may have.
    most: usize,
    files: &'f mut Vec<File>,
    entries: usize,
    bytes: usize,
    /// The folders round the one that is read, links followed: none is entered from inside itself.
    open: Vec<PathBuf>,
}

impl Reader<'_> {
    /// Reads a folder; what is no text (a picture beside a template, a pipe) is passed over, and so are fixtures, which
    /// are no templates.
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), EmailError> {
        let real = std::fs::canonicalize(folder).map_err(|error| unreadable(folder, &error))?;
        if !real.starts_with(&self.within) {
            return Err(self.outside(folder));
        }
        let deep = prefix.matches('/').count() > 17;
        if deep || self.open.contains(&real) {
            return Ok(());
        }
        self.open.push(real);
        let mut entries = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable(folder, &error))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            self.entries += 1;
            if self.entries > ENTRIES {
                let reason = format!("there are more than {ENTRIES} files among the templates");
                return Err(EmailError::Unreadable { path, reason });
            }
            if let Some(name) = entry.file_name().to_str() {
                self.entry(&path, prefix, name)?;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn entry(&mut self, path: &Path, prefix: &str, own_name: &str) -> Result<(), EmailError> {
        let name = format!("{prefix}{own_name}");
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if metadata.is_dir() {
            return match own_name != "fixtures" && !own_name.starts_with('.') {
                true => self.folder(path, &format!("{name}/")),
                false => Ok(()),
            };
        }
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|own| own.is_symlink());
        if is_link {
            let real = std::fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
            if !real.starts_with(&self.within) {
                return Err(self.outside(path));
            }
        }
        // Nothing may ever be written to a pipe, and a device may never end.
        if !metadata.is_file() {
            return Ok(());
        }
        if metadata.len() > self.most as u64 {
            let is_template = [".mjml", ".html", ".txt", ".toml"]
                .iter()
                .any(|end| own_name.ends_with(end));
            let reason = too_large(metadata.len(), self.most);
            return match is_template {
                true => Err(EmailError::Unreadable {
                    path: path.to_owned(),
                    reason,
                }),
                false => Ok(()),
            };
        }
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(());
        };
        self.bytes += text.len();
        if self.bytes > BYTES {
            let reason = format!("the templates have more than {BYTES} bytes, all together");
            return Err(EmailError::Unreadable {
                path: path.to_owned(),
                reason,
            });
        }
        self.files.push(File {
            name,
            shown: path.display().to_string(),
            text,
        });
        Ok(())
    }

    fn outside(&self, path: &Path) -> EmailError {
        let reason = format!(
            "it is a link that leads out of {}; put the file itself there",
            self.within.display()
        );
        EmailError::Unreadable {
            path: path.to_owned(),
            reason,
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> EmailError {
    EmailError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

pub(crate) fn too_large(bytes: u64, most: usize) -> String {
    format!("it has {bytes} bytes, and a template at most {most}")
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn an_error_says_where_and_what() {
        let body = "<p>{{ a|uper }}</p>\n{% iff %}{{ b|lowr }}";
        let engine = Engine::builder()
            .template("many/email.toml", "")
            .template("many/body.html", body)
            .template("one/email.toml", "")
            .template("one/body.html", "{{ a|uper }}")
            .template("none/email.toml", "")
            .build()
            .unwrap();
        let said = |name: &str| engine.email(name).unwrap_err().to_string();
        assert_eq!(
            said("many"),
            "many/body.html:1:9: Invalid filter: 'uper' (and 2 more)"
        );
        assert_eq!(said("one"), "one/body.html:1:6: Invalid filter: 'uper'");
        assert_eq!(
            said("none"),
            "the email 'none': The email 'none' has no body"
        );
    }

    /// Compiling holds no lock, and yet all have the same email.
    #[test]
    fn who_asks_first_at_the_same_time_shares_one_email() {
        let row = "<mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section>";
        let engine = Engine::builder()
            .template("hello/email.toml", "")
            .template(
                "hello/body.mjml",
                format!("<mjml><mj-body>{}</mj-body></mjml>", row.repeat(100)),
            )
            .build()
            .unwrap();
        let start = Barrier::new(8);
        let ask = || {
            start.wait();
            engine.email("hello").unwrap()
        };
        let emails: Vec<Email> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        // The same bytes at the same place.
        let first = emails[0].source().as_ptr();
        assert!(emails.iter().all(|email| email.source().as_ptr() == first));
    }
}
