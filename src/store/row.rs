//! What a record is, as it goes into a table.

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::StoreError;
use super::read::{Kind, Raw};
use crate::data::{DataError, Event, Identity, Line, Names, Record, instant, names};

/// Where a line belongs among the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i64)]
pub(super) enum RecordKind {
    Metric = 0,
    Item = 1,
    Variant = 2,
    Category = 3,
}

/// A line as it goes into a table.
pub(super) enum Row {
    Person(Box<Line>),
    Event(Box<Event>),
    Record(RecordKind, String),
    Member {
        list: String,
        names: Names,
        joined: Option<Timestamp>,
    },
    Coupon {
        coupon: String,
        code: String,
    },
    PostalCode(PostalCode),
}

/// A postal code and where it is, as GeoNames tells it.
#[derive(Debug, Deserialize)]
pub(super) struct PostalCode {
    pub(super) country: String,
    pub(super) code: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

impl Row {
    /// Reads a line for its table.
    pub(super) fn of(raw: &Raw) -> Result<Row, DataError> {
        #[derive(Deserialize)]
        struct Member {
            list: String,
            #[serde(flatten)]
            who: Names4,
            joined_at: Option<String>,
        }
        #[derive(Deserialize)]
        struct Names4 {
            id: Option<String>,
            external_id: Option<String>,
            email: Option<String>,
            phone_number: Option<String>,
        }
        #[derive(Deserialize)]
        struct Coupon {
            coupon: String,
            code: String,
        }
        let whole = |error: serde_json::Error| DataError::record(error.to_string(), 0..1);
        let expected = match raw.kind {
            Kind::Profiles => "profile",
            Kind::Events => "event",
            Kind::Metrics => "metric",
            Kind::Catalog => "catalog-item",
            Kind::Variants => "catalog-variant",
            Kind::Categories => "catalog-category",
            Kind::Lists => {
                let member: Member = serde_json::from_str(&raw.json).map_err(whole)?;
                let who = Identity {
                    id: member.who.id,
                    external_id: member.who.external_id,
                    email: member.who.email,
                    phone_number: member.who.phone_number,
                };
                if who.is_empty() {
                    return Err(DataError::record("a line of a list names a member", 0..1));
                }
                let joined = match member.joined_at.filter(|text| !text.trim().is_empty()) {
                    None => None,
                    Some(text) => Some(instant(&text).ok_or_else(|| {
                        DataError::record(format!("'joined_at' is no time: {text}"), 0..1)
                    })?),
                };
                return Ok(Row::Member {
                    list: member.list,
                    names: names(&who),
                    joined,
                });
            }
            Kind::Coupons => {
                let Coupon { coupon, code } = serde_json::from_str(&raw.json).map_err(whole)?;
                return Ok(Row::Coupon { coupon, code });
            }
            Kind::PostalCodes => {
                let code: PostalCode = serde_json::from_str(&raw.json).map_err(whole)?;
                return Ok(Row::PostalCode(code));
            }
        };
        let record = Record::of_line(&raw.json, expected).pop();
        let record = record.unwrap_or_else(|| Err(DataError::record("an empty page", 0..1)))?;
        Ok(match record {
            Record::Person(mut line) => {
                if let Line::Version(version) = &mut *line {
                    version.along = raw.along;
                }
                Row::Person(line)
            }
            Record::Event(event) => Row::Event(event),
            Record::Metric(metric) => {
                let key = metric.id.unwrap_or(metric.name);
                Row::Record(RecordKind::Metric, key)
            }
            Record::Item(item) => Row::Record(RecordKind::Item, item.external_id),
            Record::Variant(variant) => Row::Record(RecordKind::Variant, variant.external_id),
            Record::Category(category) => Row::Record(RecordKind::Category, category.external_id),
        })
    }
}

impl Row {
    /// What it is about, for those of which one line is enough.
    pub(super) fn whose(&self, raw: &Raw) -> Option<(&'static str, String)> {
        match self {
            Row::Person(line) if !raw.along && matches!(**line, Line::Version(_)) => {
                let (_, name) = line.names().into_iter().min()?;
                Some(("profile", name.into()))
            }
            Row::Record(RecordKind::Item, key) => Some(("catalog item", key.clone())),
            Row::Record(RecordKind::Variant, key) => Some(("catalog variant", key.clone())),
            _ => None,
        }
    }
}

/// What a text is compared by.
pub(super) fn hash(text: &str) -> i64 {
    number(&Sha256::digest(text))
}

pub(super) fn number(digest: &[u8]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}

/// What a stored line calls its person.
pub(super) fn names_of(json: &str) -> Result<Names, StoreError> {
    Ok(line_of(json, false)?.names())
}

/// A stored line about a person.
pub(super) fn line_of(json: &str, along: bool) -> Result<Line, StoreError> {
    let record = Record::of_line(json, "profile").pop();
    match record {
        Some(Ok(Record::Person(mut line))) => {
            if let Line::Version(version) = &mut *line {
                version.along = along;
            }
            Ok(*line)
        }
        Some(Err(error)) => Err(error.into()),
        _ => Err(DataError::record("a stored line is not about a person", 0..1).into()),
    }
}
