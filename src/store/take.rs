//! What a file holds, read into rows: in parallel, in the order of the file, and while earlier ones are written.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::StoreError;
use super::read::{Input, Kind, Maps, Raw, Read, Rejected, Summary, read};
use super::row::{Row, hash};
use crate::data::DataError;

/// A record, read; or a line that is not taken, and what to do about it.
pub(super) enum Taken {
    Row {
        raw: Raw,
        row: Row,
        /// Of the record's text.
        hash: i64,
    },
    Rejected(Rejected, Option<String>),
}

/// Reads a file and hands its rows over, some thousand at a time, and how many bytes of the file were read so far.
pub(super) fn take(
    input: &Input,
    kind: Option<Kind>,
    maps: &Maps,
    mut each: impl FnMut(Vec<Taken>, u64) -> Result<(), StoreError>,
) -> Result<Summary, StoreError> {
    std::thread::scope(|threads| {
        // The next chunk is read while this one is written.
        let (send, chunks) = sync_channel(1);
        let reader = threads.spawn(move || {
            read(input, kind, maps, &mut |chunk| {
                let taken: Vec<Taken> = chunk.records.into_par_iter().map(taken).collect();
                match send.send((taken, chunk.bytes)) {
                    Ok(()) => ControlFlow::Continue(()),
                    // Nobody takes it any more.
                    Err(_) => ControlFlow::Break(()),
                }
            })
        });
        let written = (|| {
            while let Ok((taken, bytes)) = chunks.recv() {
                each(taken, bytes)?;
            }
            Ok(())
        })();
        drop(chunks);
        let summary = match reader.join() {
            Ok(summary) => summary,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        match written {
            Ok(()) => Ok(summary?),
            Err(error) => Err(error),
        }
    })
}

fn taken(read: Read) -> Taken {
    let raw = match read {
        Read::Raw(raw) => raw,
        Read::Rejected(rejected) => return Taken::Rejected(rejected, None),
    };
    match Row::of(&raw) {
        Ok(row) => Taken::Row {
            hash: hash(&raw.json),
            raw,
            row,
        },
        Err(error) => {
            let (at, message, help) = match error {
                DataError::Record { message, at, help } => (at, message, help),
                other => (0..0, other.to_string(), None),
            };
            let rejected = Rejected::line(raw.line, raw.json.as_bytes(), at, message);
            Taken::Rejected(rejected, help)
        }
    }
}
