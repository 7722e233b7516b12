//! A first draft of a map.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Kind;
use super::cell::{Type, guess};
use super::columns::{Target, target_of};
use super::consent::{consent_of, looks_like_it, reasons_of};
use super::rejected::brief;

/// The draft for a file of profiles; see [`super::Map::propose`].
pub(super) fn propose(head: &[String], rows: &[Vec<String>]) -> String {
    let mut draft = String::from(
        "# What the columns of the CSV file are. A column is a field (\"email\"), a property with a type\n\
         # (text, number, date, boolean, list), says who may be mailed, or is passed over (\"ignore\").\n\
         # kind = \"profiles\"\n\n[columns]\n",
    );
    for (place, name) in head.iter().enumerate() {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(place))
            .map(String::as_str);
        // Writing to a String cannot fail.
        let _ = column(&mut draft, name, cells);
    }
    draft
}

fn column<'c>(
    draft: &mut String,
    head: &str,
    cells: impl Iterator<Item = &'c str> + Clone,
) -> std::fmt::Result {
    let key = toml_text(head);
    let target = target_of(Kind::Profiles, head);
    if head.trim().is_empty() {
        return writeln!(draft, "# A column without a name is passed over.");
    }
    let filled = cells.clone().map(str::trim).filter(|cell| !cell.is_empty());
    match target {
        Target::Field(name @ ("consent" | "sms_consent"))
            if filled.clone().all(|cell| consent_of(cell).is_some()) =>
        {
            writeln!(draft, "{key} = {}", toml_text(name))
        }
        Target::Field("suppression") if filled.clone().all(|cell| reasons_of(cell).is_some()) => {
            writeln!(draft, "{key} = \"suppression\"")
        }
        Target::Field(name) if !matches!(name, "consent" | "sms_consent" | "suppression") => {
            writeln!(draft, "{key} = {}", toml_text(name))
        }
        Target::Field(_) => decide(draft, &key, cells),
        _ if looks_like_it(head) => decide(draft, &key, cells),
        Target::Property {
            name: Some(name), ..
        } => writeln!(draft, "{key} = {{ property = {} }}", toml_text(&name)),
        _ => {
            let (kind, note) = guess(cells);
            let word = match kind {
                Type::Text => "text",
                Type::Number => "number",
                Type::Date => "date",
                Type::Boolean => "boolean",
                Type::List => "list",
            };
            write!(draft, "{key} = {{ type = \"{word}\" }}")?;
            if !note.is_empty() {
                write!(draft, "  # {note}")?;
            }
            writeln!(draft)
        }
    }
}

/// A column that a person must decide about: the line is a comment, and without it the import stops.
fn decide<'c>(
    draft: &mut String,
    key: &str,
    cells: impl Iterator<Item = &'c str>,
) -> std::fmt::Result {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for cell in cells {
        *counts.entry(brief(cell.trim())).or_default() += 1;
    }
    writeln!(
        draft,
        "\n# Decide: this column looks as if it said who may be mailed; the import stops until it is mapped."
    )?;
    write!(draft, "# Its values:")?;
    for (number, (value, count)) in counts.iter().take(8).enumerate() {
        let comma = if number > 0 { "," } else { "" };
        write!(draft, "{comma} {} ({count})", toml_text(value))?;
    }
    let more = if counts.len() > 8 { ", …" } else { "" };
    writeln!(draft, "{more}")?;
    writeln!(
        draft,
        "# {key} = {{ consent = \"email\", subscribed = [], unsubscribed = [], never_subscribed = [\"\"] }}"
    )?;
    writeln!(
        draft,
        "# {key} = {{ suppression = \"USER_SUPPRESSED\", suppressed = [], not_suppressed = [\"\"] }}\n\
         # {key} = {{ type = \"text\" }}  # it has nothing to do with mailing\n"
    )
}

/// A text as TOML writes it: in double quotes on one line.
pub(super) fn toml_text(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
