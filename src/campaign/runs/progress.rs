//! How a run goes, while it goes: states, rate, time left, and which stage holds it up.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Run;
use super::delivery::{Counts, State};
use super::send::{Ended, Watch};

/// How many people of a run there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Everybody in the plan.
    pub planned: u64,
    /// All sinks have it.
    pub sent: u64,
    /// Must not or cannot get it.
    pub skipped: u64,
    /// Broken, or refused for good.
    pub failed: u64,
    /// May have left.
    pub uncertain: u64,
    /// Waits.
    pub pending: u64,
    /// Cancelled.
    pub cancelled: u64,
}

/// How a run goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// `sending`, `paused`, `waiting for the server`, `stopping`, or how it ended.
    pub state: String,
    /// How many there are in each state.
    #[serde(flatten)]
    pub totals: Totals,
    /// Messages a second, over the last seconds.
    pub per_second: f64,
    /// Seconds until the end at this rate.
    pub seconds_left: Option<f64>,
    /// Which stage holds the others up: `rendering`, `sink`, `journal` or `rate`.
    pub slowest: String,
    /// The process.
    pub pid: u32,
}

impl Totals {
    /// Those of a journal's counts.
    pub fn of(counts: &Counts) -> Totals {
        let count = |state| counts.get(&state).copied().unwrap_or(0);
        Totals {
            planned: counts.values().sum(),
            sent: count(State::Sent),
            skipped: count(State::Skipped),
            failed: count(State::Failed),
            uncertain: count(State::Uncertain),
            pending: count(State::Pending) + count(State::Intended),
            cancelled: count(State::Cancelled),
        }
    }
}

impl Progress {
    /// What the process that sends said of itself last, if one does.
    pub(super) fn read(folder: &Path) -> Option<Progress> {
        let text = fs::read_to_string(folder.join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }
}

const FILE: &str = "live.json";

/// Time that stages took, in nanoseconds on all their threads together.
#[derive(Debug, Default)]
pub(super) struct Spent {
    pub(super) rendering: AtomicU64,
    pub(super) sinks: AtomicU64,
}

/// Measures a run while it goes.
pub(super) struct Stopwatch<'s> {
    file: PathBuf,
    spent: &'s Spent,
    senders: usize,
    journal: Duration,
    sent: u64,
    /// When how many had been sent, over the last seconds.
    past: VecDeque<(Instant, u64)>,
    /// What stages had taken at the last look.
    last: (Instant, u64, u64, Duration),
    slowest: &'static str,
    next_file: Instant,
}

impl<'s> Stopwatch<'s> {
    pub(super) fn new(run: &Run, spent: &'s Spent, senders: usize, now: Instant) -> Stopwatch<'s> {
        Stopwatch {
            file: run.folder().join(FILE),
            spent,
            senders,
            journal: Duration::ZERO,
            sent: 0,
            past: VecDeque::from([(now, 0)]),
            last: (now, 0, 0, Duration::ZERO),
            slowest: "rendering",
            next_file: now,
        }
    }

    pub(super) fn sent(&mut self) {
        self.sent += 1;
    }

    pub(super) fn journal(&mut self, took: Duration) {
        self.journal += took;
    }

    pub(super) fn per_second(&self) -> f64 {
        match (self.past.front(), self.past.back()) {
            (Some((from, before)), Some((to, after))) if to > from => {
                (after - before) as f64 / to.duration_since(*from).as_secs_f64()
            }
            _ => 0.0,
        }
    }

    /// Looks at the clock; tells how it goes.
    pub(super) fn look(
        &mut self,
        now: Instant,
        counts: &Counts,
        state: &str,
        limited: bool,
        watch: &dyn Watch,
    ) {
        self.past.push_back((now, self.sent));
        while self.past.len() > 2
            && self
                .past
                .front()
                .is_some_and(|(at, _)| now.duration_since(*at) > Duration::from_secs(5))
        {
            self.past.pop_front();
        }
        self.find_slowest(now, limited);
        let progress = self.progress(counts, state);
        watch.progress(&progress);
        if now >= self.next_file {
            self.next_file = now + Duration::from_secs(1);
            self.write(&progress);
        }
    }

    /// Leaves the last word.
    pub(super) fn end(&mut self, counts: &Counts, ended: Option<&Ended>) {
        let state = ended.map_or("finished", Ended::word);
        let progress = self.progress(counts, state);
        self.write(&progress);
    }

    fn progress(&self, counts: &Counts, state: &str) -> Progress {
        let per_second = self.per_second();
        let totals = Totals::of(counts);
        let left = totals.pending as f64 / per_second;
        Progress {
            state: state.to_owned(),
            totals,
            per_second: (per_second * 10.0).round() / 10.0,
            seconds_left: left.is_finite().then(|| left.round()),
            slowest: self.slowest.to_owned(),
            pid: std::process::id(),
        }
    }

    /// Which stage was busiest since the last look, as a share of what its threads can do.
    fn find_slowest(&mut self, now: Instant, limited: bool) {
        let (at, rendering, sinks, journal) = self.last;
        let passed = now.duration_since(at).as_secs_f64();
        if passed < 0.5 {
            return;
        }
        let current = (
            self.spent.rendering.load(Ordering::Relaxed),
            self.spent.sinks.load(Ordering::Relaxed),
        );
        let cores = rayon::current_num_threads().max(1) as f64;
        let share = |nanoseconds: u64, threads: f64| nanoseconds as f64 / 1e9 / passed / threads;
        let shares = [
            (share(current.0 - rendering, cores), "rendering"),
            (share(current.1 - sinks, self.senders as f64), "sink"),
            ((self.journal - journal).as_secs_f64() / passed, "journal"),
        ];
        let busiest = shares.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        self.slowest = match busiest {
            _ if limited => "rate",
            Some((_, name)) => name,
            None => "rendering",
        };
        self.last = (now, current.0, current.1, self.journal);
    }

    /// For other processes; that it cannot be written is no reason to stop.
    fn write(&self, progress: &Progress) {
        let beside = self.file.with_extension("new");
        if let Ok(json) = serde_json::to_vec(progress)
            && fs::write(&beside, json).is_ok()
        {
            let _ = fs::rename(&beside, &self.file);
        }
    }
}
