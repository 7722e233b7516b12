//! The journal of a run: one row for each person, in SQLite, so that nothing that was decided is ever lost.
//!
//! Rows go from pending to intended to a final state. Intents are on the disk before the first byte of a message leaves;
//! many share one write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::CampaignError;
use super::delivery::{Counts, Delivery, Planned, Recovered, Session, Settled, State, Waiting};
use super::people::Place;

/// The journal.
#[derive(Debug)]
pub(super) struct Journal {
    connection: Connection,
    path: PathBuf,
}

const ROW: &str = "n, key, address, state, reason, code, reply, attempts, intended, settled, bytes, place, length";

impl Journal {
    /// Makes the journal of a new run.
    pub(super) fn create(path: &Path) -> Result<Journal, CampaignError> {
        let journal = Journal::connect(path)?;
        let made = journal
            .connection
            .execute_batch(include_str!("journal.sql"));
        made.map_err(|error| journal.error(error))?;
        Ok(journal)
    }

    /// Opens a journal to write or to read.
    pub(super) fn open(path: &Path) -> Result<Journal, CampaignError> {
        if !path.is_file() {
            return Err(CampaignError::Journal {
                path: path.to_owned(),
                source: "there is no such file".into(),
            });
        }
        Journal::connect(path)
    }

    fn connect(path: &Path) -> Result<Journal, CampaignError> {
        let told = |source: rusqlite::Error| CampaignError::Journal {
            path: path.to_owned(),
            source: Box::new(source),
        };
        let connection = Connection::open(path).map_err(told)?;
        let set = || -> Result<(), rusqlite::Error> {
            connection.busy_timeout(Duration::from_secs(30))?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            // A commit is on the disk when it returns: an intent that a power cut takes back would be a message sent twice.
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
            connection.pragma_update(None, "cache_size", -(8 << 10))?;
            // What is forgotten is gone from the file.
            connection.pragma_update(None, "secure_delete", true)
        };
        set().map_err(told)?;
        Ok(Journal {
            path: path.to_owned(),
            connection,
        })
    }

    fn error(&self, source: rusqlite::Error) -> CampaignError {
        CampaignError::Journal {
            path: self.path.clone(),
            source: Box::new(source),
        }
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, CampaignError> {
        question(&self.connection).map_err(|error| self.error(error))
    }

    /// Writes rows of a plan, numbered from `first`; the journal of a plan need not be durable before its end.
    pub(super) fn plan(&mut self, first: u32, rows: &[Planned]) -> Result<(), CampaignError> {
        let path = self.path.clone();
        let mut write = || -> Result<(), rusqlite::Error> {
            let transaction = self.connection.transaction()?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO delivery (n, key, address, place, length, state, reason, reply, bytes, settled)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?;
                for (n, row) in (first..).zip(rows) {
                    let settled = (row.state != State::Pending).then(now);
                    insert.execute(params![
                        n,
                        row.key,
                        row.address,
                        row.place.offset as i64,
                        row.place.length,
                        row.state.number(),
                        row.reason,
                        row.detail,
                        row.bytes.map(|bytes| bytes as i64),
                        settled,
                    ])?;
                }
            }
            transaction.commit()
        };
        write().map_err(|source| CampaignError::Journal {
            path,
            source: Box::new(source),
        })
    }

    /// Whether commits wait for the disk: a plan has nothing to lose until it is whole.
    pub(super) fn hurry(&self, hurry: bool) -> Result<(), CampaignError> {
        self.ask(|c| c.pragma_update(None, "synchronous", if hurry { "off" } else { "full" }))
    }

    /// Everything is in one file, and on the disk.
    pub(super) fn checkpoint(&self) -> Result<(), CampaignError> {
        self.ask(|c| c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
    }

    /// People who wait for their first turn, in the order of the plan, after the number `after`.
    pub(super) fn waiting(&self, after: i64, most: usize) -> Result<Vec<Waiting>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare_cached(
                "SELECT n, key, place, length, done, attempts FROM delivery
                 WHERE n > ?1 AND state = 0 AND due IS NULL ORDER BY n LIMIT ?2",
            )?;
            ask.query_map(params![after, most as i64], waiting_row)?
                .collect()
        })
    }

    /// People whose next turn has come.
    pub(super) fn due(&self, at: Timestamp, most: usize) -> Result<Vec<Waiting>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare_cached(
                "SELECT n, key, place, length, done, attempts FROM delivery
                 WHERE due <= ?1 AND state = 0 ORDER BY due, n LIMIT ?2",
            )?;
            ask.query_map(params![at.as_millisecond(), most as i64], waiting_row)?
                .collect()
        })
    }

    /// When the next turn of somebody comes who waits for it.
    pub(super) fn next_due(&self) -> Result<Option<Timestamp>, CampaignError> {
        let next: Option<i64> = self.ask(|c| {
            c.query_row(
                "SELECT min(due) FROM delivery WHERE due IS NOT NULL AND state = 0",
                [],
                |row| row.get(0),
            )
        })?;
        Ok(next.map(time))
    }

    /// Intents and results, in one durable write. The rows of `intended` are on the disk when this returns.
    pub(super) fn commit(
        &mut self,
        intended: &[u32],
        settled: &[Settled],
    ) -> Result<(), CampaignError> {
        let path = self.path.clone();
        let at = now();
        let mut write = || -> Result<(), rusqlite::Error> {
            let transaction = self.connection.transaction()?;
            {
                let mut settle = transaction.prepare_cached(
                    "UPDATE delivery SET state = ?2, done = ?3, reason = ?4, code = ?5, reply = ?6, due = ?7,
                     attempts = attempts + ?8, settled = ?9, bytes = coalesce(?10, bytes) WHERE n = ?1",
                )?;
                for one in settled {
                    let is_final = one.state != State::Pending;
                    settle.execute(params![
                        one.n,
                        one.state.number(),
                        one.done,
                        one.reason,
                        one.code,
                        one.reply,
                        one.due.map(Timestamp::as_millisecond),
                        i64::from(one.attempt),
                        is_final.then_some(at),
                        one.bytes.map(|bytes| bytes as i64),
                    ])?;
                }
                let mut intend = transaction.prepare_cached(
                    "UPDATE delivery SET state = 1, intended = ?2, due = NULL WHERE n = ?1",
                )?;
                for n in intended {
                    intend.execute(params![n, at])?;
                }
            }
            transaction.commit()
        };
        write().map_err(|source| CampaignError::Journal {
            path,
            source: Box::new(source),
        })
    }

    /// Those that were begun and of which nothing is known, with the sinks that had them.
    pub(super) fn unfinished(&self) -> Result<Vec<(u32, u32)>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare("SELECT n, done FROM delivery WHERE state = 1")?;
            ask.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// Where a person's line is.
    pub(super) fn place(&self, n: u32) -> Result<Option<Place>, CampaignError> {
        self.ask(|c| {
            c.query_row(
                "SELECT place, length FROM delivery WHERE n = ?1",
                [n],
                |row| {
                    Ok(Place {
                        offset: row.get::<_, i64>(0)? as u64,
                        length: row.get(1)?,
                    })
                },
            )
            .optional()
        })
    }

    /// How many there are in each state.
    pub(super) fn counts(&self) -> Result<Counts, CampaignError> {
        self.ask(|c| {
            let mut ask =
                c.prepare_cached("SELECT state, count(*) FROM delivery GROUP BY state")?;
            let rows = ask.query_map([], |row| {
                Ok((State::of(row.get(0)?), row.get::<_, i64>(1)? as u64))
            })?;
            rows.collect()
        })
    }

    /// How many there are of each reason in a state, the commonest first.
    pub(super) fn reasons(&self, state: State) -> Result<Vec<(String, u64)>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare_cached(
                "SELECT coalesce(reason, ''), count(*) FROM delivery WHERE state = ?1 GROUP BY 1 ORDER BY 2 DESC, 1",
            )?;
            let rows = ask.query_map([state.number()], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)? as u64))
            })?;
            rows.collect()
        })
    }

    /// Each row in a state (or in any), in the order of the plan.
    pub(super) fn each(
        &self,
        state: Option<State>,
        mut take: impl FnMut(Delivery) -> bool,
    ) -> Result<(), CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare(&format!(
                "SELECT {ROW} FROM delivery WHERE ?1 IS NULL OR state = ?1 ORDER BY n"
            ))?;
            let mut rows = ask.query([state.map(State::number)])?;
            while let Some(row) = rows.next()? {
                if !take(delivery_row(row)?) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The rows of a person: by address, whatever its case, or by the profile's key.
    pub(super) fn find(&self, who: &str) -> Result<Vec<Delivery>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare(&format!(
                "SELECT {ROW} FROM delivery WHERE key = ?1 OR lower(address) = lower(?1) ORDER BY n LIMIT 6"
            ))?;
            ask.query_map([who], delivery_row)?.collect()
        })
    }

    /// All rows of a person, however many: by the profile's key, or by address, whatever its case.
    pub(super) fn all_of(&self, who: &str) -> Result<Vec<Delivery>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare_cached(&format!(
                "SELECT {ROW} FROM delivery WHERE (key = ?1 OR lower(address) = lower(?1)) AND key <> '' ORDER BY n"
            ))?;
            ask.query_map([who], delivery_row)?.collect()
        })
    }

    /// Those that are in one of these states wait again, at once; not those who were forgotten.
    pub(super) fn again(
        &self,
        states: &[State],
        reason: Option<&str>,
    ) -> Result<u64, CampaignError> {
        let mut changed = 0;
        for state in states {
            changed += self.ask(|c| {
                c.execute(
                    "UPDATE delivery SET state = 0, due = NULL, attempts = 0, reason = NULL, settled = NULL
                     WHERE state = ?1 AND (?2 IS NULL OR reason = ?2) AND key <> ''",
                    params![state.number(), reason],
                )
            })?;
        }
        Ok(changed as u64)
    }

    /// Those that wait will not be sent.
    pub(super) fn cancel(&self) -> Result<u64, CampaignError> {
        let changed = self.ask(|c| {
            c.execute(
                "UPDATE delivery SET state = ?1, due = NULL, reason = 'cancelled', settled = ?2 WHERE state = 0",
                params![State::Cancelled.number(), now()],
            )
        })?;
        Ok(changed as u64)
    }

    /// Begins a session.
    pub(super) fn begin(&self, boot: &str) -> Result<i64, CampaignError> {
        self.ask(|c| {
            c.execute(
                "INSERT INTO session (begun, boot, pid) VALUES (?1, ?2, ?3)",
                params![now(), boot, std::process::id()],
            )?;
            Ok(c.last_insert_rowid())
        })
    }

    /// Notes what a session's beginning recovered.
    pub(super) fn recovered(
        &self,
        session: i64,
        what: Recovered,
        after: &str,
    ) -> Result<(), CampaignError> {
        self.ask(|c| {
            c.execute(
                "UPDATE session SET recovered_pending = ?2, recovered_settled = ?3, recovered_uncertain = ?4,
                 recovered_after = ?5 WHERE id = ?1",
                params![session, what.pending as i64, what.settled as i64, what.uncertain as i64, after],
            )?;
            Ok(())
        })
    }

    /// Ends a session.
    pub(super) fn end(&self, session: i64, how: &str) -> Result<(), CampaignError> {
        self.ask(|c| {
            c.execute(
                "UPDATE session SET ended = ?2, how = ?3 WHERE id = ?1",
                params![session, now(), how],
            )?;
            Ok(())
        })
    }

    /// The start of the machine in which the last session ran.
    pub(super) fn last_boot(&self) -> Result<Option<String>, CampaignError> {
        self.ask(|c| {
            c.query_row(
                "SELECT boot FROM session ORDER BY id DESC LIMIT 1",
                [],
                |row| row.get(0),
            )
            .optional()
        })
    }

    /// The sessions: when each began and ended, and how.
    pub(super) fn sessions(&self) -> Result<Vec<Session>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare(
                "SELECT begun, ended, how, recovered_pending, recovered_settled, recovered_uncertain, recovered_after
                 FROM session ORDER BY id",
            )?;
            let rows = ask.query_map([], |row| {
                Ok(Session {
                    begun: time(row.get(0)?),
                    ended: row.get::<_, Option<i64>>(1)?.map(time),
                    how: row.get(2)?,
                    recovered: Recovered {
                        pending: row.get::<_, i64>(3)? as u64,
                        settled: row.get::<_, i64>(4)? as u64,
                        uncertain: row.get::<_, i64>(5)? as u64,
                    },
                    after: row.get(6)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Messages that were sent in each minute, or hour, or whatever has so many milliseconds.
    pub(super) fn per(&self, milliseconds: i64) -> Result<Vec<(Timestamp, u64)>, CampaignError> {
        self.ask(|c| {
            let mut ask = c.prepare(
                "SELECT settled / ?1 * ?1, count(*) FROM delivery WHERE state = 2 AND settled IS NOT NULL GROUP BY 1 ORDER BY 1",
            )?;
            let rows = ask.query_map([milliseconds.max(1)], |row| {
                Ok((time(row.get(0)?), row.get::<_, i64>(1)? as u64))
            })?;
            rows.collect()
        })
    }

    /// When the first message was sent, and the last.
    pub(super) fn sent_between(&self) -> Result<Option<(Timestamp, Timestamp)>, CampaignError> {
        let (first, last): (Option<i64>, Option<i64>) = self.ask(|c| {
            c.query_row(
                "SELECT min(settled), max(settled) FROM delivery WHERE state = 2",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })?;
        Ok(first
            .zip(last)
            .map(|(first, last)| (time(first), time(last))))
    }

    /// The keys of those to whom something was sent since a time, or may have been.
    pub(super) fn reached_since(&self, at: Timestamp) -> Result<Vec<String>, CampaignError> {
        self.ask(|c| {
            let mut ask =
                c.prepare("SELECT key FROM delivery WHERE state IN (2, 5) AND settled >= ?1")?;
            ask.query_map([at.as_millisecond()], |row| row.get(0))?
                .collect()
        })
    }

    /// Takes a person out of their row: address, key, and what was said about them. What became of the message stays. Who
    /// waited is skipped; of whom a process that was cut off had begun, nobody can tell any more.
    pub(super) fn forget(&self, n: u32) -> Result<(), CampaignError> {
        self.ask(|c| {
            c.execute(
                "UPDATE delivery SET key = '', address = '', reply = NULL, due = NULL,
                 settled = CASE WHEN state IN (0, 1) THEN ?4 ELSE settled END,
                 reason = CASE WHEN state IN (0, 1) THEN 'forgotten' ELSE reason END,
                 state = CASE state WHEN 0 THEN ?2 WHEN 1 THEN ?3 ELSE state END WHERE n = ?1",
                params![n, State::Skipped.number(), State::Uncertain.number(), now()],
            )?;
            Ok(())
        })
    }
}

fn waiting_row(row: &Row<'_>) -> Result<Waiting, rusqlite::Error> {
    Ok(Waiting {
        n: row.get(0)?,
        key: row.get(1)?,
        place: Place {
            offset: row.get::<_, i64>(2)? as u64,
            length: row.get(3)?,
        },
        done: row.get(4)?,
        attempts: row.get(5)?,
    })
}

fn delivery_row(row: &Row<'_>) -> Result<Delivery, rusqlite::Error> {
    Ok(Delivery {
        n: row.get(0)?,
        key: row.get(1)?,
        address: row.get(2)?,
        state: State::of(row.get(3)?),
        reason: row.get(4)?,
        code: row.get(5)?,
        reply: row.get(6)?,
        attempts: row.get(7)?,
        intended: row.get::<_, Option<i64>>(8)?.map(time),
        settled: row.get::<_, Option<i64>>(9)?.map(time),
        bytes: row.get::<_, Option<i64>>(10)?.map(|bytes| bytes as u64),
        place: Place {
            offset: row.get::<_, i64>(11)? as u64,
            length: row.get(12)?,
        },
    })
}

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}
