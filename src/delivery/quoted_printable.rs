//! Quoted-printable (RFC 2045, section 6.7) with the line ends of the network, in one pass.
//!
//! Beyond what the standard asks for, no line starts with a `.`, which SMTP doubles and a careless server does not
//! halve again, nor with `From `, where a careless mailbox file begins another message.

/// Bytes on a line before the `=` of a soft break, which is the 76th.
const WIDTH: usize = 75;

/// Appends `text`, encoded. Every kind of line end (CRLF, CR, LF) becomes CRLF.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) {
    let mut lines = Lines { out, column: 0 };
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (run, after) = rest.split_at(plain_length(rest));
        match after {
            [b'\r', b'\n', next @ ..] | [b'\r' | b'\n', next @ ..] => {
                lines.last(run);
                lines.end();
                rest = next;
            }
            [] => {
                lines.last(run);
                rest = after;
            }
            // A tab may stand in a line, but not end it.
            [b'\t', next @ ..] if !matches!(next, [] | [b'\r' | b'\n', ..]) => {
                lines.plain(run);
                lines.plain(b"\t");
                rest = next;
            }
            [byte, next @ ..] => {
                lines.plain(run);
                lines.escaped(*byte);
                rest = next;
            }
        }
    }
}

/// Lines that are written, and where the last one ends.
struct Lines<'o> {
    out: &'o mut Vec<u8>,
    column: usize,
}

impl Lines<'_> {
    /// Bytes that stand for themselves, broken where a line is full.
    fn plain(&mut self, mut run: &[u8]) {
        while let Some(&first) = run.first() {
            if self.column == WIDTH {
                self.break_softly();
            }
            if self.column == 0 && (first == b'.' || run.starts_with(b"From ")) {
                self.escaped(first);
                run = &run[1..];
                continue;
            }
            let (piece, later) = run.split_at(run.len().min(WIDTH - self.column));
            self.out.extend_from_slice(piece);
            self.column += piece.len();
            run = later;
        }
    }

    /// The last bytes of a line: a blank at its end would not survive every server.
    fn last(&mut self, run: &[u8]) {
        match run {
            [before @ .., b' '] => {
                self.plain(before);
                self.escaped(b' ');
            }
            _ => self.plain(run),
        }
    }

    fn escaped(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        if self.column + 3 > WIDTH {
            self.break_softly();
        }
        let digit = |of: u8| DIGITS[usize::from(of)];
        self.out
            .extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]);
        self.column += 3;
    }

    fn break_softly(&mut self) {
        self.out.extend_from_slice(b"=\r\n");
        self.column = 0;
    }

    fn end(&mut self) {
        self.out.extend_from_slice(b"\r\n");
        self.column = 0;
    }
}

/// How many bytes at the start stand for themselves wherever they are: all but control characters, `=`, DEL and what is
/// beyond ASCII.
fn plain_length(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let odd = odd(u64::from_le_bytes(*word));
        if odd != 0 {
            return number * 8 + odd.trailing_zeros() as usize / 8;
        }
    }
    let odd = |byte: &u8| !matches!(byte, b' '..=b'<' | b'>'..=b'~');
    words.len() * 8 + tail.iter().position(odd).unwrap_or(tail.len())
}

/// The high bit of the first byte that is odd, and perhaps of bytes behind it; 0 when none of the eight is.
fn odd(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    // Borrowing from the next byte, or carrying into it, goes wrong only behind a byte that is odd itself.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let is_equals = below(word ^ (ONES * u64::from(b'=')), 1);
    let from_del = word | word.wrapping_add(ONES);
    (below(word, b' ') | is_equals | from_del) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn what_must_not_stand_as_it_is() {
        for (text, wanted) in [
            ("", ""),
            ("Tea, 100 % <b>", "Tea, 100 % <b>"),
            ("a=b\u{7f}\0é", "a=3Db=7F=00=C3=A9"),
            ("a\nb\r\nc\rd\n\re", "a\r\nb\r\nc\r\nd\r\n\r\ne"),
            ("a \nb\t\nc\td ", "a=20\r\nb=09\r\nc\td=20"),
            (
                ".a\n.\nFrom me\nFrom\n",
                "=2Ea\r\n=2E\r\n=46rom me\r\nFrom\r\n",
            ),
        ] {
            assert_eq!(encoded(text), wanted);
        }
    }

    #[test]
    fn long_lines_are_broken_where_a_reader_joins_them() {
        let x = |count: usize| "x".repeat(count);
        assert_eq!(encoded(&x(75)), x(75));
        assert_eq!(encoded(&x(76)), x(75) + "=\r\nx");
        assert_eq!(encoded(&(x(73) + "=")), x(73) + "=\r\n=3D");
        assert_eq!(encoded(&(x(75) + ".")), x(75) + "=\r\n=2E");
        assert_eq!(encoded(&(x(74) + "  ")), x(74) + " =\r\n=20");
    }

    /// Each of eight places, each byte, among bytes that borrow and carry.
    #[test]
    fn the_first_odd_byte_of_eight_is_found() {
        let is_odd = |byte: u8| !matches!(byte, b' '..=b'<' | b'>'..=b'~');
        for around in *b" ~<>=\0\x7f\x80\xff" {
            for place in 0..8 {
                for byte in 0..=255 {
                    let mut bytes = [around; 8];
                    bytes[place] = byte;
                    let slow = bytes.iter().position(|byte| is_odd(*byte)).unwrap_or(8);
                    assert_eq!(plain_length(&bytes), slow, "{bytes:?}");
                }
            }
        }
    }
}
