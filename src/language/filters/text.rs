//! Filters on text.

use crate::language::escape::escape;
use crate::language::filters::numbers::to_int;
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "upper",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "All letters upper case. A safe text does not stay safe: `&amp;` would become `&AMP;`.",
        example: ("{{ first_name|upper }}", "ADA"),
        call: |_, v, _| Ok(Value::from(text(v).to_uppercase())),
    },
    Filter {
        name: "lower",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "All letters lower case.",
        example: ("{{ first_name|lower }}", "ada"),
        call: |_, v, _| Ok(Value::from(text(v).to_lowercase())),
    },
    Filter {
        name: "capfirst",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The first letter upper case, the rest as it is.",
        example: ("{{ 'green TEA'|capfirst }}", "Green TEA"),
        call: capfirst,
    },
    Filter {
        name: "title",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Each word with a capital, the rest lower case; not behind an apostrophe or a digit.",
        example: ("{{ \"ada's 3rd TEA\"|title }}", "Ada's 3rd Tea"),
        call: title,
    },
    Filter {
        name: "trim_slash",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Without the slashes at its end.",
        example: (
            "{{ 'https://shop.test/'|trim_slash }}/cart",
            "https://shop.test/cart",
        ),
        call: |_, v, _| Ok(Value::from(text(v).trim_end_matches('/'))),
    },
    Filter {
        name: "cut",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Without any occurrence of the argument.",
        example: ("{{ 'a b c'|cut:' ' }}", "abc"),
        call: cut,
    },
    Filter {
        name: "find_replace",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Replaces text: the argument is `old|new`. Without a bar it deletes.",
        example: ("{{ 'Hi, there,'|find_replace:',|-' }}", "Hi- there-"),
        call: find_replace,
    },
    Filter {
        name: "append",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The text with the argument behind it.",
        example: ("{{ 'hello'|append:' world' }}", "hello world"),
        call: |frame, v, argument| joined(frame, v, argument, false),
    },
    Filter {
        name: "prepend",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The text with the argument before it.",
        example: ("{{ 'world'|prepend:'hello ' }}", "hello world"),
        call: |frame, v, argument| joined(frame, v, argument, true),
    },
    Filter {
        name: "center",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "In the middle of so many characters, filled up with blanks.",
        example: ("[{{ 'ab'|center:6 }}]", "[  ab  ]"),
        call: center,
    },
    Filter {
        name: "truncatechars",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "At most so many characters, the last of them `…` when something is cut.",
        example: ("{{ 'Lapsang Souchong'|truncatechars:8 }}", "Lapsang…"),
        call: truncatechars,
    },
    Filter {
        name: "linebreaksbr",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Line ends as `<br>`.",
        example: (
            "{{ note|linebreaksbr }}",
            "&lt;b&gt;Fresh&lt;/b&gt; &amp; green",
        ),
        call: linebreaksbr,
    },
];

fn text(v: &Value) -> &str {
    v.as_str().unwrap_or_default()
}

fn argument_text(argument: Option<&Value>) -> String {
    argument.map(value::text).unwrap_or_default()
}

fn capfirst(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    let mut chars = s.chars();
    Ok(match chars.next() {
        Some(first) => Value::from(first.to_uppercase().collect::<String>() + chars.as_str()),
        None => v.clone(),
    })
}

fn title(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    // Django: Python's title, then undone behind an apostrophe that follows a letter, and behind a digit.
    let mut out = String::new();
    let (mut before, mut last) = (' ', ' ');
    for c in value::python::python_title(text(v)).chars() {
        let after_apostrophe = last == '\'' && before.is_ascii_lowercase();
        if c.is_ascii_uppercase() && (after_apostrophe || last.is_numeric()) {
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
        (before, last) = (last, c);
    }
    Ok(Value::from(out))
}

fn cut(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let argument = argument_text(argument);
    let result = text(v).replace(&argument, "");
    // Django: safe stays safe unless an entity was cut open.
    Ok(if v.is_safe() && argument != ";" {
        Value::from_safe_string(result)
    } else {
        Value::from(result)
    })
}

fn find_replace(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let argument = argument_text(argument);
    let (old, new) = argument.split_once('|').unwrap_or((&argument, ""));
    if old.is_empty() {
        return Ok(v.clone());
    }
    frame.allocate(text(v).matches(old).count() * new.len())?;
    Ok(Value::from(text(v).replace(old, new)))
}

fn joined(
    frame: &mut Frame<'_>,
    v: &Value,
    argument: Option<&Value>,
    before: bool,
) -> Result<Value, Stop> {
    let argument = argument_text(argument);
    frame.allocate(text(v).len() + argument.len())?;
    let s = text(v);
    Ok(Value::from(if before {
        format!("{argument}{s}")
    } else {
        format!("{s}{argument}")
    }))
}

/// Python's `str.center`: the odd blank stands left when both width and text are odd… or rather when the width is.
fn center(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    let length = s.chars().count();
    let width = width_argument(argument)?;
    let blanks = width.saturating_sub(length);
    frame.allocate(blanks)?;
    let left = blanks / 2 + (blanks & width & 1);
    Ok(Value::from(format!(
        "{}{s}{}",
        " ".repeat(left),
        " ".repeat(blanks - left)
    )))
}

fn width_argument(argument: Option<&Value>) -> Result<usize, Stop> {
    argument
        .and_then(to_int)
        .map(|n| usize::try_from(n).unwrap_or(if n < 0 { 0 } else { usize::MAX }))
        .ok_or_else(|| Stop::raise("a width must be a whole number"))
}

fn truncatechars(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(most) = argument.and_then(to_int) else {
        return Ok(v.clone());
    };
    let most = usize::try_from(most).unwrap_or(0);
    let s = text(v);
    if most == 0 {
        return Ok(Value::from(""));
    }
    match s.char_indices().nth(most) {
        None => Ok(v.clone()),
        Some(_) => {
            let end = s.char_indices().nth(most - 1).map_or(0, |(at, _)| at);
            Ok(Value::from(format!("{}…", &s[..end])))
        }
    }
}

fn linebreaksbr(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v).replace("\r\n", "\n").replace('\r', "\n");
    let s = if frame.escapes() && !v.is_safe() {
        escape(&s)
    } else {
        s
    };
    frame.allocate(s.matches('\n').count() * 4)?;
    Ok(Value::from_safe_string(s.replace('\n', "<br>")))
}
