//! Lines of a message as files and mailboxes have them. What is given has passed [`Letter::fault`](super::Letter::fault): every
//! line ends in CRLF, and there is no other CR or LF.

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

#[cfg(test)]
mod tests {
    use super::*;

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
