//! What a report about abuse says (RFC 5965): somebody pressed "this is spam".

use super::dsn::{address, blocks, field};

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Whether somebody complains; reports of other kinds are about the message or its way.
    pub(super) is_abuse: bool,
    /// Whom it was sent to, where the report says so: many leave it out or black it out.
    pub(super) addresses: Vec<String>,
}

/// Reads the fields of a report; None where they are none of one.
pub(super) fn complaint(text: &str) -> Option<Complaint> {
    let fields: Vec<_> = blocks(text).into_iter().flatten().collect();
    let kind = field(&fields, "feedback-type")?;
    let mut addresses: Vec<String> = Vec::new();
    let recipients = fields.iter().filter(|(name, _)| name == "original-rcpt-to");
    for one in recipients.filter_map(|(_, value)| address(value)) {
        if !addresses
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&one))
        {
            addresses.push(one);
        }
    }
    Some(Complaint {
        is_abuse: kind.trim().eq_ignore_ascii_case("abuse"),
        addresses,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_is_a_complaint_and_other_kinds_are_not() {
        let text = "Feedback-Type: Abuse\r\nUser-Agent: Some/1\r\nVersion: 1\r\n\r\nOriginal-Rcpt-To: <ada@example.com>\r\nOriginal-Rcpt-To: ADA@example.com\r\noriginal-rcpt-to:\r\n bo@example.com\r\n";
        let found = complaint(text).unwrap();
        assert!(found.is_abuse);
        assert_eq!(found.addresses, ["ada@example.com", "bo@example.com"]);
        let other = complaint("Feedback-Type: auth-failure\nOriginal-Rcpt-To: redacted").unwrap();
        assert!(!other.is_abuse && other.addresses.is_empty());
        assert_eq!(complaint("Version: 1"), None);
        assert_eq!(complaint(""), None);
    }
}
