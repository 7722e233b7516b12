//! A rendered text as it is sent.

use std::borrow::Cow;

/// Cleans a rendered text of what branches leave behind that printed nothing.
///
/// Blanks at the ends of lines go, of several empty lines in a row one stays, at the start and the end none do, and
/// the text ends with one line end. A pair of brackets with nothing in it goes with the blank before it: a link
/// whose address came out empty. Line ends become `\n`. All else stays: blanks inside a line and before it are not
/// touched, so a text that somebody laid out by hand stays as it is.
///
/// ```
/// use letterpress::plaintext::tidy;
/// assert_eq!(tidy("\n\nHi Ada, \n\n\n\nYour cart ():\r\n  2 x Tea"), "Hi Ada,\n\nYour cart:\n  2 x Tea\n");
/// assert_eq!(tidy(" \n"), "");
/// assert!(matches!(tidy("Clean.\n"), std::borrow::Cow::Borrowed(_)));
/// ```
pub fn tidy(text: &str) -> Cow<'_, str> {
    if is_tidy(text) {
        return Cow::Borrowed(text);
    }
    let unix;
    let text = match memchr::memchr(b'\r', text.as_bytes()) {
        Some(_) => {
            unix = text.replace("\r\n", "\n").replace('\r', "\n");
            &unix
        }
        None => text,
    };
    let brackets = has_empty_brackets(text);
    let mut out = String::with_capacity(text.len() + 1);
    let mut gap = false;
    let mut from = 0;
    while from < text.len() {
        let end =
            memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at);
        let line = &text[from..end];
        from = end + 1;
        let start = out.len();
        if gap && start > 0 {
            out.push('\n');
        }
        let content = out.len();
        if brackets {
            push_without_empty_brackets(line, content, &mut out);
        } else {
            out.push_str(line);
        }
        let length = out.as_bytes()[content..]
            .iter()
            .rposition(|byte| !matches!(byte, b' ' | b'\t'));
        gap = length.is_none();
        match length {
            Some(last) => {
                out.truncate(content + last + 1);
                out.push('\n');
            }
            None => out.truncate(start),
        }
    }
    Cow::Owned(out)
}

fn has_empty_brackets(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b" ()").is_some()
}

fn push_without_empty_brackets(line: &str, start: usize, out: &mut String) {
    let mut rest = line;
    while let Some(at) = memchr::memchr(b')', rest.as_bytes()) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        if out[start..].ends_with(" (") {
            out.truncate(out.len() - 2);
        } else {
            out.push(')');
        }
        rest = &after[1..];
    }
    out.push_str(rest);
}

fn is_tidy(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut empty = true;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let line = &bytes[from..end];
        match line.last() {
            Some(b' ' | b'\t') => return false,
            None if empty => return false,
            last => empty = last.is_none(),
        }
        from = end + 1;
    }
    // The last line end is the last byte, and no empty line is before it.
    from == bytes.len()
        && (!empty || bytes.is_empty())
        && memchr::memchr(b'\r', bytes).is_none()
        && !has_empty_brackets(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        for (text, expected) in [
            ("", ""),
            ("\n", ""),
            ("a", "a\n"),
            ("a\n\n", "a\n"),
            ("a\n \nb", "a\n\nb\n"),
            ("a\n\n\n\nb\n", "a\n\nb\n"),
            ("a\r\n\r\n\r\nb\rc", "a\n\nb\nc\n"),
            ("\t\n  a", "  a\n"),
            ("Tea ()\n()", "Tea\n()\n"),
            ("f ( ()) g", "f g\n"),
            (" ()\n\na", "a\n"),
            ("a\n\n ()\n\nb", "a\n\nb\n"),
            ("é ü\u{a0}\n", "é ü\u{a0}\n"),
        ] {
            let tidied = tidy(text);
            assert_eq!(tidied, expected, "{text:?}");
            assert_eq!(tidy(&tidied), expected, "again: {text:?}");
        }
    }
}
