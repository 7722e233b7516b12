//! A row of CSV becomes the JSON of a record.

use super::Kind;
use super::cell::{Type, number};
use super::columns::{Channel, Target};
use super::consent::{consent_of, reasons_of, word_of};
use super::document::quoted;
use super::map::{EveryRow, fold};
use crate::data::instant;

/// A column of a file.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) head: String,
    pub(super) target: Target,
    /// Nobody said what it is; for words about consent that makes a word nobody knows a reason to stop.
    pub(super) by_itself: bool,
}

/// Why a row is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Because of this cell.
    Cell { column: usize, reason: String },
    /// As a whole.
    Row(String),
    /// A word about consent that nobody explained: nothing may be imported.
    Stop(usize),
}

/// The parts of a record on their way to JSON.
#[derive(Default)]
struct Parts {
    top: Object,
    /// Of a person what else is known, of an event who did it.
    inner: Object,
    location: Object,
    properties: Object,
    email: Object,
    sms: Object,
    /// Something that people go by.
    named: bool,
    suppressed: Option<Vec<String>>,
    suppressed_at: Option<String>,
    joined: Object,
}

/// The inside of a JSON object.
#[derive(Default)]
struct Object(String);

impl Object {
    fn put(&mut self, name: &str, json: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&quoted(name));
        self.0.push(':');
        self.0.push_str(json);
    }

    /// Puts an object in, if there is anything in it.
    fn put_object(&mut self, name: &str, object: &Object) {
        if !object.0.is_empty() {
            self.put(name, &format!("{{{}}}", object.0));
        }
    }

    fn json(&self) -> String {
        format!("{{{}}}", self.0)
    }
}

/// The records of a row: one; of a list's row two, where it says more of a person than that they are on the list.
pub(super) fn records(
    kind: Kind,
    list: &str,
    columns: &[Column],
    cells: &[&str],
    every: Option<&EveryRow>,
) -> Result<Vec<(Kind, String)>, Wrong> {
    let mut parts = Parts::default();
    for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
        match put(&mut parts, kind, column, cell) {
            Ok(()) => {}
            Err(None) => return Err(Wrong::Stop(place)),
            Err(Some(reason)) => {
                return Err(Wrong::Cell {
                    column: place,
                    reason,
                });
            }
        }
    }
    let need = |name: &str| -> Result<(), Wrong> {
        let is_it =
            |column: &Column| matches!(column.target, Target::Field(field) if field == name);
        let column = columns.iter().position(is_it);
        let reason = format!("'{name}' is needed");
        match column {
            Some(column) if cells.get(column).is_none_or(|cell| cell.trim().is_empty()) => {
                Err(Wrong::Cell { column, reason })
            }
            Some(_) => Ok(()),
            None => Err(Wrong::Row(reason)),
        }
    };
    match kind {
        Kind::Profiles | Kind::Lists | Kind::Events if !parts.named => {
            let told = "this names nobody: an email address, a phone number or an id is needed";
            return Err(Wrong::Row(told.to_owned()));
        }
        Kind::Events => {
            need("metric")?;
            need("time")?;
        }
        Kind::Catalog | Kind::Variants | Kind::Categories => need("external_id")?,
        Kind::Metrics => need("name")?,
        Kind::Coupons => {
            need("coupon")?;
            need("code")?;
        }
        Kind::PostalCodes => {
            for name in ["country", "code", "latitude", "longitude"] {
                need(name)?;
            }
        }
        Kind::Profiles | Kind::Lists => {}
    }
    Ok(finish(kind, list, parts, every))
}

fn finish(
    kind: Kind,
    list: &str,
    mut parts: Parts,
    every: Option<&EveryRow>,
) -> Vec<(Kind, String)> {
    match kind {
        Kind::Profiles | Kind::Lists => {
            let mut member = Object::default();
            if kind == Kind::Lists {
                member.put("list", &quoted(list));
                member.0.push(',');
                member.0.push_str(&parts.top.0);
                if !parts.joined.0.is_empty() {
                    member.0.push(',');
                    member.0.push_str(&parts.joined.0);
                }
            }
            if let Some(every) = every {
                if let Some(consent) = every.consent {
                    parts.email.put("consent", &quoted(word_of(consent)));
                }
                if let Some(reason) = every.suppression {
                    let reasons = parts.suppressed.get_or_insert_default();
                    reasons.push(reason.to_owned());
                }
            }
            if let Some(reasons) = &parts.suppressed {
                let since = parts.suppressed_at.take().unwrap_or("null".to_owned());
                let all: Vec<String> = reasons
                    .iter()
                    .map(|reason| format!("{{\"reason\":\"{reason}\",\"timestamp\":{since}}}"))
                    .collect();
                parts
                    .email
                    .put("suppression", &format!("[{}]", all.join(",")));
            }
            let mut subscriptions = Object::default();
            for (name, channel) in [("email", &parts.email), ("sms", &parts.sms)] {
                let mut marketing = Object::default();
                marketing.put_object("marketing", channel);
                subscriptions.put_object(name, &marketing);
            }
            let names_only = parts.top.0.len();
            let mut person = parts.top;
            if !parts.inner.0.is_empty() {
                person.0.push(',');
                person.0.push_str(&parts.inner.0);
            }
            person.put_object("location", &parts.location);
            person.put_object("properties", &parts.properties);
            person.put_object("subscriptions", &subscriptions);
            let more = person.0.len() > names_only;
            let mut records = Vec::new();
            if kind == Kind::Profiles || more {
                records.push((Kind::Profiles, person.json()));
            }
            if kind == Kind::Lists {
                records.push((Kind::Lists, member.json()));
            }
            records
        }
        Kind::Events => {
            parts.top.put_object("profile", &parts.inner);
            parts.top.put_object("properties", &parts.properties);
            vec![(kind, parts.top.json())]
        }
        Kind::Catalog | Kind::Variants => {
            parts.top.put_object("custom_metadata", &parts.properties);
            vec![(kind, parts.top.json())]
        }
        _ => vec![(kind, parts.top.json())],
    }
}

/// Puts a cell where it belongs. `Err(None)`: stop; `Err(Some(reason))`: the row is not taken.
fn put(parts: &mut Parts, kind: Kind, column: &Column, cell: &str) -> Result<(), Option<String>> {
    let trimmed = cell.trim();
    match &column.target {
        Target::Ignore => Ok(()),
        Target::Consent { channel, words } => {
            let folded = fold(cell);
            let said = words
                .iter()
                .find(|(_, known)| known.iter().any(|word| fold(word) == folded));
            match said {
                Some((said, _)) => {
                    channel_of(parts, *channel).put("consent", &quoted(word_of(*said)));
                    Ok(())
                }
                None if trimmed.is_empty() => Ok(()),
                None => Err(Some("the map does not say what this means".to_owned())),
            }
        }
        Target::Suppression { reason, yes, no } => {
            let folded = fold(cell);
            let among = |words: &[String]| words.iter().any(|word| fold(word) == folded);
            if among(yes) {
                let reasons = parts.suppressed.get_or_insert_default();
                reasons.push(reason.clone());
            } else if among(no) && !trimmed.is_empty() {
                parts.suppressed.get_or_insert_default();
            } else if !trimmed.is_empty() {
                return Err(Some("the map does not say what this means".to_owned()));
            }
            Ok(())
        }
        // An empty cell is a field that is left alone.
        _ if trimmed.is_empty() => Ok(()),
        Target::Property {
            name,
            kind,
            separator,
        } => {
            let name = name.as_deref().unwrap_or(column.head.trim());
            parts
                .properties
                .put(name, &kind.json(cell, separator).map_err(Some)?);
            Ok(())
        }
        Target::Field(name) => match kind {
            Kind::Profiles | Kind::Lists => of_person(parts, name, column, trimmed),
            Kind::Events => of_event(parts, name, trimmed).map_err(Some),
            _ => {
                parts.top.put(name, &of_thing(name, trimmed).map_err(Some)?);
                Ok(())
            }
        },
    }
}

fn channel_of(parts: &mut Parts, channel: Channel) -> &mut Object {
    match channel {
        Channel::Email => &mut parts.email,
        Channel::Sms => &mut parts.sms,
    }
}

fn of_person(
    parts: &mut Parts,
    name: &str,
    column: &Column,
    cell: &str,
) -> Result<(), Option<String>> {
    match name {
        "email" | "id" | "external_id" | "phone_number" => {
            parts.named = true;
            parts.top.put(name, &quoted(cell));
        }
        "joined_at" => parts.joined.put(name, &time(cell).map_err(Some)?),
        "created" | "updated" | "last_event_date" => {
            parts.inner.put(name, &time(cell).map_err(Some)?);
        }
        "consent" | "sms_consent" => {
            let channel = match name {
                "consent" => Channel::Email,
                _ => Channel::Sms,
            };
            match consent_of(cell) {
                Some(said) => channel_of(parts, channel).put("consent", &quoted(word_of(said))),
                None if column.by_itself => return Err(None),
                None => {
                    return Err(Some(
                        "this is none of SUBSCRIBED, NEVER_SUBSCRIBED, UNSUBSCRIBED".to_owned(),
                    ));
                }
            }
        }
        "suppression" => match reasons_of(cell) {
            Some(reasons) => {
                let all = parts.suppressed.get_or_insert_default();
                all.extend(reasons.into_iter().map(str::to_owned));
            }
            None if column.by_itself => return Err(None),
            None => {
                return Err(Some(
                    "this is no reason of Klaviyo's suppressions".to_owned(),
                ));
            }
        },
        "consent_timestamp" => parts.email.put(name, &time(cell).map_err(Some)?),
        "sms_consent_timestamp" => {
            let time = time(cell).map_err(Some)?;
            parts.sms.put("consent_timestamp", &time);
        }
        "suppression_timestamp" => parts.suppressed_at = Some(time(cell).map_err(Some)?),
        _ => place(parts, name, cell).map_err(Some)?,
    }
    Ok(())
}

/// Fields of a person's place stand in an object of their own.
fn place(parts: &mut Parts, name: &str, cell: &str) -> Result<(), String> {
    const LOCATION: [&str; 10] = [
        "address1",
        "address2",
        "city",
        "region",
        "country",
        "zip",
        "latitude",
        "longitude",
        "timezone",
        "ip",
    ];
    let json = match name {
        "latitude" | "longitude" => a_number(cell)?,
        _ => quoted(cell),
    };
    if !LOCATION.contains(&name) {
        parts.inner.put(name, &json);
        return Ok(());
    }
    parts.location.put(name, &json);
    Ok(())
}

fn of_event(parts: &mut Parts, name: &str, cell: &str) -> Result<(), String> {
    match name {
        "email" | "external_id" | "phone_number" | "profile_id" => {
            parts.named = true;
            let name = if name == "profile_id" { "id" } else { name };
            parts.inner.put(name, &quoted(cell));
        }
        "time" => parts.top.put(name, &time(cell)?),
        "value" => parts.top.put(name, &a_number(cell)?),
        _ => parts.top.put(name, &quoted(cell)),
    }
    Ok(())
}

/// A field of an item, a variant, a category, a metric, a coupon or a postal code.
fn of_thing(name: &str, cell: &str) -> Result<String, String> {
    match name {
        // A price may be a text: `19.90 EUR`.
        "price" | "regular_price" => Ok(number(cell).unwrap_or_else(|| quoted(cell))),
        "inventory_quantity" | "inventory_policy" | "latitude" | "longitude" => a_number(cell),
        "published" => Type::Boolean.json(cell, ""),
        "categories" => Type::List.json(cell, ","),
        "created" | "updated" => time(cell),
        _ => Ok(quoted(cell)),
    }
}

fn time(cell: &str) -> Result<String, String> {
    match instant(cell) {
        Some(_) => Ok(quoted(cell)),
        None => Type::Date.json(cell, ""),
    }
}

fn a_number(cell: &str) -> Result<String, String> {
    number(cell).ok_or_else(|| "this is no number".to_owned())
}
