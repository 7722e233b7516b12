//! What the data has at a path: how many records, how many blank, which values.

use crate::language::Step;
use crate::value::{self, Value, ValueKind};

/// So many values of a path are kept to try filters on.
const SAMPLES: usize = 64;

/// What was seen at one path.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Records in which the path was looked for.
    pub records: usize,
    /// Those of them in which it is not there, or blank.
    pub blank: usize,
    /// Those of them in which it is null.
    pub nulls: usize,
    /// How often anything was there.
    pub found: usize,
    /// Different values that were there.
    pub values: Vec<Value>,
}

impl Seen {
    /// Looks a path up in one record; a record in which a guard is not there does not count.
    pub fn look(&mut self, record: &Value, path: &[Step], guards: &[&[Step]]) {
        let (mut reached, mut blank, mut null) = (false, false, false);
        visit(record, path, guards, &mut |found| {
            reached = true;
            match found {
                None => blank = true,
                Some(v) => {
                    self.found += 1;
                    null |= v.is_none();
                    blank |= v.as_str().is_some_and(|text| text.trim().is_empty());
                    if self.values.len() < SAMPLES
                        && !v.is_none()
                        && !self.values.iter().any(|known| alike(known, v))
                    {
                        self.values.push(v.clone());
                    }
                }
            }
        });
        self.records += usize::from(reached);
        self.blank += usize::from(blank);
        self.nulls += usize::from(null);
    }
}

/// Whether two values need not both be tried.
fn alike(a: &Value, b: &Value) -> bool {
    a.kind() == b.kind() && (!matches!(a.kind(), ValueKind::String | ValueKind::Number) || a == b)
}

/// Calls `sink` with each value at the path, and with None where it is not there. A path through a list has many.
fn visit(v: &Value, path: &[Step], guards: &[&[Step]], sink: &mut impl FnMut(Option<&Value>)) {
    let mut further: Vec<&[Step]> = Vec::with_capacity(guards.len());
    for guard in guards {
        match (guard.split_first(), path.first()) {
            (None, _) if value::truthy(v) => {}
            (None, _) => return,
            (Some((step, rest)), Some(next)) if step == next => further.push(rest),
            _ if any_truthy(v, guard) => {}
            _ => return,
        }
    }
    let Some((step, rest)) = path.split_first() else {
        return sink(Some(v));
    };
    match child(v, step) {
        Children::One(Some(v)) => visit(&v, rest, &further, sink),
        Children::One(None) if further.is_empty() => sink(None),
        Children::One(None) => {}
        Children::Many(members) => {
            for member in &members {
                visit(member, rest, &further, sink);
            }
        }
    }
}

fn any_truthy(v: &Value, path: &[Step]) -> bool {
    let mut any = false;
    visit(v, path, &[], &mut |found| {
        any |= found.is_some_and(value::truthy)
    });
    any
}

enum Children {
    One(Option<Value>),
    Many(Vec<Value>),
}

fn child(v: &Value, step: &Step) -> Children {
    match step {
        Step::Key(key) => Children::One(value::attribute(v, key, key.parse().ok())),
        Step::Each if v.kind() == ValueKind::Seq => {
            Children::Many(value::items(v).unwrap_or_default())
        }
        // The characters of a text, the keys of a mapping: nothing to be looked into.
        Step::Each => Children::Many(Vec::new()),
    }
}

/// The keys of the mappings at a path.
pub(super) fn keys_at(records: &[Value], path: &[Step]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for record in records {
        visit(record, path, &[], &mut |found| {
            let Some(v) = found.filter(|v| v.kind() == ValueKind::Map) else {
                return;
            };
            for key in value::items(v).unwrap_or_default() {
                if let Some(key) = key.as_str()
                    && !keys.iter().any(|known| known == key)
                {
                    keys.push(key.to_owned());
                }
            }
        });
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<Step> {
        let step = |part: &str| match part {
            "*" => Step::Each,
            key => Step::Key(key.into()),
        };
        text.split('.').map(step).collect()
    }

    #[test]
    fn a_guard_in_a_list_holds_for_its_own_member() {
        let record =
            value::from_json(r#"{"items": [{"sale": true, "was": 3}, {"price": 2}]}"#).unwrap();
        let mut plain = Seen::default();
        plain.look(&record, &path("items.*.was"), &[]);
        assert_eq!((plain.records, plain.blank, plain.found), (1, 1, 1));
        let mut guarded = Seen::default();
        guarded.look(&record, &path("items.*.was"), &[&path("items.*.sale")]);
        assert_eq!((guarded.records, guarded.blank, guarded.found), (1, 0, 1));
    }

    #[test]
    fn nulls_and_keys() {
        let record = value::from_json(r#"{"a": null, "b": {"c": 1}}"#).unwrap();
        let mut seen = Seen::default();
        seen.look(&record, &path("a"), &[]);
        assert_eq!((seen.nulls, seen.blank), (1, 0));
        assert_eq!(keys_at(&[record], &path("b")), ["c"]);
    }
}
