//! Taking a person out: lines about them, their events, their places on lists, and every word they were found by.

use std::collections::BTreeSet;

use rusqlite::params;

use super::row::line_of;
use super::settle::{owner, remove_person, whos_of};
use super::write::forgotten_hash;
use super::{IMPORTS, Store, StoreError};
use crate::data::{Identity, Line, Names, Profile, names};

/// What was taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Lines about them.
    pub lines: usize,
    /// Their events.
    pub events: usize,
    /// Lists they were on.
    pub lists: usize,
    /// Files of the data folder that still name them. Those are their owner's to change; what they say of the person is
    /// left out from now on.
    pub still_in: Vec<String>,
}

impl Store {
    /// All that a person is called by the lines about them, whoever tells the names.
    ///
    /// ```
    /// use letterpress::data::{Identity, Profile};
    /// use letterpress::store::Store;
    /// let store = Store::in_memory()?;
    /// let ada = Profile::from_json(r#"{"email": "ada@example.com"}"#)?;
    /// assert_eq!(store.called(&ada)?, [Identity::from(&ada)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn called(&self, profile: &Profile) -> Result<Vec<Identity>, StoreError> {
        called(&self.connection(), profile).map_err(|error| error.of(self.path()))
    }

    /// Forgets a person. Only hashes of their names stay, so that no file that still has them brings them back.
    ///
    /// # Errors
    /// The database cannot be written. Nothing has changed then.
    pub fn forget(&mut self, profile: &Profile) -> Result<Forgotten, StoreError> {
        let forgotten = {
            let connection = self.connection();
            let mut forgotten =
                forget(&connection, profile).map_err(|error| error.of(self.path()))?;
            for file in &mut forgotten.still_in {
                *file = self.shown(file);
            }
            forgotten
        };
        self.forget_what_was_read();
        Ok(forgotten)
    }
}

fn called(
    connection: &rusqlite::Connection,
    profile: &Profile,
) -> Result<Vec<Identity>, StoreError> {
    let own = Identity::from(profile);
    let mut person = None;
    for (kind, name) in &names(&own) {
        person = person.or(owner(connection, *kind, name)?);
    }
    let mut all = vec![own];
    let mut statement = connection.prepare("SELECT json, along FROM profile WHERE person = ?")?;
    let mut rows = statement.query([person])?;
    while let Some(row) = rows.next()? {
        let json: String = row.get(0)?;
        if let Line::Version(version) = line_of(&json, row.get(1)?)? {
            let one = Identity::from(&version.profile);
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    Ok(all)
}

fn forget(connection: &rusqlite::Connection, profile: &Profile) -> Result<Forgotten, StoreError> {
    let mut called: BTreeSet<(u8, Box<str>)> = BTreeSet::new();
    let mut forgotten = Forgotten::default();
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    let own: Names = names(&Identity::from(profile));
    let mut person = None;
    for (kind, name) in &own {
        person = person.or(owner(&transaction, *kind, name)?);
    }
    called.extend(own);
    if let Some(person) = person {
        let lines = {
            let mut statement = transaction.prepare(
                "SELECT line_id, along, json, profile.source, name FROM profile LEFT JOIN source USING (source)
                 WHERE person = ?",
            )?;
            let rows = statement.query_map([person], |row| {
                let place: (i64, Option<String>) = (row.get(3)?, row.get(4)?);
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, place))
            })?;
            rows.collect::<Result<Vec<(i64, bool, String, (i64, Option<String>))>, _>>()?
        };
        for (id, along, json, (source, file)) in lines {
            for (kind, name) in line_of(&json, along)?.names() {
                transaction.execute(
                    "DELETE FROM name WHERE kind = ? AND value = ? AND line_id = ?",
                    params![kind, &*name, id],
                )?;
                called.insert((kind, name));
            }
            transaction.execute("DELETE FROM profile WHERE line_id = ?", [id])?;
            forgotten.lines += 1;
            if let Some(file) = file.filter(|_| source < IMPORTS)
                && !forgotten.still_in.contains(&file)
            {
                forgotten.still_in.push(file);
            }
        }
        for who in whos_of(&transaction, person)? {
            let mut statement =
                transaction.prepare("DELETE FROM event WHERE who = ? RETURNING source")?;
            let sources = statement
                .query_map([who], |row| row.get(0))?
                .collect::<Result<Vec<i64>, _>>()?;
            forgotten.events += sources.len();
            if let Some(source) = sources.into_iter().find(|source| *source < IMPORTS) {
                let file: String = transaction.query_row(
                    "SELECT name FROM source WHERE source = ?",
                    [source],
                    |row| row.get(0),
                )?;
                if !forgotten.still_in.contains(&file) {
                    forgotten.still_in.push(file);
                }
            }
            transaction.execute("DELETE FROM who WHERE who = ?", [who])?;
        }
        remove_person(&transaction, person)?;
    }
    for name in &called {
        let (kind, value) = name;
        let files = {
            let mut statement = transaction.prepare_cached(
                "SELECT source.name FROM member JOIN source USING (source)
                 WHERE kind = ? AND value = ? AND source < ? ORDER BY source",
            )?;
            let files = statement.query_map(params![kind, &**value, IMPORTS], |row| row.get(0))?;
            files.collect::<Result<Vec<String>, _>>()?
        };
        for file in files {
            if !forgotten.still_in.contains(&file) {
                forgotten.still_in.push(file);
            }
        }
        forgotten.lists += transaction.execute(
            "DELETE FROM member WHERE kind = ? AND value = ?",
            params![kind, &**value],
        )?;
        transaction.execute(
            "INSERT OR IGNORE INTO forgotten VALUES (?)",
            [forgotten_hash(name)],
        )?;
    }
    // What was told of lines may quote them.
    transaction.execute("UPDATE finding SET text = NULL WHERE text IS NOT NULL", [])?;
    transaction.execute(
        "INSERT INTO person_text (person_text) VALUES ('optimize')",
        [],
    )?;
    super::lookup::change_state(&transaction)?;
    transaction.commit()?;
    // The log of what was written still has it; nobody else may be reading for this to succeed.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    Ok(forgotten)
}
