//! A run as CSV: a line a person.

use std::io::{self, Write};

use super::super::{CampaignError, Run, klaviyo_wording};

/// Writes a line a person, in the order of the plan: who, what became of it, why, when.
///
/// A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@` or a control character) begins with an
/// apostrophe, which spreadsheets hide; a name cannot make somebody's computer do anything.
///
/// # Errors
/// The run cannot be read, or `out` not be written.
pub fn write_csv(run: &Run, out: &mut dyn Write) -> Result<(), CampaignError> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    let told = |error: csv::Error| CampaignError::Io {
        path: "the report".into(),
        source: io::Error::other(error),
    };
    let head = [
        "number", "email", "profile", "state", "reason", "wording", "code", "reply", "attempts",
        "begun", "settled", "bytes",
    ];
    writer.write_record(head).map_err(told)?;
    let mut failed = None;
    run.each(None, |row| {
        let reason = row.reason.unwrap_or_default();
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let written = writer.write_record([
            (row.n + 1).to_string(),
            harmless(row.address),
            harmless(row.key),
            row.state.word().to_owned(),
            harmless(reason.clone()),
            harmless(klaviyo_wording(&reason).to_owned()),
            number(row.code.map(u64::from)),
            harmless(row.reply.unwrap_or_default()),
            row.attempts.to_string(),
            time(row.intended),
            time(row.settled),
            number(row.bytes),
        ]);
        failed = written.err();
        failed.is_none()
    })?;
    match failed {
        Some(error) => Err(told(error)),
        None => writer.flush().map_err(|error| told(error.into())),
    }
}

/// A text that no spreadsheet runs.
fn harmless(text: String) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match text.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}') => {
            format!("'{text}")
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            " =1",
            "\t=cmd|' /C calc'!A0",
            "\u{ff1d}1",
        ] {
            assert!(harmless(text.to_owned()).starts_with('\''), "{text}");
        }
        assert_eq!(
            harmless("ada+tea@example.com".to_owned()),
            "ada+tea@example.com"
        );
        assert_eq!(harmless("a\r\nb".to_owned()), "a  b");
    }
}
