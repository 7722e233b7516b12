//! The profiles of a shop and the ways to find one.

use std::collections::HashMap;
use std::sync::Arc;

use super::identify::{Names, names, persons};
use super::versions::{Line, Version, settle};
use super::{Identity, Profile};

/// Profiles in order, found by any of their identifiers.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) list: Vec<Arc<Profile>>,
    /// By id, external id, address in lower case, phone number.
    index: HashMap<(u8, Box<str>), u32>,
    /// Addresses that more than one profile has.
    pub(crate) shared_addresses: Vec<String>,
}

/// Lines about people, in any order.
#[derive(Debug, Default)]
pub(crate) struct PeopleBuilder {
    lines: Vec<Line>,
    /// The strongest names there were, to tell that a line speaks of somebody once more.
    seen: HashMap<Box<str>, ()>,
}

impl PeopleBuilder {
    /// Adds what a line says. Tells whether an earlier line goes by the same name.
    pub(crate) fn put(&mut self, line: Line) -> bool {
        let name = match &line {
            Line::Version(_) => line.names().into_iter().min(),
            Line::Merge { .. } => None,
        };
        self.lines.push(line);
        match name {
            Some((kind, name)) => {
                let name = format!("{kind}{name}").into_boxed_str();
                self.seen.insert(name, ()).is_some()
            }
            None => false,
        }
    }

    /// Adds a profile that clears nothing.
    pub(crate) fn profile(&mut self, profile: Profile) {
        self.put(Line::Version(Box::new(Version::of(profile))));
    }

    pub(crate) fn build(self) -> People {
        let lines = self.lines;
        let called: Vec<Names> = lines.iter().map(Line::names).collect();
        let persons = persons(&called);
        // The lines of each person, the person whose line comes first first.
        let mut places: Vec<Option<u32>> = vec![None; persons.count as usize];
        let mut of_person: Vec<Vec<usize>> = Vec::new();
        for (line, &person) in persons.of_line.iter().enumerate() {
            let place = *places[person as usize].get_or_insert_with(|| {
                of_person.push(Vec::new());
                of_person.len() as u32 - 1
            });
            of_person[place as usize].push(line);
        }
        let mut holders: HashMap<&str, (u32, bool)> = HashMap::new();
        for (names, &person) in called.iter().zip(&persons.of_line) {
            for (kind, name) in names {
                if *kind == 2 {
                    let holder = holders.entry(name).or_insert((person, false));
                    holder.1 |= holder.0 != person;
                }
            }
        }
        let mut shared_addresses: Vec<String> = holders
            .into_iter()
            .filter(|(_, (_, shared))| *shared)
            .map(|(name, _)| name.to_owned())
            .collect();
        shared_addresses.sort();
        let place = |person: u32| places[person as usize].unwrap_or_default();
        let index = persons
            .owner
            .into_iter()
            .map(|(name, person)| (name, place(person)))
            .collect();
        let mut lines: Vec<Option<Line>> = lines.into_iter().map(Some).collect();
        let list = of_person
            .into_iter()
            .map(|own| {
                let own: Vec<Line> = own.iter().filter_map(|&at| lines[at].take()).collect();
                Arc::new(match <[Line; 1]>::try_from(own) {
                    Ok([Line::Version(version)]) => version.profile,
                    Ok(one) => settle(&one),
                    Err(many) => settle(&many),
                })
            })
            .collect();
        People {
            list,
            index,
            shared_addresses,
        }
    }
}

impl People {
    /// The place of somebody, by the strongest identifier that is known.
    pub(crate) fn position(&self, who: &Identity) -> Option<u32> {
        names(who)
            .into_iter()
            .find_map(|name| self.index.get(&name).copied())
    }

    /// The profile with a certain identifier: 0 id, 1 external id, 2 address, 3 phone number.
    pub(crate) fn find(&self, kind: u8, name: &str) -> Option<&Arc<Profile>> {
        let name = match kind {
            2 => name.trim().to_lowercase().into_boxed_str(),
            _ => name.into(),
        };
        self.list.get(*self.index.get(&(kind, name))? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Consent;
    use super::super::record::Record;
    use super::*;

    fn people(lines: &[&str]) -> People {
        let mut builder = PeopleBuilder::default();
        for line in lines {
            for record in Record::of_line(line, "profile") {
                match record.unwrap() {
                    Record::Person(line) => builder.put(*line),
                    _ => panic!("a line about a person"),
                };
            }
        }
        builder.build()
    }

    #[test]
    fn a_later_line_sets_what_it_says_and_clears_what_is_null() {
        let people = people(&[
            r#"{"id": "X", "email": "Ada@example.com", "first_name": "A", "title": "Dr", "location": {"city": "Boston", "zip": "02110"},
                "properties": {"Points": 1, "VIP": true}}"#,
            r#"{"email": "ada@example.com", "external_id": "7", "title": null, "location": {"zip": null}, "properties": {"Points": 2, "VIP": null}}"#,
            r#"{"external_id": "7", "email": "new@example.com", "last_name": "B"}"#,
        ]);
        assert_eq!(people.list.len(), 1);
        let ada = people.find(0, "X").unwrap();
        assert_eq!(
            serde_json::to_value(&**ada).unwrap(),
            serde_json::json!({"id": "X", "email": "new@example.com", "external_id": "7", "first_name": "A", "last_name": "B",
                "location": {"city": "Boston"}, "properties": {"Points": 2}})
        );
        // What was recorded under the old address is still theirs.
        assert!(people.find(2, "ADA@example.com").is_some());
        assert!(people.find(2, "NEW@example.com").is_some());
    }

    #[test]
    fn of_two_versions_the_later_updated_counts_else_the_later_line() {
        let name = |lines: &[&str]| people(lines).list[0].first_name.clone().unwrap();
        let line = |name: &str, updated: &str| {
            format!(r#"{{"id": "X", "first_name": "{name}"{updated}}}"#)
        };
        let (old, new) = (
            r#", "updated": "2026-01-01""#,
            r#", "updated": "2026-02-01""#,
        );
        for (first, second, counts) in [
            (old, new, "B"),
            (new, old, "A"),
            ("", "", "B"),
            (new, "", "B"),
            ("", old, "B"),
        ] {
            assert_eq!(
                name(&[&line("A", first), &line("B", second)]),
                counts,
                "{first} {second}"
            );
        }
    }

    #[test]
    fn two_people_may_share_an_address() {
        let people = people(&[
            r#"{"id": "Y", "email": "a@example.com"}"#,
            r#"{"id": "X", "email": "a@example.com"}"#,
        ]);
        assert_eq!(people.find(2, "a@example.com").unwrap().key(), "X");
        assert_eq!(people.list[0].key(), "Y");
        assert_eq!(people.shared_addresses, ["a@example.com"]);
        let who = Identity {
            id: Some("?".into()),
            ..Identity::email("A@example.com")
        };
        assert_eq!(people.position(&who), Some(1));
    }

    #[test]
    fn a_profile_merge_makes_two_profiles_one() {
        let merged = people(&[
            r#"{"id": "D", "location": {"timezone": "Europe/Paris", "city": "Paris"}, "properties": {"color": "green"}}"#,
            r#"{"id": "S", "location": {"timezone": "UTC", "city": "Bath", "zip": "BA1"}, "properties": {"color": "red", "size": "M"},
                "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED", "suppression": [{"reason": "USER_SUPPRESSED"}]}}}}"#,
            r#"{"data":{"type":"profile-merge","id":"D","relationships":{"profiles":{"data":[{"type":"profile","id":"S"}]}}}}"#,
        ]);
        assert_eq!(merged.list.len(), 1);
        let one = merged.find(0, "S").unwrap();
        assert_eq!(
            serde_json::to_value(&**one).unwrap(),
            serde_json::json!({"id": "D", "location": {"timezone": "UTC", "city": "Bath", "zip": "BA1"},
                "properties": {"color": "green", "size": "M"},
                "subscriptions": {"email": {"consent": "SUBSCRIBED", "suppression": [{"reason": "USER_SUPPRESSED"}]}}})
        );
    }

    #[test]
    fn consent_and_suppression_are_news_each_by_itself() {
        let marketing = |json: &str| {
            format!(r#"{{"id": "X", "subscriptions": {{"email": {{"marketing": {json}}}}}}}"#)
        };
        let said = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|json| marketing(json)).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let people = people(&lines);
            let found = &people.list[0];
            (found.consent(), found.suppression().is_some())
        };
        let (yes, no) = (
            r#"{"consent": "SUBSCRIBED"}"#,
            r#"{"consent": "UNSUBSCRIBED"}"#,
        );
        let bounced = r#"{"suppression": [{"reason": "HARD_BOUNCE"}]}"#;
        let none = r#"{"suppression": []}"#;
        assert_eq!(said(&[yes, bounced]), (Consent::Subscribed, true));
        assert_eq!(said(&[bounced, yes]), (Consent::Subscribed, true));
        assert_eq!(said(&[yes, bounced, none]), (Consent::Subscribed, false));
        assert_eq!(said(&[no, bounced, none]), (Consent::Unsubscribed, false));
        assert_eq!(said(&[no, r#"{}"#]), (Consent::Unsubscribed, false));
    }

    #[test]
    fn a_profile_known_by_a_weaker_name_is_merged_when_a_line_ties_it() {
        // The address was somebody of their own until the third line.
        let tied = people(&[
            r#"{"id": "X", "first_name": "Ada"}"#,
            r#"{"email": "a@example.com", "first_name": "A.", "last_name": "Byron"}"#,
            r#"{"id": "X", "email": "a@example.com"}"#,
        ]);
        assert_eq!(tied.list.len(), 1);
        assert_eq!(tied.list[0].full_name().as_deref(), Some("Ada Byron"));
        // Here the second line is news of somebody who has the address.
        let told = people(&[
            r#"{"id": "X", "first_name": "Ada", "email": "a@example.com"}"#,
            r#"{"email": "a@example.com", "first_name": "A.", "last_name": "Byron"}"#,
        ]);
        assert_eq!(told.list[0].full_name().as_deref(), Some("A. Byron"));
    }
}
