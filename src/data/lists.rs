//! The members of lists: `lists/NAME.csv`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::people::People;
use super::{Identity, ListMember, Membership, Profile, instant};
use crate::diagnostic::{Diagnostic, Source};

/// Somebody who is on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) who: Identity,
    pub(crate) joined: Option<Timestamp>,
}

/// Lists and who is on them.
#[derive(Debug, Default)]
pub(crate) struct MailingLists(BTreeMap<String, Vec<Member>>);

impl MailingLists {
    /// Adds the list of a file: a head that names the column `email` (or `id`, `external_id`, `phone_number`) and
    /// perhaps `joined_at`, then a member a line. A line that names nobody, or a time that is none, is a finding.
    pub(crate) fn put_csv(&mut self, list: &str, source: &Arc<Source>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let members = self.0.entry(list.to_owned()).or_default();
        let text = source.text().trim_start_matches('\u{feff}');
        let shift = source.text().len() - text.len();
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let column = |headers: &csv::StringRecord, names: &[&str]| {
            headers
                .iter()
                .position(|head| names.iter().any(|name| head.eq_ignore_ascii_case(name)))
        };
        let columns = reader.headers().map(|headers| {
            (
                column(headers, &["email"]),
                column(headers, &["id"]),
                column(headers, &["external_id"]),
                column(headers, &["phone_number"]),
                column(headers, &["joined_at", "joined"]),
            )
        });
        let (email, id, external_id, phone_number, joined) = match columns {
            Ok(columns @ (email, id, external_id, phone_number, _))
                if [email, id, external_id, phone_number] != [None; 4] =>
            {
                columns
            }
            _ if text.trim().is_empty() => return findings,
            _ => {
                let told = "the first line names the columns: email,joined_at";
                let head = shift..shift + text.lines().next().unwrap_or_default().len();
                findings
                    .push(Diagnostic::warning("broken-record", told).at(source.location(head), ""));
                return findings;
            }
        };
        for row in reader.records() {
            let mut tell = |told: String, row: Option<&csv::StringRecord>| {
                let start = row
                    .and_then(csv::StringRecord::position)
                    .map_or(0, |position| shift + position.byte() as usize);
                let rest = &source.text()[start.min(source.text().len())..];
                let start = start + (rest.len() - rest.trim_start().len());
                let line = rest.trim_start().lines().next().unwrap_or_default();
                findings.push(
                    Diagnostic::warning("broken-record", told)
                        .at(source.location(start..start + line.len()), ""),
                );
            };
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    tell(format!("this is no CSV: {error}"), None);
                    continue;
                }
            };
            let cell = |column: Option<usize>| {
                let text = row.get(column?)?;
                (!text.is_empty()).then(|| text.to_owned())
            };
            let who = Identity {
                id: cell(id),
                external_id: cell(external_id),
                email: cell(email),
                phone_number: cell(phone_number),
            };
            if who.is_empty() {
                tell("a line of a list names a member".to_owned(), Some(&row));
                continue;
            }
            let joined = match cell(joined) {
                None => None,
                Some(text) => match instant(&text) {
                    Some(time) => Some(time),
                    None => {
                        tell(format!("'joined_at' is no time: {text}"), Some(&row));
                        continue;
                    }
                },
            };
            members.push(Member { who, joined });
        }
        findings
    }

    /// The names of all lists, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// The known people on a list: of two lines about one of them the earlier time counts.
    pub(crate) fn members(&self, list: &str, people: &People) -> Vec<ListMember> {
        let mut joined: BTreeMap<u32, Option<Timestamp>> = BTreeMap::new();
        for member in self.0.get(list).into_iter().flatten() {
            if let Some(place) = people.position(&member.who) {
                let known = joined.entry(place).or_insert(member.joined);
                *known = match (*known, member.joined) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
        }
        let found = joined.into_iter().filter_map(|(place, joined)| {
            let profile = people.list.get(place as usize)?;
            Some((Arc::new(Identity::from(&**profile)), joined))
        });
        found.collect()
    }

    /// The lists that somebody is on: of two lines about them the earlier time counts.
    pub(crate) fn of(&self, profile: &Profile, people: &People) -> Vec<Membership> {
        let place = people.position(&Identity::from(profile));
        let is_them = |member: &&Member| place.is_some() && people.position(&member.who) == place;
        self.0
            .iter()
            .filter_map(|(list, members)| {
                let times: Vec<Option<Timestamp>> = members
                    .iter()
                    .filter(is_them)
                    .map(|member| member.joined)
                    .collect();
                (!times.is_empty()).then(|| Membership {
                    list: list.clone(),
                    joined: times.into_iter().flatten().min(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::people::PeopleBuilder;
    use super::*;

    #[test]
    fn members_are_found_by_any_name_and_broken_lines_are_told() {
        let mut people = PeopleBuilder::default();
        people.profile(
            Profile::from_json(r#"{"id": "X", "email": "Ada@example.com", "external_id": "7"}"#)
                .unwrap(),
        );
        let people = people.build();
        let mut lists = MailingLists::default();
        let text = "\u{feff}Email,joined_at\r\nada@example.com,2025-02-04\r\n,2025-01-01\r\nada@example.com,2025-01-04T00:00:00Z\r\nbo@example.com,soon\r\n";
        let findings = lists.put_csv("newsletter", &Source::new("newsletter.csv", text));
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("newsletter.csv:3:1"), "{}", told[0]);
        assert!(told[1].contains("newsletter.csv:5:1"), "{}", told[1]);
        assert!(
            lists
                .put_csv("vip", &Source::new("vip.csv", "external_id\n7\n8\n"))
                .is_empty()
        );
        let ada = people.find(0, "X").unwrap();
        let membership = |list: &str, joined: Option<&str>| Membership {
            list: list.into(),
            joined: joined.map(|text| text.parse().unwrap()),
        };
        assert_eq!(
            lists.of(ada, &people),
            [
                membership("newsletter", Some("2025-01-04T00:00:00Z")),
                membership("vip", None)
            ]
        );
        assert_eq!(lists.names(), ["newsletter", "vip"]);
        let findings = lists.put_csv("x", &Source::new("x.csv", "name\nAda\n"));
        assert_eq!(findings.len(), 1);
    }
}
