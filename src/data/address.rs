//! What an address of mail looks like.

/// Whether mail can be sent to this: one `@`, a local part of at most 64 bytes (RFC 5321) without blanks, brackets and
/// quotes, a domain of labels that is no number of the network.
pub fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        // A reader would decode what looks like an encoded word (RFC 2047), and show another address.
        && !local.contains("=?")
        && local
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !"()<>[]:;@\\,\"".contains(c));
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let named = |label: &str| label.chars().any(|c| !c.is_ascii_digit());
    local_ok
        && domain.len() <= 253
        && domain.rsplit_once('.').is_some_and(|(_, top)| named(top))
        && domain.split('.').all(label_ok)
}

/// Whether somebody's address is none; to have no address is fine.
#[cfg(feature = "store")]
pub(crate) fn is_odd(address: &str) -> bool {
    let address = address.trim();
    !address.is_empty() && !is_address(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "ada@example.com",
            "o'neil+tea@mail.example.co.uk",
            "李娜@例子.example",
            "a@1.example",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@example.com",
            "a b@example.com",
            "a@example,com",
            "a@b@example.com",
            "a\r\nBcc: x@example.com",
            "a@-x.example",
            "<a@example.com>",
            "a..b@example.com",
            "a@example..com",
            "a@127.0.0.1",
            "=?utf-8?q?b?=@example.com",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
