//! What is wrong, with source lines, for the page.

use std::path::Path;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Location, Severity, printable};
use crate::project::ProjectError;

/// A diagnostic as the page shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// The word for `letterpress explain`; empty where there is none.
    pub code: &'static str,
    /// One sentence.
    pub title: String,
    /// Where, if it is somewhere.
    pub at: Option<Place>,
    /// The source lines with carets, as the command line prints them, without title, notes and help.
    pub snippet: String,
    /// Facts.
    pub notes: Vec<String>,
    /// What to do next.
    pub help: Vec<String>,
}

/// A place in a file.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The file as messages call it.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The address that opens an editor there, if the project names one.
    pub editor: Option<String>,
}

impl Problem {
    /// A diagnostic; `editor` is the project's `[preview] editor`.
    pub(super) fn of(diagnostic: &Diagnostic, editor: Option<&str>) -> Problem {
        Problem {
            severity: diagnostic.severity,
            code: diagnostic.code,
            title: printable(&diagnostic.title),
            at: diagnostic
                .primary
                .as_ref()
                .map(|label| Place::of(&label.at, editor)),
            snippet: snippet(diagnostic),
            notes: diagnostic.notes.iter().map(|n| printable(n)).collect(),
            help: diagnostic.help.iter().map(|h| printable(h)).collect(),
        }
    }

    /// An error that is nowhere in a file.
    pub(super) fn told(title: &str, help: Option<&str>) -> Problem {
        Problem {
            severity: Severity::Error,
            code: "",
            title: printable(title),
            at: None,
            snippet: String::new(),
            notes: Vec::new(),
            help: help.map(str::to_owned).into_iter().collect(),
        }
    }

    /// Why a project cannot be opened.
    pub(super) fn of_project(error: &ProjectError) -> Vec<Problem> {
        let diagnostics = error.diagnostics();
        if !diagnostics.is_empty() {
            return diagnostics.iter().map(|d| Problem::of(d, None)).collect();
        }
        let help = match error {
            ProjectError::NotFound(_) | ProjectError::NotThere(_) => Some(
                "`letterpress init` writes a project to start with; or start the preview in a folder that holds one",
            ),
            _ => None,
        };
        vec![Problem::told(&error.to_string(), help)]
    }
}

impl Place {
    fn of(at: &Location, editor: Option<&str>) -> Place {
        Place {
            file: printable(at.file()),
            line: at.line(),
            column: at.column(),
            editor: editor.and_then(|template| address(template, at)),
        }
    }
}

/// The source lines of a diagnostic's text form: what stands between its title and its notes.
fn snippet(diagnostic: &Diagnostic) -> String {
    if diagnostic.primary.is_none() {
        return String::new();
    }
    let bare = Diagnostic {
        notes: Vec::new(),
        help: Vec::new(),
        ..diagnostic.clone()
    };
    let text = bare.to_text(false);
    // The title may be of several lines; the arrow to the file is the first that is no title.
    match text.find("--> ").and_then(|at| text[..at].rfind('\n')) {
        Some(at) => text[at + 1..].trim_end().to_owned(),
        None => String::new(),
    }
}

/// The address that opens an editor, `{file}` and `{line}` filled in; never a script.
fn address(template: &str, at: &Location) -> Option<String> {
    let scheme = template.split(':').next()?.trim().to_ascii_lowercase();
    if matches!(scheme.as_str(), "javascript" | "data" | "vbscript") {
        return None;
    }
    let file = std::path::absolute(Path::new(at.file())).ok()?;
    let file = file
        .display()
        .to_string()
        .replace('%', "%25")
        .replace(' ', "%20");
    // `vscode://file/{file}`: the path's own slash is the template's.
    let file = match template.contains("/{file}") {
        true => file.trim_start_matches('/').to_owned(),
        false => file,
    };
    Some(
        template
            .replace("{file}", &file)
            .replace("{line}", &at.line().to_string())
            .replace("{column}", &at.column().to_string()),
    )
}
