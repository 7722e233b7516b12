//! A message on its way: envelope and bytes, and what no sink may take.

use std::borrow::Cow;

use crate::email::is_address;

/// RFC 5321: no line is longer than this, its end not counted.
const LONGEST_LINE: usize = 998;

/// A message on its way: an envelope and the bytes of a message.
///
/// The bytes have lines that end in CRLF and hold at most 998 bytes, all of ASCII, no NUL; lines that begin with a dot
/// are as they are read. Sinks check that and send nothing that is otherwise, instead of mending it: what is sent is
/// what was planned, or nothing, and no byte of a message can end it early and begin another (SMTP smuggling).
///
/// ```
/// use letterpress::delivery::Letter;
/// let letter = Letter {
///     id: "00112233445566778899aabbccddeeff".into(),
///     from: "hello@tea.example".into(),
///     to: "ada@example.com".into(),
///     bytes: b"Subject: Tea\r\n\r\nHello\r\n".to_vec(),
/// };
/// assert_eq!(letter.fault(), None);
/// let smuggled = Letter { bytes: b"Subject: Tea\r\n\r\n\n.\r\nMAIL FROM:<>\r\n".to_vec(), ..letter };
/// assert!(smuggled.fault().unwrap().contains("line 3 ends without a carriage return"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// 32 hexadecimal digits in lower case. Message-ID and names of files derive from it: the same letter sent again
    /// has the same id.
    pub id: String,
    /// Who gets bounces: the envelope's sender, an address without a name.
    pub from: String,
    /// Who gets it: an address without a name.
    pub to: String,
    /// The message.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// Why this letter may not go anywhere, if so: a sentence.
    pub fn fault(&self) -> Option<String> {
        if !is_id(&self.id) {
            return Some("the letter's id is not 32 hexadecimal digits in lower case".into());
        }
        fault_of_bytes(&self.bytes)
    }

    /// The envelope's addresses as they may be written between angle brackets: checked once more, domains in ASCII.
    ///
    /// # Errors
    /// A sentence that says which address cannot be written and why.
    pub fn envelope(&self) -> Result<(Cow<'_, str>, Cow<'_, str>), String> {
        let path =
            |role: &str, text| path(text).map_err(|why| format!("the address of the {role} {why}"));
        Ok((path("sender", &self.from)?, path("recipient", &self.to)?))
    }
}

/// Whether this is a letter's id.
pub(super) fn is_id(id: &str) -> bool {
    id.len() == 32
        && id
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn fault_of_bytes(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("the message is empty".into());
    }
    if !bytes.is_ascii() {
        return Some("the message has bytes beyond ASCII".into());
    }
    if memchr::memchr(0, bytes).is_some() {
        return Some("the message has a byte 0".into());
    }
    let mut start = 0;
    let mut line = 1;
    for at in memchr::memchr2_iter(b'\r', b'\n', bytes) {
        if bytes[at] == b'\r' {
            if bytes.get(at + 1) != Some(&b'\n') {
                return Some(format!("line {line} has a carriage return in it"));
            }
            continue;
        }
        if at == start || bytes[at - 1] != b'\r' {
            return Some(format!("line {line} ends without a carriage return"));
        }
        if at - 1 - start > LONGEST_LINE {
            return Some(format!("line {line} has more than 998 bytes"));
        }
        start = at + 1;
        line += 1;
    }
    (start != bytes.len()).then(|| format!("line {line} has no end"))
}

/// An address as it stands in a command: one that mail can be sent to, in ASCII.
fn path(address: &str) -> Result<Cow<'_, str>, &'static str> {
    if !is_address(address) {
        return Err("is no address that mail can be sent to");
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Err("is no address that mail can be sent to");
    };
    if !local.is_ascii() {
        return Err("has letters before the @ that most mail servers do not take");
    }
    if domain.is_ascii() {
        return Ok(Cow::Borrowed(address));
    }
    let no_ascii = "has a domain without an ASCII form (IDNA)";
    let domain = idna::domain_to_ascii(domain).map_err(|_| no_ascii)?;
    let address = format!("{local}@{domain}");
    if address.is_ascii() && is_address(&address) {
        Ok(Cow::Owned(address))
    } else {
        Err(no_ascii)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_no_sink_takes() {
        let long = |n| format!("{}\r\n", "x".repeat(n)).into_bytes();
        assert_eq!(fault_of_bytes(&long(998)), None);
        for good in ["\r\n", "a\r\n\r\n", ".\r\n..\r\n.a\r\n", "\t \x01\r\n"] {
            assert_eq!(fault_of_bytes(good.as_bytes()), None, "{good:?}");
        }
        assert!(fault_of_bytes(&long(999)).is_some());
        for bad in [
            "",
            "a",
            "a\n",
            "\n",
            "\r",
            "a\r",
            "a\r\n\n.\r\n",
            "a\r\n.\r\r\n",
            "a\r\n.\n\r\n",
            "a\r\n\r.\r\n",
            "a\0\r\n",
            "é\r\n",
            "a\r\nb",
        ] {
            assert!(fault_of_bytes(bad.as_bytes()).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_between_brackets() {
        assert_eq!(path("a@example.com").as_deref(), Ok("a@example.com"));
        assert_eq!(
            path("a@bücher.example").as_deref(),
            Ok("a@xn--bcher-kva.example")
        );
        for bad in [
            "",
            "a@example.com>\r\nRCPT TO:<b@example.com",
            "a@example.com\r",
            "<a@example.com>",
            "\"a b\"@example.com",
            "@relay.example:a@example.com",
            "a@b@example.com",
            "ä@example.com",
            "a\0@example.com",
            "a@exa mple.com",
        ] {
            assert!(path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids() {
        assert!(is_id("00112233445566778899aabbccddeeff"));
        for bad in [
            "",
            "00112233445566778899AABBCCDDEEFF",
            "../../etc/passwd/../../etc/passw",
        ] {
            assert!(!is_id(bad));
        }
    }
}
