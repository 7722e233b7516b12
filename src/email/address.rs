//! Addresses: the person's own, and `Name <address>` as templates print it.

use super::email::skipped;
use super::outcome::{Mailbox, Skipped};
use crate::data::Profile;
use crate::language::SkipReason;

/// The mailbox of a profile.
///
/// # Errors
/// There is no address, or what is there is none.
pub(super) fn mailbox(profile: &Profile) -> Result<Mailbox, Skipped> {
    let Some(address) = profile
        .email
        .as_deref()
        .map(str::trim)
        .filter(|a| !a.is_empty())
    else {
        return Err(skipped(
            SkipReason::MissingEmail,
            "The profile has no email address.".into(),
        ));
    };
    if !is_address(address) {
        let shown = crate::diagnostic::printable(address);
        return Err(skipped(
            SkipReason::InvalidEmail,
            format!("'{shown}' is no email address that mail can be sent to."),
        ));
    }
    Ok(Mailbox {
        name: profile
            .full_name()
            .map(|name| clean_name(&name))
            .filter(|name| !name.is_empty()),
        address: address.to_owned(),
    })
}

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

/// A name for a header: one line, no control characters, no brackets that end it early.
pub(super) fn clean_name(name: &str) -> String {
    let visible: String = name
        .chars()
        .map(|c| {
            if c.is_control() || c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads `Name <address>`, `"Name" <address>` or an address alone.
///
/// ```
/// use letterpress::email::parse_mailbox;
/// let from = parse_mailbox("Northwind Tea, Inc. <hello@northwind-tea.example>").unwrap();
/// assert_eq!(from.name.as_deref(), Some("Northwind Tea, Inc."));
/// assert_eq!(from.address, "hello@northwind-tea.example");
/// assert!(parse_mailbox("nobody").is_none());
/// ```
pub fn parse_mailbox(text: &str) -> Option<Mailbox> {
    let text = text.trim();
    let (name, address) = match text
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'))
    {
        Some((name, address)) => (name.trim(), address.trim()),
        None => ("", text),
    };
    let name = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap_or(name);
    let name = clean_name(name);
    is_address(address).then(|| Mailbox {
        name: (!name.is_empty()).then_some(name),
        address: address.to_owned(),
    })
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

    #[test]
    fn a_line_end_in_a_name_becomes_a_blank() {
        assert_eq!(
            clean_name("Ada\r\nBcc: x@example.com\u{0}"),
            "Ada Bcc: x@example.com"
        );
    }
}
