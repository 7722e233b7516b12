//! The properties of a profile as definitions name them: `first_name`, `location['city']`, `properties['Favorite Tea']`.

use super::evidence::View;
use super::held::{Held, Number};

/// A property of a profile.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Property {
    /// One of those that Klaviyo knows, by its place in [`WELL_KNOWN`].
    WellKnown(&'static str),
    /// One of `location`.
    Location(&'static str),
    /// One of the account's own.
    Custom(String),
}

pub(super) const WELL_KNOWN: [&str; 15] = [
    "email",
    "phone_number",
    "external_id",
    "first_name",
    "last_name",
    "organization",
    "title",
    "locale",
    "image",
    "created",
    "updated",
    "last_event_date",
    "first_active",
    "last_active",
    "source",
];

pub(super) const LOCATION: [&str; 9] = [
    "address1",
    "address2",
    "city",
    "region",
    "country",
    "zip",
    "latitude",
    "longitude",
    "timezone",
];

impl Property {
    /// Reads a property's name as definitions write it. What is neither well known nor written `properties['…']` is none.
    pub(super) fn parse(text: &str) -> Option<Property> {
        let well_known = WELL_KNOWN.iter().find(|name| **name == text);
        if let Some(name) = well_known {
            return Some(Property::WellKnown(name));
        }
        let (base, key) = subscript(text)?;
        match base {
            "properties" => Some(Property::Custom(key)),
            "location" => {
                let name = LOCATION.iter().find(|name| **name == key)?;
                Some(Property::Location(name))
            }
            _ => None,
        }
    }

    /// For a person to read.
    pub(super) fn shown(&self) -> String {
        match self {
            Property::WellKnown(name) => name.replace('_', " "),
            Property::Location(name) => (*name).to_owned(),
            Property::Custom(name) => name.clone(),
        }
    }

    /// What a person's profile holds.
    pub(super) fn held<'v>(&self, view: &View<'v>) -> Option<Held<'v>> {
        let profile = view.profile;
        let text = |field: &'v Option<String>| field.as_deref().map(Held::text_of);
        match self {
            Property::Custom(name) => profile.property(name).as_ref().and_then(Held::of),
            Property::Location(name) => {
                let location = &profile.location;
                match *name {
                    "address1" => text(&location.address1),
                    "address2" => text(&location.address2),
                    "city" => text(&location.city),
                    "region" => text(&location.region),
                    "country" => text(&location.country),
                    "zip" => text(&location.zip),
                    "timezone" => text(&location.timezone),
                    "latitude" => location.latitude.map(|n| Held::Number(Number::float(n))),
                    _ => location.longitude.map(|n| Held::Number(Number::float(n))),
                }
            }
            Property::WellKnown(name) => match *name {
                "email" => text(&profile.email),
                "phone_number" => text(&profile.phone_number),
                "external_id" => text(&profile.external_id),
                "first_name" => text(&profile.first_name),
                "last_name" => text(&profile.last_name),
                "organization" => text(&profile.organization),
                "title" => text(&profile.title),
                "locale" => text(&profile.locale),
                "image" => text(&profile.image),
                "created" => profile.created.map(Held::Time),
                "updated" => profile.updated.map(Held::Time),
                "last_event_date" => profile.last_event_date.map(Held::Time),
                "first_active" => view.active().map(|(first, _)| Held::Time(first)),
                "last_active" => view.active().map(|(_, last)| Held::Time(last)),
                // Stored under the name it had in the old API.
                _ => profile.property("$source").as_ref().and_then(Held::of),
            },
        }
    }
}

/// `base['key']`, with `\'` and `\\` in the key.
fn subscript(text: &str) -> Option<(&str, String)> {
    let (base, rest) = text.split_once('[')?;
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut key = String::new();
    let mut rest = rest[1..].chars();
    loop {
        match rest.next()? {
            '\\' => match rest.next()? {
                c if c == quote || c == '\\' => key.push(c),
                _ => return None,
            },
            c if c == quote => break,
            c => key.push(c),
        }
    }
    (rest.as_str() == "]").then_some((base, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_klaviyo_writes_them_and_nothing_is_guessed() {
        let custom = |name: &str| Some(Property::Custom(name.to_owned()));
        assert_eq!(
            Property::parse("properties['Favorite Tea']"),
            custom("Favorite Tea")
        );
        assert_eq!(
            Property::parse(r"properties['it\'s \\']"),
            custom(r"it's \")
        );
        assert_eq!(
            Property::parse("location['city']"),
            Some(Property::Location("city"))
        );
        assert_eq!(Property::parse("email"), Some(Property::WellKnown("email")));
        for wrong in [
            "Favorite Tea",
            "properties[x]",
            "properties['x'",
            "properties['x']y",
            "location['planet']",
            "",
            "a['b']",
        ] {
            assert_eq!(Property::parse(wrong), None, "{wrong}");
        }
    }
}
