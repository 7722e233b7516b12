//! A segment: people who are told by what they are and did, found anew whenever it is asked for.

use std::sync::Arc;

use jiff::Timestamp;

use super::condition::Conditions;
use super::current::current;
use super::evidence::Person;
use super::explain::Explanation;
use super::json::{Json, Node};
use super::read_conditions::Of;
use super::reader::{At, Reader, What};
use super::window::Moment;
use crate::diagnostic::{Diagnostic, Source};

/// A segment as it was defined, with all it refers to.
///
/// ```
/// use letterpress::audience::{Audience, Person};
/// use letterpress::data::{Profile, Shop};
/// use letterpress::diagnostic::Source;
/// let source = Source::new("vips.json", r#"{"name": "Very important", "definition": {"condition_groups": [{"conditions": [
///     {"type": "profile-property", "property": "properties['VIP']", "filter": {"type": "boolean", "operator": "equals", "value": true}}]}]}}"#);
/// let shop = Shop::default();
/// let (audience, findings) = Audience::builder().segment("vips", source).build(&shop)?;
/// assert!(findings.is_empty());
/// let vips = audience.segment("Very important").unwrap();
/// assert_eq!(vips.words(), "VIP is true");
/// let ada = Profile::from_json(r#"{"email": "ada@example.com", "properties": {"VIP": "yes"}}"#)?;
/// let ada = Person::of(&shop, ada.into())?;
/// assert!(vips.holds(&ada, "2026-11-20T00:00:00Z".parse().unwrap()));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Segment {
    /// The name of its file, without the ending.
    pub file: String,
    /// Its id in Klaviyo, if it came from there.
    pub id: Option<String>,
    /// What it is called.
    pub name: String,
    pub(super) conditions: Conditions,
    /// The definition in Klaviyo's current spelling.
    pub(super) definition: serde_json::Value,
}

impl Segment {
    /// Reads a segment: Klaviyo's resource, its attributes, or the definition alone. What it refers to is not looked up yet.
    pub(super) fn read(file: &str, source: &Arc<Source>) -> (Option<Segment>, Vec<Diagnostic>) {
        let mut reader = Reader::new(source, What::Segment);
        let Some(json) = reader.json() else {
            return (None, reader.findings);
        };
        let root = At::root(&json);
        let segment = reader.segment(file, &root);
        let segment = segment.filter(|_| !reader.has_errors());
        (segment, reader.findings)
    }

    /// Whether somebody is in it.
    pub fn holds(&self, person: &Person, now: Timestamp) -> bool {
        let moment = Moment::at(now);
        self.conditions.hold(&person.view(&moment), &moment)
    }

    /// Whether somebody is in it, and why.
    pub fn explain(&self, person: &Person, now: Timestamp) -> Explanation {
        let moment = Moment::at(now);
        Explanation::of(&self.conditions, &person.view(&moment), &moment)
    }

    /// The definition as a marketer would say it.
    pub fn words(&self) -> String {
        self.conditions.words()
    }

    /// The same, each of the groups that must all hold by itself.
    pub fn group_words(&self) -> Vec<String> {
        let groups = self.conditions.groups.iter();
        let words = groups.map(|group| group.iter().map(|one| one.words()).collect::<Vec<_>>());
        words.map(|words| words.join(" OR ")).collect()
    }

    /// The definition in Klaviyo's current spelling.
    pub fn definition(&self) -> &serde_json::Value {
        &self.definition
    }

    /// How many conditions it has.
    pub fn condition_count(&self) -> usize {
        self.conditions.len()
    }

    /// Whether it goes by this name: its file's, its id, or what it is called.
    pub fn is_called(&self, name: &str) -> bool {
        self.file == name || self.id.as_deref() == Some(name) || self.name == name
    }
}

impl Reader<'_> {
    /// The JSON of the source.
    pub(super) fn json(&mut self) -> Option<Json> {
        match Json::parse(self.source.text()) {
            Ok(json) => Some(json),
            Err(wrong) => {
                let json = Json {
                    at: wrong.at,
                    node: Node::Null,
                };
                self.error(&At::root(&json), wrong.told);
                None
            }
        }
    }

    fn segment(&mut self, file: &str, root: &At<'_>) -> Option<Segment> {
        let (id, name, definition) = self.unwrapped(root, "condition_groups", "segment")?;
        let conditions = self.conditions(&definition, Of::Segment)?;
        Some(Segment {
            file: file.to_owned(),
            id,
            name: name.unwrap_or_else(|| file.to_owned()),
            conditions,
            definition: current(definition.json),
        })
    }

    /// The definition inside a resource, its attributes, or alone; with the id and the name beside it.
    #[allow(clippy::type_complexity)]
    pub(super) fn unwrapped<'j>(
        &mut self,
        root: &At<'j>,
        mark: &str,
        what: &str,
    ) -> Option<(Option<String>, Option<String>, At<'j>)> {
        if !matches!(root.json.node, Node::Object(_)) {
            return self.unexpected(root, "an object");
        }
        let outer = root.get("data").unwrap_or_else(|| root.clone());
        if let Some(kind) = outer.get("type")
            && kind.text() != Some(what)
            && outer.json.get("attributes").is_some()
        {
            self.error(&kind, format!("this is no {what}"));
            return None;
        }
        let id = outer.get("id").and_then(|id| id.text().map(str::to_owned));
        let attributes = outer.get("attributes").unwrap_or_else(|| outer.clone());
        let name = attributes
            .get("name")
            .and_then(|name| name.text().map(str::to_owned));
        if let Some(definition) = attributes.get("definition") {
            return Some((id, name, definition));
        }
        if attributes.json.get(mark).is_some() || root.json.get(mark).is_some() {
            return Some((id, name, attributes));
        }
        let title = format!("there is no {what} here: '{mark}' is missing");
        self.error_with(
            &attributes,
            title,
            format!("write {{\"name\": …, \"definition\": {{\"{mark}\": […]}}}}"),
        );
        None
    }
}
