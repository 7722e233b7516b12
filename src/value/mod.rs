//! The values a template works on: minijinja's [`Value`], under Python's rules.
//!
//! Klaviyo's language is Django's, so what a value prints as, whether it is true, what it equals and how it is
//! ordered are Python's answers, not Jinja's. They all live in [`python`]. [`json`] reads JSON text straight into values whose
//! mappings keep their order; [`moment`] is a date or a time as a value.
//!
//! ```
//! use letterpress::value::{self, Value};
//! let cart = value::from_json(r#"{"items": [1, 2.0, "it's", null, true]}"#).unwrap();
//! let items = value::key(&cart, "items").unwrap();
//! assert_eq!(value::text(&items), r#"[1, 2.0, "it's", None, True]"#);
//! assert!(value::equal(&Value::from(true), &Value::from(1.0)));
//! ```

pub mod json;
pub mod moment;
pub mod python;

pub use json::{Pairs, from_json, from_serialize};
pub use minijinja::value::{Value, ValueKind};
pub use moment::Moment;
pub use python::{
    attribute, equal, format_float, index, is_space, items, key, length, number, order, pairs,
    python_str, repr, text, truthy, type_name, weight, write_text,
};
