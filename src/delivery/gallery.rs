//! The gallery: one page that shows every message of a folder, from disk and without a network.
//!
//! The page is a fixed frame with data in it. All data is JSON in which no `<` is left, and the page's script puts it into
//! the document as text only; an email itself is shown in a frame that runs nothing. Its content security policy lets
//! that one script run, by its hash, and loads data only from beside the page.

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("gallery/page.html");
const STYLE: &str = include_str!("gallery/style.css");
const SCRIPT: &str = include_str!("gallery/script.js");
const UNFINISHED: &str = include_str!("gallery/unfinished.html");

/// How a page that is ours begins.
pub(super) const MARK: &str = "<!doctype html>\n<!-- A gallery by letterpress. The next run into this folder replaces it. -->\n";

/// A person in the list.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) number: usize,
    pub(super) state: State,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) subject: String,
    pub(super) reason: String,
    pub(super) detail: String,
    /// Bytes of the message.
    pub(super) size: usize,
    /// The message's file.
    pub(super) file: String,
}

/// What became of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Rendered,
    Skipped,
    Failed,
}

/// What the page says of the whole run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Facts {
    pub(super) title: String,
    pub(super) rendered: usize,
    pub(super) skipped: usize,
    pub(super) failed: usize,
    /// Rows that are not in the list, because it would grow too long.
    pub(super) unlisted: usize,
    pub(super) cancelled: bool,
}

/// A short array, because there may be many thousands.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_seq(None)?;
        row.serialize_element(&self.number)?;
        row.serialize_element(&(self.state as u8))?;
        row.serialize_element(short(&self.name, 120))?;
        row.serialize_element(short(&self.address, 120))?;
        row.serialize_element(short(&self.subject, 200))?;
        row.serialize_element(short(&self.reason, 300))?;
        row.serialize_element(short(&self.detail, 600))?;
        row.serialize_element(&self.size)?;
        row.serialize_element(&self.file)?;
        row.end()
    }
}

/// Writes the page up to the first row.
pub(super) fn write_head(out: &mut impl Write, title: &str) -> io::Result<()> {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    // Frames inherit this policy, so it allows what an email may load when remote images are switched on; the page
    // itself asks for none of it.
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}' 'self' file:; style-src 'unsafe-inline' https: http:; \
         img-src data: https: http:; font-src data: https: http:; base-uri 'none'; form-action 'none'"
    );
    let (before, _) = PAGE.split_once("@ROWS@").unwrap_or((PAGE, ""));
    let filled = |name: &str| match name {
        "POLICY" => policy.clone(),
        "TITLE" => escaped(title),
        "STYLE" => STYLE.to_owned(),
        _ => String::new(),
    };
    let mut text = MARK.to_owned();
    for (number, piece) in before.split('@').enumerate() {
        // Every second piece is the name of a gap.
        text.push_str(&if number % 2 == 0 {
            piece.to_owned()
        } else {
            filled(piece)
        });
    }
    out.write_all(text.as_bytes())
}

/// Writes a row.
pub(super) fn write_row(out: &mut impl Write, row: &Row, first: bool) -> io::Result<()> {
    let comma = if first { "\n" } else { ",\n" };
    write!(out, "{comma}{}", script_value(row))
}

/// Writes the page from the last row to its end.
pub(super) fn write_tail(out: &mut impl Write, facts: &Facts) -> io::Result<()> {
    let (_, after) = PAGE.split_once("@ROWS@").unwrap_or((PAGE, ""));
    let (before, after) = after.split_once("@FACTS@").unwrap_or((after, ""));
    let (between, after) = after.split_once("@SCRIPT@").unwrap_or((after, ""));
    write!(
        out,
        "\n{before}{}{between}{SCRIPT}{after}",
        script_value(facts)
    )
}

/// The page that stands in the folder while it is written.
pub(super) fn unfinished() -> String {
    format!("{MARK}{UNFINISHED}")
}

/// The file of a part: a call of the page's function with data.
pub(super) fn part_file(function: &str, name: &str, value: &str) -> String {
    format!("letterpress.{function}(\"{name}\",{value});\n")
}

/// A value as JSON that can stand in a script and in a `<script>` element: no `<` is left in it.
pub(super) fn script_value(value: &impl Serialize) -> String {
    // Nothing that is given here can fail: strings, numbers, and lists of them.
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".into());
    let mut out = String::with_capacity(json.len() + json.len() / 8);
    let mut rest = json.as_str();
    while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mut chars = from.chars();
        if let Some(c) = chars.next() {
            let _ = write!(out, "\\u{:04x}", c as u32);
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// Text for HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// At most so many bytes.
fn short(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_leave_its_script() {
        let hostile = "</script><script>alert(1)</script><!-- \u{2028} & \" \\";
        let text = script_value(&hostile);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        assert_eq!(
            serde_json::from_str::<String>(&text).ok().as_deref(),
            Some(hostile)
        );
    }

    #[test]
    fn a_title_is_text() -> io::Result<()> {
        let mut page = Vec::new();
        write_head(&mut page, "@STYLE@</title><b>")?;
        let page = String::from_utf8_lossy(&page);
        assert!(page.starts_with(MARK) && page.contains("@STYLE@&lt;/title&gt;&lt;b&gt;"));
        assert!(!page.contains("@POLICY@"));
        Ok(())
    }
}
