//! A folder of messages: an `.eml` file for each, and a gallery of all.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::gallery::{self, Facts, MARK, State};
use super::pictures::{Picture, Pictures};
use super::prepare::{Prepared, Preparer};
use super::{DeliveryError, file_name};
use crate::email::Summary;

/// How a folder of messages is made.
///
/// ```
/// use letterpress::delivery::FolderOptions;
/// let options = FolderOptions::new("spring_sale").images("https://tea.example/i/", "shop/images");
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
pub struct FolderOptions {
    title: String,
    images: Vec<(String, PathBuf)>,
    most: usize,
}

impl FolderOptions {
    /// A gallery of this title.
    pub fn new(title: impl Into<String>) -> FolderOptions {
        FolderOptions {
            title: title.into(),
            images: Vec::new(),
            most: 10_000,
        }
    }

    /// The gallery shows pictures whose address begins with `prefix` from this folder. The messages keep the address.
    pub fn images(
        mut self,
        prefix: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> FolderOptions {
        self.images.push((prefix.into(), folder.into()));
        self
    }

    /// The gallery lists at most so many messages, and so many people without one; 10,000 of each when not said. There
    /// is an `.eml` file for everybody.
    pub fn list_at_most(mut self, rows: usize) -> FolderOptions {
        self.most = rows;
        self
    }
}

/// A sink that writes a folder: `000001-ada-example.com.eml` and so on, and `index.html`, a gallery of all that opens in
/// a browser from disk.
///
/// The gallery needs no network and asks for nothing outside the folder unless remote images are switched on in it.
/// Memory does not grow with the number of messages.
///
/// ```
/// use letterpress::delivery::{DirSink, FolderOptions};
/// # use letterpress::{data::Profile, email::{Engine, FixedWorld, Recipient}};
/// # let engine = Engine::builder()
/// #     .template("hello/email.toml", "subject = 'Hi'\nfrom = 'hello@tea.example'")
/// #     .template("hello/body.html", "<p>Hi {{ first_name }}</p>").build()?;
/// # let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
/// # let profile = |json: &str| Profile::from_json(json).map(Recipient::new);
/// # let people = vec![profile(r#"{"email": "ada@example.com"}"#)?, profile(r#"{"first_name": "Bo"}"#)?];
/// # let scratch = tempfile::tempdir()?;
/// # let out = scratch.path().join("out");
/// let mut sink = DirSink::create(&out, FolderOptions::new("hello"))?;
/// let preparer = sink.preparer();
/// let mut written = Ok(());
/// let summary = engine.email("hello")?.batch(&world).run_with(
///     people,
///     |recipient, outcome| preparer.prepare(recipient, outcome),
///     |turn| {
///         if written.is_ok() {
///             written = sink.put(turn.index, turn.outcome);
///         }
///     },
/// );
/// written?;
/// let summary = sink.finish(&summary)?;
/// assert_eq!((summary.rendered, summary.skipped_total()), (1, 1));
/// assert!(out.join("000001-ada-example.com.eml").exists() && out.join("index.html").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DirSink {
    folder: PathBuf,
    index: BufWriter<File>,
    index_path: PathBuf,
    preparer: Preparer,
    facts: Facts,
    summary: Summary,
    rows: usize,
    pictures: HashSet<String>,
}

/// Files of the gallery: what a row shows, and pictures.
const PARTS: &str = "parts";
const INDEX: &str = "index.html";
const TEMPORARY: &str = ".index.html.tmp";

impl DirSink {
    /// Makes the folder, or empties one that an earlier run made: its messages and its gallery are removed, other files
    /// stay. Until [`DirSink::finish`] the folder's `index.html` says that the run has not finished.
    ///
    /// # Errors
    /// The folder holds files and was not made by letterpress, or cannot be written.
    pub fn create(
        folder: impl Into<PathBuf>,
        options: FolderOptions,
    ) -> Result<DirSink, DeliveryError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        let index_path = folder.join(TEMPORARY);
        if has_anything(&folder)? {
            if !is_ours(&folder)? {
                return Err(DeliveryError::Foreign { path: folder });
            }
            put_unfinished(&folder, &index_path)?;
            empty(&folder)?;
        } else {
            put_unfinished(&folder, &index_path)?;
        }
        let parts = folder.join(PARTS);
        fs::create_dir_all(&parts).map_err(unwritable(&parts))?;
        let file = File::create(&index_path).map_err(unwritable(&index_path))?;
        let mut index = BufWriter::new(file);
        gallery::write_head(&mut index, &options.title).map_err(unwritable(&index_path))?;
        Ok(DirSink {
            preparer: Preparer::new(Pictures::new(&options.images), options.most),
            facts: Facts {
                title: options.title,
                ..Facts::default()
            },
            folder,
            index,
            index_path,
            summary: Summary::default(),
            rows: 0,
            pictures: HashSet::new(),
        })
    }

    /// What makes messages of outcomes, on the threads that render.
    pub fn preparer(&self) -> Preparer {
        self.preparer.clone()
    }

    /// Writes one person's message and row; `index` is the person's number from 0, as a batch counts them.
    ///
    /// # Errors
    /// A file cannot be written: the disk is full, say. What was written before stays.
    pub fn put(&mut self, index: usize, prepared: Prepared) -> Result<(), DeliveryError> {
        let Prepared {
            mut row,
            skipped,
            eml,
            part,
            pictures,
        } = prepared;
        row.number = index + 1;
        if let Some(eml) = eml {
            row.file = format!("{}.eml", file_name::stem(row.number, &row.address));
            write_new(&self.folder.join(&row.file), &eml)?;
        }
        match (row.state, skipped) {
            (State::Rendered, _) => self.summary.rendered += 1,
            (State::Skipped, Some(reason)) => *self.summary.skipped.entry(reason).or_default() += 1,
            (State::Skipped, None) | (State::Failed, _) => self.summary.failed += 1,
        }
        if !self.preparer.takes(row.state) {
            self.facts.unlisted += 1;
            return Ok(());
        }
        let parts = self.folder.join(PARTS);
        if let Some(part) = part {
            let name = format!("{:06}", row.number);
            let text = gallery::part_file("part", &name, &part);
            write_new(&parts.join(format!("{name}.js")), text.as_bytes())?;
        }
        for picture in pictures {
            self.put_picture(&parts, &picture)?;
        }
        gallery::write_row(&mut self.index, &row, self.rows == 0)
            .map_err(unwritable(&self.index_path))?;
        self.rows += 1;
        Ok(())
    }

    /// Puts the gallery in its place and says how it went: a message that could not be built counts as failed here,
    /// though `batch` could still call it rendered.
    ///
    /// # Errors
    /// The gallery cannot be written.
    pub fn finish(mut self, batch: &Summary) -> Result<Summary, DeliveryError> {
        self.summary.cancelled = batch.cancelled;
        self.facts.cancelled = batch.cancelled;
        self.facts.rendered = self.summary.rendered;
        self.facts.skipped = self.summary.skipped_total();
        self.facts.failed = self.summary.failed;
        gallery::write_tail(&mut self.index, &self.facts)
            .and_then(|()| self.index.flush())
            .and_then(|()| self.index.get_ref().sync_all())
            .map_err(unwritable(&self.index_path))?;
        let index = self.folder.join(INDEX);
        fs::rename(&self.index_path, &index).map_err(unwritable(&index))?;
        Ok(self.summary)
    }

    /// Where the gallery is.
    pub fn index(&self) -> PathBuf {
        self.folder.join(INDEX)
    }

    /// A picture is written once, whoever shows it. One that has gone since stays away.
    fn put_picture(&mut self, parts: &Path, picture: &Picture) -> Result<(), DeliveryError> {
        if !self.pictures.insert(picture.id.clone()) {
            return Ok(());
        }
        let Ok(bytes) = fs::read(&picture.path) else {
            return Ok(());
        };
        let value = format!(
            "\"data:{};base64,{}\"",
            picture.kind,
            STANDARD.encode(bytes)
        );
        let text = gallery::part_file("image", &picture.id, &value);
        write_new(
            &parts.join(format!("image-{}.js", picture.id)),
            text.as_bytes(),
        )
    }
}

/// Writes a file that is not there yet; a half-written one is taken away again.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DeliveryError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| {
            file.write_all(bytes).inspect_err(|_| {
                let _ = fs::remove_file(path);
            })
        });
    written.map_err(unwritable(path))
}

fn put_unfinished(folder: &Path, temporary: &Path) -> Result<(), DeliveryError> {
    fs::write(temporary, gallery::unfinished()).map_err(unwritable(temporary))?;
    let index = folder.join(INDEX);
    fs::rename(temporary, &index).map_err(unwritable(&index))
}

fn has_anything(folder: &Path) -> Result<bool, DeliveryError> {
    let mut entries = fs::read_dir(folder).map_err(unwritable(folder))?;
    Ok(entries.next().is_some())
}

/// Whether an earlier run made it: a page of ours, and no link where our folder should be.
fn is_ours(folder: &Path) -> Result<bool, DeliveryError> {
    let index = folder.join(INDEX);
    let is_real = |path: &Path, is: fn(&fs::FileType) -> bool| match path.symlink_metadata() {
        Ok(metadata) => Ok(is(&metadata.file_type())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(unwritable(path)(error)),
    };
    if !is_real(&index, fs::FileType::is_file)?
        || !is_real(&folder.join(PARTS), fs::FileType::is_dir)?
    {
        return Ok(false);
    }
    let mut start = Vec::new();
    match File::open(&index) {
        Ok(file) => file
            .take(MARK.len() as u64)
            .read_to_end(&mut start)
            .map_err(unwritable(&index))?,
        Err(_) => return Ok(false),
    };
    Ok(start == MARK.as_bytes())
}

/// Removes what an earlier run wrote.
fn empty(folder: &Path) -> Result<(), DeliveryError> {
    let message = |name: &str| file_name::is_ours(name, ".eml");
    let part = |name: &str| {
        let picture = name
            .strip_prefix("image-")
            .and_then(|n| n.strip_suffix(".js"));
        file_name::is_ours(name, ".js")
            || picture.is_some_and(|id| id.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    remove(folder, message)?;
    let parts = folder.join(PARTS);
    if parts.exists() {
        remove(&parts, part)?;
    }
    Ok(())
}

fn remove(folder: &Path, ours: impl Fn(&str) -> bool) -> Result<(), DeliveryError> {
    for entry in fs::read_dir(folder).map_err(unwritable(folder))? {
        let entry = entry.map_err(unwritable(folder))?;
        let path = entry.path();
        let is_file = entry.file_type().map_err(unwritable(&path))?.is_file();
        if is_file && entry.file_name().to_str().is_some_and(&ours) {
            fs::remove_file(&path).map_err(unwritable(&path))?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> DeliveryError {
    let path = path.to_owned();
    move |source| DeliveryError::Unwritable {
        path: path.clone(),
        source,
    }
}
