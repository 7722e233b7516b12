//! `null:`: everything is taken and nothing kept.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::whole_file::refused;
use super::{Connection, Letter, Reply, Sink, SinkError, Stage, Verdict};

/// Counts bytes, so that a run to nowhere is not optimised away.
#[derive(Debug, Default)]
pub(super) struct Null {
    bytes: Arc<AtomicU64>,
}

impl Sink for Null {
    fn connections(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    fn connect(&self) -> Result<Box<dyn Connection>, SinkError> {
        Ok(Box::new(Counter(self.bytes.clone())))
    }

    fn holds(&self, _: &str) -> Option<bool> {
        None
    }
}

struct Counter(Arc<AtomicU64>);

impl Connection for Counter {
    fn put(&mut self, letter: &Letter, mark: &mut dyn FnMut() -> io::Result<()>) -> Verdict {
        if let Some(refused) = refused(letter) {
            return refused;
        }
        if let Err(error) = mark() {
            return Verdict::Stopped(error);
        }
        self.0
            .fetch_add(letter.bytes.len() as u64, Ordering::Relaxed);
        Verdict::Accepted(Reply::new(Stage::File, None, ""))
    }

    fn usable(&self) -> bool {
        true
    }

    fn close(self: Box<Self>) {}
}
