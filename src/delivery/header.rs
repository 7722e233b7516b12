//! Header values as they travel: cleaned, encoded (RFC 2047) and folded.
//!
//! lettre's own encoder leaves three things to its caller: a value that looks encoded is decoded by the reader, a word of
//! a thousand letters makes a line too long, and a line end inside a name panics. So values are made here, from words
//! that email-encoding writes, and lettre is given the finished text.

use std::fmt::Write;

use email_encoding::headers::rfc2047;
use email_encoding::headers::writer::EmailWriter;

use super::party::ascii_domain;

/// A word of more bytes than this is encoded, because an encoded word can be cut and a plain one cannot.
const LONGEST_PLAIN: usize = 60;

/// A word of a line that is no longer than [`LONGEST_LINE`], whatever its header's name.
const LONGEST_WORD: usize = 900;

/// RFC 5322: no line is longer than this.
const LONGEST_LINE: usize = 998;

/// One line without control characters; white space of any kind becomes one blank.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace()) {
        let start = out.len();
        if start > 0 {
            out.push(' ');
        }
        let before = out.len();
        out.extend(word.chars().filter(|c| !c.is_control()));
        if out.len() == before {
            out.truncate(start);
        }
    }
    out
}

/// [`clean`] for a person's name, which may also not turn the direction of what stands around it.
pub(super) fn clean_name(name: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.contains(turns) {
        clean(&name.replace(turns, ""))
    } else {
        clean(name)
    }
}

/// Unstructured text, such as a subject; `clean` is what [`clean()`] leaves of it.
pub(super) fn text(name: &str, clean: &str) -> String {
    written(name, |writer| write_text(writer, clean))
}

/// Words that programs read as they stand, such as Feedback-ID: encoded only where they cannot travel otherwise.
pub(super) fn words(name: &str, clean: &str) -> String {
    let plain = |word: &str| word.is_ascii() && word.len() <= LONGEST_WORD && !word.contains("=?");
    if clean.split(' ').all(plain) {
        written(name, |writer| writer.folding().write_str(clean))
    } else {
        text(name, clean)
    }
}

/// `Name <address>`; the name is what [`clean_name`] leaves of it, the address is ASCII.
pub(super) fn mailbox(header: &str, name: Option<&str>, address: &str) -> String {
    written(header, |writer| match name {
        None => writer.folding().write_str(address),
        Some(name) => {
            write_phrase(writer, name)?;
            writer.space();
            write!(writer.folding(), "<{address}>")
        }
    })
}

/// The identity of a list (RFC 2919), `Name <label.domain>`, with its domain in ASCII; None when it is none.
pub(super) fn list_id(header: &str, value: &str) -> Option<String> {
    let value = clean_name(value);
    let (name, id) = value.strip_suffix('>')?.rsplit_once('<')?;
    let name = name.trim();
    let name = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap_or(name);
    let (label, domain) = id.split_once('.')?;
    let id = format!("{label}.{}", ascii_domain(domain)?);
    let letter = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let is_one = id.len() <= 255
        && id
            .split('.')
            .all(|l| !l.is_empty() && l.chars().all(letter));
    let id = format!("<{id}>");
    is_one.then(|| match name {
        // Unlike an address, an identity stands in brackets always.
        "" => id,
        name => written(header, |writer| {
            write_phrase(writer, name)?;
            writer.space();
            writer.folding().write_str(&id)
        }),
    })
}

/// Addresses of the web and of mailboxes in angle brackets, as List-Unsubscribe has them: not text, so never encoded as such.
pub(super) fn addresses(name: &str, value: &str) -> String {
    let mut ascii = String::with_capacity(value.len());
    for c in clean(value).chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(ascii, "%{byte:02X}");
            }
        }
    }
    // What looks like an encoded word would be decoded by a reader.
    let ascii = ascii.replace("=?", "=%3F");
    written(name, |writer| writer.folding().write_str(&ascii))
}

/// The longest line of a header, in bytes, if it is longer than allowed.
pub(super) fn too_long(name: &str, value: &str) -> Option<usize> {
    let first = name.len() + 2;
    value
        .split("\r\n")
        .enumerate()
        .map(|(number, line)| line.len() + if number == 0 { first } else { 0 })
        .max()
        .filter(|&length| length > LONGEST_LINE)
}

/// What `write` writes, folded behind `name: `.
fn written(name: &str, write: impl FnOnce(&mut EmailWriter<'_>) -> std::fmt::Result) -> String {
    let mut out = String::new();
    {
        let mut writer = EmailWriter::new(&mut out, name.len() + 2, 0, false);
        // A String takes everything that is written to it.
        let _ = write(&mut writer);
    }
    out
}

fn write_text(writer: &mut EmailWriter<'_>, clean: &str) -> std::fmt::Result {
    let plain = |word: &str| word.is_ascii() && word.len() <= LONGEST_PLAIN && !word.contains("=?");
    let mut rest = clean;
    while !rest.is_empty() {
        // A run of words of one kind; blanks between two encoded words are encoded with them.
        let is_plain = plain(rest.split(' ').next().unwrap_or_default());
        let mut end = 0;
        for word in rest.split(' ') {
            if plain(word) != is_plain {
                break;
            }
            end += word.len() + 1;
        }
        let end = end.min(rest.len() + 1) - 1;
        let run = &rest[..end];
        if is_plain {
            writer.folding().write_str(run)?;
        } else {
            rfc2047::encode(run, writer)?;
        }
        rest = rest[end..].strip_prefix(' ').unwrap_or_default();
        if !rest.is_empty() {
            writer.space();
        }
    }
    Ok(())
}

/// A display name: plain words where that is allowed, else in quotes, else encoded.
fn write_phrase(writer: &mut EmailWriter<'_>, clean: &str) -> std::fmt::Result {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~ ".contains(c);
    let escapes = clean.chars().filter(|c| "\"\\".contains(*c)).count();
    if !clean.is_ascii() || clean.contains("=?") || clean.len() + escapes > LONGEST_PLAIN {
        return rfc2047::encode(clean, writer);
    }
    if clean.chars().all(atom) {
        return writer.folding().write_str(clean);
    }
    let mut quoted = String::with_capacity(clean.len() + escapes + 2);
    quoted.push('"');
    for c in clean.chars() {
        if "\"\\".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    writer.write_str(&quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_need_it_are_encoded() {
        assert_eq!(
            text("Subject", "Your tea is waiting"),
            "Your tea is waiting"
        );
        assert_eq!(
            text("Subject", "Für José, with love"),
            "=?utf-8?b?RsO8ciBKb3PDqSw=?= with love"
        );
    }

    #[test]
    fn what_looks_encoded_is_encoded() {
        assert_eq!(
            text("Subject", "=?utf-8?q?x?="),
            "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?="
        );
    }

    #[test]
    fn names_as_people_write_them() {
        let to = |name| mailbox("To", Some(name), "a@example.com");
        assert_eq!(to("Ada"), "Ada <a@example.com>");
        assert_eq!(to("O'Neil"), "O'Neil <a@example.com>");
        assert_eq!(to("Lovelace, Ada"), "\"Lovelace, Ada\" <a@example.com>");
        assert_eq!(
            to("Ada \"The\" \\"),
            "\"Ada \\\"The\\\" \\\\\" <a@example.com>"
        );
        assert_eq!(mailbox("To", None, "a@example.com"), "a@example.com");
        assert_eq!(clean_name("  \r\n "), "");
        assert_eq!(clean_name("a\u{202e}b\u{0}\r\nBcc:"), "ab Bcc:");
    }

    #[test]
    fn an_address_of_the_web_stays_one() {
        assert_eq!(
            addresses("List-Unsubscribe", "<https://x.example/ü?a==?b>"),
            "<https://x.example/%C3%BC?a==%3Fb>"
        );
    }

    #[test]
    fn no_word_makes_a_line_too_long() {
        for value in ["x".repeat(1_100), "é".repeat(600), "x ".repeat(600)] {
            let encoded = text("Subject", &value);
            assert!(
                encoded.split("\r\n").all(|line| line.len() <= 78),
                "{encoded}"
            );
        }
        assert_eq!(too_long("X", &"x".repeat(1_100)), Some(1_103));
    }
}
