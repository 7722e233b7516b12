//! GeoNames' postal codes: twelve columns between tabs, no head, no quotes.

use memchr::memchr;

use super::cell::number;
use super::document::quoted;
use super::source::Text;
use super::{Input, Kind, Out, ReadError, Rejected};

/// The columns that are wanted, from 0.
const COUNTRY: usize = 0;
const CODE: usize = 1;
const NAME: usize = 2;
const LATITUDE: usize = 9;
const LONGITUDE: usize = 10;

pub(super) fn read(text: &mut Text, _input: &Input, out: &mut Out<'_>) -> Result<(), ReadError> {
    out.summary.kind = Some(Kind::PostalCodes);
    loop {
        out.bytes = text.consumed();
        let bytes = text.bytes();
        let mut at = 0;
        let mut line = text.line();
        while at < bytes.len() {
            let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
            let row = bytes[at..end].trim_ascii_end();
            if !row.is_empty() {
                // The last column is often empty and its tab trimmed.
                match code(&bytes[at..end]) {
                    Ok(json) => out.record(line, Kind::PostalCodes, false, json),
                    Err((column, value, reason)) => {
                        let mut rejected = Rejected::cell(line, row, column, &value, reason);
                        // The whole line is to blame.
                        rejected.column = rejected.column.filter(|column| !column.is_empty());
                        out.reject(rejected);
                    }
                }
            }
            out.flush_if_full()?;
            at = end;
            line += 1;
        }
        text.take(at);
        if !text.more()? {
            return Ok(());
        }
    }
}

fn code(line: &[u8]) -> Result<String, (&'static str, String, String)> {
    let wrong =
        |column, value: &str, reason: &str| Err((column, value.to_owned(), reason.to_owned()));
    let Ok(line) = std::str::from_utf8(line) else {
        return wrong("", "", "this is not UTF-8");
    };
    let cells: Vec<&str> = line.trim_end_matches(['\r', '\n']).split('\t').collect();
    if cells.len() != 12 {
        let reason = format!(
            "12 columns between tabs are expected, here are {}",
            cells.len()
        );
        return wrong("", "", &reason);
    }
    let cells: Vec<&str> = cells.into_iter().map(str::trim).collect();
    if cells[COUNTRY].is_empty() || cells[CODE].is_empty() {
        return wrong(
            "postal code",
            cells[CODE],
            "a country and a code are needed",
        );
    }
    let degrees = |place: usize, column, most: f64| match number(cells[place]) {
        Some(text) if text.parse().is_ok_and(|d: f64| d.abs() <= most) => Ok(text),
        _ => wrong(column, cells[place], "this is no number of degrees"),
    };
    Ok(format!(
        r#"{{"country":{},"code":{},"name":{},"latitude":{},"longitude":{}}}"#,
        quoted(cells[COUNTRY]),
        quoted(cells[CODE]),
        quoted(cells[NAME]),
        degrees(LATITUDE, "latitude", 90.0)?,
        degrees(LONGITUDE, "longitude", 180.0)?,
    ))
}
