//! The date of the render: `{% now %}`, `{% today %}` and the `{% current_… %}` tags. All in the account's zone.

use crate::language::compile::{CompileError, Compiler};
use crate::language::date_format;
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag, TagFn};
use crate::language::stop::Stop;
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "now",
        shape: Shape::Single,
        doc: "Prints the date or the time, in the codes of the `date` filter. `as name` sets a name instead.",
        example: ("{% now \"F j, Y\" %}", "November 20, 2026"),
        compile: now_tag,
    },
    Tag {
        name: "today",
        shape: Shape::Single,
        doc: "Sets a name to the date or the time, in strftime's codes, which are not those of `date`: \
              `{% today \"%Y-%m-%d\" as today %}`. Without `as` it prints.",
        example: ("{% today \"%Y-%m-%d\" as today %}{{ today }}", "2026-11-20"),
        compile: today_tag,
    },
    current(
        "current_day",
        "Prints the day of the month.",
        "20",
        |node, compiler| part(node, compiler, Part::Day),
    ),
    current(
        "current_weekday",
        "Prints the English name of the weekday.",
        "Friday",
        |node, compiler| part(node, compiler, Part::Weekday),
    ),
    current(
        "current_month",
        "Prints the number of the month.",
        "11",
        |node, compiler| part(node, compiler, Part::Month),
    ),
    current(
        "current_month_name",
        "Prints the English name of the month.",
        "November",
        |node, compiler| part(node, compiler, Part::MonthName),
    ),
    current(
        "current_year",
        "Prints the year.",
        "2026",
        |node, compiler| part(node, compiler, Part::Year),
    ),
];

const fn current(
    name: &'static str,
    doc: &'static str,
    printed: &'static str,
    compile: TagFn,
) -> Tag {
    // The name, in braces: a constant cannot be put together here.
    let source = match name.as_bytes() {
        b"current_day" => "{% current_day %}",
        b"current_weekday" => "{% current_weekday %}",
        b"current_month" => "{% current_month %}",
        b"current_month_name" => "{% current_month_name %}",
        _ => "{% current_year %}",
    };
    Tag {
        name,
        shape: Shape::Single,
        doc,
        example: (source, printed),
        compile,
    }
}

#[derive(Debug)]
struct Now {
    pattern: Box<str>,
    name: Option<Box<str>>,
}

fn now_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let (pattern, name) = match node.arguments() {
        [pattern] => (pattern, None),
        [pattern, keyword, name] if keyword.text == "as" => (pattern, Some(name.text.into())),
        _ => {
            let title = "'now' statement takes one argument".into();
            return Err(compiler
                .error("now", title, node.head().span, "")
                .help("write {% now \"F j, Y\" %}"));
        }
    };
    // The first and the last character are dropped, whatever they are: they should be quotes.
    let mut chars = pattern.text.chars();
    chars.next();
    chars.next_back();
    Ok(Box::new(Now {
        pattern: chars.as_str().into(),
        name,
    }))
}

impl Action for Now {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let text = date_format::format_now(frame.host().now(), &self.pattern);
        match &self.name {
            Some(name) => {
                frame.set(name, Value::from(text));
                Ok(())
            }
            None => frame.print_raw(&text),
        }
    }
}

#[derive(Debug)]
struct Today {
    pattern: Expr,
    name: Option<Box<str>>,
}

const STRFTIME_HELP: &str = "write {% today \"%Y-%m-%d\" as today %}; a percent sign is written %%";

fn today_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let (word, name) = match node.arguments() {
        [pattern] => (pattern, None),
        [pattern, keyword, name] if keyword.text == "as" => (pattern, Some(name.text.into())),
        _ => {
            let title = "'today' takes a format and a name".into();
            return Err(compiler
                .error("today", title, node.head().span, "")
                .help(STRFTIME_HELP));
        }
    };
    let pattern = compiler.expr(*word)?;
    if let Some(text) = pattern.as_literal_text()
        && let Err(reason) = strftime(text, &jiff::ZonedDateTime::default())
    {
        let title = format!("'today' cannot read the format '{text}': {reason}");
        return Err(compiler
            .error("today", title, word.span, "")
            .help(STRFTIME_HELP));
    }
    Ok(Box::new(Today { pattern, name }))
}

pub(in crate::language) fn strftime(
    pattern: &str,
    at: &jiff::ZonedDateTime,
) -> Result<String, String> {
    // Python's C locale: jiff writes these four in other ways.
    let mut plain = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let code = rest[at + 1..].chars().next();
        let length = 1 + code.map_or(0, char::len_utf8);
        plain.push_str(match code {
            Some('c') => "%a %b %e %H:%M:%S %Y",
            Some('x') => "%m/%d/%y",
            Some('X') => "%H:%M:%S",
            Some('f') => "%6f",
            _ => &rest[at..at + length],
        });
        rest = &rest[at + length..];
    }
    plain.push_str(rest);
    jiff::fmt::strtime::format(&plain, at).map_err(|error| error.to_string())
}

impl Action for Today {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let pattern = self.pattern.evaluate(frame, Missing::Empty)?;
        let text = strftime(&value::text(&pattern), frame.host().now()).map_err(|reason| {
            Stop::raise(format!("'today' cannot read its format: {reason}")).at(self.pattern.span())
        })?;
        match &self.name {
            Some(name) => {
                frame.set(name, Value::from(text));
                Ok(())
            }
            None => frame.print(&Value::from(text)),
        }
    }
}

/// A part of the date.
#[derive(Debug, Clone, Copy)]
pub(in crate::language) enum Part {
    Day,
    Weekday,
    Month,
    MonthName,
    Year,
}

fn part(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
    part: Part,
) -> Result<Box<dyn Action>, CompileError> {
    super::no_arguments(node.head(), compiler)?;
    Ok(Box::new(part))
}

impl Action for Part {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        frame.print_raw(&self.of(frame.host().now()))
    }
}

impl Part {
    /// What it prints at a time.
    pub(in crate::language) fn of(self, now: &jiff::ZonedDateTime) -> String {
        let now = now.datetime();
        match self {
            Part::Day => now.day().to_string(),
            Part::Weekday => date_format::weekday_name(now).to_owned(),
            Part::Month => now.month().to_string(),
            Part::MonthName => date_format::month_name(now.month()).to_owned(),
            Part::Year => now.year().to_string(),
        }
    }
}
