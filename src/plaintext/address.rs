//! What is written of the address of a link, and when it says nothing that the text does not say.

/// What is written of the address of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address<'a> {
    /// Nothing: there is none, it leads to this very page, or the text says it already.
    Nothing,
    /// This, in brackets after the text.
    After(&'a str),
    /// This instead of the text, which is the same address in short.
    Instead(&'a str),
}

/// Decides on a link with this `href` and `text`.
///
/// ```text
/// <a href="https://kettle.example/tea">Tea</a>          Tea (https://kettle.example/tea)
/// <a href="https://kettle.example/">kettle.example</a>  https://kettle.example/
/// <a href="mailto:a@kettle.example">Write to us</a>     Write to us (a@kettle.example)
/// <a href="tel:+442079460000">+44 20 7946 0000</a>      +44 20 7946 0000
/// <a href="#">Top</a>                                   Top
/// ```
pub(super) fn address<'a>(href: &'a str, text: &str) -> Address<'a> {
    let href = href.trim();
    let text = text.trim();
    let (scheme, rest) = match href.split_once(':') {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => (scheme, rest),
        _ => ("", href),
    };
    let is = |names: &[&str]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    let said = if href.is_empty() || href.starts_with('#') || is(&["javascript", "data", "cid"]) {
        return Address::Nothing;
    } else if is(&["mailto"]) {
        rest.split('?').next().unwrap_or_default()
    } else if is(&["tel", "sms", "callto"]) {
        let digits =
            |number: &str| -> String { number.chars().filter(char::is_ascii_digit).collect() };
        if !digits(rest).is_empty() && digits(rest) == digits(text) {
            return Address::Nothing;
        }
        rest
    } else {
        href
    };
    if said.is_empty() || said.eq_ignore_ascii_case(text) {
        Address::Nothing
    } else if !text.is_empty() && said == href && bare(said).eq_ignore_ascii_case(bare(text)) {
        Address::Instead(said)
    } else {
        Address::After(said)
    }
}

/// An address without its last slash and, if it is one of the web, without what goes without saying.
fn bare(address: &str) -> &str {
    let lower = |prefix: &str| {
        address
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let mut bare = address;
    for prefix in ["https://www.", "http://www.", "https://", "http://", "www."] {
        if lower(prefix) {
            bare = &address[prefix.len()..];
            break;
        }
    }
    bare.strip_suffix('/').unwrap_or(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        use Address::*;
        for (href, text, expected) in [
            ("https://a.example/", "A", After("https://a.example/")),
            (
                "https://a.example/",
                "https://a.example",
                Instead("https://a.example/"),
            ),
            ("https://a.example", "https://a.example", Nothing),
            (
                "https://www.a.example/",
                "a.example",
                Instead("https://www.a.example/"),
            ),
            ("mailto:x@a.example?subject=Hi", "X@a.example", Nothing),
            (
                "mailto:x@a.example?subject=Hi",
                "Write",
                After("x@a.example"),
            ),
            ("MAILTO:", "Write", Nothing),
            ("tel:+44-20", "+44 (20)", Nothing),
            ("tel:+44-20", "Call", After("+44-20")),
            ("#top", "Top", Nothing),
            ("", "Top", Nothing),
            ("javascript:void(0)", "Top", Nothing),
            ("/relative?a:b", "x", After("/relative?a:b")),
            ("https://a.example/", "", After("https://a.example/")),
        ] {
            assert_eq!(address(href, text), expected, "{href} {text}");
        }
    }
}
