//! Places in templates: small to carry, resolved to lines only when somebody is told about them.

use std::sync::Arc;

use super::lexer::{Dialect, Token};
use super::references::Reading;
use crate::diagnostic::{Diagnostic, Location, Source};

/// A range of bytes in one of the files of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Which file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        Span {
            file,
            start: start as u32,
            end: end as u32,
        }
    }

    /// The part of this span from byte `start` to byte `end`, counted from its own start. An [empty](Span::is_empty) span has
    /// no parts: all are itself.
    pub fn part(self, start: usize, end: usize) -> Span {
        if self.is_empty() {
            return self;
        }
        Span::new(
            self.file,
            self.start as usize + start,
            self.start as usize + end,
        )
    }

    /// Whether nothing stands there: so it is for a tag that no file holds, and that stands for something at this place.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// From the start of this span to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span {
            end: other.end,
            ..self
        }
    }
}

/// The number of a file in a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// The files that spans point into.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<File>,
}

#[derive(Debug, Clone)]
struct File {
    source: Arc<Source>,
    /// How the tags of an HTML body are read, if not as they are written.
    reading: Option<Arc<Reading>>,
}

impl Sources {
    /// No files.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a file.
    pub fn add(&mut self, source: Arc<Source>) -> FileId {
        self.push(source, None)
    }

    /// Adds a file that is HTML: character references in its tags, outside text literals, are read as the characters
    /// that they stand for. Spans of its tokens are places in what is read; [`Sources::locate`] knows where that is.
    pub fn add_html(&mut self, source: Arc<Source>) -> FileId {
        self.add_html_in(Dialect::Klaviyo, source)
    }

    /// [`Sources::add_html`] for a file in which tags are cut by the rule of a dialect.
    pub fn add_html_in(&mut self, dialect: Dialect, source: Arc<Source>) -> FileId {
        let reading = Reading::of(source.text(), dialect).map(Arc::new);
        self.push(source, reading)
    }

    fn push(&mut self, source: Arc<Source>, reading: Option<Arc<Reading>>) -> FileId {
        self.files.push(File { source, reading });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this number.
    ///
    /// # Panics
    /// The number came from another `Sources`.
    pub fn get(&self, file: FileId) -> &Arc<Source> {
        &self.files[file.0 as usize].source
    }

    /// What the tokens of a file are cut from.
    pub fn text(&self, file: FileId) -> &str {
        let file = &self.files[file.0 as usize];
        match &file.reading {
            Some(reading) => reading.text(),
            None => file.source.text(),
        }
    }

    /// The place a span stands for.
    pub fn locate(&self, span: Span) -> Location {
        let file = &self.files[span.file.0 as usize];
        let in_file = |at: u32| match &file.reading {
            Some(reading) => reading.in_file(at as usize),
            None => at as usize,
        };
        file.source.location(in_file(span.start)..in_file(span.end))
    }

    /// A token as its file has it, character references and all.
    pub fn as_written<'t>(&'t self, token: &'t Token<'_>) -> &'t str {
        let Span { file, start, end } = token.span;
        let file = &self.files[file.0 as usize];
        match &file.reading {
            // Tags that no file holds, such as those of an expanded include, stand at the place of another text.
            Some(reading)
                if token.is_markup()
                    && reading.text().get(start as usize..end as usize) == Some(&*token.text) =>
            {
                &file.source.text()[reading.in_file(start as usize)..reading.in_file(end as usize)]
            }
            _ => &token.text,
        }
    }

    /// What a person should know of the tags of a file in which character references were read.
    pub fn references(&self, file: FileId) -> impl Iterator<Item = Diagnostic> {
        let File { source, reading } = &self.files[file.0 as usize];
        let tags = reading.iter().flat_map(|reading| reading.tags());
        tags.map(move |tag| {
            Diagnostic::warning(
                "character-reference",
                format!("This tag is read as {}", tag.read),
            )
            .at(
                source.location(tag.at.clone()),
                "HTML for the character itself",
            )
            .help("write the character; in subjects and in body.txt only that works")
        })
    }
}
