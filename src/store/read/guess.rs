//! What a file is and holds, where nobody says so.

use super::{Input, Kind};
use crate::data::Fields;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Empty,
    Json,
    Csv,
    /// Postal codes: twelve columns between tabs, no head.
    GeoNames,
}

/// By its first lines, and its ending where they leave doubts.
pub(super) fn format(bytes: &[u8], input: &Input) -> Format {
    let text = bytes.trim_ascii_start();
    let Some(first) = text.first() else {
        return Format::Empty;
    };
    let ending = input.ending();
    if matches!(ending.as_str(), "json" | "jsonl" | "ndjson") {
        return Format::Json;
    }
    if ending == "csv" || ending == "tsv" {
        return Format::Csv;
    }
    if matches!(first, b'{' | b'[') {
        return Format::Json;
    }
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let cells: Vec<&[u8]> = line.split(|b| *b == b'\t').collect();
    let country = cells[0].len() == 2 && cells[0].iter().all(u8::is_ascii_uppercase);
    if cells.len() == 12 && country {
        Format::GeoNames
    } else {
        Format::Csv
    }
}

/// The kind of records that do not say it themselves; it is settled with the first of them.
pub(super) struct Guess {
    stated: Option<Kind>,
    by_name: Option<Kind>,
    settled: Option<Kind>,
}

impl Guess {
    pub(super) fn new(input: &Input, stated: Option<Kind>) -> Guess {
        Guess {
            stated,
            by_name: kind_of_name(input),
            settled: None,
        }
    }

    pub(super) fn known(&self) -> Option<Kind> {
        self.settled
    }

    /// The kind; `fields` looks into the first record.
    pub(super) fn kind(&mut self, fields: impl FnOnce() -> Option<Kind>) -> Option<Kind> {
        if self.settled.is_none() {
            self.settled = self.stated.or(self.by_name).or_else(fields);
        }
        self.settled
    }
}

/// What a file's name and folder say.
fn kind_of_name(input: &Input) -> Option<Kind> {
    match input.folder() {
        "lists" => return Some(Kind::Lists),
        "postal-codes" => return Some(Kind::PostalCodes),
        _ => {}
    }
    let stem = input.stem().to_lowercase();
    let known = [
        ("profiles", Kind::Profiles),
        ("events", Kind::Events),
        ("metrics", Kind::Metrics),
        ("catalog", Kind::Catalog),
        ("items", Kind::Catalog),
        ("variants", Kind::Variants),
        ("categories", Kind::Categories),
        ("coupons", Kind::Coupons),
        ("postal-codes", Kind::PostalCodes),
    ];
    let kind = |name: &str| {
        known
            .iter()
            .find(|(start, _)| name.starts_with(start))
            .map(|(_, kind)| *kind)
    };
    // `catalog-variants.jsonl` is better known by its second word.
    let rest = stem
        .strip_prefix("catalog-")
        .or(stem.strip_prefix("catalog_"));
    rest.and_then(kind).or_else(|| kind(&stem))
}

/// What the fields of an untyped record say.
pub(super) fn kind_of_fields(text: &str) -> Option<Kind> {
    let fields = Fields::of_record(text).ok()?;
    kind_of_names(|name| fields.raw(name).is_some())
}

/// What the names of fields or columns say.
pub(super) fn kind_of_names(has: impl Fn(&str) -> bool) -> Option<Kind> {
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let person = any(&["email", "phone_number", "external_id", "id"]);
    if has("coupon") && has("code") {
        return Some(Kind::Coupons);
    }
    if has("country") && has("code") && has("latitude") {
        return Some(Kind::PostalCodes);
    }
    let time = any(&["time", "timestamp", "datetime"]);
    if time && any(&["metric", "event", "metric_id"]) || has("event_properties") {
        return Some(Kind::Events);
    }
    if any(&["sku", "item", "item_id"]) && any(&["external_id", "id"]) {
        return Some(Kind::Variants);
    }
    if has("title") && any(&["price", "url", "image_full_url"]) {
        return Some(Kind::Catalog);
    }
    if person && any(&["list", "joined_at"]) {
        return Some(Kind::Lists);
    }
    if any(&["email", "phone_number", "first_name", "last_name"]) {
        return Some(Kind::Profiles);
    }
    if has("integration") && has("name") {
        return Some(Kind::Metrics);
    }
    if has("external_id") && has("name") {
        return Some(Kind::Categories);
    }
    if has("external_id") && has("properties") {
        return Some(Kind::Profiles);
    }
    None
}
