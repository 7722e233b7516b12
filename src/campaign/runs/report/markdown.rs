//! A run as Markdown, for a chat or an issue.

use std::fmt::Write;

use super::{Report, length, session, share, thousands};

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    let counts = report.counts;
    let _ = writeln!(text, "# {}: {}\n", cell(&report.run), report.state);
    let _ = writeln!(
        text,
        "{} of {} people got the email *{}* ({}).\n",
        thousands(counts.sent),
        thousands(counts.planned),
        cell(&report.email),
        share(counts.sent, counts.planned)
    );
    let _ = writeln!(text, "| | people | |\n|---|---:|---:|");
    for (what, count) in [
        ("planned", counts.planned),
        ("sent", counts.sent),
        ("skipped", counts.skipped),
        ("failed", counts.failed),
        ("uncertain", counts.uncertain),
        ("pending", counts.pending),
        ("cancelled", counts.cancelled),
    ] {
        if count > 0 || matches!(what, "planned" | "sent") {
            let _ = writeln!(
                text,
                "| {what} | {} | {} |",
                thousands(count),
                share(count, counts.planned)
            );
        }
    }
    if !report.reasons.is_empty() {
        let _ = writeln!(
            text,
            "\n## Why others did not\n\n| | reason | people |\n|---|---|---:|"
        );
        for reason in &report.reasons {
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                reason.state.word(),
                cell(&reason.wording),
                thousands(reason.count)
            );
        }
    }
    let _ = writeln!(text, "\n## When\n");
    let _ = writeln!(
        text,
        "- planned {} ({})",
        report.shown(report.planned_at),
        report.timezone
    );
    if let (Some(first), Some(last), Some(took)) =
        (report.first_sent, report.last_sent, report.took())
    {
        let _ = writeln!(
            text,
            "- sent from {} to {}: {}",
            report.shown(first),
            report.shown(last),
            length(took)
        );
    }
    for one in &report.sessions {
        let _ = writeln!(text, "- {}: {}", report.shown(one.begun), session(one));
    }
    let _ = writeln!(text, "\n## Who\n");
    let mut before = None;
    for step in &report.plan.steps {
        let (count, what) = step.line(before);
        let _ = writeln!(text, "- {} {}", thousands(count), cell(&what));
        before = Some(step.left);
    }
    if report.plan.never_subscribed > 0 {
        let _ = writeln!(
            text,
            "- {} never said whether they want mail",
            thousands(report.plan.never_subscribed)
        );
    }
    for (variable, count) in &report.plan.blanks {
        let _ = writeln!(
            text,
            "- {} read a blank for `{}`",
            thousands(*count),
            cell(variable)
        );
    }
    if !report.samples.is_empty() {
        let _ = writeln!(text, "\n## Some of the messages\n");
        for sample in &report.samples {
            let _ = writeln!(text, "- {}: {}", cell(&sample.to), cell(&sample.subject));
        }
    }
    text
}

/// A text that cannot be markup or leave its cell.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' => {
                out.extend(['\\', c])
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
