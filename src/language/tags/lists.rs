//! `{% regroup %}`.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{self, Expr, Missing};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::span::Span;
use crate::language::stop::Stop;
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[Tag {
    name: "regroup",
    shape: Shape::Single,
    doc: "Makes groups of the members of a list that stand next to each other and have the same `grouper`: \
          `{% regroup items by vendor as vendors %}`. Each group has a `grouper` and a `list`. Sort the list first: \
          `items|dictsort:'vendor'`.",
    example: (
        "{% regroup items by title|length as lengths %}{% for group in lengths %}{{ group.grouper }}: {{ group.list|length }} {% endfor %}",
        "6: 1 12: 1 ",
    ),
    compile: regroup_tag,
}];

/// A group: Python's `namedtuple` of grouper and list.
#[derive(Debug)]
pub(in crate::language) struct Group {
    grouper: Value,
    list: Value,
    /// How many groups stand in each other here, this one counted.
    levels: u8,
}

/// Groups of groups of groups: each level costs stack where values are walked, and may double what a value prints.
const MOST_LEVELS: u8 = 10;

impl Group {
    /// `grouper` and `list`.
    pub(in crate::language) fn attribute(&self, name: &str) -> Option<&Value> {
        match name {
            "grouper" => Some(&self.grouper),
            "list" => Some(&self.list),
            _ => None,
        }
    }
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_usize()? {
            0 => Some(self.grouper.clone()),
            1 => Some(self.list.clone()),
            _ => None,
        }
    }
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }
}

#[derive(Debug)]
struct Regroup {
    target: Expr,
    /// Read with each member under the name.
    grouper: Expr,
    name: Box<str>,
}

fn regroup_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let [target, by, grouper, keyword, name] = node.arguments() else {
        let title = "'regroup' tag takes five arguments".into();
        return Err(compiler
            .error("regroup", title, node.head().span, "")
            .help("write {% regroup items by vendor as vendors %}"));
    };
    let target = compiler.expr(*target)?;
    if by.text != "by" {
        let title = "second argument to 'regroup' tag must be 'by'".into();
        return Err(compiler.error("regroup", title, by.span, ""));
    }
    if keyword.text != "as" {
        let title = "next-to-last argument to 'regroup' tag must be 'as'".into();
        return Err(compiler.error("regroup", title, keyword.span, ""));
    }
    // Django's own way: the expression behind `by` is read as a step from the name.
    let text = format!("{}.{}", name.text, grouper.text);
    let before = (name.text.len() + 1).min(grouper.span.start as usize);
    let at = Span {
        start: grouper.span.start - before as u32,
        ..grouper.span
    };
    Ok(Box::new(Regroup {
        target,
        grouper: expression::parse(&text, at, compiler)?,
        name: name.text.into(),
    }))
}

/// How many groups stand in each other in a value that is one. A list of groups is looked into by the caller: no list holds
/// lists of groups.
fn levels_of(v: &Value) -> u8 {
    v.downcast_object_ref::<Group>()
        .map_or(0, |group| group.levels)
}

impl Action for Regroup {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let target = self.target.evaluate(frame, Missing::None)?.into_owned();
        let members = match value::items(&target) {
            Some(members) => members,
            None if target.is_none() => Vec::new(),
            None => {
                let message = format!("'{}' object is not iterable", value::type_name(&target));
                return Err(Stop::raise(message).at(self.target.span()));
            }
        };
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        let mut levels = 0;
        let origins = match frame.is_traced() {
            true => self.target.origins_of(&members, frame)?,
            false => Vec::new(),
        };
        for (at, member) in members.into_iter().enumerate() {
            frame.spend(1)?;
            let origin = origins.get(at).cloned().flatten();
            frame.set_from(&self.name, member.clone(), origin);
            let grouper = self.grouper.evaluate(frame, Missing::None)?.into_owned();
            levels = levels.max(levels_of(&member)).max(levels_of(&grouper));
            if let Some(members) = grouper.downcast_object_ref::<Vec<Value>>() {
                frame.spend(members.len() as u64)?;
                levels = levels.max(members.iter().map(levels_of).max().unwrap_or(0));
            }
            match groups.last_mut() {
                Some((last, list)) if value::equal(last, &grouper) => list.push(member),
                _ => groups.push((grouper, vec![member])),
            }
        }
        if levels == MOST_LEVELS {
            return Err(Stop::raise(format!(
                "groups of groups may be {MOST_LEVELS} deep, these are deeper"
            )));
        }
        let groups: Vec<Value> = groups
            .into_iter()
            .map(|(grouper, list)| {
                Value::from_object(Group {
                    grouper,
                    list: Value::from_object(list),
                    levels: levels + 1,
                })
            })
            .collect();
        frame.set(&self.name, Value::from_object(groups));
        Ok(())
    }
}
