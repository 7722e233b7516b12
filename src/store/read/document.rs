//! What one JSON document holds: a record, the body of a request, a page of many.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use memchr::memchr_iter;
use serde_json::value::RawValue;

use super::guess::{Guess, kind_of_fields};
use super::rejected::brief;
use super::scan::{Data, Scan, Shape, Step};
use super::{Input, Kind, Out, ReadError, Rejected};
use crate::data::{DataError, Fields, person_of_event, without_lone_surrogates};

/// Bodies of requests for many at once, and the list in them.
const JOBS: [(&str, &str); 8] = [
    ("profile-bulk-import-job", "profiles"),
    ("profile-subscription-bulk-create-job", "profiles"),
    ("catalog-item-bulk-create-job", "items"),
    ("catalog-item-bulk-update-job", "items"),
    ("catalog-variant-bulk-create-job", "variants"),
    ("catalog-variant-bulk-update-job", "variants"),
    ("catalog-category-bulk-create-job", "categories"),
    ("catalog-category-bulk-update-job", "categories"),
];

/// Turns documents into records.
pub(super) struct Documents {
    guess: Guess,
    name: String,
    list: String,
    /// Hashes of the people in bodies of events: most are in many, and one row of each says it all.
    people: HashSet<u64>,
}

/// What a record is by its own word.
enum Stated<'t> {
    Kind(Kind),
    Nothing,
    Other(&'t str),
}

impl Documents {
    pub(super) fn new(input: &Input, kind: Option<Kind>) -> Documents {
        Documents {
            guess: Guess::new(input, kind),
            name: input.name(),
            list: input.stem(),
            people: HashSet::new(),
        }
    }

    /// The kind of records that do not name theirs, if there were any.
    pub(super) fn default_kind(&self) -> Option<Kind> {
        self.guess.known()
    }

    /// Takes the document that `bytes` are, which begins at the line `line`.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        shape: &Shape,
        line: u64,
        out: &mut Out<'_>,
    ) -> Result<(), ReadError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.valid_up_to();
                let length = error.error_len().unwrap_or(1);
                let number = line + memchr_iter(b'\n', &bytes[..at]).count() as u64;
                let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
                let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
                let place = at - start..at - start + length;
                let reason = "this is not UTF-8";
                out.reject(Rejected::line(number, &bytes[start..end], place, reason));
                return Ok(());
            }
        };
        if shape.halves
            && let Some(repaired) = without_lone_surrogates(text)
        {
            let mut scan = Scan::default();
            scan.run(repaired.as_bytes());
            return self.document(&repaired, &scan.shape, line, out);
        }
        self.document(text, shape, line, out)
    }

    fn document(
        &mut self,
        text: &str,
        shape: &Shape,
        line: u64,
        out: &mut Out<'_>,
    ) -> Result<(), ReadError> {
        if shape.data == Data::List {
            return self.page(text, line, out);
        }
        if shape.data == Data::Object && !shape.attributes {
            return self.body(text, shape, line, out);
        }
        self.record(text, shape, false, line, out)
    }

    /// One resource, or attributes alone.
    fn record(
        &mut self,
        text: &str,
        shape: &Shape,
        along: bool,
        line: u64,
        out: &mut Out<'_>,
    ) -> Result<(), ReadError> {
        let kind = match stated(text, &shape.kind, shape.attributes) {
            Stated::Kind(kind) => kind,
            // What comes along and is nothing of ours (tags, lists) was asked for by somebody else.
            Stated::Other(_) if along => return Ok(()),
            Stated::Other("coupon-code") => {
                self.coupon_code(text, line, out);
                return Ok(());
            }
            Stated::Other(other) => {
                out.reject(unknown_type(text, other, line));
                return Ok(());
            }
            Stated::Nothing => match self.guess.kind(|| kind_of_fields(text)) {
                Some(kind) => kind,
                None => {
                    return Err(ReadError::UnknownKind {
                        name: self.name.clone(),
                    });
                }
            },
        };
        let json = match kind {
            Kind::Lists => self.member(text),
            _ => text.to_owned(),
        };
        out.record(line, kind, along, json);
        Ok(())
    }

    /// `{"data": {…}}`, as Klaviyo answers and is asked.
    fn body(
        &mut self,
        text: &str,
        shape: &Shape,
        line: u64,
        out: &mut Out<'_>,
    ) -> Result<(), ReadError> {
        let kind = match stated(text, &shape.inner_kind, shape.inner_attributes) {
            Stated::Kind(kind) => Some(kind),
            Stated::Other(job) if job.ends_with("-job") => return self.job(text, job, line, out),
            _ => None,
        };
        if kind == Some(Kind::Events) {
            match person_of_event(text) {
                Ok(None) => {}
                Ok(Some(person)) => {
                    let mut hasher = DefaultHasher::new();
                    person.hash(&mut hasher);
                    if self.people.insert(hasher.finish()) {
                        out.record(line, Kind::Profiles, true, person.to_owned());
                    }
                }
                Err(error) => {
                    reject(text, line, &error, out);
                    return Ok(());
                }
            }
        }
        match kind {
            Some(kind) if !shape.included => {
                out.record(line, kind, false, text.to_owned());
                Ok(())
            }
            _ => {
                let parts = Fields::of_record(text)
                    .and_then(|fields| Ok((fields.raw("data"), fields.list("included")?)));
                match parts {
                    Ok((data, included)) => self.members(text, data, included, line, out),
                    Err(error) => {
                        reject(text, line, &error, out);
                        Ok(())
                    }
                }
            }
        }
    }

    /// `{"data": […], "included": […]}`.
    fn page(&mut self, text: &str, line: u64, out: &mut Out<'_>) -> Result<(), ReadError> {
        let parts = Fields::of_record(text)
            .and_then(|fields| Ok((fields.list("data")?, fields.list("included")?)));
        match parts {
            Ok((data, included)) => self.members(text, data, included, line, out),
            Err(error) => {
                reject(text, line, &error, out);
                Ok(())
            }
        }
    }

    /// `{"data": {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": […]}}}}`.
    fn job(
        &mut self,
        text: &str,
        job: &str,
        line: u64,
        out: &mut Out<'_>,
    ) -> Result<(), ReadError> {
        let Some((_, list)) = JOBS.iter().find(|(name, _)| *name == job) else {
            out.reject(unknown_type(text, job, line));
            return Ok(());
        };
        let members = || -> Result<Vec<&RawValue>, DataError> {
            let mut fields = Fields::of_record(text)?;
            for name in ["data", "attributes", list] {
                match fields.object(name)? {
                    Some(inner) => fields = inner,
                    None => return Ok(Vec::new()),
                }
            }
            fields.list("data")
        };
        match members() {
            Ok(members) => self.members(text, members, Vec::new(), line, out),
            Err(error) => {
                reject(text, line, &error, out);
                Ok(())
            }
        }
    }

    fn members<'r>(
        &mut self,
        text: &str,
        data: impl IntoIterator<Item = &'r RawValue>,
        included: Vec<&'r RawValue>,
        line: u64,
        out: &mut Out<'_>,
    ) -> Result<(), ReadError> {
        let data = data.into_iter().map(|member| (member, false));
        let included = included.into_iter().map(|member| (member, true));
        let (mut counted, mut number) = (0, line);
        for (member, along) in data.chain(included) {
            let json = member.get();
            let at = (json.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
            // `included` may stand before `data`.
            if at < counted {
                (counted, number) = (0, line);
            }
            if let Some(between) = text.as_bytes().get(counted..at) {
                number += memchr_iter(b'\n', between).count() as u64;
                counted = at;
            }
            let mut scan = Scan::default();
            if !json.starts_with('{') || !matches!(scan.run(json.as_bytes()), Step::Done(_)) {
                let shown = json.lines().next().unwrap_or_default();
                let reason = "each member of a page is an object";
                out.reject(Rejected::line(number, shown.as_bytes(), 0..1, reason));
                continue;
            }
            self.record(json, &scan.shape, along, number, out)?;
            out.flush_if_full()?;
        }
        Ok(())
    }

    /// A member of a list in JSON: the list is the file's name unless it says another.
    fn member(&self, text: &str) -> String {
        let named = Fields::of_record(text).is_ok_and(|fields| fields.raw("list").is_some());
        let rest = text.strip_prefix('{').unwrap_or_default();
        if named || self.list.is_empty() || rest.is_empty() {
            return text.to_owned();
        }
        let comma = if rest.trim_start().starts_with('}') {
            ""
        } else {
            ","
        };
        format!("{{\"list\":{}{comma}{rest}", quoted(&self.list))
    }

    /// A code of a coupon as Klaviyo's API has it.
    fn coupon_code(&self, text: &str, line: u64, out: &mut Out<'_>) {
        let parts = || -> Result<Option<(String, String)>, DataError> {
            let fields = Fields::of_record(text)?;
            let mut coupon = None;
            if let Some(related) = fields.object("relationships")?
                && let Some(of) = related.object("coupon")?
                && let Some(data) = of.object("data")?
            {
                coupon = data.identifier("id")?;
            }
            let code = match fields.object("attributes")? {
                Some(attributes) => attributes.identifier("unique_code")?,
                None => None,
            };
            Ok(coupon.zip(code))
        };
        match parts() {
            Ok(Some((coupon, code))) => {
                let json = format!(
                    "{{\"coupon\":{},\"code\":{}}}",
                    quoted(&coupon),
                    quoted(&code)
                );
                out.record(line, Kind::Coupons, false, json);
            }
            Ok(None) => out.reject(Rejected::line(
                line,
                text.as_bytes(),
                0..1,
                "a coupon code needs a unique_code and the id of its coupon",
            )),
            Err(error) => reject(text, line, &error, out),
        }
    }
}

/// The kind that a record names itself, as `data` understands it: attributes alone may have a field `type`.
fn stated<'t>(
    text: &'t str,
    name: &Option<std::ops::Range<usize>>,
    attributes: bool,
) -> Stated<'t> {
    let Some(name) = name.clone().and_then(|name| text.get(name)) else {
        return Stated::Nothing;
    };
    match Kind::of_type(name) {
        Some(kind) => Stated::Kind(kind),
        None if attributes => Stated::Other(name),
        None => Stated::Nothing,
    }
}

fn unknown_type(text: &str, name: &str, line: u64) -> Rejected {
    let at = text.find(name).map_or(0..1, |at| at..at + name.len());
    let start = text[..at.start].rfind('\n').map_or(0, |end| end + 1);
    let line = line + memchr_iter(b'\n', &text.as_bytes()[..start]).count() as u64;
    let end = text[at.start..]
        .find('\n')
        .map_or(text.len(), |end| at.start + end);
    let reason = match name.ends_with("-job") {
        true => format!("the body of a '{}' is not read", brief(name)),
        false => format!("'{}' is no type that is read here", brief(name)),
    };
    let place = at.start - start..at.end - start;
    Rejected::line(line, &text.as_bytes()[start..end], place, reason)
}

fn reject(text: &str, line: u64, error: &DataError, out: &mut Out<'_>) {
    let at = match error {
        DataError::Record { at, .. } => at.clone(),
        _ => 0..1,
    };
    let before = text.get(..at.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let number = line + memchr_iter(b'\n', before.as_bytes()).count() as u64;
    let rest = text.get(start..).unwrap_or_default();
    let shown = rest.lines().next().unwrap_or_default();
    let place = at.start - start..at.end.saturating_sub(start);
    out.reject(Rejected::line(
        number,
        shown.as_bytes(),
        place,
        error.to_string(),
    ));
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    let plain = |b: u8| b >= 0x20 && b != b'"' && b != b'\\';
    if !text.bytes().all(plain) {
        return serde_json::Value::from(text).to_string();
    }
    // Nearly all cells of millions of rows.
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    json.push_str(text);
    json.push('"');
    json
}
