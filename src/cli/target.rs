//! What `render` and `compile` are given: an email of the project, or a file.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Global;
use super::output::Trouble;
use super::{beside, open};
use crate::email::{Compiling, Email, Engine, EngineBuilder, Layouts};
use crate::language::{Dialect, Limits};
use crate::mjml::{Picked, Validation};
use crate::project::Project;

/// How a template is read.
#[derive(Debug, Args)]
pub(super) struct Reading {
    /// Where includes look [default: the project's templates/]
    #[arg(long, value_name = "DIR")]
    template_dir: Option<PathBuf>,
    /// What a file is written in; an email says it in its email.toml
    #[arg(long, value_enum)]
    dialect: Option<Language>,
    /// What becomes of what mjml's validator complains about [default: what the settings say, else soft]
    #[arg(long, value_enum, value_name = "LEVEL")]
    validation: Option<Level>,
}

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Klaviyo,
    Jinja,
}

impl From<Language> for Dialect {
    fn from(language: Language) -> Dialect {
        match language {
            Language::Klaviyo => Dialect::Klaviyo,
            Language::Jinja => Dialect::Jinja,
        }
    }
}

/// What becomes of what mjml's validator complains about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// It is an error
    Strict,
    /// It is said
    Soft,
    /// It is passed over
    Skip,
}

impl From<Level> for Validation {
    fn from(level: Level) -> Validation {
        match level {
            Level::Strict => Validation::Strict,
            Level::Soft => Validation::Soft,
            Level::Skip => Validation::Skip,
        }
    }
}

/// What an argument names.
enum Target {
    /// An email of the project.
    Email(String),
    /// An email of the project, in an engine that holds further blocks.
    Own {
        /// The engine.
        engine: Engine,
        /// The email's name.
        name: String,
    },
    /// A file, loaded into an engine of its own.
    File {
        /// The engine.
        engine: Engine,
        /// The file's name in it.
        name: String,
    },
}

impl Reading {
    /// The email that an argument names, compiled.
    ///
    /// `universal` holds blocks of universal content by id that go before those of the project.
    pub(super) fn email(
        &self,
        argument: &str,
        project: Option<&Project>,
        universal: &BTreeMap<String, String>,
        layouts: Layouts,
        global: &Global,
    ) -> Result<Email, Trouble> {
        let picked = |id: &str| match project {
            Some(project) => project.picked(id),
            None => Picked::NoCatalog,
        };
        let compiling = Compiling {
            validation: self.validation.map(Validation::from),
            layouts,
            picked: project.map(|_| &picked as &dyn Fn(&str) -> Picked),
        };
        let of_engine = |engine: &Engine, name: &str| engine.email_as(name, compiling);
        let target = self.target(argument, project, universal)?;
        if self.dialect.is_some() && !matches!(target, Target::File { .. }) {
            return Err(Trouble::with_help(
                "--dialect is for files",
                "an email is in Jinja when its email.toml says dialect = \"jinja\"",
            ));
        }
        Ok(match target {
            Target::Own { engine, name } => of_engine(&engine, &name),
            Target::Email(name) => match project {
                Some(project) => of_engine(project.engine(), &name),
                // Says that there is no project.
                None => of_engine(open::project(global)?.engine(), &name),
            },
            Target::File { engine, name } => {
                let dialect = self.dialect.map_or(Dialect::Klaviyo, Dialect::from);
                engine.document_as(dialect, &name, compiling)
            }
        }?)
    }

    /// An email's name, or a path to a file: what is the name of an email is one.
    fn target(
        &self,
        argument: &str,
        project: Option<&Project>,
        universal: &BTreeMap<String, String>,
    ) -> Result<Target, Trouble> {
        let builder = || {
            let of_project = project.map(|project| project.config().validation);
            let validation = self.validation.map(Validation::from).or(of_project);
            with_blocks(Engine::builder(), universal).validation(validation.unwrap_or_default())
        };
        let is_email =
            project.is_some_and(|p| p.engine().emails().iter().any(|name| name == argument));
        let path = Path::new(argument);
        let looks_like_path = argument.contains(['/', '\\']) || path.extension().is_some();
        if is_email || !(looks_like_path || path.is_file()) {
            let name = argument.to_owned();
            return Ok(match project {
                Some(project) if !universal.is_empty() => Target::Own {
                    engine: builder()
                        .templates(project.root().join("templates"))
                        .links_within(folder_of(project))
                        .build()?,
                    name,
                },
                _ => Target::Email(name),
            });
        }
        let text = template_of(path).map_err(|error| {
            let what = format!("cannot read {argument}: {error}");
            match error.kind() {
                std::io::ErrorKind::NotFound => {
                    Trouble::with_help(what, "name an email of the project, or a file that exists")
                }
                std::io::ErrorKind::InvalidData => {
                    Trouble::with_help(what, "templates are UTF-8 text")
                }
                std::io::ErrorKind::FileTooLarge => {
                    Trouble::with_help(what, "divide it, or put what is large into partials")
                }
                std::io::ErrorKind::IsADirectory => {
                    Trouble::with_help(what, "name a file in it, or an email of the project")
                }
                _ => Trouble::told(what),
            }
        })?;
        let own_templates = project
            .map(|p| p.root().join("templates"))
            .filter(|dir| dir.is_dir());
        let folder = self.template_dir.clone().or(own_templates);
        let absolute =
            |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        // A file inside the templates keeps its name there, so that relative includes work.
        let inside = folder.as_deref().and_then(|folder| {
            absolute(path)
                .strip_prefix(absolute(folder))
                .map(Path::to_owned)
                .ok()
        });
        let mut engine = builder();
        let name = match &inside {
            Some(name) => name.as_path(),
            None if self.template_dir.is_some() => path,
            // It finds what it names in its own folder before it looks into the project's templates.
            None => {
                for file in beside::named(path, &text) {
                    let shown = file.path.to_string_lossy().into_owned();
                    engine = engine.template_shown_as(file.name, shown, file.text);
                }
                path.file_name().map_or(path, Path::new)
            }
        };
        let name = name.to_string_lossy().replace('\\', "/");
        if let Some(folder) = folder {
            engine = engine.templates(folder);
            if let (None, Some(project)) = (&self.template_dir, project) {
                engine = engine.links_within(folder_of(project));
            }
        }
        engine = engine.template_shown_as(&name, argument, text);
        Ok(Target::File {
            engine: engine.build()?,
            name,
        })
    }
}

/// The folder of a project, which has an empty name where it is this one.
fn folder_of(project: &Project) -> &Path {
    match project.root() {
        root if root.as_os_str().is_empty() => Path::new("."),
        root => root,
    }
}

/// Reads a template that was named: never more than one may hold, and no pipe that nobody may ever write to. What a
/// shell passes as `<(…)` is a pipe as well, but one without a name.
fn template_of(path: &Path) -> std::io::Result<String> {
    use std::io::{Error, ErrorKind};
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let is_pipe = std::fs::metadata(path)?.file_type().is_fifo();
        if is_pipe && std::fs::canonicalize(path).is_ok() {
            return Err(Error::new(ErrorKind::InvalidInput, "it is a named pipe"));
        }
    }
    let most = Limits::default().source;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let reason = format!("it has more than {most} bytes, the most that a template may have");
        return Err(Error::new(ErrorKind::FileTooLarge, reason));
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

/// Adds blocks of universal content: what starts as MJML does is MJML.
fn with_blocks(engine: EngineBuilder, blocks: &BTreeMap<String, String>) -> EngineBuilder {
    blocks.iter().fold(engine, |engine, (id, source)| {
        let is_mjml = source.trim_start().starts_with("<mj");
        let extension = if is_mjml { "mjml" } else { "html" };
        engine.template(format!("_universal/{id}.{extension}"), source)
    })
}
