//! Filters that choose, look up or mark a value.

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

fn yesno(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let words = match argument.filter(|a| !a.is_none()) {
        None => "yes,no,maybe",
        Some(argument) => super::convert::text_argument(Some(argument))?,
    };
    let mut parts = words.split(',');
    let (Some(yes), Some(no)) = (parts.next(), parts.next()) else {
        return Ok(v.clone());
    };
    // None has a word of its own when there are three.
    let maybe = match (parts.next(), parts.next()) {
        (Some(maybe), None) => maybe,
        _ => no,
    };
    Ok(Value::from(if v.is_none() {
        maybe
    } else if value::truthy(v) {
        yes
    } else {
        no
    }))
}
