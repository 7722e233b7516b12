//! Sinks of one file a letter: what a folder of `.eml` files and a maildir have in common.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::whole_file::{self, Held};
use super::{Connection, Letter, Sink, SinkError, Verdict};

/// Where a letter's file is, and what is in it.
pub(super) trait Layout: fmt::Debug + Send + Sync + 'static {
    /// The file while it is written, and the file.
    fn paths(&self, letter: &Letter) -> (PathBuf, PathBuf);

    /// The letter as it stands in the file.
    fn content<'l>(&self, letter: &'l Letter) -> Cow<'l, [u8]>;
}

/// A sink of one file a letter.
#[derive(Debug)]
pub(super) struct LetterFiles<L>(Arc<Shared<L>>);

#[derive(Debug)]
struct Shared<L> {
    layout: L,
    held: Held,
}

impl<L: Layout> LetterFiles<L> {
    pub(super) fn new(layout: L, held: Held) -> LetterFiles<L> {
        LetterFiles(Arc::new(Shared { layout, held }))
    }
}

impl<L: Layout> Sink for LetterFiles<L> {
    fn connections(&self) -> usize {
        whole_file::CONNECTIONS
    }

    fn connect(&self) -> Result<Box<dyn Connection>, SinkError> {
        Ok(Box::new(Writer(self.0.clone())))
    }

    fn holds(&self, id: &str) -> Option<bool> {
        self.0.held.holds(id)
    }
}

struct Writer<L>(Arc<Shared<L>>);

impl<L: Layout> Connection for Writer<L> {
    fn put(&mut self, letter: &Letter, mark: &mut dyn FnMut() -> io::Result<()>) -> Verdict {
        if let Some(refused) = whole_file::refused(letter) {
            return refused;
        }
        let Shared { layout, held } = &*self.0;
        let (temporary, path) = layout.paths(letter);
        let verdict = whole_file::put(&temporary, &path, &layout.content(letter), mark);
        if matches!(verdict, Verdict::Accepted(_)) {
            held.add(&letter.id);
        }
        verdict
    }

    fn usable(&self) -> bool {
        true
    }

    fn close(self: Box<Self>) {}
}
