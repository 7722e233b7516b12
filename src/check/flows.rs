//! Whether an email's `[trigger]` says what the flow that sends it says.

use crate::audience::Flow;
use crate::diagnostic::{Diagnostic, Source};
use crate::email::Manifest;
use std::sync::Arc;

/// A difference between `[trigger]` of an `email.toml` and a flow that sends the email; the flow has the last word.
pub(super) fn difference(
    manifest: &Manifest,
    flow: &Flow,
    source: Option<&Arc<Source>>,
) -> Option<Diagnostic> {
    let (written, key) = match (&manifest.metric, &manifest.date_property) {
        (Some(metric), _) => (metric, "metric"),
        (None, Some(property)) => (property, "date_property"),
        (None, None) => return None,
    };
    let starts = match key {
        "metric" => flow.trigger_metric().map(str::to_owned),
        _ => flow.trigger_property(),
    };
    if starts.as_ref() == Some(written) {
        return None;
    }
    let starts = match flow.trigger_kind() {
        "date" => flow.trigger_words(),
        _ => format!("when {}", flow.trigger_words()),
    };
    let title = format!(
        "[trigger] says {key} = \"{written}\", but the flow '{}' that sends this email starts {starts}",
        flow.file
    );
    let mut finding = Diagnostic::warning("flow-trigger", title)
        .help("the flow counts; say the same here, or leave [trigger] out");
    if let Some(source) = source {
        let text = source.text();
        let from = text.find("[trigger]").unwrap_or_default();
        let at = text[from..]
            .find(written.as_str())
            .map_or(from, |at| from + at);
        finding = finding.at(source.location(at..at + written.len()), "");
    }
    Some(finding)
}
