//! A thread that sends: one letter after the other, over one connection to each sink.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::Policy;
use super::delivery::{Settled, State};
use super::limiter::next_try;
use super::marks::{Mark, Marks};
use super::producer::Ready;
use super::recover::bit;
use super::send::Note;
use crate::delivery::{Connection, Reply, Sink, Verdict};

/// Connections that nobody uses for so long are closed: servers do not like to wait.
const IDLE: Duration = Duration::from_secs(20);

/// What came of one letter's turn.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) settled: Settled,
    /// Whether a sink took it in this turn.
    pub(super) accepted: bool,
    /// Whether the server refused it for good.
    pub(super) refused: bool,
    /// What is wrong with a sink, not with this letter; and whether that may pass.
    pub(super) trouble: Option<(String, bool)>,
}

/// Sends letters.
pub(super) struct Sending<'s> {
    pub(super) sinks: &'s [Box<dyn Sink>],
    pub(super) letters: &'s Mutex<Receiver<Box<Ready>>>,
    pub(super) notes: Sender<Note>,
    pub(super) marks: Marks,
    pub(super) policy: Policy,
    /// Whether letters that have not begun go back.
    pub(super) draining: &'s AtomicBool,
    /// Nanoseconds that sinks took, on all threads together.
    pub(super) spent: &'s AtomicU64,
}

impl Sending<'_> {
    /// Goes on until there are no more letters.
    pub(super) fn run(mut self) {
        let mut connections: Vec<Option<Box<dyn Connection>>> =
            self.sinks.iter().map(|_| None).collect();
        loop {
            let letter = {
                let letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
                letters.recv_timeout(IDLE)
            };
            match letter {
                Ok(ready) => {
                    let turn = match self.draining.load(Ordering::Relaxed) {
                        true => Turn {
                            settled: Settled::pending(ready.n, ready.done, None),
                            accepted: false,
                            refused: false,
                            trouble: None,
                        },
                        false => self.turn(&ready, &mut connections),
                    };
                    if self.notes.send(Note::Turn(Box::new(turn))).is_err() {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => close(&mut connections),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        close(&mut connections);
    }

    /// One letter's turn: to each sink that has not got it yet.
    fn turn(&mut self, ready: &Ready, connections: &mut [Option<Box<dyn Connection>>]) -> Turn {
        let begun = Instant::now();
        let mut turn = Turn {
            settled: Settled {
                bytes: Some(ready.letter.bytes.len() as u64),
                ..Settled::pending(ready.n, ready.done, None)
            },
            accepted: false,
            refused: false,
            trouble: None,
        };
        for (number, sink) in self.sinks.iter().enumerate() {
            if turn.settled.done & bit(number) != 0 {
                continue;
            }
            let connection = &mut connections[number];
            if !connection.as_ref().is_some_and(|open| open.usable()) {
                match sink.connect() {
                    Ok(open) => *connection = Some(open),
                    Err(error) => {
                        turn.trouble = Some((error.to_string(), error.may_pass()));
                        break;
                    }
                }
            }
            let Some(open) = connection else { break };
            let marks = &mut self.marks;
            let verdict = open.put(&ready.letter, &mut || {
                marks.put(ready.n, number, Mark::Sending)
            });
            if !self.judge(number, verdict, ready, &mut turn) {
                break;
            }
        }
        let spent = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.spent.fetch_add(spent, Ordering::Relaxed);
        let all = (0..self.sinks.len()).fold(0, |all, number| all | bit(number));
        if turn.settled.done & all == all {
            turn.settled.state = State::Sent;
        }
        turn
    }

    /// Notes what a sink said; whether to go on with the next.
    fn judge(&mut self, number: usize, verdict: Verdict, ready: &Ready, turn: &mut Turn) -> bool {
        let n = ready.n;
        let settled = &mut turn.settled;
        if let Some(reply) = verdict.reply() {
            settled.code = reply.code;
            settled.reply = Some(said(reply));
        }
        let mark = match verdict {
            Verdict::Accepted(_) => {
                settled.done |= bit(number);
                settled.attempt = true;
                turn.accepted = true;
                Mark::Accepted
            }
            Verdict::Refused(reply) => {
                settled.state = State::Failed;
                settled.reason = Some("refused".to_owned());
                settled.attempt = true;
                turn.refused = true;
                Mark::Refused(reply.code.unwrap_or(0))
            }
            Verdict::Deferred(_) => {
                settled.attempt = true;
                later(ready, settled, "gave_up");
                Mark::NotTaken
            }
            Verdict::Unavailable(reply) => {
                turn.trouble = Some((reply.to_string(), true));
                Mark::NotTaken
            }
            Verdict::Uncertain(_) if self.policy == Policy::AtLeastOnce => {
                settled.attempt = true;
                later(ready, settled, "gave_up");
                Mark::NotTaken
            }
            Verdict::Uncertain(_) => {
                settled.state = State::Uncertain;
                settled.reason = Some("no_answer".to_owned());
                settled.attempt = true;
                Mark::Uncertain
            }
            Verdict::Stopped(error) => {
                turn.trouble = Some((
                    format!("the marks of the run cannot be written: {error}"),
                    false,
                ));
                return false;
            }
        };
        let accepted = mark == Mark::Accepted;
        if let Err(error) = self.marks.put(n, number, mark) {
            turn.trouble = Some((
                format!("the marks of the run cannot be written: {error}"),
                false,
            ));
        }
        accepted
    }
}

/// Tries again later, or not any more.
fn later(ready: &Ready, settled: &mut Settled, reason: &str) {
    let chance = ready
        .letter
        .id
        .bytes()
        .fold(u64::from(ready.attempts), |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
    match next_try(ready.attempts, chance) {
        Some(wait) => {
            let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
            settled.due = Timestamp::now().checked_add(wait).ok();
        }
        None => {
            settled.state = State::Failed;
            settled.reason = Some(reason.to_owned());
        }
    }
}

/// What a server said, without the code, which has a column of its own.
fn said(reply: &Reply) -> String {
    match &reply.enhanced {
        Some(enhanced) => format!("{enhanced} {}", reply.text),
        None => reply.text.clone(),
    }
}

fn close(connections: &mut [Option<Box<dyn Connection>>]) {
    for connection in connections {
        if let Some(open) = connection.take() {
            open.close();
        }
    }
}
