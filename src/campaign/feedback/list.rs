//! Lists of people who want no mail, or whose mail came back: CSV, or a line for each.

use jiff::Timestamp;

use super::FeedbackOutcome;
use super::dsn::Status;
use crate::data::instant;

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) who: Who,
    /// When it happened.
    pub(super) at: Option<Timestamp>,
}

/// Whom a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    Address(String),
    /// A token of a link, or an address that holds one.
    Link(String),
    /// Nobody: what stands there.
    Unreadable(String),
}

impl Who {
    fn of(text: &str) -> Who {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        let is_url = text.contains("://");
        match text.rsplit_once('@') {
            Some((local, domain)) if !is_url && !text.contains(char::is_whitespace) => {
                match local.is_empty() || domain.is_empty() {
                    true => Who::Unreadable(text.to_owned()),
                    false => Who::Address(text.to_owned()),
                }
            }
            _ if is_url || text.matches('.').count() == 2 => Who::Link(text.to_owned()),
            _ => Who::Unreadable(text.to_owned()),
        }
    }
}

/// The people of a list of those who unsubscribed: CSV with a column `email`, `token` or `url` (and perhaps `timestamp`), or
/// an address, token or address of a link on each line.
pub(super) fn unsubscribed(bytes: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let table = Table::of(text);
    let whom = table
        .as_ref()
        .and_then(|table| table.column(&["email", "token", "url"]));
    let (Some(table), Some(whom)) = (&table, whom) else {
        let lines = (1..).zip(text.lines());
        return lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| Line {
                number,
                who: Who::of(line),
                at: None,
            })
            .collect();
    };
    let time = table.column(&["timestamp", "unsubscribed_at", "date"]);
    let lines = table.rows.iter().map(|(number, row)| Line {
        number: *number,
        who: Who::of(row.get(whom).unwrap_or_default()),
        at: time.and_then(|time| instant(row.get(time)?)),
    });
    lines.collect()
}

/// A line of a list of mails that came back, and what it says: None where that is no word that is known here.
pub(super) struct Bounced {
    pub(super) line: Line,
    pub(super) outcome: Option<FeedbackOutcome>,
}

/// The lines of a list of mails that came back: `email,reason[,timestamp]`. None where there is no column `email`.
pub(super) fn bounced(bytes: &[u8]) -> Option<Vec<Bounced>> {
    let text = String::from_utf8_lossy(bytes);
    let table = Table::of(text.trim_start_matches('\u{feff}'))?;
    let whom = table.column(&["email"])?;
    let why = table.column(&["reason", "type", "status"]);
    let time = table.column(&["timestamp", "date"]);
    let lines = table.rows.iter().map(|(number, row)| Bounced {
        line: Line {
            number: *number,
            who: Who::of(row.get(whom).unwrap_or_default()),
            at: time.and_then(|time| instant(row.get(time)?)),
        },
        outcome: reason(why.and_then(|why| row.get(why)).unwrap_or_default()),
    });
    Some(lines.collect())
}

/// What a reason says: Klaviyo's words, those that people use, or a server's code.
fn reason(text: &str) -> Option<FeedbackOutcome> {
    if let Some(status) = Status::within(text) {
        return Some(match status.condemns() {
            true => FeedbackOutcome::HardBounce,
            false => FeedbackOutcome::SoftBounce,
        });
    }
    let word = text.trim().to_ascii_uppercase().replace([' ', '-'], "_");
    Some(match word.as_str() {
        "HARD_BOUNCE" | "HARD_BOUNCED" | "HARD" | "PERMANENT" => FeedbackOutcome::HardBounce,
        "SPAM_COMPLAINT" | "COMPLAINT" | "SPAM" | "ABUSE" | "MARKED_AS_SPAM" => {
            FeedbackOutcome::SpamComplaint
        }
        "UNSUBSCRIBE" | "UNSUBSCRIBED" => FeedbackOutcome::Unsubscribed,
        "SOFT_BOUNCE" | "SOFT_BOUNCED" | "SOFT" | "TRANSIENT" => FeedbackOutcome::SoftBounce,
        "DELAYED" => FeedbackOutcome::Delayed,
        _ => return None,
    })
}

/// A table in CSV whose first line names its columns.
struct Table {
    columns: Vec<String>,
    /// With the line that each begins at.
    rows: Vec<(u64, csv::StringRecord)>,
}

impl Table {
    fn of(text: &str) -> Option<Table> {
        let first = text.lines().next()?;
        let separators = [',', ';', '\t'];
        let most = |separator: &char| first.matches(*separator).count();
        let separator = separators.into_iter().rev().max_by_key(most)?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(u8::try_from(separator).ok()?)
            .flexible(true)
            .from_reader(text.as_bytes());
        let columns = reader.headers().ok()?.iter();
        let columns = columns
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        let rows = reader.records().map_while(Result::ok);
        let rows = rows.map(|row| (row.position().map_or(0, csv::Position::line), row));
        Some(Table {
            columns,
            rows: rows.collect(),
        })
    }

    /// The first of these columns that there is.
    fn column(&self, names: &[&str]) -> Option<usize> {
        names
            .iter()
            .find_map(|name| self.columns.iter().position(|column| column == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_tables() {
        let whom = |text: &str| -> Vec<Who> {
            let lines = unsubscribed(text.as_bytes()).into_iter();
            lines.map(|line| line.who).collect()
        };
        let ada = || Who::Address("ada@example.com".into());
        assert_eq!(whom("ada@example.com\r\n\r\n"), [ada()]);
        assert_eq!(whom("\u{feff}Email\nada@example.com\n"), [ada()]);
        assert_eq!(whom("name;EMAIL\n\"x;\ny\";ada@example.com\n"), [ada()]);
        assert_eq!(
            whom("https://x.test/u/a.b.c\nk1.abc.def\n<ada@example.com>\nnonsense\n@\na b@c\n"),
            [
                Who::Link("https://x.test/u/a.b.c".into()),
                Who::Link("k1.abc.def".into()),
                ada(),
                Who::Unreadable("nonsense".into()),
                Who::Unreadable("@".into()),
                Who::Unreadable("a b@c".into()),
            ]
        );
        assert!(whom("").is_empty());
        let timed = unsubscribed(
            b"email,timestamp\nada@example.com,2026-11-20T18:00:00Z\nbo@example.com,soon\n",
        );
        assert_eq!(timed[0].at, "2026-11-20T18:00:00Z".parse().ok());
        assert_eq!((timed[1].at, timed[1].number), (None, 3));
    }

    #[test]
    fn reasons_of_bounces() {
        use FeedbackOutcome::{HardBounce, SoftBounce, SpamComplaint, Unsubscribed};
        for (text, expected) in [
            ("hard bounce", Some(HardBounce)),
            ("HARD_BOUNCE", Some(HardBounce)),
            ("5.1.1", Some(HardBounce)),
            ("550 5.1.1 no such user", Some(HardBounce)),
            ("552 5.2.2 full", Some(SoftBounce)),
            ("4.4.7", Some(SoftBounce)),
            ("soft-bounce", Some(SoftBounce)),
            ("Complaint", Some(SpamComplaint)),
            ("unsubscribed", Some(Unsubscribed)),
            ("", None),
            ("bounce", None),
        ] {
            assert_eq!(reason(text), expected, "{text}");
        }
        assert!(bounced(b"name,reason\nx,hard\n").is_none());
        assert!(bounced(b"").is_none());
    }
}
