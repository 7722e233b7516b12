//! What is known of each person's message: its state, its row, and what becomes of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::people::Place;

/// What has become of one person's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for its turn.
    Pending,
    /// Its turn has come; nothing is known yet.
    Intended,
    /// All sinks have it.
    Sent,
    /// This person must not or cannot get it, and nothing is broken.
    Skipped,
    /// The template, the data or the address is broken, or a server refused it for good.
    Failed,
    /// It may have left, and no answer came.
    Uncertain,
    /// The run was cancelled before its turn.
    Cancelled,
}

impl State {
    const ALL: [State; 7] = [
        State::Pending,
        State::Intended,
        State::Sent,
        State::Skipped,
        State::Failed,
        State::Uncertain,
        State::Cancelled,
    ];

    pub(super) fn number(self) -> i64 {
        State::ALL.iter().position(|one| *one == self).unwrap_or(0) as i64
    }

    pub(super) fn of(number: i64) -> State {
        usize::try_from(number)
            .ok()
            .and_then(|number| State::ALL.get(number).copied())
            .unwrap_or(State::Uncertain)
    }

    /// The word for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            State::Pending | State::Intended => "pending",
            State::Sent => "sent",
            State::Skipped => "skipped",
            State::Failed => "failed",
            State::Uncertain => "uncertain",
            State::Cancelled => "cancelled",
        }
    }
}

/// A row to be written while a run is planned.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) key: String,
    pub(super) address: String,
    pub(super) place: Place,
    /// Pending, skipped or failed.
    pub(super) state: State,
    pub(super) reason: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) bytes: Option<u64>,
}

/// Somebody whose turn has come.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) n: u32,
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) done: u32,
    pub(super) attempts: u32,
}

/// One person's row.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// The person's number, in the order of the plan.
    pub n: u32,
    /// The profile's key.
    pub key: String,
    /// Where the message goes.
    pub address: String,
    /// What has become of it.
    pub state: State,
    /// Why, for those that were not sent.
    pub reason: Option<String>,
    /// The server's code.
    pub code: Option<u16>,
    /// What the server said, or more about the reason.
    pub reply: Option<String>,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was last begun.
    pub intended: Option<Timestamp>,
    /// When its state became final.
    pub settled: Option<Timestamp>,
    /// Bytes of the message.
    pub bytes: Option<u64>,
    #[serde(skip)]
    pub(super) place: Place,
}

/// What becomes of a row.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) n: u32,
    pub(super) state: State,
    pub(super) done: u32,
    pub(super) reason: Option<String>,
    pub(super) code: Option<u16>,
    pub(super) reply: Option<String>,
    /// For those that become pending again.
    pub(super) due: Option<Timestamp>,
    /// Whether this was an attempt that counts.
    pub(super) attempt: bool,
    pub(super) bytes: Option<u64>,
}

impl Settled {
    /// Somebody waits again, until then if there is a time.
    pub(super) fn pending(n: u32, done: u32, due: Option<Timestamp>) -> Settled {
        Settled {
            n,
            state: State::Pending,
            done,
            reason: None,
            code: None,
            reply: None,
            due,
            attempt: false,
            bytes: None,
        }
    }
}

/// What a restart found and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Begun, and certainly not sent: they wait again.
    pub pending: u64,
    /// Finished, though the journal did not know yet.
    pub settled: u64,
    /// Perhaps sent.
    pub uncertain: u64,
}

/// How often each state, reason and so on.
pub type Counts = BTreeMap<State, u64>;

/// A time in which a process sent.
#[derive(Debug, Clone, Serialize)]
pub struct Session {
    /// Its beginning.
    pub begun: Timestamp,
    /// Its end; None for one that goes on, or was cut off.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub how: Option<String>,
    /// What its beginning found of the one before.
    pub recovered: Recovered,
    /// What had cut the one before off: `kill` or `power`.
    pub after: Option<String>,
}
