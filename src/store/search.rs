//! Finding people in the store: by trigrams, and by the beginnings of addresses and names for one or two characters.

use rusqlite::{Connection, Row, params};

use super::lookup::profiles_of;
use super::{Store, StoreError};
use crate::data::{Found, Profile, search};

/// So many people are looked at closely when more than are wanted may match: enough to put the nearest first, few enough to
/// answer while somebody types, even where each has to be fetched from a disk.
const LOOKED_AT: usize = 200;

/// What a person is found by.
pub(super) struct Words {
    text: String,
    /// The words of the address and of the name, and whether they stand inside.
    starts: Vec<(bool, String)>,
}

impl Words {
    pub(super) fn of(profile: &Profile) -> Words {
        let name = profile.full_name();
        let fields = [profile.email.as_deref(), name.as_deref()];
        let mut starts = Vec::new();
        for field in fields.into_iter().flatten() {
            let folded = search::folded(field);
            let words = folded.split_whitespace().enumerate();
            starts.extend(words.map(|(at, word)| (at > 0, word.to_owned())));
        }
        Words {
            text: search::text(profile),
            starts,
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
    let mut word = connection
        .prepare_cached("INSERT OR IGNORE INTO word (inside, word, person) VALUES (?, ?, ?)")?;
    for (inside, start) in &words.starts {
        word.execute(params![inside, start, person])?;
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
        let starts = beginning_with(&connection, longest(&words), enough)?;
        let many = starts.len() == enough;
        if many && words.len() == 1 {
            // Nobody is nearer than who begins with it, so nobody needs to be looked at.
            let mut first: Vec<i64> = starts
                .iter()
                .filter(|one| !one.0)
                .map(|one| one.1)
                .collect();
            first.sort_unstable();
            first.dedup();
            if first.len() >= most {
                first.truncate(most);
                return Ok(Found {
                    people: profiles_of(&connection, &first)?,
                    matches: None,
                });
            }
        }
        let mut candidates = texts_of(&connection, &starts)?;
        let trigrams = trigrams(&words);
        // What is too short is found at beginnings only, so of two words there may always be more.
        let mut complete = !many && words.len() == 1;
        if !trigrams.is_empty() {
            let anywhere = having(&connection, &trigrams, enough)?;
            complete = anywhere.len() < enough;
            candidates.extend(anywhere);
        }
        let mut found: Vec<(usize, i64)> = candidates
            .iter()
            .filter_map(|(person, text)| Some((search::distance(text, &words)?, *person)))
            .collect();
        // Who was there first, first.
        found.sort_unstable();
        found.dedup();
        let matches = complete.then_some(found.len());
        let nearest: Vec<i64> = found.iter().take(most).map(|(_, one)| *one).collect();
        Ok(Found {
            people: profiles_of(&connection, &nearest)?,
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

/// People, and the text they are found by.
type Candidates = Vec<(i64, String)>;

fn candidate(row: &Row<'_>) -> Result<(i64, String), rusqlite::Error> {
    Ok((row.get(0)?, row.get(1)?))
}

/// Whose address or name has a word that begins so, and whether it stands inside; at most so many, those at the beginning
/// first.
fn beginning_with(
    connection: &Connection,
    start: &str,
    most: usize,
) -> Result<Vec<(bool, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT inside, person FROM word WHERE inside = ? AND word >= ? AND word < ? LIMIT ?",
    )?;
    let end = format!("{start}\u{10ffff}");
    let mut found = Vec::new();
    for inside in [false, true] {
        let rest = (most - found.len()) as i64;
        let people = statement.query_map(params![inside, start, end, rest], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        found.extend(people.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

fn texts_of(connection: &Connection, starts: &[(bool, i64)]) -> Result<Candidates, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT rowid, text FROM person_text WHERE rowid = ?")?;
    let mut people: Vec<i64> = starts.iter().map(|one| one.1).collect();
    people.sort_unstable();
    people.dedup();
    people
        .into_iter()
        .map(|person| Ok(statement.query_row([person], candidate)?))
        .collect()
}

/// Runs of three characters that the words are made of; one that lies between two others says nothing more, and each costs
/// a walk along all people who have it.
fn trigrams(words: &[String]) -> Vec<String> {
    let mut trigrams: Vec<String> = Vec::new();
    for word in words {
        let characters: Vec<char> = word.chars().collect();
        let Some(last) = characters.len().checked_sub(3) else {
            continue;
        };
        for start in (0..last).step_by(3).chain([last]) {
            let trigram: String = characters[start..start + 3].iter().collect();
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
) -> Result<Candidates, StoreError> {
    let quoted: Vec<String> = trigrams
        .iter()
        .map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\"")))
        .collect();
    let mut statement = connection
        .prepare_cached("SELECT rowid, text FROM person_text WHERE person_text MATCH ? LIMIT ?")?;
    let people = statement.query_map(params![quoted.join(" AND "), most as i64], candidate)?;
    Ok(people.collect::<Result<_, _>>()?)
}
