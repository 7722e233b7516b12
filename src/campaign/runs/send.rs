//! Sending a run: rendering on the pool, a bounded queue, threads that send, and one thread that keeps the journal.
//!
//! ```text
//! producer ──letters──▶ dispatcher ──letters whose intent is on the disk──▶ senders
//!    ▲                   │     ▲                                              │
//!    └────claims─────────┘     └────────────────what came of them────────────┘
//! ```
//!
//! The dispatcher is the thread that calls [`send`]. It alone writes the journal: intents and results share a transaction, and a
//! letter goes to a sender only after its intent is durable.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::control::{Control, Want};
use super::delivery::{Counts, Recovered, Settled, State};
use super::error::at;
use super::journal::Journal;
use super::limiter::Limiter;
use super::live::Live;
use super::marks::Marks;
use super::producer::{Claims, Credits, Producer, Ready};
use super::progress::{Progress, Spent, Stopwatch};
use super::recover::{CutOff, boot, recover};
use super::run::Lock;
use super::sender::{Sending, Turn};
use super::{CampaignError, Rates, Run};
use crate::delivery::Sink;
use crate::project::Data;

/// How a run is sent.
pub struct SendOptions<'s> {
    /// For sinks that ask for one.
    pub password: Option<String>,
    /// Where it is looked up who has unsubscribed or been suppressed since the plan.
    pub data: Option<Arc<Data>>,
    /// Ends the run early when it becomes true: what is under way is finished.
    pub stop: &'s AtomicBool,
    /// Told how it goes.
    pub watch: &'s dyn Watch,
    /// How long a broken server is tried again before the run pauses.
    pub patience: Duration,
}

/// Told how a run goes.
pub trait Watch: Sync {
    /// Several times a second.
    fn progress(&self, progress: &Progress) {
        let _ = progress;
    }

    /// Something that a person should know now.
    fn say(&self, text: &str) {
        let _ = text;
    }
}

/// Tells nobody.
impl Watch for () {}

/// How sending ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everybody's state is final.
    Finished,
    /// It was stopped; the rest waits.
    Stopped,
    /// It stopped by itself; the rest waits. Why, in a sentence.
    Paused(String),
    /// It was cancelled: the rest will not be sent.
    Cancelled,
}

impl Ended {
    /// The word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Ended::Finished => "finished",
            Ended::Stopped => "stopped",
            Ended::Paused(_) => "paused",
            Ended::Cancelled => "cancelled",
        }
    }
}

/// What sending did.
#[derive(Debug, Clone)]
pub struct Sent {
    /// How it ended.
    pub ended: Ended,
    /// How many there are in each state now.
    pub counts: Counts,
    /// What its beginning found of a process that was cut off.
    pub recovered: Recovered,
    /// What had cut it off: `kill` or `power`; None if nothing had.
    pub after: Option<&'static str>,
}

/// What the dispatcher is told.
pub(super) enum Note {
    /// A letter is ready.
    Ready(Box<Ready>),
    /// No letter was made: somebody is skipped, has failed, or waits longer.
    Unmade(Box<Settled>),
    /// A letter had its turn.
    Turn(Box<Turn>),
    /// Nothing can go on.
    Trouble(String),
    /// The producer has ended.
    NoMore(Result<(), CampaignError>),
}

/// Letters that may go now; they are moved on as they came.
type Chosen = Vec<Box<Ready>>;

/// This many refusals, and nobody else has got anything: it is not the recipients.
const ALL_REFUSED: u64 = 200;

/// Sends a run, or what is left of it.
///
/// # Errors
/// Another process is at it; its files are damaged; the journal cannot be written; a sink cannot be opened. Whatever was not
/// sent waits.
pub fn send(run: &Run, options: SendOptions<'_>) -> Result<Sent, CampaignError> {
    let paths = run.paths();
    let _lock = Lock::take(&paths, run.name())?;
    let frozen = run.frozen()?;
    let mut journal = run.journal()?;
    let password = options.password.as_deref();
    let sinks = run.settings().sinks.iter();
    let sinks = sinks.map(|sink| sink.open(password).map_err(CampaignError::Sink));
    let sinks: Vec<Box<dyn Sink>> = sinks.collect::<Result<_, _>>()?;
    if sinks.is_empty() {
        return Err(CampaignError::Refused {
            what: format!("the run '{}' has no sink", run.name()),
            help:
                "plan it with --to SINK, or set via = \"smtp://…\" under [send] in letterpress.toml"
                    .into(),
        });
    }
    let last = journal.last_boot()?;
    let boot = boot();
    let cut = CutOff::since(last.as_deref(), &boot);
    let recovered = recover(run, &mut journal, &frozen, &sinks, cut)?;
    let after = (recovered != Recovered::default()).then_some(cut.word());
    let session = journal.begin(&boot)?;
    if let Some(after) = after {
        journal.recovered(session, recovered, after)?;
    }
    let mut control = Control::read(&paths.control());
    if control.want != Want::Run {
        control.want = Want::Run;
        control
            .write(&paths.control())
            .map_err(at(&paths.control()))?;
    }
    let live = match &options.data {
        Some(data) => Some(Live::new(run, data.clone())?),
        None => None,
    };
    let connections = sinks.iter().map(|sink| sink.connections()).min();
    let connections = connections.unwrap_or(1).max(1);
    let spent = Spent::default();
    let (claims, credits) = (Claims::default(), Credits::new());
    let (stop, draining) = (AtomicBool::new(false), AtomicBool::new(false));
    let (notes, inbox) = mpsc::channel();
    let (letters, outbox) = mpsc::channel();
    let outbox = Mutex::new(outbox);
    let sequence = Arc::new(AtomicU32::new(0));
    let marks = (0..connections)
        .map(|sender| Marks::create(&paths.marks(), sender, sequence.clone()))
        .collect::<Result<Vec<Marks>, _>>()
        .map_err(at(&paths.marks()))?;
    let counts = journal.counts()?;
    let ended = std::thread::scope(|scope| {
        for marks in marks {
            let sending = Sending {
                sinks: &sinks,
                letters: &outbox,
                notes: notes.clone(),
                marks,
                policy: run.settings().policy,
                draining: &draining,
                spent: &spent.sinks,
            };
            scope.spawn(move || sending.run());
        }
        let producer = Producer {
            run,
            frozen: &frozen,
            live: live.as_ref(),
            claims: &claims,
            credits: &credits,
            stop: &stop,
            spent: &spent.rendering,
            notes,
        };
        scope.spawn(move || producer.run());
        let now = Instant::now();
        let rates = control
            .rates
            .clone()
            .unwrap_or_else(|| run.settings().rates.clone());
        let mut dispatcher = Dispatcher {
            run,
            journal: &mut journal,
            options: &options,
            live: live.as_ref(),
            claims: &claims,
            credits: &credits,
            stop: &stop,
            draining: &draining,
            inbox,
            letters: Some(letters),
            limiter: Limiter::new(rates, now),
            connections,
            window: 2 * connections,
            ready: VecDeque::new(),
            held: HashMap::new(),
            outstanding: 0,
            settled: Vec::new(),
            counts,
            ending: None,
            no_more: false,
            failure: None,
            paused: false,
            not_before: now,
            trouble: None,
            accepted: 0,
            refused: 0,
            next_look: now,
            limited: false,
            watch: Stopwatch::new(run, &spent, connections, now),
        };
        let ended = dispatcher.run();
        // Whatever happened, the threads must come to their end.
        stop.store(true, Ordering::Relaxed);
        draining.store(true, Ordering::Relaxed);
        ended
    });
    let ended = match ended {
        Ok(Ended::Cancelled) => {
            journal.cancel()?;
            Ok(Ended::Cancelled)
        }
        other => other,
    };
    let word = ended.as_ref().map_or("failed", Ended::word);
    // What matters is written; that a session could not be ended is no reason to hide why.
    let noted = journal.end(session, word);
    let ended = ended?;
    noted?;
    let counts = journal.counts()?;
    Ok(Sent {
        ended,
        counts,
        recovered,
        after,
    })
}

struct Dispatcher<'d> {
    run: &'d Run,
    journal: &'d mut Journal,
    options: &'d SendOptions<'d>,
    live: Option<&'d Live>,
    claims: &'d Claims,
    credits: &'d Credits,
    /// Ends the producer.
    stop: &'d AtomicBool,
    /// Letters whose turn has not begun go back.
    draining: &'d AtomicBool,
    inbox: Receiver<Note>,
    letters: Option<Sender<Box<Ready>>>,
    limiter: Limiter,
    connections: usize,
    /// How many letters may be under way: their intents are what a loss of power makes uncertain.
    window: usize,
    ready: VecDeque<Box<Ready>>,
    /// Letters to domains that have had enough for now.
    held: HashMap<String, VecDeque<Box<Ready>>>,
    outstanding: usize,
    settled: Vec<Settled>,
    counts: Counts,
    ending: Option<Ended>,
    no_more: bool,
    failure: Option<CampaignError>,
    paused: bool,
    not_before: Instant,
    /// Since when a server is broken, and how often it was tried.
    trouble: Option<(Instant, u32)>,
    accepted: u64,
    refused: u64,
    next_look: Instant,
    limited: bool,
    watch: Stopwatch<'d>,
}

/// How often other processes' wishes are looked at.
const LOOK: Duration = Duration::from_millis(100);

impl Dispatcher<'_> {
    fn run(&mut self) -> Result<Ended, CampaignError> {
        loop {
            let now = Instant::now();
            if now >= self.next_look {
                self.next_look = now + LOOK;
                self.look(now)?;
            }
            let (chosen, wake) = self.choose(now);
            if !chosen.is_empty() || !self.settled.is_empty() {
                self.commit(chosen)?;
            }
            if self.is_over() {
                break;
            }
            let wait = wake
                .min(self.next_look)
                .saturating_duration_since(Instant::now());
            match self
                .inbox
                .recv_timeout(wait.max(Duration::from_micros(200)))
            {
                Ok(note) => {
                    self.take(note);
                    // All that has come meanwhile shares the next write.
                    while let Ok(note) = self.inbox.try_recv() {
                        self.take(note);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // Senders end when there is nothing left to take.
        self.letters = None;
        self.watch.end(&self.counts, self.ending.as_ref());
        match self.failure.take() {
            Some(error) => Err(error),
            None => Ok(self.ending.take().unwrap_or(Ended::Finished)),
        }
    }

    /// Whether nothing is under way and nothing will come.
    fn is_over(&self) -> bool {
        let ends = self.ending.is_some() || self.failure.is_some();
        self.no_more && self.outstanding == 0 && self.settled.is_empty() && (ends || self.is_idle())
    }

    fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.held.is_empty()
    }

    /// Looks at what is asked of the run, and at the data.
    fn look(&mut self, now: Instant) -> Result<(), CampaignError> {
        if self.options.stop.load(Ordering::Relaxed) {
            self.end(Ended::Stopped);
        }
        let control = Control::read(&self.run.paths().control());
        match control.want {
            Want::Cancel => self.end(Ended::Cancelled),
            want => {
                let pause = want == Want::Pause;
                if pause != self.paused {
                    self.paused = pause;
                    self.options.watch.say(match pause {
                        true => "paused; to go on: letterpress campaign resume",
                        false => "going on",
                    });
                }
            }
        }
        let rates: &Rates = control.rates.as_ref().unwrap_or(&self.run.settings().rates);
        self.limiter.change(rates.clone(), now);
        if let Some(live) = self.live {
            live.look()?;
        }
        let half = self.watch.per_second() / 2.0;
        self.window = (half as usize).clamp(2 * self.connections, 1024);
        let state = match (&self.ending, self.paused, self.trouble) {
            (Some(_), ..) => "stopping",
            (None, true, _) => "paused",
            (None, false, Some(_)) => "waiting for the server",
            (None, false, None) => "sending",
        };
        self.watch
            .look(now, &self.counts, state, self.limited, self.options.watch);
        Ok(())
    }

    /// Nothing more is begun.
    fn end(&mut self, how: Ended) {
        if self.ending.is_none() {
            self.ending = Some(how);
        }
        self.stop.store(true, Ordering::Relaxed);
        self.draining.store(true, Ordering::Relaxed);
    }

    /// The letters that may go now, and when to look again.
    fn choose(&mut self, now: Instant) -> (Chosen, Instant) {
        let mut chosen = Vec::new();
        let mut wake = self.next_look;
        self.limited = false;
        if self.ending.is_some() || self.failure.is_some() {
            self.ready.clear();
            self.held.clear();
            return (chosen, wake);
        }
        if self.paused || now < self.not_before {
            return (chosen, wake.min(self.not_before.max(now)));
        }
        while self.outstanding + chosen.len() < self.window {
            if let Err(wait) = self.limiter.total(now) {
                self.limited = true;
                wake = wake.min(now + wait);
                break;
            }
            let Some(ready) = self.next(now, &mut wake) else {
                break;
            };
            self.limiter.take(&ready.domain);
            self.credits.give();
            if let Some(ready) = self.still_mailed(ready) {
                chosen.push(ready);
            }
        }
        (chosen, wake)
    }

    /// The next letter whose domain has not had enough.
    fn next(&mut self, now: Instant, wake: &mut Instant) -> Option<Box<Ready>> {
        let mut open = None;
        for domain in self.held.keys() {
            match self.limiter.domain(domain, now) {
                Ok(()) => {
                    open = Some(domain.clone());
                    break;
                }
                Err(wait) => *wake = (*wake).min(now + wait),
            }
        }
        if let Some(domain) = open
            && let Some(queue) = self.held.get_mut(&domain)
        {
            let ready = queue.pop_front();
            if queue.is_empty() {
                self.held.remove(&domain);
            }
            return ready;
        }
        while let Some(ready) = self.ready.pop_front() {
            match self.limiter.domain(&ready.domain, now) {
                Ok(()) => return Some(ready),
                Err(wait) => {
                    self.limited = true;
                    *wake = (*wake).min(now + wait);
                    self.hold(ready);
                }
            }
        }
        None
    }

    /// Keeps a letter until its domain can take more; one of many goes back to wait in the journal, so that others get on.
    fn hold(&mut self, ready: Box<Ready>) {
        const MOST: usize = 32;
        let queue = self.held.entry(ready.domain.clone()).or_default();
        if queue.len() < MOST {
            queue.push_back(ready);
            return;
        }
        let due = later(Duration::from_secs(2));
        self.credits.give();
        self.settled
            .push(Settled::pending(ready.n, ready.done, due));
    }

    /// The letter, unless its person has unsubscribed or been suppressed since it was made.
    fn still_mailed(&mut self, mut ready: Box<Ready>) -> Option<Box<Ready>> {
        let (Some(live), Some(profile)) = (self.live, &ready.profile) else {
            return Some(ready);
        };
        if ready.state == live.state() {
            return Some(ready);
        }
        ready.state = live.state();
        match live.not_mailed(profile) {
            Ok(None) => Some(ready),
            Ok(Some(reason)) => {
                self.settled.push(Settled {
                    state: State::Skipped,
                    reason: Some(reason.code().to_owned()),
                    ..Settled::pending(ready.n, ready.done, None)
                });
                None
            }
            Err(error) => {
                self.failure.get_or_insert(error.into());
                self.end(Ended::Stopped);
                None
            }
        }
    }

    /// Writes results and intents, then lets the letters go.
    fn commit(&mut self, chosen: Chosen) -> Result<(), CampaignError> {
        let begun = Instant::now();
        let intended: Vec<u32> = chosen.iter().map(|ready| ready.n).collect();
        for one in &mut self.settled {
            if one.state == State::Pending && one.due.is_none() && self.ending.is_none() {
                // Those who come back are found by their time.
                one.due = Some(Timestamp::now());
            }
        }
        if let Err(error) = self.journal.commit(&intended, &self.settled) {
            // Nothing goes out whose intent is not written. What senders have begun they finish; their marks tell.
            self.end(Ended::Stopped);
            self.letters = None;
            self.stop.store(true, Ordering::Relaxed);
            return Err(error);
        }
        self.watch.journal(begun.elapsed());
        for one in &self.settled {
            if one.state != State::Pending {
                let from = self.counts.entry(State::Pending).or_default();
                *from = from.saturating_sub(1);
                *self.counts.entry(one.state).or_default() += 1;
            }
        }
        self.claims.end(&self.settled);
        self.settled.clear();
        if let Some(letters) = &self.letters {
            for ready in chosen {
                self.outstanding += 1;
                // Senders live as long as this end of the channel.
                let _ = letters.send(ready);
            }
        }
        Ok(())
    }

    fn take(&mut self, note: Note) {
        match note {
            Note::Ready(ready) => self.ready.push_back(ready),
            Note::Unmade(settled) => {
                self.credits.give();
                self.settled.push(*settled);
            }
            Note::Turn(turn) => self.turn(*turn),
            Note::Trouble(text) => {
                self.credits.give();
                self.options.watch.say(&text);
                self.end(Ended::Paused(text));
            }
            Note::NoMore(result) => {
                self.no_more = true;
                if let Err(error) = result {
                    self.failure.get_or_insert(error);
                    self.end(Ended::Stopped);
                }
            }
        }
    }

    fn turn(&mut self, turn: Turn) {
        self.outstanding = self.outstanding.saturating_sub(1);
        if turn.settled.state == State::Sent {
            self.watch.sent();
        }
        self.settled.push(turn.settled);
        self.accepted += u64::from(turn.accepted);
        self.refused += u64::from(turn.refused);
        if self.accepted == 0 && self.refused >= ALL_REFUSED {
            let text = format!("the server refused all of the first {ALL_REFUSED} messages");
            self.end(Ended::Paused(text));
        }
        match turn.trouble {
            None if turn.accepted || turn.refused => self.trouble = None,
            None => {}
            Some((text, false)) => self.end(Ended::Paused(text)),
            Some((text, true)) => self.wait_for_server(&text),
        }
    }

    /// A server is broken: all wait, longer each time, then the run pauses.
    fn wait_for_server(&mut self, text: &str) {
        let now = Instant::now();
        let (since, tries) = self.trouble.unwrap_or((now, 0));
        if now < self.not_before {
            // Other connections found the same.
            return;
        }
        if now.duration_since(since) >= self.options.patience {
            self.end(Ended::Paused(text.to_owned()));
            return;
        }
        let wait = Duration::from_millis(500 << tries.min(5));
        let left = self
            .options
            .patience
            .saturating_sub(now.duration_since(since));
        let wait = wait.min(left.max(Duration::from_millis(100)));
        self.trouble = Some((since, tries + 1));
        self.not_before = now + wait;
        self.options.watch.say(&format!(
            "{text}; trying again in {:.1} s",
            wait.as_secs_f64()
        ));
    }
}

fn later(wait: Duration) -> Option<Timestamp> {
    let wait = SignedDuration::try_from(wait).ok()?;
    Timestamp::now().checked_add(wait).ok()
}
