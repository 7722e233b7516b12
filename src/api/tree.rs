//! An event or a person as a tree, each leaf with the tag that prints it.

use serde::Serialize;

use crate::value::{self, Value, ValueKind};

/// The trees beside an email.
#[derive(Debug, Default, Serialize)]
pub struct Tree {
    /// The event's properties but `extra`.
    pub event: Vec<Node>,
    /// What stands in the event's `extra`.
    pub extra: Vec<Node>,
    /// The person.
    pub person: Vec<Node>,
}

/// A value with its name.
#[derive(Debug, Serialize)]
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
    pub(super) fn of(event: Option<&Value>, person: Option<&Value>) -> Tree {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::{Engine, FixedWorld, Recipient};

    /// Each tag of the tree, put into a template, prints what the tree shows.
    fn check(nodes: &[Node], context: &Value, count: &mut usize) {
        for node in nodes {
            check(&node.children, context, count);
            let (Some(tag), Some(text)) = (&node.tag, &node.text) else {
                continue;
            };
            let engine = Engine::builder().template("t.txt", tag).build().unwrap();
            let email = engine
                .document("t.txt")
                .unwrap_or_else(|error| panic!("{tag}: {error:?}"));
            let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse().unwrap());
            let outcome = email.render(&Recipient::from_context(context.clone()), &world);
            let mail = outcome
                .rendered()
                .unwrap_or_else(|| panic!("{tag}: {outcome:?}"));
            assert_eq!(mail.html.trim(), text.trim(), "{tag}");
            *count += 1;
        }
    }

    #[test]
    fn every_tag_prints_what_the_tree_shows() {
        let event = r#"{"$value": 59.9, "Plain": "a", "with space": 1, "dot.ted": 2, "it's": 3, "say \"hi\"": 4,
            "both ' and \"": 5, "back\\slash": 6, "schön": 7, "日本": 8, "0": 9, "_under": 10, "a|b:c": 11, "items": 12,
            "list": [{"k": true, "x y": [1, [null]]}], "n": {"1": {"a b": {"c": "d"}}}, "end}": 1, "{{ x }}": 2, "": 13,
            "extra": {"line_items": [{"title": "Oolong", "$sku": "O-1"}, {"title": "Kettle"}]}}"#;
        let context = value::from_json(&format!("{{\"event\": {event}}}")).unwrap();
        let event = value::key(&context, "event").unwrap();
        let tree = Tree::of(Some(&event), None);
        let mut count = 0;
        check(&tree.event, &context, &mut count);
        check(&tree.extra, &context, &mut count);
        assert_eq!(count, 22);
        let tag = |node: &Node| node.tag.clone();
        assert_eq!(
            tag(&tree.extra[0].children[0].children[0]).unwrap(),
            "{{ event.extra.line_items.0.title }}"
        );
        assert_eq!(tag(&tree.event[0]).unwrap(), "{{ event|lookup:'$value' }}");
        let unnamed: Vec<&str> = tree
            .event
            .iter()
            .filter(|node| node.tag.is_none())
            .map(|node| node.key.as_str())
            .collect();
        assert_eq!(unnamed, ["end}", "{{ x }}"]);
    }
}
