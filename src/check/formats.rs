//! Findings for other programs.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Severity, codes, printable};

/// `{"findings": […], "errors": n, "warnings": n}`; a finding is a diagnostic with the email it is of.
///
/// ```
/// use letterpress::{check, diagnostic::Diagnostic};
/// let findings = [("hello", vec![Diagnostic::warning("blank-name", "This is blank")])];
/// let json = check::json(&findings);
/// assert_eq!((json["warnings"].as_u64(), json["findings"][0]["email"].as_str()), (Some(1), Some("hello")));
/// ```
pub fn json(findings: &[(impl AsRef<str>, Vec<Diagnostic>)]) -> Json {
    let count = |error: bool| {
        let all = findings.iter().flat_map(|(_, found)| found);
        all.filter(|finding| finding.is_error() == error).count()
    };
    let mut list = Vec::new();
    for (email, found) in findings {
        for finding in found {
            let mut one = serde_json::to_value(finding).unwrap_or_default();
            one["email"] = email.as_ref().into();
            list.push(one);
        }
    }
    json!({"findings": list, "errors": count(true), "warnings": count(false)})
}

/// A line for GitHub Actions, which shows it beside the line of the change: `::error file=…,line=…::…`.
///
/// ```
/// use letterpress::{check, diagnostic::{Diagnostic, Source}};
/// let source = Source::new("body.html", "Hi {{ x }}");
/// let finding = Diagnostic::warning("unknown-name", "Nothing is called 'x' here").at(source.location(6..7), "");
/// assert_eq!(check::github(&finding),
///     "::warning file=body.html,line=1,col=7,endLine=1,endColumn=8,title=unknown-name::Nothing is called 'x' here");
/// ```
pub fn github(finding: &Diagnostic) -> String {
    let level = level(finding);
    let mut message = printable(&finding.title);
    for help in &finding.help {
        message.push('\n');
        message.push_str(&printable(help));
    }
    let mut properties = String::new();
    if let Some(place) = place(finding) {
        properties = format!(
            "file={},line={},col={},endLine={},endColumn={},",
            escaped(&place.file, true),
            place.line,
            place.column,
            place.end_line,
            place.end_column
        );
    }
    format!(
        "::{level} {properties}title={}::{}",
        finding.code,
        escaped(&message, false)
    )
}

fn escaped(text: &str, property: bool) -> String {
    let text = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    if property {
        text.replace(':', "%3A").replace(',', "%2C")
    } else {
        text
    }
}

/// The findings as SARIF 2.1.0, which code hosts and editors read.
///
/// ```
/// use letterpress::{check, diagnostic::Diagnostic};
/// let sarif = check::sarif([&Diagnostic::error("no-event", "A campaign has no event")]);
/// let run = &sarif["runs"][0];
/// assert_eq!((run["results"][0]["ruleId"].as_str(), run["results"][0]["level"].as_str()), (Some("no-event"), Some("error")));
/// assert_eq!(run["tool"]["driver"]["rules"][0]["id"].as_str(), Some("no-event"));
/// ```
pub fn sarif<'d>(findings: impl IntoIterator<Item = &'d Diagnostic>) -> Json {
    let mut rules: Vec<&str> = Vec::new();
    let mut results = Vec::new();
    for finding in findings {
        let index = rules.iter().position(|code| *code == finding.code);
        let index = index.unwrap_or_else(|| {
            rules.push(finding.code);
            rules.len() - 1
        });
        let mut text = finding.title.clone();
        for more in finding.notes.iter().chain(&finding.help) {
            text.push('\n');
            text.push_str(more);
        }
        let locations: Vec<Json> = place(finding)
            .map(|place| {
                json!({"physicalLocation": {
                    "artifactLocation": {"uri": place.file.replace('\\', "/")},
                    "region": {
                        "startLine": place.line, "startColumn": place.column,
                        "endLine": place.end_line, "endColumn": place.end_column,
                    },
                }})
            })
            .into_iter()
            .collect();
        results.push(json!({
            "ruleId": finding.code,
            "ruleIndex": index,
            "level": level(finding),
            "message": {"text": text},
            "locations": locations,
        }));
    }
    let rules: Vec<Json> = rules
        .iter()
        .map(|code| {
            let doc = codes::find(code)
                .map_or("", |code| code.doc)
                .replace('\n', " ");
            json!({"id": code, "fullDescription": {"text": doc}})
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "letterpress",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(finding: &Diagnostic) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

fn place(finding: &Diagnostic) -> Option<Place> {
    let at = &finding.primary.as_ref()?.at;
    let end = at.source().location(at.range().end..at.range().end);
    Some(Place {
        file: at.file().to_owned(),
        line: at.line(),
        column: at.column(),
        end_line: end.line(),
        end_column: end.column(),
    })
}
