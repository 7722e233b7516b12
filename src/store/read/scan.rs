//! Where a JSON document ends, without parsing it: fast enough for millions of lines.
//!
//! The scanner knows JSON's grammar as far as brackets, commas, colons and texts go; whether a number or an escape is
//! well written shows when the record is parsed.

use std::ops::Range;

/// As deep as the parser goes.
const DEEPEST: u32 = 127;

/// A document on the way to its end. It can be stopped at the end of a line and go on when there is more.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    /// How far it has come.
    at: usize,
    state: State,
    depth: u32,
    /// One bit a bracket that is open, the innermost lowest: 1 for an object.
    open: u128,
    key: Range<usize>,
    in_data: bool,
    pub(super) shape: Shape,
}

/// What a document is, as far as it shows at its top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// The bytes of the text that `type` is, of the document and of the object that `data` is.
    pub(super) kind: Option<Range<usize>>,
    pub(super) inner_kind: Option<Range<usize>>,
    pub(super) attributes: bool,
    pub(super) inner_attributes: bool,
    pub(super) data: Data,
    pub(super) included: bool,
    /// There is an escape that may be half a character.
    pub(super) halves: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Data {
    #[default]
    None,
    Object,
    List,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// How far a scan came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The document ends before this byte.
    Done(usize),
    /// It goes on behind what there is.
    More,
    /// Something stands at this byte that cannot be there.
    Broken(usize, &'static str),
}

impl Scan {
    /// Goes on. `bytes` begins where the document begins, at a `{` or `[`, and ends with a line or the input.
    pub(super) fn run(&mut self, bytes: &[u8]) -> Step {
        use State::{Colon, CommaOrEnd, Key, KeyOrEnd, Value, ValueOrEnd};
        let mut at = self.at;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'"' => {
                    let start = at + 1;
                    let end = match self.text_end(bytes, start) {
                        Ok(end) => end,
                        Err(at) => {
                            return Step::Broken(at, "the line ends in the middle of a text");
                        }
                    };
                    match self.state {
                        Key | KeyOrEnd => {
                            if self.depth <= 2 {
                                self.key = start..end;
                            }
                            self.state = Colon;
                        }
                        Value | ValueOrEnd => {
                            if self.depth <= 2 {
                                self.top_value(bytes, byte, start..end);
                            }
                            self.state = CommaOrEnd;
                        }
                        _ => return self.broken(at),
                    }
                    at = end + 1;
                }
                b',' if self.state == CommaOrEnd => {
                    self.state = if self.in_object() { Key } else { Value };
                    at += 1;
                }
                b':' if self.state == Colon => {
                    self.state = Value;
                    at += 1;
                }
                b'{' | b'[' if matches!(self.state, Value | ValueOrEnd) => {
                    if self.depth == DEEPEST {
                        return Step::Broken(at, "this is nested too deep");
                    }
                    if self.depth <= 2 {
                        self.top_value(bytes, byte, at..at);
                    }
                    self.depth += 1;
                    self.open = self.open << 1 | u128::from(byte == b'{');
                    self.state = if byte == b'{' { KeyOrEnd } else { ValueOrEnd };
                    at += 1;
                }
                b'}' | b']' => {
                    let empty = if byte == b'}' { KeyOrEnd } else { ValueOrEnd };
                    if !(self.state == CommaOrEnd || self.state == empty)
                        || self.in_object() != (byte == b'}')
                    {
                        return self.broken(at);
                    }
                    self.depth -= 1;
                    self.open >>= 1;
                    self.state = CommaOrEnd;
                    at += 1;
                    if self.depth == 0 {
                        return Step::Done(at);
                    }
                    if self.depth == 1 {
                        self.in_data = false;
                    }
                }
                b'-' | b'0'..=b'9' | b't' | b'f' | b'n'
                    if matches!(self.state, Value | ValueOrEnd) =>
                {
                    let length = bytes[at..]
                        .iter()
                        .position(
                            |b| !matches!(b, b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E'),
                        )
                        .unwrap_or(bytes.len() - at);
                    let word = &bytes[at..at + length];
                    if byte.is_ascii_lowercase() && !matches!(word, b"true" | b"false" | b"null") {
                        return self.broken(at);
                    }
                    if self.depth <= 2 {
                        self.top_value(bytes, byte, at..at + length);
                    }
                    self.state = CommaOrEnd;
                    at += length;
                }
                _ => return self.broken(at),
            }
        }
        self.at = at;
        Step::More
    }

    fn in_object(&self) -> bool {
        self.open & 1 == 1
    }

    /// The byte of the quote that ends a text, or where the line ends before it.
    fn text_end(&mut self, bytes: &[u8], start: usize) -> Result<usize, usize> {
        let mut at = start;
        loop {
            match bytes.get(at) {
                Some(b'"') => return Ok(at),
                Some(b'\\') => {
                    if bytes.get(at + 1) == Some(&b'u')
                        && matches!(bytes.get(at + 2), Some(b'd' | b'D'))
                    {
                        self.shape.halves = true;
                    }
                    // A line that ends in a backslash ends all the same.
                    at += if bytes.get(at + 1) == Some(&b'\n') {
                        1
                    } else {
                        2
                    };
                }
                Some(b'\n') | None => return Err(at.min(bytes.len())),
                Some(_) => at += 1,
            }
        }
    }

    /// Notes what the fields of the document, and of the object in `data`, are.
    fn top_value(&mut self, bytes: &[u8], first: u8, text: Range<usize>) {
        let absent = first == b'n';
        match (self.depth, &bytes[self.key.clone()]) {
            _ if !self.in_object() => {}
            (1, b"type") => self.shape.kind = (first == b'"').then_some(text),
            (1, b"attributes") => self.shape.attributes = !absent,
            (1, b"included") => self.shape.included = first == b'[',
            (1, b"data") => {
                self.shape.data = match first {
                    b'{' => Data::Object,
                    b'[' => Data::List,
                    _ => Data::None,
                };
                self.in_data = first == b'{';
                if self.in_data {
                    self.shape.inner_kind = None;
                    self.shape.inner_attributes = false;
                }
            }
            (2, b"type") if self.in_data => {
                self.shape.inner_kind = (first == b'"').then_some(text);
            }
            (2, b"attributes") if self.in_data => self.shape.inner_attributes = !absent,
            _ => {}
        }
    }

    fn broken(&self, at: usize) -> Step {
        let expected = match self.state {
            State::Value => "a value is expected here",
            State::ValueOrEnd => "a value or ] is expected here",
            State::Key => "a name in quotes is expected here",
            State::KeyOrEnd => "a name in quotes or } is expected here",
            State::Colon => "a colon is expected here",
            State::CommaOrEnd if self.in_object() => "a comma or } is expected here",
            State::CommaOrEnd => "a comma or ] is expected here",
        };
        Step::Broken(at, expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_end_where_a_parser_says_so() {
        let texts = [
            r#"{}"#,
            r#"{"a":[1,-2.5e+3,true,false,null,"x\"]}"],"b":{"c":[]}}"#,
            "{\n \"a\" : [ ] ,\r\n\t\"b\": \"\\\\\"}",
            r#"{"a":"\ud83d"}"#,
        ];
        for text in texts {
            serde_json::from_str::<serde::de::IgnoredAny>(text).unwrap();
            let with_tail = format!("{text} {{");
            let mut scan = Scan::default();
            assert_eq!(
                scan.run(with_tail.as_bytes()),
                Step::Done(text.len()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_there_is_told_with_its_place() {
        let broken = |text: &str| Scan::default().run(text.as_bytes());
        let at = |text: &str| match broken(text) {
            Step::Broken(at, _) => at,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(at(r#"{"a":1,,}"#), 7);
        assert_eq!(at(r#"{"a" 1}"#), 5);
        assert_eq!(at(r#"{"a":[1}"#), 7);
        assert_eq!(at(r#"{"a":nil}"#), 5);
        assert_eq!(at(r#"{a:1}"#), 1);
        assert_eq!(at("{\"a\":\"x\n{}"), 7);
        assert_eq!(at("{\"a\":\"x\\\n{}"), 8);
        assert_eq!(at(r#"{"a":1]"#), 6);
        assert_eq!(at(r#"{"a":1,}"#), 7);
        assert_eq!(at(&"[".repeat(200)), 127);
        assert_eq!(broken("{\"a\":\n"), Step::More);
    }

    #[test]
    fn a_scan_goes_on_where_it_stopped() {
        let text = "{\"data\":{\n\"type\":\"event\",\n\"attributes\":{}}\n}";
        let mut whole = Scan::default();
        assert_eq!(whole.run(text.as_bytes()), Step::Done(text.len()));
        let mut parts = Scan::default();
        for (end, _) in text.match_indices('\n') {
            assert_eq!(parts.run(&text.as_bytes()[..=end]), Step::More);
        }
        assert_eq!(parts.run(text.as_bytes()), Step::Done(text.len()));
        assert_eq!(parts.shape, whole.shape);
        assert_eq!(
            (parts.shape.data, parts.shape.inner_attributes),
            (Data::Object, true)
        );
        assert_eq!(&text[parts.shape.inner_kind.unwrap()], "event");
    }
}
