//! Lines of a message as files, mailboxes and SMTP have them. What is given has passed [`Letter::fault`](super::Letter::fault): every
//! line ends in CRLF, and there is no other CR or LF.

use std::fmt;

/// With the line ends of files: LF.
pub(super) fn of_files(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    append(&mut out, bytes, |_| false);
    out
}

/// As an mbox file has them ("mboxrd"): LF, and `>` before every line that is `From ` behind any number of `>`.
pub(super) fn append_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    let quotes = |line: &[u8]| {
        let depth = line.iter().take_while(|&&b| b == b'>').count();
        line[depth..].starts_with(b"From ")
    };
    append(out, bytes, quotes);
}

fn append(out: &mut Vec<u8>, bytes: &[u8], quotes: impl Fn(&[u8]) -> bool) {
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let line = &bytes[start..end];
        if quotes(line) {
            out.push(b'>');
        }
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.push(b'\n');
        start = end + 1;
    }
}

/// As DATA sends them: lines that begin with a dot have another before it, and a line of one dot ends the message.
/// [`fmt::Display`] because lettre writes what can be displayed, in one piece.
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

    #[test]
    fn froms_are_quoted() {
        let mut out = Vec::new();
        append_quoted(
            &mut out,
            b"From a\r\n>From b\r\n>>From c\r\nFrom\r\nfrom d\r\n From e\r\n",
        );
        assert_eq!(
            out,
            b">From a\n>>From b\n>>>From c\nFrom\nfrom d\n From e\n"
        );
        assert_eq!(of_files(b"From a\r\n\r\n"), b"From a\n\n");
    }
}
