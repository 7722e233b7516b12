//! The segments, flows and postal codes of a project's data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Project, ProjectError};
use crate::audience::{Audience, AudienceBuilder, Flow};
#[cfg(feature = "store")]
use crate::audience::{Places, Point};
use crate::diagnostic::{Diagnostic, Source};
use crate::email::Email;

impl Project {
    /// The segments (`segments/*.json`) and flows (`flows/*.json`) of the data folder, with the postal codes they need
    /// (`postal-codes/*.txt`), and what is wrong with them; read once.
    ///
    /// # Errors
    /// A file or the data cannot be read.
    pub fn audience(&self) -> Result<(&Audience, &[Diagnostic]), ProjectError> {
        let opened = match self.audience.get() {
            Some(opened) => opened,
            None => {
                let opened = self.open_audience()?;
                self.audience.get_or_init(|| opened)
            }
        };
        Ok((&opened.0, &opened.1))
    }

    /// The flows that send an email: they name its folder, or the `id` in its `email.toml`.
    ///
    /// # Errors
    /// As [`Project::audience`].
    pub fn flows_of(&self, email: &Email) -> Result<Vec<Arc<Flow>>, ProjectError> {
        if !self.data_folder().join("flows").is_dir() {
            return Ok(Vec::new());
        }
        let id = email.manifest().id.as_deref();
        let is = |template: &str| template == email.name() || Some(template) == id;
        let (audience, _) = self.audience()?;
        let sends = |flow: &&Arc<Flow>| {
            let mut templates = flow
                .messages()
                .filter_map(|(_, message)| message.template_id.as_deref());
            templates.any(is)
        };
        Ok(audience.flows().iter().filter(sends).cloned().collect())
    }

    /// The metric of the event that starts an email's flow: the flow's file has the last word, then `[trigger]`.
    ///
    /// # Errors
    /// As [`Project::audience`].
    pub fn trigger_metric(&self, email: &Email) -> Result<Option<String>, ProjectError> {
        Ok(match self.flows_of(email)?.first() {
            Some(flow) => flow.trigger_metric().map(str::to_owned),
            None => email.manifest().metric.clone(),
        })
    }

    fn open_audience(&self) -> Result<(Audience, Vec<Diagnostic>), ProjectError> {
        let data = self.data()?;
        let folder = self.data_folder();
        let segments = sources(&folder.join("segments"), "json")?;
        let flows = sources(&folder.join("flows"), "json")?;
        let mut builder = Audience::builder().zone(self.config().zone.clone());
        let all = segments.iter().chain(&flows);
        // They are tens of thousands of lines.
        let mut needed = all.map(|(_, source)| source.text().contains("postal-code-distance"));
        if needed.any(|needed| needed) {
            builder = self.postal_codes(builder)?;
        }
        for (name, source) in segments {
            builder = builder.segment(name, source);
        }
        for (name, source) in flows {
            builder = builder.flow(name, source);
        }
        Ok(builder.build(&*data.shop)?)
    }

    /// Those of the store: the files of the data folder, and what was imported.
    #[cfg(feature = "store")]
    fn postal_codes(&self, builder: AudienceBuilder) -> Result<AudienceBuilder, ProjectError> {
        let mut places = Places::default();
        if let Some(store) = &self.data()?.store {
            store.postal_codes(|country, code, latitude, longitude| {
                let point = Point {
                    latitude,
                    longitude,
                };
                places.put(country, code, point);
            })?;
        }
        Ok(builder.places(places))
    }

    /// The files of the data folder.
    #[cfg(not(feature = "store"))]
    fn postal_codes(&self, mut builder: AudienceBuilder) -> Result<AudienceBuilder, ProjectError> {
        for (_, source) in sources(&self.data_folder().join("postal-codes"), "txt")? {
            builder = builder.postal_codes(&source);
        }
        Ok(builder)
    }
}

/// The files of a folder with this ending, sorted, each with its name without it; none where there is no folder.
fn sources(folder: &Path, ending: &str) -> Result<Vec<(String, Arc<Source>)>, ProjectError> {
    let unreadable = |path: &Path, error| ProjectError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, error)),
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.extension().is_some_and(|end| end == ending) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut sources = Vec::with_capacity(files.len());
    for path in files {
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = String::from_utf8_lossy(&bytes);
        sources.push((
            name.into_owned(),
            Source::new(path.display().to_string(), text),
        ));
    }
    Ok(sources)
}
