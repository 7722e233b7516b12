//! Filters on text: its case, its width, what is added, removed and replaced.

use super::convert::{argument_text, count, strict_int, text, text_argument};
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
        call: upper,
    },
    Filter {
        name: "upcase",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The same as `upper`.",
        example: ("{{ first_name|upcase }}", "ADA"),
        call: upper,
    },
    Filter {
        name: "lower",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "All letters lower case.",
        example: ("{{ first_name|lower }}", "ada"),
        call: lower,
    },
    Filter {
        name: "downcase",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The same as `lower`.",
        example: ("{{ first_name|downcase }}", "ada"),
        call: lower,
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
        name: "capitalize",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The same as `capfirst`: the rest stays as it is, unlike Liquid's filter of this name.",
        example: ("{{ 'green TEA'|capitalize }}", "Green TEA"),
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
        name: "addslashes",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "A backslash before every backslash and quote.",
        example: (r#"{{ "it's"|addslashes }}"#, r"it\'s"),
        call: addslashes,
    },
    Filter {
        name: "strip",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Without white space at both ends.",
        example: ("[{{ ' tea '|strip }}]", "[tea]"),
        call: |_, v, _| Ok(Value::from(text(v).trim_matches(value::is_space))),
    },
    Filter {
        name: "lstrip",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Without white space at its start.",
        example: ("[{{ ' tea '|lstrip }}]", "[tea ]"),
        call: |_, v, _| Ok(Value::from(text(v).trim_start_matches(value::is_space))),
    },
    Filter {
        name: "rstrip",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Without white space at its end.",
        example: ("[{{ ' tea '|rstrip }}]", "[ tea]"),
        call: |_, v, _| Ok(Value::from(text(v).trim_end_matches(value::is_space))),
    },
    Filter {
        name: "strip_newlines",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Without line ends.",
        example: (
            "{{ note|strip_newlines|cut:'<b>'|cut:'</b>' }}",
            "Fresh &amp; green",
        ),
        call: |_, v, _| Ok(Value::from(text(v).replace("\r\n", "").replace('\n', ""))),
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
        name: "remove",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Without any occurrence of the argument.",
        example: ("{{ 'a-b-c'|remove:'-' }}", "abc"),
        call: |_, v, argument| Ok(Value::from(text(v).replace(&argument_text(argument), ""))),
    },
    Filter {
        name: "remove_first",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Without the first occurrence of the argument.",
        example: ("{{ 'a-b-c'|remove_first:'-' }}", "ab-c"),
        call: |frame, v, argument| replace_one(frame, v, &argument_text(argument), "", false),
    },
    Filter {
        name: "remove_last",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Without the last occurrence of the argument.",
        example: ("{{ 'a-b-c'|remove_last:'-' }}", "a-bc"),
        call: |frame, v, argument| replace_one(frame, v, &argument_text(argument), "", true),
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
        name: "replace",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The same as `find_replace`.",
        example: ("{{ 'a b c'|replace:' |_' }}", "a_b_c"),
        call: find_replace,
    },
    Filter {
        name: "replace_first",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Replaces the first occurrence: the argument is `old|new`.",
        example: ("{{ 'a,b,c'|replace_first:',|-' }}", "a-b,c"),
        call: |frame, v, argument| {
            let argument = argument_text(argument);
            let (old, new) = argument.split_once('|').unwrap_or((&argument, ""));
            replace_one(frame, v, old, new, false)
        },
    },
    Filter {
        name: "replace_last",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Replaces the last occurrence: the argument is `old|new`.",
        example: ("{{ 'a,b,c'|replace_last:',|-' }}", "a,b-c"),
        call: |frame, v, argument| {
            let argument = argument_text(argument);
            let (old, new) = argument.split_once('|').unwrap_or((&argument, ""));
            replace_one(frame, v, old, new, true)
        },
    },
    Filter {
        name: "append",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The text with the argument behind it.",
        example: ("{{ 'hello'|append:' world' }}", "hello world"),
        call: |frame, v, argument| {
            let argument = argument_text(argument);
            joined(frame, text(v), &argument)
        },
    },
    Filter {
        name: "prepend",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The text with the argument before it.",
        example: ("{{ 'world'|prepend:'hello ' }}", "hello world"),
        call: |frame, v, argument| {
            let argument = argument_text(argument);
            joined(frame, &argument, text(v))
        },
    },
    Filter {
        name: "center",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "In the middle of so many characters, filled up with blanks.",
        example: ("[{{ 'ab'|center:6 }}]", "[  ab  ]"),
        // Python puts the odd blank left when the width is odd.
        call: |frame, v, argument| {
            padded(frame, v, argument, |blanks, width| {
                blanks / 2 + (blanks & width & 1)
            })
        },
    },
    Filter {
        name: "ljust",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "At the left of so many characters, filled up with blanks.",
        example: ("[{{ 'ab'|ljust:6 }}]", "[ab    ]"),
        call: |frame, v, argument| padded(frame, v, argument, |_, _| 0),
    },
    Filter {
        name: "rjust",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "At the right of so many characters, filled up with blanks.",
        example: ("[{{ 'ab'|rjust:6 }}]", "[    ab]"),
        call: |frame, v, argument| padded(frame, v, argument, |blanks, _| blanks),
    },
    Filter {
        name: "phone2numeric",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The letters of a phone number as the digits of the keys they stand on.",
        example: ("{{ '800-COLLECT'|phone2numeric }}", "800-2655328"),
        call: phone2numeric,
    },
];

fn upper(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    Ok(Value::from(text(v).to_uppercase()))
}

fn lower(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    Ok(Value::from(text(v).to_lowercase()))
}

fn capfirst(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let mut chars = text(v).chars();
    Ok(match chars.next() {
        Some(first) => Value::from(first.to_uppercase().collect::<String>() + chars.as_str()),
        None => v.clone(),
    })
}

fn title(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    // Django: Python's title, then undone behind an apostrophe that follows a small letter, and behind a digit.
    let mut out = String::new();
    let (mut before, mut last) = (' ', ' ');
    for c in value::python::python_title(text(v)).chars() {
        let after_apostrophe = last == '\'' && before.is_ascii_lowercase();
        let undone = after_apostrophe || super::convert::decimal_digit(last).is_some();
        out.push(if c.is_ascii_uppercase() && undone {
            c.to_ascii_lowercase()
        } else {
            c
        });
        (before, last) = (last, c);
    }
    Ok(Value::from(out))
}

fn addslashes(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    let special = |c: char| matches!(c, '\\' | '"' | '\'');
    let more = s.chars().filter(|c| special(*c)).count();
    frame.allocate(more)?;
    let mut out = String::with_capacity(s.len() + more);
    for c in s.chars() {
        if special(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::from(out))
}

fn cut(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let argument = text_argument(argument)?;
    let result = text(v).replace(argument, "");
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
    let longer = new.len().saturating_sub(old.len());
    if longer > 0 {
        frame.allocate(text(v).matches(old).count().saturating_mul(longer))?;
    }
    Ok(Value::from(text(v).replace(old, new)))
}

fn replace_one(
    frame: &mut Frame<'_>,
    v: &Value,
    old: &str,
    new: &str,
    last: bool,
) -> Result<Value, Stop> {
    let s = text(v);
    let found = if last { s.rfind(old) } else { s.find(old) };
    match found {
        Some(at) if !old.is_empty() => {
            frame.allocate(new.len())?;
            Ok(Value::from(format!(
                "{}{new}{}",
                &s[..at],
                &s[at + old.len()..]
            )))
        }
        _ => Ok(v.clone()),
    }
}

fn joined(frame: &mut Frame<'_>, a: &str, b: &str) -> Result<Value, Stop> {
    frame.allocate(a.len().min(b.len()))?;
    Ok(Value::from(format!("{a}{b}")))
}

/// Blanks around a text; `left` says how many of them stand before it, given their number and the width.
fn padded(
    frame: &mut Frame<'_>,
    v: &Value,
    argument: Option<&Value>,
    left: fn(usize, usize) -> usize,
) -> Result<Value, Stop> {
    let s = text(v);
    let width = count(strict_int(argument)?);
    let blanks = width.saturating_sub(s.chars().count());
    if blanks == 0 {
        return Ok(v.clone());
    }
    frame.allocate(blanks)?;
    let left = left(blanks, width);
    Ok(Value::from(format!(
        "{}{s}{}",
        " ".repeat(left),
        " ".repeat(blanks - left)
    )))
}

fn phone2numeric(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let Some(s) = v.as_str() else {
        return Err(Stop::raise(format!(
            "'{}' object has no attribute 'lower'",
            value::type_name(v)
        )));
    };
    let key = |c: char| match c {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        c => c,
    };
    Ok(Value::from(
        s.to_lowercase().chars().map(key).collect::<String>(),
    ))
}
