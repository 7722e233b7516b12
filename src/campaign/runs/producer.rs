//! The thread that makes messages: it reads who waits, renders on the pool, and hands letters over as fast as they are taken.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::delivery::{Settled, State, Waiting};
use super::journal::Journal;
use super::live::Live;
use super::made::{Made, make};
use super::run::Frozen;
use super::send::Note;
use super::{CampaignError, Run};
use crate::data::Profile;
use crate::delivery::Letter;
use crate::email::Bunches;

/// So many letters are ready at most: some 15 MB of them.
const AHEAD: usize = 512;

/// So many people are asked for at once.
const PAGE: usize = 256;

/// Somebody's letter, ready to go.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) n: u32,
    pub(super) letter: Letter,
    pub(super) domain: String,
    pub(super) done: u32,
    pub(super) attempts: u32,
    pub(super) profile: Option<Arc<Profile>>,
    /// The state of the data in which it was last known that they may be mailed.
    pub(super) state: i64,
}

/// Whose turn has begun: nobody is read twice while nothing is known of them.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashSet<u32>>);

impl Claims {
    fn lock(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins somebody's turn, unless it has begun.
    fn begin(&self, n: u32) -> bool {
        self.lock().insert(n)
    }

    /// What became of these is in the journal.
    pub(super) fn end(&self, settled: &[Settled]) {
        let mut claims = self.lock();
        for one in settled {
            claims.remove(&one.n);
        }
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

/// How many more letters may be made.
#[derive(Debug)]
pub(super) struct Credits {
    left: Mutex<usize>,
    changed: Condvar,
}

impl Credits {
    pub(super) fn new() -> Credits {
        Credits {
            left: Mutex::new(AHEAD),
            changed: Condvar::new(),
        }
    }

    /// A letter has gone on.
    pub(super) fn give(&self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_one();
    }

    /// Waits until one more may be made, or the run ends.
    fn take(&self, stop: &AtomicBool) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        while *left == 0 && !stop.load(Ordering::Relaxed) {
            let waited = self.changed.wait_timeout(left, Duration::from_millis(100));
            left = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *left = left.saturating_sub(1);
    }
}

/// Makes the messages of a run.
pub(super) struct Producer<'r> {
    pub(super) run: &'r Run,
    pub(super) frozen: &'r Frozen,
    pub(super) live: Option<&'r Live>,
    pub(super) claims: &'r Claims,
    pub(super) credits: &'r Credits,
    pub(super) stop: &'r AtomicBool,
    /// Nanoseconds that rendering took, on all threads together.
    pub(super) spent: &'r AtomicU64,
    pub(super) notes: Sender<Note>,
}

impl Producer<'_> {
    /// Goes on until everybody's state is final, or the run is stopped.
    pub(super) fn run(self) {
        let result = self.passes();
        let _ = self.notes.send(Note::NoMore(result));
    }

    fn passes(&self) -> Result<(), CampaignError> {
        let journal = self.run.journal()?;
        let mut after = -1;
        while !self.stop.load(Ordering::Relaxed) {
            let mut failed = None;
            let mut page = VecDeque::new();
            let mut some = false;
            let waiting = std::iter::from_fn(|| {
                if page.is_empty() {
                    match self.page(&journal, &mut after) {
                        Ok(read) => page = read,
                        Err(error) => failed = Some(error),
                    }
                }
                let next = page.pop_front();
                some |= next.is_some();
                next
            });
            let bunches = Bunches {
                ahead: 64,
                ordered: true,
                cancel: Some(self.stop),
                ..Bunches::default()
            };
            bunches.run(
                waiting,
                |who: Waiting| self.make(who),
                |note| {
                    self.credits.take(self.stop);
                    // Nobody listens only when the run has ended.
                    let _ = self.notes.send(note);
                },
            );
            if let Some(error) = failed {
                return Err(error);
            }
            if some {
                continue;
            }
            // Nobody waits now. Those under way may come back, others wait for their time.
            match journal.next_due()? {
                None if self.claims.is_empty() => return Ok(()),
                None => std::thread::sleep(Duration::from_millis(10)),
                Some(due) => {
                    let wait = Timestamp::now()
                        .duration_until(due)
                        .as_millis()
                        .clamp(5, 200);
                    std::thread::sleep(Duration::from_millis(wait as u64));
                }
            }
        }
        Ok(())
    }

    /// The next people: those who have waited long enough first.
    fn page(&self, journal: &Journal, after: &mut i64) -> Result<VecDeque<Waiting>, CampaignError> {
        let mut page = journal.due(Timestamp::now(), PAGE)?;
        let new = journal.waiting(*after, PAGE)?;
        if let Some(last) = new.last() {
            *after = i64::from(last.n);
        }
        page.extend(new);
        page.retain(|who| self.claims.begin(who.n));
        Ok(page.into())
    }

    /// Makes one message; on a thread of the pool.
    fn make(&self, who: Waiting) -> Note {
        let begun = Instant::now();
        let n = who.n;
        let made = catch_unwind(AssertUnwindSafe(|| self.note(who)));
        let spent = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.spent.fetch_add(spent, Ordering::Relaxed);
        // A defect that one person's data finds fails that message alone.
        made.unwrap_or_else(|_| {
            unmade(
                n,
                State::Failed,
                "panic",
                Some("the program broke while it made this message".into()),
            )
        })
    }

    fn note(&self, who: Waiting) -> Note {
        let n = who.n;
        let recipient = match self.frozen.recipient(who.place) {
            Ok(recipient) if recipient.key() == who.key => recipient,
            Ok(_) => {
                return unmade(
                    n,
                    State::Failed,
                    "damaged",
                    Some("the line of this person is another one's".into()),
                );
            }
            Err(error) => return unmade(n, State::Failed, "damaged", Some(error.to_string())),
        };
        let profile = recipient.profile().cloned();
        let mut state = 0;
        if let (Some(live), Some(profile)) = (self.live, &profile) {
            state = live.state();
            match live.not_mailed(profile) {
                Ok(None) => {}
                Ok(Some(reason)) => return unmade(n, State::Skipped, reason.code(), None),
                Err(error) => return Note::Trouble(error.to_string()),
            }
        }
        if let Some(until) = self.quiet_until(profile.as_deref()) {
            return Note::Unmade(Box::new(Settled::pending(n, who.done, Some(until))));
        }
        match make(self.frozen, self.run.settings(), &recipient) {
            Made::Letter(letter) => Note::Ready(Box::new(Ready {
                n,
                domain: domain(&letter.to),
                letter: *letter,
                done: who.done,
                attempts: who.attempts,
                profile,
                state,
            })),
            Made::Skipped { reason, detail } => unmade(n, State::Skipped, reason, Some(detail)),
            Made::Failed { reason, detail } => unmade(n, State::Failed, reason, Some(detail)),
        }
    }

    /// The end of the recipient's quiet hours, by their own zone, else the account's.
    fn quiet_until(&self, profile: Option<&Profile>) -> Option<Timestamp> {
        let settings = self.run.settings();
        let quiet = settings.quiet_hours?;
        let own = profile.and_then(|profile| profile.location.timezone.as_deref());
        let zone = own.and_then(|name| TimeZone::get(name).ok());
        let zone = zone.or_else(|| TimeZone::get(&settings.timezone).ok());
        quiet.until(Timestamp::now(), &zone.unwrap_or(TimeZone::UTC))
    }
}

fn unmade(n: u32, state: State, reason: &str, detail: Option<String>) -> Note {
    Note::Unmade(Box::new(Settled {
        state,
        reason: Some(reason.to_owned()),
        reply: detail,
        ..Settled::pending(n, 0, None)
    }))
}

fn domain(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.to_ascii_lowercase()
}
