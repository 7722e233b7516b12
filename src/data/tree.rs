//! An event or a person as a tree, each leaf with the tag that prints it.

use serde::Serialize;

use crate::value::{self, Value, ValueKind};

/// Where the data of an email stands, and how to ask for it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tree {
    /// The event's properties but `extra`.
    pub event: Vec<Node>,
    /// What stands in the event's `extra`.
    pub extra: Vec<Node>,
    /// The person.
    pub person: Vec<Node>,
}

/// A value with its name.
#[derive(Debug, Clone, Serialize)]
pub struct Node {
    /// The name, or the number in a list.
    pub key: String,
    /// `text`, `number`, `boolean`, `null`, `list` or `object`.
    pub kind: &'static str,
    /// What the tag prints; None for lists and objects.
    pub text: Option<String>,
    /// The tag that prints it; None where no tag can name it.
    pub tag: Option<String>,
    /// What is in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

/// How a value is named in a tag.
#[derive(Debug, Clone)]
struct Path {
    text: String,
    /// Whether a dot may follow: not behind a filter.
    dotted: bool,
}

/// Deeper values are not shown.
const DEEPEST: usize = 64;

impl Tree {
    /// The trees of an event and a person, as templates see them: [`event_value`](super::event_value),
    /// [`person_value`](super::person_value).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use letterpress::data::{Event, Tree, event_value};
    /// let event = Event::from_json(r#"{"metric": "Checkout Started", "time": 0,
    ///     "properties": {"Item Name": "Kettle", "$extra": {"line_items": [{"title": "Oolong"}]}}}"#)?;
    /// let tree = Tree::of(Some(&event_value(Arc::new(event))), None);
    /// assert_eq!(tree.event[0].tag.as_deref(), Some("{{ event|lookup:'Item Name' }}"));
    /// let title = &tree.extra[0].children[0].children[0];
    /// assert_eq!(title.tag.as_deref(), Some("{{ event.extra.line_items.0.title }}"));
    /// assert_eq!(title.text.as_deref(), Some("Oolong"));
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn of(event: Option<&Value>, person: Option<&Value>) -> Tree {
        let mut tree = Tree::default();
        if let Some(event) = event {
            tree.event = nodes(event, &Path::root("event"), 0);
            if let Some(at) = tree.event.iter().position(|node| node.key == "extra")
                && tree.event[at].kind == "object"
            {
                tree.extra = tree.event.remove(at).children;
            }
        }
        if let Some(person) = person {
            tree.person = nodes(person, &Path::root("person"), 0);
        }
        tree
    }
}

impl Path {
    fn root(name: &str) -> Path {
        Path {
            text: name.to_owned(),
            dotted: true,
        }
    }

    /// The path to what is called `key` in it; None where no tag can hold the key.
    fn step(&self, key: &str, in_list: bool) -> Option<Path> {
        if self.dotted && (in_list || is_identifier(key)) {
            return Some(Path {
                text: format!("{}.{key}", self.text),
                dotted: true,
            });
        }
        Some(Path {
            text: format!("{}|lookup:{}", self.text, literal(key)?),
            dotted: false,
        })
    }

    fn tag(&self) -> String {
        format!("{{{{ {} }}}}", self.text)
    }
}

/// Whether a dot and the name find it, in Klaviyo too.
fn is_identifier(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The key as a text in a tag; None where it would end the tag.
fn literal(key: &str) -> Option<String> {
    if ["}}", "%}", "#}", "{{", "{%", "{#"]
        .iter()
        .any(|end| key.contains(end))
        || key.ends_with('}')
        || key.contains(['\n', '\r'])
    {
        return None;
    }
    let key = key.replace('\\', "\\\\");
    Some(match (key.contains('\''), key.contains('"')) {
        (false, _) => format!("'{key}'"),
        (true, false) => format!("\"{key}\""),
        (true, true) => format!("'{}'", key.replace('\'', "\\'")),
    })
}

fn nodes(v: &Value, path: &Path, depth: usize) -> Vec<Node> {
    let list = matches!(v.kind(), ValueKind::Seq | ValueKind::Iterable);
    let pairs: Vec<(String, Value)> = if list {
        let items = value::items(v).unwrap_or_default().into_iter();
        items
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect()
    } else {
        let pairs = value::pairs(v).into_iter();
        pairs.map(|(key, item)| (value::text(&key), item)).collect()
    };
    pairs
        .into_iter()
        .map(|(key, item)| node(key, &item, Some(path), list, depth))
        .collect()
}

fn node(key: String, v: &Value, parent: Option<&Path>, in_list: bool, depth: usize) -> Node {
    let path = parent.and_then(|parent| parent.step(&key, in_list));
    let kind = match v.kind() {
        ValueKind::Undefined | ValueKind::None => "null",
        ValueKind::Bool => "boolean",
        ValueKind::Number => "number",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "object",
        _ => "text",
    };
    let whole = matches!(kind, "list" | "object");
    let children = match &path {
        _ if !whole || depth >= DEEPEST => Vec::new(),
        Some(path) => nodes(v, path, depth + 1),
        // Nothing below a key that no tag can hold has a tag either.
        None => {
            let mut children = nodes(v, &Path::root("event"), depth + 1);
            children.iter_mut().for_each(forget_tags);
            children
        }
    };
    Node {
        kind,
        text: (!whole).then(|| value::text(v)),
        tag: path.map(|path| path.tag()),
        children,
        key,
    }
}

fn forget_tags(node: &mut Node) {
    node.tag = None;
    node.children.iter_mut().for_each(forget_tags);
}
