//! One line that says what an event was about.

use super::Event;
use crate::value::{self, Value, ValueKind};

/// The properties that say it best, the first that is there counts: products, then mails, then lists and searches.
const TELLING: [&str; 16] = [
    "ProductName",
    "Product Name",
    "AddedItemProductName",
    "ItemNames",
    "Items",
    "Item Name",
    "Name",
    "Title",
    "Subject",
    "Campaign Name",
    "Flow",
    "List",
    "Source",
    "Query",
    "Page",
    "URL",
];

/// So many products are named.
const FEW: usize = 4;

impl Event {
    /// What the event was about, in a few words: the products, the subject, the list; else the first property that is a
    /// text or a number. Empty where no property says anything.
    ///
    /// ```
    /// use letterpress::data::Event;
    /// let about = |properties: &str| Event::from_json(&format!(
    ///     r#"{{"metric": "Placed Order", "time": 0, "properties": {properties}}}"#)).map(|event| event.summary());
    /// assert_eq!(about(r#"{"$value": 59.9, "ItemNames": ["Oolong", "Kettle"]}"#)?, "Oolong, Kettle");
    /// assert_eq!(about(r#"{"$value": 59.9, "Colour": "red", "Size": 4}"#)?, "Colour: red");
    /// assert_eq!(about("{}")?, "");
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn summary(&self) -> String {
        let properties = self.properties();
        let telling = TELLING
            .iter()
            .find_map(|name| said(&value::key(&properties, name)?));
        telling
            .or_else(|| {
                value::pairs(&properties).into_iter().find_map(|(key, v)| {
                    let key = value::text(&key);
                    let own = !key.starts_with('$');
                    own.then(|| said(&v).map(|said| format!("{key}: {said}")))?
                })
            })
            .unwrap_or_default()
    }
}

/// A text, a number, or a list of them that is not empty; of a list of products their names.
fn said(v: &Value) -> Option<String> {
    let text = match v.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            let all = value::items(v)?;
            let members = all.iter().take(100).filter_map(|member| {
                let names = ["ProductName", "Name", "title", "name"];
                let named = || names.iter().find_map(|name| value::key(member, name));
                match member.kind() {
                    ValueKind::Map => plain(&named()?),
                    _ => plain(member),
                }
            });
            let mut members: Vec<String> = members.collect();
            if members.len() > FEW {
                members.truncate(FEW);
                members.push(format!("{} more", all.len() - FEW));
            }
            members.join(", ")
        }
        _ => plain(v)?,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn plain(v: &Value) -> Option<String> {
    let text = value::text(v).trim().to_owned();
    let is_plain = v.as_str().is_some() || v.is_number();
    (is_plain && !text.is_empty()).then_some(text)
}
