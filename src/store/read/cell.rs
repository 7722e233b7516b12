//! The values of cells: text, number, date, boolean, list, as Klaviyo reads them.

use std::fmt::Write as _;

use super::document::quoted;
use crate::data::instant;

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Date,
    Boolean,
    List,
}

pub(super) const TYPES: [&str; 5] = ["text", "number", "date", "boolean", "list"];

impl Type {
    pub(super) fn named(word: &str) -> Option<Type> {
        Some(match word {
            "text" => Type::Text,
            "number" => Type::Number,
            "date" => Type::Date,
            "boolean" => Type::Boolean,
            "list" => Type::List,
            _ => return None,
        })
    }

    /// The JSON of a cell that is not empty.
    pub(super) fn json(self, cell: &str, separator: &str) -> Result<String, String> {
        let trimmed = cell.trim();
        match self {
            Type::Text => Ok(quoted(cell)),
            Type::Number => number(trimmed).ok_or_else(|| "this is no number".to_owned()),
            // Kept as it was written: all that reads dates of people reads these forms.
            Type::Date => match instant(trimmed) {
                Some(_) => Ok(quoted(trimmed)),
                None if day_first(trimmed) => Err(
                    "this is no date that Klaviyo reads: days do not come first; write 2025-12-31 or 12/31/2025"
                        .to_owned(),
                ),
                None => Err("this is no date; write 2025-12-31 or 12/31/2025".to_owned()),
            },
            Type::Boolean => match boolean(trimmed) {
                Some(value) => Ok(value.to_string()),
                None => Err("this is neither true nor false".to_owned()),
            },
            Type::List => list(trimmed, separator),
        }
    }
}

/// A finite number as JSON writes it.
pub(super) fn number(text: &str) -> Option<String> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.to_string());
    }
    // `inf` and `nan` are numbers to Rust.
    let plain = text
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let value: f64 = text.parse().ok().filter(|_| plain)?;
    serde_json::Number::from_f64(value).map(|number| number.to_string())
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "t" | "yes" | "y" => Some(true),
        "false" | "0" | "f" | "no" | "n" | "none" => Some(false),
        _ => None,
    }
}

fn list(text: &str, separator: &str) -> Result<String, String> {
    if text.starts_with('[') {
        return match serde_json::from_str::<Vec<serde_json::Value>>(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err("this begins like a list in JSON and is none".to_owned()),
        };
    }
    let mut json = String::from("[");
    for part in text.split(separator) {
        let part = part.trim();
        if !part.is_empty() {
            let comma = if json.len() > 1 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(json, "{comma}{}", quoted(part));
        }
    }
    json.push(']');
    Ok(json)
}

/// `31/12/2025`, `31.12.2025`: no date to Klaviyo, and `01/02/2025` is the second of January.
pub(super) fn day_first(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or_default();
    let mut parts = date.split(['/', '.', '-']);
    let mut part = || {
        let text = parts.next()?;
        let number: u16 = text.parse().ok()?;
        Some((number, text.len()))
    };
    let (Some((day, a)), Some((month, b)), Some((_, c))) = (part(), part(), part()) else {
        return false;
    };
    let written = a <= 2 && b <= 2 && matches!(c, 2 | 4);
    written && (1..=31).contains(&day) && (1..=12).contains(&month) && parts.next().is_none()
}

/// The type that all cells fit, text where that is not clear, and what a person should know about it.
pub(super) fn guess<'c>(cells: impl Iterator<Item = &'c str> + Clone) -> (Type, &'static str) {
    let cells = cells.map(str::trim).filter(|cell| !cell.is_empty());
    let all = |fits: &dyn Fn(&str) -> bool| cells.clone().all(fits);
    if cells.clone().next().is_none() {
        return (Type::Text, "no value seen");
    }
    if all(&|cell| cell.starts_with('[') && list(cell, ",").is_ok()) {
        return (Type::List, "");
    }
    if all(&|cell| boolean(cell).is_some() && !cell.starts_with(['0', '1'])) {
        return (Type::Boolean, "");
    }
    // Zip codes and the numbers of cards and phones are no amounts.
    let amount = |cell: &str| {
        let digits = cell.trim_start_matches('-');
        let zeros = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        number(cell).is_some() && !cell.starts_with('+') && !zeros && digits.len() <= 15
    };
    if all(&amount) {
        return (Type::Number, "");
    }
    if all(&|cell| number(cell).is_some()) {
        return (Type::Text, "digits that are no amount");
    }
    if all(&|cell| instant(cell).is_some() && number(cell).is_none()) {
        let slash = cells.clone().any(|cell| cell.contains('/'));
        return match slash {
            true => (Type::Date, "read as month/day/year"),
            false => (Type::Date, ""),
        };
    }
    if all(&|cell| day_first(cell)) {
        return (
            Type::Text,
            "days come first, which is no date to Klaviyo: write 2025-12-31 to have dates",
        );
    }
    (Type::Text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_json_of_their_type() {
        let json = |kind: Type, cell: &str| kind.json(cell, ";").ok();
        assert_eq!(json(Type::Number, " 007 ").as_deref(), Some("7"));
        assert_eq!(json(Type::Number, "1.50").as_deref(), Some("1.5"));
        assert_eq!(json(Type::Number, "nan"), None);
        assert_eq!(json(Type::Number, "1e999"), None);
        assert_eq!(json(Type::Number, "1,000"), None);
        assert_eq!(json(Type::Boolean, "YES").as_deref(), Some("true"));
        assert_eq!(json(Type::Boolean, "maybe"), None);
        assert_eq!(
            json(Type::Date, "02/28/1990").as_deref(),
            Some("\"02/28/1990\"")
        );
        assert_eq!(json(Type::Date, "28/02/1990"), None);
        assert_eq!(
            json(Type::List, "tea; gift;").as_deref(),
            Some(r#"["tea","gift"]"#)
        );
        assert_eq!(
            json(Type::List, r#"["a", 1]"#).as_deref(),
            Some(r#"["a", 1]"#)
        );
        assert_eq!(json(Type::List, "['a']"), None);
        assert_eq!(json(Type::Text, " a\"b ").as_deref(), Some(r#"" a\"b ""#));
    }

    #[test]
    fn types_are_guessed_only_where_they_are_clear() {
        let of = |cells: &[&str]| guess(cells.iter().copied()).0;
        assert_eq!(of(&["1", "", "-2.5"]), Type::Number);
        assert_eq!(of(&["02110", "10001"]), Type::Text);
        assert_eq!(of(&["+4915112345678"]), Type::Text);
        assert_eq!(of(&["yes", "No"]), Type::Boolean);
        assert_eq!(of(&["1", "0"]), Type::Number);
        assert_eq!(of(&["1990-02-28", "02/28/1990"]), Type::Date);
        assert_eq!(of(&["28.02.1990", "31.12.2000"]), Type::Text);
        assert_eq!(of(&["31/12/2000"]), Type::Text);
        assert_eq!(of(&[r#"["a"]"#, "[]"]), Type::List);
        assert_eq!(of(&["a", "1"]), Type::Text);
        assert_eq!(of(&["", " "]), Type::Text);
    }
}
