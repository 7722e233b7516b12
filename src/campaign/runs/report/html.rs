//! A run as a page that one would forward: one file, nothing loaded, no scripts.

use std::fmt::Write;

use super::{Report, length, session, share, thousands};
use crate::campaign::State;

/// The report as a page.
pub fn html(report: &Report) -> String {
    let counts = report.counts;
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-src 'self'\">\n\
         <title>{run}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header><p class=\"state {class}\">{state}</p><h1>{run}</h1>\n<p class=\"lead\"><strong>{sent}</strong> of {planned} people got <em>{email}</em>.</p></header>\n",
        run = text(&report.run),
        class = text(&report.state.replace(' ', "-")),
        state = text(&report.state),
        sent = thousands(counts.sent),
        planned = thousands(counts.planned),
        email = text(&report.email),
    );
    bar(&mut page, report);
    if !report.reasons.is_empty() {
        page.push_str("<section><h2>Why others did not</h2>\n<table>\n");
        for reason in &report.reasons {
            let _ = writeln!(
                page,
                "<tr><td><i class=\"dot {state}\"></i>{state}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                text(&reason.wording),
                thousands(reason.count),
                share(reason.count, counts.planned),
                state = reason.state.word(),
            );
        }
        page.push_str("</table></section>\n");
    }
    timeline(&mut page, report);
    people(&mut page, report);
    samples(&mut page, report);
    let sinks: Vec<String> = report.sinks.iter().map(|sink| text(sink)).collect();
    let _ = write!(
        page,
        "<footer>Sent to {} by letterpress; whom it is not known of is {}. Times are those of {}.</footer>\n</main>\n</body>\n</html>\n",
        sinks.join(" and "),
        match report.policy {
            crate::campaign::Policy::AtMostOnce => "not mailed again",
            crate::campaign::Policy::AtLeastOnce => "mailed again",
        },
        text(&report.timezone),
    );
    page
}

/// One bar of all states, and what its colours mean.
fn bar(page: &mut String, report: &Report) {
    let counts = report.counts;
    let parts = [
        (State::Sent, counts.sent),
        (State::Skipped, counts.skipped),
        (State::Failed, counts.failed),
        (State::Uncertain, counts.uncertain),
        (State::Pending, counts.pending),
        (State::Cancelled, counts.cancelled),
    ];
    page.push_str("<div class=\"bar\" role=\"img\" aria-label=\"Shares of all states; the numbers stand below\">");
    for (state, count) in parts {
        if count > 0 {
            let share = count as f64 * 100.0 / counts.planned.max(1) as f64;
            let _ = write!(
                page,
                "<i class=\"{}\" style=\"width:{share:.3}%\"></i>",
                state.word()
            );
        }
    }
    page.push_str("</div>\n<dl class=\"counts\">");
    for (state, count) in parts {
        if count > 0 || state == State::Sent {
            let _ = write!(
                page,
                "<div><dt><i class=\"dot {word}\"></i>{word}</dt><dd>{}<small>{}</small></dd></div>",
                thousands(count),
                share(count, counts.planned),
                word = state.word(),
            );
        }
    }
    page.push_str("</dl>\n");
}

/// Messages over time, as bars; and the sessions.
fn timeline(page: &mut String, report: &Report) {
    page.push_str("<section><h2>When</h2>\n");
    if let (Some(first), Some(last), Some(took)) =
        (report.first_sent, report.last_sent, report.took())
    {
        let rate = report.counts.sent as f64 / took.as_secs_f64().max(1.0);
        let _ = writeln!(
            page,
            "<p>From {} to {}: {}, {rate:.0} a second.</p>",
            report.shown(first),
            report.shown(last),
            length(took)
        );
        let most = report
            .timeline
            .iter()
            .map(|span| span.sent)
            .max()
            .unwrap_or(1)
            .max(1);
        let piece = report.timeline_seconds.max(1);
        let start = first.as_second().div_euclid(piece);
        let pieces = last.as_second().div_euclid(piece) - start + 1;
        let wide = 680.0 / pieces as f64;
        let _ = write!(
            page,
            "<svg viewBox=\"0 0 680 90\" role=\"img\" aria-label=\"Messages sent over time, at most {} in {} s\">",
            thousands(most),
            piece
        );
        for span in &report.timeline {
            let at = (span.from.as_second().div_euclid(piece) - start) as f64;
            let high = 80.0 * span.sent as f64 / most as f64;
            let _ = write!(
                page,
                "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{high:.2}\"><title>{}: {}</title></rect>",
                at * wide,
                84.0 - high,
                (wide - 1.0).max(0.5),
                report.shown(span.from),
                thousands(span.sent)
            );
        }
        page.push_str("<line x1=\"0\" y1=\"85\" x2=\"680\" y2=\"85\"/></svg>\n");
    }
    page.push_str("<table>\n");
    let _ = writeln!(
        page,
        "<tr><td>{}</td><td>planned</td></tr>",
        report.shown(report.planned_at)
    );
    for one in &report.sessions {
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>sending: {}</td></tr>",
            report.shown(one.begun),
            text(&session(one))
        );
    }
    page.push_str("</table></section>\n");
}

/// How the audience came about, and what was noticed of it.
fn people(page: &mut String, report: &Report) {
    page.push_str("<section><h2>Who</h2>\n<table>\n");
    let mut before: Option<u64> = None;
    for step in &report.plan.steps {
        let (count, what) = step.line(before);
        let what = text(&what);
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{}</td><td>{what}</td></tr>",
            thousands(count)
        );
        before = Some(step.left);
    }
    let _ = writeln!(
        page,
        "<tr><td class=\"n\">{}</td><td>in the plan</td></tr>",
        thousands(report.plan.planned)
    );
    if report.plan.never_subscribed > 0 {
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{}</td><td>never said whether they want mail</td></tr>",
            thousands(report.plan.never_subscribed)
        );
    }
    for (variable, count) in &report.plan.blanks {
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{}</td><td>read a blank for <code>{}</code></td></tr>",
            thousands(*count),
            text(variable)
        );
    }
    let sizes = report.plan.sizes;
    let kilobytes = |bytes: u64| (bytes as f64 / 1000.0).round();
    let _ = writeln!(
        page,
        "</table><p>HTML: {} KB in the median, {} KB at the 99th of 100, {} KB at most; Gmail cuts off at 102 KB.</p></section>",
        kilobytes(sizes.p50),
        kilobytes(sizes.p99),
        kilobytes(sizes.max)
    );
}

/// Some messages, as they were: no scripts, no forms, nothing of this page.
fn samples(page: &mut String, report: &Report) {
    if report.samples.is_empty() {
        return;
    }
    page.push_str("<section><h2>Some of the messages</h2>\n<div class=\"samples\">\n");
    for sample in &report.samples {
        let _ = writeln!(
            page,
            "<figure><figcaption><strong>{}</strong><span>{}</span><span>to {}</span></figcaption><div class=\"frame\"><iframe sandbox loading=\"lazy\" title=\"The message to {to}\" srcdoc=\"{html}\"></iframe></div></figure>",
            text(&sample.subject),
            text(&sample.preheader),
            text(&sample.to),
            to = text(&sample.to),
            html = text(&sample.html),
        );
    }
    page.push_str("</div></section>\n");
}

/// A text in HTML; control characters and marks that turn the direction round are left out.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

const STYLE: &str = include_str!("report.css");
