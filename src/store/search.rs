//! Finding people in the store: by trigrams, and by the beginnings of addresses and names for one or two characters.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::lookup::profiles_of;
use super::{Store, StoreError};
use crate::data::{Found, Profile, search};

/// So many people are looked at closely when more than are wanted may match: enough to put the nearest first, few enough to
/// answer while somebody types.
const LOOKED_AT: usize = 500;

/// What a person is found by.
pub(super) struct Words {
    text: String,
    /// What an address or a name begins with.
    starts: Vec<String>,
}

impl Words {
    pub(super) fn of(profile: &Profile) -> Words {
        let names = [&profile.email, &profile.first_name, &profile.last_name];
        let folded = names.into_iter().flatten().map(|name| search::folded(name));
        Words {
            text: search::text(profile),
            starts: folded
                .flat_map(|name| {
                    let parts = name.split_whitespace().map(str::to_owned);
                    parts.collect::<Vec<_>>()
                })
                .collect(),
        }
    }
}

/// Adds the words that a person is found by.
pub(super) fn index_person(
    connection: &Connection,
    person: i64,
    words: &Words,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO person_text (rowid, text) VALUES (?, ?)")?
        .execute(params![person, words.text])?;
    let mut word =
        connection.prepare_cached("INSERT OR IGNORE INTO word (word, person) VALUES (?, ?)")?;
    for start in &words.starts {
        word.execute(params![start, person])?;
    }
    Ok(())
}

/// Takes those words out.
pub(super) fn unindex_person(connection: &Connection, person: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM person_text WHERE rowid = ?")?
        .execute([person])?;
    connection
        .prepare_cached("DELETE FROM word WHERE person = ?")?
        .execute([person])?;
    Ok(())
}

impl Store {
    /// People who have all words of the query, the nearest of those that were looked at first.
    pub(super) fn found(&self, query: &str, most: usize) -> Result<Found, StoreError> {
        let connection = self.connection();
        let words = search::words(query);
        if words.is_empty() {
            let mut statement = connection
                .prepare_cached("SELECT person FROM person ORDER BY source, line LIMIT ?")?;
            let first = statement
                .query_map([most as i64], |row| row.get(0))?
                .collect::<Result<Vec<i64>, _>>()?;
            let all: i64 =
                connection.query_row("SELECT count(*) FROM person", [], |row| row.get(0))?;
            return Ok(Found {
                people: profiles_of(&connection, &first)?,
                matches: Some(all as usize),
            });
        }
        let enough = most.max(LOOKED_AT);
        // Whose address or name begins with the longest word, then who has it anywhere.
        let mut candidates = beginning_with(&connection, longest(&words), enough)?;
        let trigrams = trigrams(&words);
        let mut complete = candidates.len() < enough;
        if !trigrams.is_empty() {
            let anywhere = having(&connection, &trigrams, enough)?;
            complete = anywhere.len() < enough;
            candidates.extend(anywhere);
        } else {
            // What is too short is found at beginnings only, so there may always be more.
            complete &= words.len() == 1;
        }
        let mut seen = std::collections::HashSet::new();
        candidates.retain(|person| seen.insert(*person));
        let mut found: Vec<(usize, usize, Arc<Profile>)> = Vec::new();
        for (at, profile) in profiles_of(&connection, &candidates)?
            .into_iter()
            .enumerate()
        {
            if let Some(distance) = search::distance(&search::text(&profile), &words) {
                found.push((distance, at, profile));
            }
        }
        found.sort_by_key(|(distance, at, _)| (*distance, *at));
        let matches = complete.then_some(found.len());
        found.truncate(most);
        Ok(Found {
            people: found.into_iter().map(|(_, _, profile)| profile).collect(),
            matches,
        })
    }
}

fn longest(words: &[String]) -> &str {
    words
        .iter()
        .max_by_key(|word| word.chars().count())
        .map_or("", String::as_str)
}

fn beginning_with(
    connection: &Connection,
    start: &str,
    most: usize,
) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT person FROM word WHERE word >= ? AND word < ? LIMIT ?")?;
    let end = format!("{start}\u{10ffff}");
    let people = statement.query_map(params![start, end, most as i64], |row| row.get(0))?;
    Ok(people.collect::<Result<_, _>>()?)
}

/// All runs of three characters in the words.
fn trigrams(words: &[String]) -> Vec<String> {
    let mut trigrams: Vec<String> = Vec::new();
    for word in words {
        let characters: Vec<char> = word.chars().collect();
        for three in characters.windows(3) {
            let trigram: String = three.iter().collect();
            if !trigrams.contains(&trigram) {
                trigrams.push(trigram);
            }
        }
    }
    trigrams
}

fn having(
    connection: &Connection,
    trigrams: &[String],
    most: usize,
) -> Result<Vec<i64>, StoreError> {
    let quoted: Vec<String> = trigrams
        .iter()
        .map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\"")))
        .collect();
    let mut statement = connection
        .prepare_cached("SELECT rowid FROM person_text WHERE person_text MATCH ? LIMIT ?")?;
    let people =
        statement.query_map(params![quoted.join(" AND "), most as i64], |row| row.get(0))?;
    Ok(people.collect::<Result<_, _>>()?)
}
