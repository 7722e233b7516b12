//! What a delivery status notification says (RFC 3464): its fields, and what follows from them for an address.

/// A field: its name in lower case, and its value on one line.
pub(super) type Field = (String, String);

/// The fields of a text, in blocks that blank lines part. What is no field is passed over.
pub(super) fn blocks(text: &str) -> Vec<Vec<Field>> {
    let mut blocks = Vec::new();
    let mut block: Vec<Field> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() {
            if !block.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            block.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    if !block.is_empty() {
        blocks.push(block);
    }
    blocks
}

/// The first field of this name.
pub(super) fn field<'b>(block: &'b [Field], name: &str) -> Option<&'b str> {
    let found = block.iter().find(|(of, _)| of == name);
    found.map(|(_, value)| value.as_str())
}

/// The address in a field such as `rfc822; <ada@example.com>`.
pub(super) fn address(value: &str) -> Option<String> {
    let plain = match value.split_once(';') {
        // A semicolon may also stand in a quoted local part.
        Some((kind, rest)) if !kind.contains(['@', '"']) => rest,
        _ => value,
    };
    let plain = plain.trim();
    let plain = match (plain.rfind('<'), plain.rfind('>')) {
        (Some(from), Some(to)) if from < to => &plain[from + 1..to],
        // A comment behind it.
        _ => plain.split_once(" (").map_or(plain, |(address, _)| address),
    };
    let plain = plain.trim();
    let (local, domain) = plain.rsplit_once('@')?;
    let odd = |c: char| c.is_control();
    let whole = !local.is_empty() && !domain.is_empty() && plain.len() <= 320;
    (whole && !plain.contains(odd)).then(|| plain.to_owned())
}

/// An enhanced status code (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    class: u8,
    subject: u16,
    detail: u16,
}

impl Status {
    /// Reads `5.1.1`, whatever stands behind it.
    pub(super) fn parse(text: &str) -> Option<Status> {
        let code = text.trim_start();
        let end = code
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(code.len());
        let mut parts = code[..end].trim_end_matches('.').split('.');
        let class = match parts.next()? {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        let mut number = || -> Option<u16> {
            let digits = parts.next()?;
            digits.parse().ok().filter(|number| *number < 1000)
        };
        let (subject, detail) = (number()?, number()?);
        parts.next().is_none().then_some(Status {
            class,
            subject,
            detail,
        })
    }

    /// The first such code in what a server said.
    pub(super) fn within(text: &str) -> Option<Status> {
        text.split(|c: char| !c.is_ascii_digit() && c != '.')
            .find_map(Status::parse)
    }

    /// Whether it says nothing but its class.
    fn is_general(self) -> bool {
        (self.subject, self.detail) == (0, 0)
    }

    /// Whether nothing more should be sent to an address of which this was said. Not where the mailbox is full (5.2.2), the
    /// message too large (5.3.4), its sender refused (5.1.7, 5.1.8), or somebody's policy is against it (5.7): all that may
    /// be otherwise tomorrow, and is no fault of the address.
    pub(super) fn condemns(self) -> bool {
        self.class == 5
            && !matches!(
                (self.subject, self.detail),
                (2, 2) | (3, 4) | (1, 7 | 8) | (7, _)
            )
    }
}

/// What became of a message to one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The address is none.
    Hard,
    /// It was not delivered, and the address may be a good one.
    Soft,
    /// It is still being tried.
    Delayed,
    /// It arrived, or went on to somewhere else.
    Delivered,
}

/// What a notification says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The addresses they are called by: as the sender wrote it first, then as it was in the end.
    pub(super) addresses: Vec<String>,
    pub(super) verdict: Verdict,
}

/// What the fields of a notification say of each recipient; empty where they are none of a notification.
pub(super) fn recipients(text: &str) -> Vec<Told> {
    blocks(text)
        .iter()
        .filter_map(|block| told(block))
        .collect()
}

fn told(block: &[Field]) -> Option<Told> {
    let names = ["original-recipient", "final-recipient"];
    let mut addresses: Vec<String> = Vec::new();
    for one in names.iter().filter_map(|name| address(field(block, name)?)) {
        if !addresses
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&one))
        {
            addresses.push(one);
        }
    }
    let action = field(block, "action")?;
    let action = action
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    let verdict = match action.to_ascii_lowercase().as_str() {
        "failed" => match status(block) {
            Some(status) if status.condemns() => Verdict::Hard,
            _ => Verdict::Soft,
        },
        "delayed" => Verdict::Delayed,
        "delivered" | "relayed" | "expanded" => Verdict::Delivered,
        _ => return None,
    };
    Some(Told { addresses, verdict })
}

/// The status of a block. Where it says only that something failed for good, what the server said may say more.
fn status(block: &[Field]) -> Option<Status> {
    let given = field(block, "status").and_then(Status::parse);
    let said = || field(block, "diagnostic-code").and_then(Status::within);
    match given {
        Some(given) if given.is_general() => Some(
            said()
                .filter(|said| said.class == given.class)
                .unwrap_or(given),
        ),
        Some(given) => Some(given),
        None => said(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(fields: &str) -> Option<Verdict> {
        let text = format!(
            "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822;ada@example.com\n{fields}\n"
        );
        recipients(&text).first().map(|told| told.verdict)
    }

    #[test]
    fn only_what_is_said_of_the_address_condemns_it() {
        use Verdict::{Delayed, Delivered, Hard, Soft};
        for (fields, expected) in [
            ("Action: failed\nStatus: 5.1.1", Some(Hard)),
            (
                "ACTION: FAILED (bounced)\nSTATUS: 5.1.10 (unknown)",
                Some(Hard),
            ),
            ("Action: failed\nStatus: 5.0.0", Some(Hard)),
            ("Action: failed\nStatus: 5.4.4", Some(Hard)),
            ("Action: failed\nStatus: 5.2.2", Some(Soft)),
            ("Action: failed\nStatus: 5.3.4", Some(Soft)),
            ("Action: failed\nStatus: 5.7.1", Some(Soft)),
            ("Action: failed\nStatus: 5.7.509", Some(Soft)),
            ("Action: failed\nStatus: 5.1.8", Some(Soft)),
            ("Action: failed\nStatus: 4.4.7", Some(Soft)),
            ("Action: failed", Some(Soft)),
            ("Action: failed\nStatus: five", Some(Soft)),
            ("Action: failed\nStatus: 55.1.1", Some(Soft)),
            ("Action: failed\nStatus: 5.1.1.1", Some(Soft)),
            // What the server said is closer to the truth than a general status.
            (
                "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 blocked by 10.0.0.1",
                Some(Soft),
            ),
            (
                "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 450 4.2.1 later",
                Some(Hard),
            ),
            (
                "Action: failed\nDiagnostic-Code: smtp;\n  550-5.1.1 no such\n  user",
                Some(Hard),
            ),
            ("Action: delayed\nStatus: 5.1.1", Some(Delayed)),
            ("Action: relayed\nStatus: 2.0.0", Some(Delivered)),
            ("Action: vanished\nStatus: 5.1.1", None),
            ("Status: 5.1.1", None),
        ] {
            assert_eq!(verdict(fields), expected, "{fields}");
        }
    }

    #[test]
    fn addresses_are_written_in_many_ways() {
        for (value, expected) in [
            ("rfc822; ada@example.com", Some("ada@example.com")),
            ("RFC822;<Ada@Example.com>", Some("Ada@Example.com")),
            (
                "rfc822;ada@example.com (expanded from <a@b.test>)",
                Some("a@b.test"),
            ),
            ("rfc822;ada@example.com (Ada)", Some("ada@example.com")),
            ("utf-8; zoë@example.com", Some("zoë@example.com")),
            ("ada@example.com", Some("ada@example.com")),
            ("\"a;b\"@example.com", Some("\"a;b\"@example.com")),
            ("rfc822;", None),
            ("rfc822; nobody", None),
            ("rfc822; @example.com", None),
            ("rfc822; a\u{7}@example.com", None),
        ] {
            assert_eq!(address(value).as_deref(), expected, "{value}");
        }
        assert_eq!(address(&format!("{}@x.test", "a".repeat(400))), None);
    }

    #[test]
    fn fields_are_unfolded_and_blocks_parted() {
        let text = " stray\r\nA: 1\r\n  2\r\n\t3\r\nno field\r\n \r\n\r\nB:\r\n  x: y\r\n";
        let one = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(blocks(text), [one("a", "1 2 3"), one("b", "x: y")]);
        assert!(blocks("").is_empty());
    }
}
