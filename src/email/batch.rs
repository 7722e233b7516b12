//! One email for many people: in parallel, in bounded memory, in order if asked.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::ThreadPool;

use super::bunches::Bunches;
use super::{Email, Outcome, Recipient, World};
use crate::language::SkipReason;

/// Half of how many people are rendered ahead of the sink: enough to keep all cores busy while it hesitates, few enough
/// that their messages (some 50 KB each) stay small beside everything else.
const CHUNK: usize = 256;

/// One person's turn in a batch.
#[derive(Debug)]
pub struct Turn<T> {
    /// The person's number, counted from 0.
    pub index: usize,
    /// The person.
    pub recipient: Recipient,
    /// What became of it, or what was made of that.
    pub outcome: T,
}

/// How a batch went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Messages.
    pub rendered: usize,
    /// People without one, by reason.
    pub skipped: BTreeMap<SkipReason, usize>,
    /// People for whom the template or the data is broken.
    pub failed: usize,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
}

impl Summary {
    /// People without a message for a reason.
    pub fn skipped_total(&self) -> usize {
        self.skipped.values().sum()
    }

    /// Everybody who had a turn.
    pub fn total(&self) -> usize {
        self.rendered + self.skipped_total() + self.failed
    }

    fn count(&mut self, kind: Counted) {
        match kind {
            Counted::Rendered => self.rendered += 1,
            Counted::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
            Counted::Failed => self.failed += 1,
        }
    }
}

#[derive(Clone, Copy)]
enum Counted {
    Rendered,
    Skipped(SkipReason),
    Failed,
}

impl Counted {
    fn of(outcome: &Outcome) -> Counted {
        match outcome {
            Outcome::Rendered(_) => Counted::Rendered,
            Outcome::Skipped(skipped) => Counted::Skipped(skipped.reason),
            Outcome::Failed(_) => Counted::Failed,
        }
    }
}

/// A batch about to run.
///
/// The same email, people, world and seed give the same bytes on any number of threads, in either order.
pub struct Batch<'b> {
    email: &'b Email,
    world: &'b dyn World,
    ordered: bool,
    chunk: usize,
    pool: Option<&'b ThreadPool>,
    cancel: Option<&'b AtomicBool>,
    progress: Option<&'b AtomicUsize>,
}

impl<'b> Batch<'b> {
    pub(super) fn new(email: &'b Email, world: &'b dyn World) -> Batch<'b> {
        Batch {
            email,
            world,
            ordered: true,
            chunk: CHUNK,
            pool: None,
            cancel: None,
            progress: None,
        }
    }

    /// Hands outcomes over as they come instead of in the order of the people.
    pub fn as_they_come(mut self) -> Batch<'b> {
        self.ordered = false;
        self
    }

    /// Holds at most about twice this many outcomes at once.
    pub fn chunk(mut self, people: usize) -> Batch<'b> {
        self.chunk = people.max(1);
        self
    }

    /// Runs on this pool instead of rayon's global one.
    pub fn pool(mut self, pool: &'b ThreadPool) -> Batch<'b> {
        self.pool = Some(pool);
        self
    }

    /// Ends early when this becomes true; who has been rendered is still handed over.
    pub fn cancelled_by(mut self, cancel: &'b AtomicBool) -> Batch<'b> {
        self.cancel = Some(cancel);
        self
    }

    /// Counts here how many people have had their turn.
    pub fn progress(mut self, count: &'b AtomicUsize) -> Batch<'b> {
        self.progress = Some(count);
        self
    }

    /// Renders for everybody and hands each outcome to `sink`, on the calling thread.
    pub fn run<I, S>(self, people: I, sink: S) -> Summary
    where
        I: IntoIterator<Item = Recipient>,
        S: FnMut(Turn<Outcome>),
    {
        self.run_with(people, |_, outcome| outcome, sink)
    }

    /// Renders for everybody, makes something of each outcome on the threads that render (a message, say), and hands
    /// that to `sink` on the calling thread. While `sink` works, the next people are rendered.
    pub fn run_with<I, W, T, S>(self, people: I, work: W, mut sink: S) -> Summary
    where
        I: IntoIterator<Item = Recipient>,
        W: Fn(&Recipient, Outcome) -> T + Sync,
        T: Send,
        S: FnMut(Turn<T>),
    {
        let render = |(index, recipient): (usize, Recipient)| {
            // Nobody else's message is lost to a defect that one person's data finds.
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                self.email.render(&recipient, self.world)
            }))
            .unwrap_or_else(|panic| Outcome::panicked(&*panic, self.email.name(), recipient.key()));
            let kind = Counted::of(&outcome);
            let outcome = work(&recipient, outcome);
            if let Some(count) = self.progress {
                count.fetch_add(1, Ordering::Relaxed);
            }
            (
                kind,
                Turn {
                    index,
                    recipient,
                    outcome,
                },
            )
        };
        let mut summary = Summary::default();
        let bunches = Bunches {
            ahead: self.chunk,
            ordered: self.ordered,
            pool: self.pool,
            cancel: self.cancel,
        };
        summary.cancelled = bunches.run(people.into_iter().enumerate(), render, |(kind, turn)| {
            summary.count(kind);
            sink(turn);
        });
        summary
    }
}
