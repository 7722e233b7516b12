//! HTML escaping as Django does it: five characters, nothing else.

/// Appends `s` with `& < > " '` as `&amp; &lt; &gt; &quot; &#x27;`.
pub fn escape_into(s: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in s.bytes().enumerate() {
        let reference = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#x27;",
            _ => continue,
        };
        out.push_str(&s[from..at]);
        out.push_str(reference);
        from = at + 1;
    }
    out.push_str(&s[from..]);
}

/// The escaped form of `s`.
pub fn escape(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 16);
    escape_into(s, &mut out);
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn five_characters_and_no_more() {
        assert_eq!(
            super::escape("<a href=\"/x?a=1&b='é`\">"),
            "&lt;a href=&quot;/x?a=1&amp;b=&#x27;é`&quot;&gt;"
        );
    }
}
