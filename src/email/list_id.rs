//! The identity of the list that an email belongs to (RFC 2919), by which mail programs sort and mute.

use std::fmt::Write;

/// Letters of an identity that come from the email's name.
const LONGEST: usize = 60;

/// `Tea <spring-sale.tea.example>`: of the sender's name, the email's name and the sender's domain, so it is the same
/// for everybody and in every run. None when there is no sender.
pub(super) fn list_id(email: &str, from: &str) -> Option<String> {
    let (name, address) = match from.strip_suffix('>').and_then(|r| r.rsplit_once('<')) {
        Some((name, address)) => (name.trim_end(), address),
        None => ("", from),
    };
    let (_, domain) = address.rsplit_once('@')?;
    let mut id = String::with_capacity(from.len() + email.len() + 4);
    id.push_str(name);
    if !name.is_empty() {
        id.push(' ');
    }
    id.push('<');
    let start = id.len();
    for c in email.chars() {
        match c {
            _ if id.len() - start >= LONGEST => break,
            'a'..='z' | '0'..='9' | '-' | '_' => id.push(c),
            'A'..='Z' => id.push(c.to_ascii_lowercase()),
            '\0'..='\x7f' => id.push('-'),
            // A number keeps names apart that no letter of ASCII does.
            _ => drop(write!(id, "{:x}", u32::from(c))),
        }
    }
    if id.len() == start {
        id.push_str("email");
    }
    for piece in [".", domain, ">"] {
        id.push_str(piece);
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities() {
        for (email, from, id) in [
            (
                "spring_sale",
                "Tea, Inc. <hello@tea.example>",
                "Tea, Inc. <spring_sale.tea.example>",
            ),
            ("Flow/Cart 2", "a@b.example", "<flow-cart-2.b.example>"),
            ("李", "李 <a@李.example>", "李 <674e.李.example>"),
            ("", "<a@b.example>", "<email.b.example>"),
        ] {
            assert_eq!(list_id(email, from).as_deref(), Some(id));
        }
        assert_eq!(list_id("cart", ""), None);
        assert!(list_id(&"é".repeat(500), "a@b.example").is_some_and(|id| id.len() < 80));
    }
}
