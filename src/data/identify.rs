//! Which lines of data speak of one person (reference A.3): by profile id, else external id, else address, else phone
//! number.

use std::collections::HashMap;

use super::Identity;

/// What a line calls somebody, strongest first, as it is compared: `(0, id)`, `(1, external id)`, `(2, address in lower
/// case)`, `(3, phone number)`.
pub(crate) type Names = Vec<(u8, Box<str>)>;

/// The names of somebody.
pub(crate) fn names(who: &Identity) -> Names {
    let fields = [
        who.id.as_deref().map(Box::from),
        who.external_id.as_deref().map(Box::from),
        who.email
            .as_deref()
            .map(|address| address.to_lowercase().into_boxed_str()),
        who.phone_number.as_deref().map(Box::from),
    ];
    (0..)
        .zip(fields)
        .filter_map(|(kind, name)| Some((kind, name?)))
        .collect()
}

/// People as they come out of many lines: the person of each line, and whose a name is.
#[derive(Debug, Default)]
pub(crate) struct Persons {
    /// For each line, a number; of two people the one with the stronger and then lesser first name has the lower.
    pub(crate) of_line: Vec<u32>,
    /// Of people who share a name the one with the lowest number has it.
    pub(crate) owner: HashMap<(u8, Box<str>), u32>,
    pub(crate) count: u32,
}

/// Puts lines together that are about the same person.
///
/// Lines with the same strongest name are. Such a group belongs to a person known by one of its weaker names as long as
/// nothing between the two says otherwise: `{email}` is whoever has the address, `{external_id, email}` is whoever has
/// the address unless they have another external id. Groups are looked at in the order of their names, so the order
/// of lines does not matter.
pub(crate) fn persons(lines: &[Names]) -> Persons {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|&a, &b| strongest(&lines[a]).cmp(&strongest(&lines[b])));
    let mut persons = Persons {
        of_line: vec![0; lines.len()],
        ..Persons::default()
    };
    // What each person is called.
    let mut called: Vec<Names> = Vec::new();
    for group in order
        .chunk_by(|&a, &b| strongest(&lines[a]) == strongest(&lines[b]) && !lines[a].is_empty())
    {
        let mut all: Names = group
            .iter()
            .flat_map(|&line| lines[line].iter().cloned())
            .collect();
        all.sort();
        all.dedup();
        let person = known(&all, &persons, &called).unwrap_or_else(|| {
            called.push(Names::new());
            persons.count += 1;
            persons.count - 1
        });
        for name in &all {
            let owner = persons.owner.entry(name.clone()).or_insert(person);
            *owner = (*owner).min(person);
        }
        let known = &mut called[person as usize];
        known.extend(all);
        known.sort();
        known.dedup();
        for &line in group {
            persons.of_line[line] = person;
        }
    }
    persons
}

/// The name that a line goes by; lines without any are all different, and last.
pub(crate) fn strongest(names: &Names) -> (u8, &str) {
    names
        .iter()
        .map(|(kind, name)| (*kind, &**name))
        .min()
        .unwrap_or((u8::MAX, ""))
}

fn known(all: &Names, persons: &Persons, called: &[Names]) -> Option<u32> {
    for (kind, name) in all {
        let Some(&person) = persons.owner.get(&(*kind, name.clone())) else {
            continue;
        };
        let theirs = &called[person as usize];
        let contradicts = |stronger: u8| {
            let of = |names: &Names| -> Vec<Box<str>> {
                let these = names.iter().filter(|(kind, _)| *kind == stronger);
                these.map(|(_, name)| name.clone()).collect()
            };
            let (ours, theirs) = (of(all), of(theirs));
            !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|name| theirs.contains(name))
        };
        if !(0..*kind).any(contradicts) {
            return Some(person);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Names {
        let kinds = ["id", "ext", "mail", "tel"];
        text.split_whitespace()
            .map(|word| {
                let (kind, name) = word.split_once(':').unwrap();
                let kind = kinds.iter().position(|known| *known == kind).unwrap();
                (kind as u8, name.into())
            })
            .collect()
    }

    /// The lines of each person, lines and people in order.
    fn together(lines: &[&str]) -> Vec<Vec<String>> {
        let names: Vec<Names> = lines.iter().map(|text| line(text)).collect();
        let persons = persons(&names);
        let mut people = vec![Vec::new(); persons.count as usize];
        for (text, &person) in lines.iter().zip(&persons.of_line) {
            people[person as usize].push((*text).to_owned());
        }
        for person in &mut people {
            person.sort();
        }
        people
    }

    #[test]
    fn the_stronger_name_decides() {
        for (lines, expected) in [
            (vec!["id:X mail:a", "mail:a"], 1),
            (vec!["id:X mail:a", "id:Y mail:a"], 2),
            (
                vec!["id:X mail:a", "ext:7 mail:a", "ext:7 tel:1", "tel:1"],
                1,
            ),
            (vec!["id:X ext:1 mail:a", "ext:2 mail:a"], 2),
            (vec!["ext:1 mail:a", "ext:2 mail:a", "mail:a"], 2),
            (vec!["mail:a tel:1", "mail:b tel:1", "tel:1"], 2),
            (vec!["", "", "mail:a"], 3),
        ] {
            assert_eq!(together(&lines).len(), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_order_of_lines_does_not_matter() {
        // Every order of lines that are tied by shared names in doubtful ways.
        let lines = [
            "id:X mail:a",
            "ext:2 mail:a tel:1",
            "ext:1 mail:a",
            "mail:a",
            "tel:1",
            "mail:b tel:1",
        ];
        let expected = together(&lines);
        let mut seen = 0;
        for code in 0..720usize {
            let (mut left, mut code) = (lines.to_vec(), code);
            let mut order = Vec::new();
            for size in (1..=6).rev() {
                order.push(left.remove(code % size));
                code /= size;
            }
            assert_eq!(together(&order), expected, "{order:?}");
            seen += 1;
        }
        assert_eq!((seen, expected.len()), (720, 3), "{expected:?}");
    }
}
