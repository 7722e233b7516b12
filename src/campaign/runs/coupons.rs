//! Codes of coupons, handed out once and for all: one code a person and coupon, across runs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use sha2::{Digest, Sha256};

use super::CampaignError;
use crate::data::Coupons;
use crate::email::hexadecimal;

/// Which codes are given to whom: `.letterpress/coupons.sqlite`.
#[derive(Debug)]
pub(super) struct Allotments {
    connection: Connection,
    path: PathBuf,
}

impl Allotments {
    pub(super) fn open(path: &Path) -> Result<Allotments, CampaignError> {
        let told = |source: rusqlite::Error| CampaignError::Journal {
            path: path.to_owned(),
            source: Box::new(source),
        };
        let connection = Connection::open(path).map_err(told)?;
        let make = || -> Result<(), rusqlite::Error> {
            connection.busy_timeout(Duration::from_secs(30))?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS allotted (
                    coupon TEXT NOT NULL,
                    person TEXT NOT NULL,
                    code   TEXT NOT NULL,
                    run    TEXT NOT NULL,
                    PRIMARY KEY (coupon, person),
                    UNIQUE (coupon, code)
                 ) STRICT, WITHOUT ROWID",
            )
        };
        make().map_err(told)?;
        Ok(Allotments {
            path: path.to_owned(),
            connection,
        })
    }

    /// Keeps only hashes of the names of people: their codes stay given, and nobody can read to whom.
    pub(super) fn forget(&self, people: &[String]) -> Result<(), CampaignError> {
        let forget = || -> Result<(), rusqlite::Error> {
            self.connection.pragma_update(None, "secure_delete", true)?;
            for person in people {
                let hash = hexadecimal(&Sha256::digest(person));
                self.connection.execute(
                    "UPDATE allotted SET person = ?2 WHERE person = ?1",
                    params![person, format!("forgotten:{hash}")],
                )?;
            }
            // The log of what was written still has them.
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        };
        forget().map_err(|source| CampaignError::Journal {
            path: self.path.clone(),
            source: Box::new(source),
        })
    }

    /// Begins to hand out codes; nothing is given before [`Handing::finish`].
    pub(super) fn hand_out<'a>(
        &'a mut self,
        run: &'a str,
        names: impl Iterator<Item = &'a str>,
        coupons: &'a Coupons,
    ) -> Result<Handing<'a>, CampaignError> {
        let path = self.path.clone();
        let begin = || -> Result<Handing<'a>, rusqlite::Error> {
            // Two plans at once would give the same code twice.
            let behavior = rusqlite::TransactionBehavior::Immediate;
            // The borrow ends with the transaction, which the caller holds.
            let transaction = Transaction::new_unchecked(&self.connection, behavior)?;
            Ok(Handing {
                transaction,
                run,
                queues: Vec::new(),
            })
        };
        let told = |source: rusqlite::Error| CampaignError::Journal {
            path: path.clone(),
            source: Box::new(source),
        };
        let mut handing = begin().map_err(told)?;
        for name in names {
            let free = handing.free(name, coupons).map_err(told)?;
            let known = !coupons.codes(name).is_empty();
            handing.queues.push(Queue {
                coupon: name,
                known,
                free,
                at: 0,
                wanted: 0,
            });
        }
        Ok(handing)
    }
}

/// Codes that are being handed out.
#[derive(Debug)]
pub(super) struct Handing<'a> {
    transaction: Transaction<'a>,
    run: &'a str,
    queues: Vec<Queue<'a>>,
}

/// A coupon's codes that nobody has.
#[derive(Debug)]
struct Queue<'a> {
    coupon: &'a str,
    /// Whether there are any codes of it at all.
    known: bool,
    free: Vec<&'a str>,
    at: usize,
    /// People who needed one, those who got none included.
    wanted: usize,
}

impl<'a> Handing<'a> {
    fn free(&self, coupon: &str, coupons: &'a Coupons) -> Result<Vec<&'a str>, rusqlite::Error> {
        let mut ask = self
            .transaction
            .prepare("SELECT code FROM allotted WHERE coupon = ?1")?;
        let given: HashSet<String> = ask
            .query_map([coupon], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        let codes = coupons.codes(coupon).iter().map(String::as_str);
        Ok(codes
            .filter(|code| !given.contains(*code) && seen.insert(*code))
            .collect())
    }

    /// A person's code of each coupon: the one they have, else the next that nobody has. A coupon without codes, or whose codes
    /// are used up, gives none.
    pub(super) fn codes(
        &mut self,
        person: &str,
    ) -> Result<Vec<(&'a str, String)>, rusqlite::Error> {
        let mut codes = Vec::with_capacity(self.queues.len());
        for queue in &mut self.queues {
            let mut known = self
                .transaction
                .prepare_cached("SELECT code FROM allotted WHERE coupon = ?1 AND person = ?2")?;
            let known: Option<String> = known
                .query_row(params![queue.coupon, person], |row| row.get(0))
                .optional()?;
            if let Some(code) = known {
                codes.push((queue.coupon, code));
                continue;
            }
            queue.wanted += 1;
            let Some(code) = queue.free.get(queue.at) else {
                continue;
            };
            queue.at += 1;
            let mut give = self.transaction.prepare_cached(
                "INSERT INTO allotted (coupon, person, code, run) VALUES (?1, ?2, ?3, ?4)",
            )?;
            give.execute(params![queue.coupon, person, code, self.run])?;
            codes.push((queue.coupon, (*code).to_owned()));
        }
        Ok(codes)
    }

    /// The codes are theirs from now on.
    ///
    /// # Errors
    /// There were fewer codes of a coupon than people who needed one; then nobody has got any. A coupon that has no codes at
    /// all is no error: who needs it is skipped.
    pub(super) fn finish(self) -> Result<(), CampaignError> {
        for queue in &self.queues {
            if queue.wanted > queue.free.len() && queue.known {
                return Err(CampaignError::Codes {
                    coupon: queue.coupon.to_owned(),
                    codes: queue.free.len(),
                    people: queue.wanted,
                });
            }
        }
        let told = |source: rusqlite::Error| CampaignError::Journal {
            path: PathBuf::from("coupons.sqlite"),
            source: Box::new(source),
        };
        self.transaction.commit().map_err(told)
    }
}
