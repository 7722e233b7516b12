//! Finding people by a word of what is known about them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Profile;
use crate::value::{self, Value};

/// Without case and without accents, so that `jose` finds José.
pub(crate) fn folded(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of a query, folded.
pub(crate) fn words(query: &str) -> Vec<String> {
    query.split_whitespace().map(folded).collect()
}

/// What a person is found by, folded, one field a line: address and names first, then ids, then the values of properties.
pub(crate) fn text(profile: &Profile) -> String {
    let name = profile.full_name();
    let fields = [
        &profile.email,
        &name,
        &profile.external_id,
        &profile.id,
        &profile.phone_number,
        &profile.organization,
    ];
    let mut lines: Vec<String> = fields
        .into_iter()
        .flatten()
        .map(|field| folded(field))
        .collect();
    for name in value::items(&profile.properties).unwrap_or_default() {
        let name = name.as_str().unwrap_or_default();
        leaves(value::key(&profile.properties, name).as_ref(), &mut lines);
    }
    lines.join("\n")
}

/// The texts and numbers of a value; those of members are found, too.
fn leaves(of: Option<&Value>, lines: &mut Vec<String>) {
    let Some(of) = of else { return };
    if of.as_str().is_some() || of.is_number() {
        lines.push(folded(&value::text(of)));
    } else if let Ok(members) = of.try_iter() {
        for member in members {
            match value::key(of, member.as_str().unwrap_or_default()) {
                Some(inner) => leaves(Some(&inner), lines),
                None => leaves(Some(&member), lines),
            }
        }
    }
}

/// How near a person's [`text`] is to the words of a query: the smaller, the nearer; None when a word is not there at all.
pub(crate) fn distance(text: &str, words: &[String]) -> Option<usize> {
    let mut sum = 0;
    for word in words {
        let places =
            text.match_indices(word.as_str())
                .map(|(at, _)| match text[..at].chars().next_back() {
                    None | Some('\n') => 0,
                    Some(c) if !c.is_alphanumeric() => 1,
                    Some(_) => 2,
                });
        sum += places.min()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_names_somebody_is_found() {
        let profile = Profile::from_json(
            r#"{"id": "01JD", "email": "Jose@Example.com", "first_name": "José", "last_name": "Núñez",
                "properties": {"Tags": ["Green Tea", 7], "Pet": {"name": "Rex"}, "VIP": true, "none": null}}"#,
        )
        .unwrap();
        let text = text(&profile);
        assert_eq!(
            text,
            "jose@example.com\njose nunez\n01jd\ngreen tea\n7\nrex"
        );
        let near = |query: &str| distance(&text, &words(query));
        assert_eq!(
            [
                near("JOSÉ"),
                near("tea"),
                near("ose"),
                near("jose rex"),
                near("")
            ],
            [Some(0), Some(1), Some(2), Some(0), Some(0)]
        );
        assert_eq!(near("jose cat"), None);
    }
}
