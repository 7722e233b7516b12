//! Filters that choose, look up or mark a value.

use crate::language::escape::escape;
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "default",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The argument, when the value is missing, empty, zero, false or None.",
        example: ("Hi {{ nickname|default:'friend' }}", "Hi friend"),
        call: default,
    },
    Filter {
        name: "default_if_none",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The argument, when the value is None. A name that does not exist is empty, not None.",
        example: ("[{{ nickname|default_if_none:'friend' }}]", "[]"),
        call: default_if_none,
    },
    Filter {
        name: "lookup",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The value of a key, for names with blanks or `$`; of a list, the member at that number. Nothing when there is none.",
        example: ("{{ person|lookup:'Favorite Tea' }}", "Oolong"),
        call: lookup,
    },
    Filter {
        name: "index",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The member of a list at that number, counted from 0; nothing past its end.",
        example: (
            "{% with first=feeds.TRENDING|index:0 %}{{ first.title }}{% endwith %}",
            "Sencha",
        ),
        call: lookup,
    },
    Filter {
        name: "missing_product_image",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The address of a stand-in picture when the value is missing or empty.",
        example: (
            "<img src=\"{{ item.image|missing_product_image }}\">",
            "<img src=\"https://example.com/no-image.png\">",
        ),
        call: missing_image,
    },
    Filter {
        name: "missing_image",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The same as `missing_product_image`.",
        example: (
            "{{ item.image|missing_image }}",
            "https://example.com/no-image.png",
        ),
        call: missing_image,
    },
    Filter {
        name: "safe",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Marks the text as HTML that is not to be escaped.",
        example: ("{{ note|safe }}", "<b>Fresh</b> & green"),
        call: safe,
    },
    Filter {
        name: "escape",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Escapes HTML, once however often it is used.",
        example: ("{{ note|escape }}", "&lt;b&gt;Fresh&lt;/b&gt; &amp; green"),
        call: escape_once_marked,
    },
    Filter {
        name: "force_escape",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Escapes HTML at once, each time it is used.",
        example: ("{{ '<'|force_escape }}", "&lt;"),
        call: force_escape,
    },
    Filter {
        name: "yesno",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "One of the words `yes,no,maybe` for true, false and None; None is `no` when there are only two.",
        example: ("{{ sold_out|yesno:'sold out,in stock' }}", "in stock"),
        call: yesno,
    },
];

fn default(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    Ok(if value::truthy(v) {
        v.clone()
    } else {
        argument.cloned().unwrap_or_default()
    })
}

fn default_if_none(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    Ok(if v.is_none() {
        argument.cloned().unwrap_or_default()
    } else {
        v.clone()
    })
}

fn lookup(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let nothing = || Value::from("");
    let Some(wanted) = argument else {
        return Ok(nothing());
    };
    let number = || match wanted.kind() {
        ValueKind::Number => wanted.as_usize(),
        _ => wanted.as_str()?.parse().ok(),
    };
    Ok(match v.kind() {
        ValueKind::Map => match wanted.as_str() {
            Some(name) => value::key(v, name),
            None => value::key(v, &value::text(wanted)),
        },
        ValueKind::Seq | ValueKind::Iterable => number().and_then(|at| value::index(v, at)),
        _ => None,
    }
    .unwrap_or_else(nothing))
}

fn missing_image(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    Ok(if value::truthy(v) {
        v.clone()
    } else {
        Value::from(frame.host().missing_image())
    })
}

fn safe(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    Ok(Value::from_safe_string(value::text(v)))
}

fn escape_once_marked(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    // Django's conditional_escape: a safe text stays as it is.
    Ok(if v.is_safe() {
        v.clone()
    } else {
        Value::from_safe_string(escape(&value::text(v)))
    })
}

fn force_escape(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    Ok(Value::from_safe_string(escape(&value::text(v))))
}

fn yesno(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let words = argument.map_or_else(|| "yes,no,maybe".to_owned(), value::text);
    let words: Vec<&str> = words.split(',').collect();
    let (yes, no, maybe) = match words[..] {
        [] | [_] => return Ok(v.clone()),
        [yes, no, maybe] => (yes, no, maybe),
        [yes, no, ..] => (yes, no, no),
    };
    Ok(Value::from(if v.is_none() {
        maybe
    } else if value::truthy(v) {
        yes
    } else {
        no
    }))
}
