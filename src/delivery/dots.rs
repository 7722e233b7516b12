//! A message as DATA sends it.

use std::fmt;

/// Lines that begin with a dot have another before it, and a line of one dot ends the message. What is given has passed
/// [`Letter::fault`](super::Letter::fault), so every line end is CRLF.
///
/// It is [`fmt::Display`] because lettre writes what can be displayed, in one piece.
pub(super) struct Dotted<'a>(pub(super) &'a str);

impl fmt::Display for Dotted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let mut start = 0;
        if text.starts_with('.') {
            f.write_str(".")?;
        }
        for at in memchr::memmem::find_iter(text.as_bytes(), b"\n.") {
            f.write_str(&text[start..=at])?;
            f.write_str(".")?;
            start = at + 1;
        }
        f.write_str(&text[start..])?;
        f.write_str(".\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server makes of it, byte by byte as RFC 5321 has it: the message, and what stands behind the end of it.
    fn received(wire: &str) -> (String, String) {
        let mut out = String::new();
        let mut rest = wire;
        while let Some((line, behind)) = rest.split_once("\r\n") {
            if line == "." {
                return (out, behind.to_owned());
            }
            out.push_str(line.strip_prefix('.').unwrap_or(line));
            out.push_str("\r\n");
            rest = behind;
        }
        panic!("the message has no end: {wire:?}");
    }

    #[test]
    fn dots_come_through() {
        for text in [
            "a\r\n",
            ".\r\n",
            "..\r\n.\r\n",
            ".\r\n.\r\n.\r\n",
            "a\r\n.b\r\n..c\r\n\r\n.\r\nMAIL FROM:<x@example.com>\r\n",
            "a.\r\n. \r\n",
        ] {
            let wire = Dotted(text).to_string();
            assert_eq!(
                received(&wire),
                (text.to_owned(), String::new()),
                "{wire:?}"
            );
        }
    }
}
