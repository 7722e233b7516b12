//! `{% if %}` and `{% for %}`.

use crate::language::compile::{CompileError, Compiler};
use crate::language::condition::Cond;
use crate::language::dialects;
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Block, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Clause, Shape, Tag};
use crate::language::span::Span;
use crate::language::stop::Stop;
use crate::language::trace::{Event, Loop, Origin};
use crate::language::words::{Word, is_space};
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "if",
        shape: Shape::Block {
            clauses: &[
                Clause {
                    name: "elif",
                    last: false,
                },
                Clause {
                    name: "else",
                    last: true,
                },
            ],
            end: "endif",
        },
        doc: "Prints the first branch whose condition holds. Operators, from weakest to strongest: or; and; not; in, not in; \
              is, is not, ==, !=, <, <=, >, >=. Each needs a space on either side; there are no parentheses. A name that does not \
              exist is None; comparing what cannot be compared is false.",
        example: (
            "{% if quantity > 1 %}many{% elif quantity == 1 %}one{% else %}none{% endif %}",
            "one",
        ),
        compile: if_tag,
    },
    Tag {
        name: "for",
        shape: Shape::Block {
            clauses: &[Clause {
                name: "empty",
                last: true,
            }],
            end: "endfor",
        },
        doc: "Repeats its block for each member of a list, key of a mapping or character of a text. `for a, b in pairs` takes \
              pairs apart; `reversed` goes backwards; `{% empty %}` is printed when there is nothing. Inside, `forloop` has counter, \
              counter0, revcounter, revcounter0, first, last and parentloop.",
        example: (
            "{% for item in items %}{{ forloop.counter }}. {{ item.title }}{% if not forloop.last %}, {% endif %}{% endfor %}",
            "1. Oolong, 2. Kettle &amp; cup",
        ),
        compile: for_tag,
    },
];

#[derive(Debug)]
struct If {
    branches: Vec<(Cond, Block, Span)>,
    otherwise: Block,
    /// The tag `{% else %}`.
    else_at: Option<Span>,
}

fn if_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let mut branches = Vec::new();
    let mut otherwise = Block::default();
    let mut else_at = None;
    for clause in &node.clauses {
        if clause.name() == "else" {
            if clause.content.text != "else" {
                malformed(clause.content, compiler);
            }
            otherwise = compiler.block(&clause.body);
            else_at = Some(clause.span);
            continue;
        }
        // The block is read even when the condition is wrong: all errors at once.
        let cond = compiler.condition(clause.arguments(), clause.span);
        let body = compiler.block(&clause.body);
        match cond {
            Ok(cond) => branches.push((cond, body, clause.span)),
            Err(error) => compiler.report(error),
        }
    }
    if let Some(end) = node.end
        && end.text != "endif"
    {
        malformed(end, compiler);
    }
    Ok(Box::new(If {
        branches,
        otherwise,
        else_at,
    }))
}

/// `{% else x %}` and `{% endif x %}`.
fn malformed(content: Word<'_>, compiler: &mut Compiler<'_>) {
    let title = format!(
        "Malformed template tag at line {}: \"{}\"",
        compiler.line(content.span),
        content.text
    );
    let error = compiler.error(
        "malformed-tag",
        title,
        content.span,
        "nothing may stand behind the name",
    );
    let name = content.text.split(is_space).next().unwrap_or_default();
    let help = match content.text.strip_prefix("else if ") {
        Some(condition) => format!(
            "a further condition is written {{% elif {} %}}",
            condition.trim()
        ),
        None => format!("write {{% {name} %}}"),
    };
    compiler.report(error.help(help));
}

impl Action for If {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        for (clause, (cond, block, at)) in self.branches.iter().enumerate() {
            if cond.holds(frame)? {
                return frame.run_branch("if", Some((clause, *at)), block);
            }
        }
        let clause = self.else_at.map(|at| (self.branches.len(), at));
        frame.run_branch("if", clause, &self.otherwise)
    }
}

#[derive(Debug)]
struct For {
    names: Vec<Box<str>>,
    sequence: Expr,
    reversed: bool,
    body: Block,
    empty: Block,
}

fn for_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let head = for_head(node, compiler);
    let body = compiler.block(&node.head().body);
    let empty = match node.clauses.get(1) {
        Some(clause) => {
            if let Err(error) = super::no_arguments(clause, compiler) {
                compiler.report(error);
            }
            compiler.block(&clause.body)
        }
        None => Block::default(),
    };
    let (names, sequence, reversed) = head?;
    Ok(Box::new(For {
        names,
        sequence,
        reversed,
        body,
        empty,
    }))
}

type ForHead = (Vec<Box<str>>, Expr, bool);

fn for_head(node: &TagNode<'_>, compiler: &mut Compiler<'_>) -> Result<ForHead, CompileError> {
    let head = node.head();
    let words = &head.words;
    let content = head.content.text;
    let wrong = |title: String| compiler.error("for", title, head.span, "");
    if words.len() < 4 {
        return Err(wrong(format!(
            "'for' statements should have at least four words: {content}"
        ))
        .help("write {% for item in items %}"));
    }
    let reversed = words.last().is_some_and(|w| w.text == "reversed");
    let in_at = words.len() - if reversed { 3 } else { 2 };
    if words[in_at].text != "in" {
        let error = wrong(format!(
            "'for' statements should use the format 'for x in y': {content}"
        ));
        let help = dialects::for_loop(content);
        return Err(error.help(help.unwrap_or_else(|| "write {% for item in items %}".into())));
    }
    let joined: Vec<&str> = words[1..in_at].iter().map(|w| w.text).collect();
    let names: Vec<Box<str>> = joined
        .join(" ")
        .split(',')
        .map(|name| name.trim().into())
        .collect();
    for name in &names {
        if name.is_empty() || name.contains([' ', '"', '\'', '|']) {
            return Err(wrong(format!(
                "'for' tag received an invalid argument: {content}"
            )));
        }
    }
    let sequence = compiler.expr(words[in_at + 1])?;
    Ok((names, sequence, reversed))
}

impl Action for For {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        frame.push();
        let sequence = self.sequence.evaluate(frame, Missing::None)?;
        if let Some(length) = value::length(&sequence) {
            frame.expect_turns(length)?;
        }
        let mut members = match value::items(&sequence) {
            Some(members) => members,
            None if sequence.is_none() => Vec::new(),
            None => {
                let message = format!("'{}' object is not iterable", value::type_name(&sequence));
                return Err(Stop::raise(message).at(self.sequence.span()));
            }
        };
        let mut origins = match frame.is_traced() {
            true => self.sequence.origins_of(&members, frame)?,
            false => Vec::new(),
        };
        let opened = match frame.is_traced() {
            true => frame.open(|at| {
                Event::Loop(Loop {
                    at,
                    turns: 0,
                    output: None,
                })
            }),
            false => (None, 0),
        };
        if members.is_empty() {
            frame.run(&self.empty)?;
            frame.close(opened);
            frame.pop();
            return Ok(());
        }
        if self.reversed {
            members.reverse();
            origins.reverse();
        }
        let number = frame.start_loop(members.len());
        for (index, member) in members.into_iter().enumerate() {
            frame.turn(number, index)?;
            frame.count_turn(&opened);
            let origin = origins.get(index).cloned().flatten();
            if let [name] = &self.names[..] {
                frame.set_from(name, member, origin);
                frame.run(&self.body)?;
            } else {
                self.unpacked(member, origin, frame)?;
            }
        }
        frame.end_loop();
        frame.close(opened);
        frame.pop();
        Ok(())
    }
}

impl For {
    /// A turn that takes its member apart: the names stand in a scope of their own.
    fn unpacked<'p>(
        &'p self,
        member: Value,
        origin: Origin,
        frame: &mut Frame<'p>,
    ) -> Result<(), Stop> {
        let length = value::length(&member).unwrap_or(1);
        if length != self.names.len() {
            return Err(Stop::raise(format!(
                "Need {} values to unpack in for loop; got {length}. ",
                self.names.len()
            )));
        }
        frame.push();
        let parts = value::items(&member).unwrap_or_default();
        for (at, (name, part)) in self.names.iter().zip(parts).enumerate() {
            let origin = origin.as_deref().map(|list| format!("{list}.{at}").into());
            frame.set_from(name, part, origin);
        }
        frame.run(&self.body)?;
        frame.pop();
        Ok(())
    }
}
