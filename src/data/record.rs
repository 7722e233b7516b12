//! One line of a data file: a JSON:API resource, a body or page of Klaviyo's API, or attributes alone.

use super::fields::{Fields, Kind, brief, kind, without_lone_surrogates};
use super::versions::{Line, Version};
use super::{CatalogCategory, CatalogItem, CatalogVariant, DataError, Event, Metric};
use crate::diagnostic::nearest;

/// The types of JSON:API resources that are read.
const TYPES: [&str; 7] = [
    "profile",
    "profile-merge",
    "event",
    "metric",
    "catalog-item",
    "catalog-variant",
    "catalog-category",
];

/// A resource: type, id, attributes and relationships.
pub(crate) struct Resource<'a> {
    pub(crate) kind: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) attributes: Fields<'a>,
    relationships: Option<Fields<'a>>,
}

impl<'a> Resource<'a> {
    /// Reads the one resource of a record, of type `expected` unless it names another.
    ///
    /// # Errors
    /// The text is no JSON object, is a page of several, or is of another type than `expected`.
    pub(crate) fn one(record: &'a str, expected: &'static str) -> Result<Resource<'a>, DataError> {
        let fields = Fields::of_record(record)?;
        if let Some(raw) = fields.raw("data")
            && kind(raw) == Kind::List
        {
            return Err(DataError::record(
                format!("this is a page of several, not one {expected}"),
                fields.place("data"),
            ));
        }
        let resource = Resource::of_fields(fields, expected)?;
        if resource.kind != expected {
            return Err(DataError::record(
                format!("this is a {}, not a {expected}", resource.kind),
                0..record.len().min(1),
            ));
        }
        Ok(resource)
    }

    fn of_fields(fields: Fields<'a>, expected: &'static str) -> Result<Resource<'a>, DataError> {
        if fields.raw("attributes").is_none()
            && let Some(data) = fields.object_if_it_is_one("data")?
        {
            return Resource::of_fields(data, expected);
        }
        let attributes = fields.object_if_it_is_one("attributes")?;
        let stated = fields.text("type")?;
        let kind = match stated.as_deref() {
            Some(stated) => match TYPES.iter().find(|&&known| known == stated) {
                Some(known) => known,
                // Attributes alone may have a field of this name.
                None if attributes.is_none() => expected,
                None => {
                    let error = DataError::record(
                        format!("'{}' is no type that is read here", brief(stated)),
                        fields.place("type"),
                    );
                    return Err(match nearest(stated, TYPES) {
                        Some(known) => error.with_help(format!("did you mean '{known}'?")),
                        None => error,
                    });
                }
            },
            None => expected,
        };
        Ok(Resource {
            kind,
            id: fields.identifier("id")?,
            relationships: fields.object("relationships")?,
            attributes: attributes.unwrap_or(fields),
        })
    }

    /// The id of the one resource that a relationship names.
    pub(crate) fn related(&self, name: &str) -> Result<Option<String>, DataError> {
        match self.relationship(name)? {
            Some(relationship) => match relationship.object("data")? {
                Some(data) => data.identifier("id"),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// The ids of all resources that a relationship names.
    pub(crate) fn all_related(&self, name: &str) -> Result<Vec<String>, DataError> {
        let Some(relationship) = self.relationship(name)? else {
            return Ok(Vec::new());
        };
        let mut ids = Vec::new();
        for raw in relationship.list("data")? {
            ids.extend(Fields::of_part(relationship.record(), raw, "data")?.identifier("id")?);
        }
        Ok(ids)
    }

    fn relationship(&self, name: &str) -> Result<Option<Fields<'a>>, DataError> {
        match &self.relationships {
            Some(all) => all.object(name),
            None => Ok(None),
        }
    }
}

/// The two profiles of a `profile-merge` body.
fn merge(resource: &Resource<'_>) -> Result<Line, DataError> {
    let mut sources = resource.all_related("profiles")?.into_iter();
    match (&resource.id, sources.next(), sources.next()) {
        (Some(into), Some(source), None) => Ok(Line::Merge {
            into: into.as_str().into(),
            source: source.into(),
        }),
        _ => Err(DataError::record(
            "a profile-merge needs the id of the profile that stays and, in 'relationships', that of one other",
            resource.attributes.place("relationships"),
        )),
    }
}

/// The person in a create-event body, who becomes a profile if there is none; None where nobody is named, or only by
/// Klaviyo's id, which it does not give to anybody new.
pub(crate) fn person_of_event(text: &str) -> Result<Option<&str>, DataError> {
    let mut fields = Fields::of_record(text)?;
    for name in ["data", "attributes", "profile"] {
        match fields.object_if_it_is_one(name)? {
            Some(inner) => fields = inner,
            None => return Ok(None),
        }
    }
    let (Some(raw), Some(data)) = (fields.raw("data"), fields.object_if_it_is_one("data")?) else {
        return Ok(None);
    };
    let Some(attributes) = data.object_if_it_is_one("attributes")? else {
        return Ok(None);
    };
    let mut named = data.identifier("id")?.is_some();
    for name in ["external_id", "email", "phone_number"] {
        named |= attributes.identifier(name)?.is_some();
    }
    Ok(named.then_some(raw.get()))
}

/// Anything that a line of a data file can hold.
pub(crate) enum Record {
    Person(Box<Line>),
    Event(Box<Event>),
    Metric(Metric),
    Item(Box<CatalogItem>),
    Variant(Box<CatalogVariant>),
    Category(CatalogCategory),
}

impl Record {
    /// All records of a line; of a page of Klaviyo's API there are many, and each can be broken by itself.
    pub(crate) fn of_line(line: &str, expected: &'static str) -> Vec<Result<Record, DataError>> {
        let records = Record::of_whole_line(line, expected);
        if records.iter().any(Result::is_err)
            && let Some(repaired) = without_lone_surrogates(line)
        {
            return Record::of_whole_line(&repaired, expected);
        }
        records
    }

    fn of_whole_line(line: &str, expected: &'static str) -> Vec<Result<Record, DataError>> {
        let record_of =
            |fields: Fields<'_>| Record::of_resource(&Resource::of_fields(fields, expected)?);
        let page = |fields: &Fields<'_>| -> Result<Vec<Result<Record, DataError>>, DataError> {
            let mut all = fields.list("data")?;
            all.extend(fields.list("included")?);
            Ok(all
                .into_iter()
                .map(|raw| record_of(Fields::of_part(line, raw, "data")?))
                .collect())
        };
        let fields = match Fields::of_record(line) {
            Ok(fields) => fields,
            Err(error) => return vec![Err(error)],
        };
        match fields.raw("data") {
            Some(raw) if kind(raw) == Kind::List => {
                page(&fields).unwrap_or_else(|error| vec![Err(error)])
            }
            _ => vec![record_of(fields)],
        }
    }

    fn of_resource(resource: &Resource<'_>) -> Result<Record, DataError> {
        Ok(match resource.kind {
            "event" => Record::Event(Box::new(Event::read(resource)?)),
            "profile" => {
                let line = Line::Version(Box::new(Version::read(resource)?));
                // Nobody could ever be found by it, nor could it be told from a second telling.
                if line.names().is_empty() {
                    return Err(DataError::record(
                        "a profile needs an id, an external_id, an email or a phone_number",
                        resource.attributes.place("email"),
                    ));
                }
                Record::Person(Box::new(line))
            }
            "profile-merge" => Record::Person(Box::new(merge(resource)?)),
            "metric" => Record::Metric(Metric::read(resource)?),
            "catalog-variant" => Record::Variant(Box::new(CatalogVariant::read(resource)?)),
            "catalog-category" => Record::Category(CatalogCategory::read(resource)?),
            _ => Record::Item(Box::new(CatalogItem::read(resource)?)),
        })
    }
}
