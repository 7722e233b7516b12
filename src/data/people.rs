//! The profiles of a shop and the ways to find one.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Identity, Profile};

/// Profiles in order, found by any of their identifiers.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) list: Vec<Arc<Profile>>,
    /// By id, external id, address in lower case, phone number.
    index: [HashMap<Box<str>, u32>; 4],
    /// Addresses that more than one profile has.
    pub(crate) shared_addresses: Vec<String>,
}

/// The identifiers of a profile, strongest first, as they are looked up.
fn identifiers(who: &Identity) -> [Option<String>; 4] {
    [
        who.id.clone(),
        who.external_id.clone(),
        who.email.as_deref().map(str::to_lowercase),
        who.phone_number.clone(),
    ]
}

impl People {
    /// Adds a profile; one that is already there is replaced, at its place. Tells whether it was there.
    ///
    /// The same person is: the same id; or the same external id, address or phone number while none of the
    /// stronger identifiers says otherwise.
    pub(crate) fn put(&mut self, mut profile: Profile) -> bool {
        let who = identifiers(&Identity::from(&profile));
        let known = self.same_person(&who);
        let at = match known {
            Some(at) => at,
            None => self.list.len() as u32,
        };
        if let Some(old) = known.and_then(|at| self.list.get(at as usize)) {
            let old = old.clone();
            for (index, gone) in self
                .index
                .iter_mut()
                .zip(identifiers(&Identity::from(&*old)))
            {
                if let Some(gone) = gone
                    && index.get(gone.as_str()) == Some(&at)
                {
                    index.remove(gone.as_str());
                }
            }
            let Identity {
                id,
                external_id,
                email,
                phone_number,
            } = Identity::from(&*old);
            profile.id = profile.id.or(id);
            profile.external_id = profile.external_id.or(external_id);
            profile.email = profile.email.or(email);
            profile.phone_number = profile.phone_number.or(phone_number);
        }
        for (number, (index, name)) in self
            .index
            .iter_mut()
            .zip(identifiers(&Identity::from(&profile)))
            .enumerate()
        {
            let Some(name) = name else { continue };
            // The first to have an address keeps it.
            let owner = *index.entry(name.clone().into_boxed_str()).or_insert(at);
            if owner != at && number == 2 {
                self.shared_addresses.push(name);
            }
        }
        match known {
            Some(at) => self.list[at as usize] = Arc::new(profile),
            None => self.list.push(Arc::new(profile)),
        }
        known.is_some()
    }

    fn same_person(&self, who: &[Option<String>; 4]) -> Option<u32> {
        for (strength, name) in who.iter().enumerate() {
            let Some(name) = name else { continue };
            let Some(&at) = self.index[strength].get(name.as_str()) else {
                continue;
            };
            let other = identifiers(&Identity::from(&**self.list.get(at as usize)?));
            let differs = |i: usize| matches!((&who[i], &other[i]), (Some(a), Some(b)) if a != b);
            if !(0..strength).any(differs) {
                return Some(at);
            }
        }
        None
    }

    /// Adds a profile unless it is there.
    pub(crate) fn put_if_absent(&mut self, profile: Profile) {
        if self
            .same_person(&identifiers(&Identity::from(&profile)))
            .is_none()
        {
            self.put(profile);
        }
    }

    /// The place of somebody, by the strongest identifier that is known.
    pub(crate) fn position(&self, who: &Identity) -> Option<u32> {
        let find = |strength: usize, name: &Option<String>| {
            self.index[strength].get(name.as_deref()?).copied()
        };
        find(0, &who.id)
            .or_else(|| find(1, &who.external_id))
            .or_else(|| find(2, &who.email.as_deref().map(str::to_lowercase)))
            .or_else(|| find(3, &who.phone_number))
    }

    /// The profile with a certain identifier: 0 id, 1 external id, 2 address, 3 phone number.
    pub(crate) fn find(&self, strength: usize, name: &str) -> Option<&Arc<Profile>> {
        let at = match strength {
            2 => self.index[2].get(name.trim().to_lowercase().as_str()),
            _ => self.index[strength].get(name),
        };
        self.list.get(*at? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(json: &str) -> Profile {
        Profile::from_json(json).unwrap()
    }

    #[test]
    fn the_later_line_of_a_person_wins_and_keeps_its_identifiers() {
        let mut people = People::default();
        assert!(!people.put(profile(
            r#"{"id": "X", "email": "Ada@example.com", "first_name": "A"}"#
        )));
        assert!(people.put(profile(
            r#"{"email": "ada@example.com", "external_id": "7"}"#
        )));
        assert!(people.put(profile(
            r#"{"external_id": "7", "email": "new@example.com", "last_name": "B"}"#
        )));
        assert_eq!(people.list.len(), 1);
        let ada = people.find(0, "X").unwrap();
        assert_eq!(
            (
                ada.key(),
                ada.first_name.as_deref(),
                ada.last_name.as_deref()
            ),
            ("X", None, Some("B"))
        );
        assert!(
            people.find(2, "ADA@example.com").is_none()
                && people.find(2, "NEW@example.com").is_some()
        );
    }

    #[test]
    fn two_people_may_share_an_address() {
        let mut people = People::default();
        people.put(profile(r#"{"id": "X", "email": "a@example.com"}"#));
        assert!(!people.put(profile(r#"{"id": "Y", "email": "a@example.com"}"#)));
        assert_eq!(people.find(2, "a@example.com").unwrap().key(), "X");
        assert_eq!(people.shared_addresses, ["a@example.com"]);
        assert_eq!(
            people.position(&Identity {
                id: Some("?".into()),
                ..Identity::email("A@example.com")
            }),
            Some(0)
        );
    }
}
