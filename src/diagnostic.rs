//! One way to say what is wrong and where: [`Diagnostic`], its sources, and its text and JSON forms.
//!
//! Every room reports through this type. A diagnostic owns what it needs to be printed (the source it
//! points into travels with it), so it can leave the room, the thread and the run it came from.
//!
//! ```
//! use letterpress::diagnostic::{Diagnostic, Source, Severity};
//! let source = Source::new("body.mjml", "Hi {{ frist_name }}!");
//! let finding = Diagnostic::warning("unknown-name", "No profile has 'frist_name'")
//!     .at(source.location(6..16), "never set")
//!     .help("did you mean 'first_name'?");
//! let text = finding.to_text(false);
//! assert!(text.contains("body.mjml:1:7") && text.contains("did you mean"));
//! ```

pub mod codes;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use serde::ser::SerializeStruct;

/// A named text that diagnostics point into: a template, a data file, a line of one.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    /// The number of the text's first line, 1 unless the text is a piece of a larger file.
    first_line: usize,
}

impl Source {
    /// A whole file.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Source::piece(name, text, 1)
    }

    /// A piece of a larger file that starts at its line `first_line` (counted from 1).
    pub fn piece(
        name: impl Into<String>,
        text: impl Into<String>,
        first_line: usize,
    ) -> Arc<Source> {
        Arc::new(Source {
            name: name.into(),
            text: text.into(),
            first_line,
        })
    }

    /// The name it is reported under, usually a path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A place in this source; `range` counts bytes and is cut to the text.
    pub fn location(self: &Arc<Self>, range: Range<usize>) -> Location {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(range.start);
        Location {
            source: self.clone(),
            start,
            end: floor(range.end).max(start),
        }
    }

    /// Line and column (in characters) of a byte offset, both counted from 1.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.first_line + before.bytes().filter(|&b| b == b'\n').count();
        (line, before[line_start..].chars().count() + 1)
    }
}

/// A range of bytes in a [`Source`].
#[derive(Clone)]
pub struct Location {
    source: Arc<Source>,
    start: usize,
    end: usize,
}

impl Location {
    /// The source pointed into.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The bytes pointed at.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The text pointed at.
    pub fn text(&self) -> &str {
        &self.source.text[self.start..self.end]
    }

    /// The name of the source.
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// Line of the start, counted from 1.
    pub fn line(&self) -> usize {
        self.source.position(self.start).0
    }

    /// Column of the start in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.source.position(self.start).1
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.source.position(self.start);
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Location {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column) = self.source.position(self.start);
        let (end_line, end_column) = self.source.position(self.end);
        let mut s = serializer.serialize_struct("Location", 5)?;
        s.serialize_field("file", &self.source.name)?;
        s.serialize_field("line", &line)?;
        s.serialize_field("column", &column)?;
        s.serialize_field("end_line", &end_line)?;
        s.serialize_field("end_column", &end_column)?;
        s.end()
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing can be rendered, or what is rendered is wrong.
    Error,
    /// It renders, but a person should look.
    Warning,
}

/// A place with a few words on what stands there.
#[derive(Debug, Clone, Serialize)]
pub struct Label {
    /// Where.
    #[serde(flatten)]
    pub at: Location,
    /// What is there; may be empty.
    pub text: String,
}

/// Something a person should know about a template, a data file or a render.
///
/// The title keeps Django's sentence where Django has one, because Klaviyo's users know it.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable word for programs and for `letterpress explain`, e.g. `unclosed-tag`.
    pub code: &'static str,
    /// One sentence.
    pub title: String,
    /// Where it is, if it is somewhere.
    pub primary: Option<Label>,
    /// Other places that matter, such as the opening of a block.
    pub labels: Vec<Label>,
    /// Facts.
    pub notes: Vec<String>,
    /// What to do next.
    pub help: Vec<String>,
}

/// A title that quotes a whole tag can be as long as the tag: nobody reads on after so many bytes.
const LONGEST_TITLE: usize = 1_000;

fn clipped(mut title: String) -> String {
    if title.len() > LONGEST_TITLE {
        let end = (0..=LONGEST_TITLE).rfind(|&at| title.is_char_boundary(at));
        title.truncate(end.unwrap_or_default());
        title.push('…');
    }
    title
}

impl Diagnostic {
    /// An error with this code and title.
    pub fn error(code: &'static str, title: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, title)
    }

    /// A warning with this code and title.
    pub fn warning(code: &'static str, title: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, title)
    }

    fn new(severity: Severity, code: &'static str, title: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity,
            code,
            title: clipped(title.into()),
            primary: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Says where it is; `text` may be empty.
    pub fn at(mut self, at: Location, text: impl Into<String>) -> Diagnostic {
        self.primary = Some(Label {
            at,
            text: text.into(),
        });
        self
    }

    /// Points at another place.
    pub fn label(mut self, at: Location, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label {
            at,
            text: text.into(),
        });
        self
    }

    /// Adds a fact.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Adds what to do next.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help.push(text.into());
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The text form with source lines and carets; `colour` adds terminal colours.
    ///
    /// Control characters are shown as escapes: data never reaches the terminal raw.
    pub fn to_text(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = printable(&self.title);
        let texts: Vec<String> = self.all_labels().map(|l| printable(&l.text)).collect();
        let mut group = Group::with_title(level.primary_title(&title).id(self.code));
        // One snippet a source, the primary one first.
        let mut done: Vec<&Arc<Source>> = Vec::new();
        let windows: Vec<Window<'_>> = self
            .all_labels()
            .filter_map(|label| {
                let source = label.at.source();
                if done.iter().any(|d| Arc::ptr_eq(d, source)) {
                    return None;
                }
                done.push(source);
                Some(Window::around(
                    source,
                    self.all_labels()
                        .filter(|l| Arc::ptr_eq(l.at.source(), source)),
                ))
            })
            .collect();
        for (source, window) in done.iter().zip(&windows) {
            let mut snippet = Snippet::source(window.text.as_str())
                .path(source.name.as_str())
                .line_start(window.first_line)
                .fold(true);
            for (number, label) in self.all_labels().enumerate() {
                if Arc::ptr_eq(label.at.source(), source) {
                    let kind = if number == 0 && self.primary.is_some() {
                        AnnotationKind::Primary
                    } else {
                        AnnotationKind::Context
                    };
                    let range = window.shift(label.at.range());
                    let annotation = kind.span(range);
                    snippet = snippet.annotation(if texts[number].is_empty() {
                        annotation
                    } else {
                        annotation.label(texts[number].as_str())
                    });
                }
            }
            group = group.element(snippet);
        }
        let notes: Vec<String> = self.notes.iter().map(|t| printable(t)).collect();
        let help: Vec<String> = self.help.iter().map(|t| printable(t)).collect();
        for note in &notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        for text in &help {
            group = group.element(Level::HELP.message(text.as_str()));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut text = renderer.render(&[group]).to_string();
        // Heads count columns from where a long line was cut.
        for (source, window) in done
            .iter()
            .zip(&windows)
            .filter(|(_, window)| window.is_cut)
        {
            let label = self
                .all_labels()
                .find(|label| Arc::ptr_eq(label.at.source(), source));
            if let Some(label) = label {
                let shown = &window.text[..window.shift(label.at.range()).start];
                let column = shown.chars().count() + 1;
                let head = format!("{}:{}:{column}", source.name, label.at.line());
                text = text.replacen(&head, &label.at.to_string(), 1);
            }
        }
        text
    }

    fn all_labels(&self) -> impl Iterator<Item = &Label> {
        self.primary.iter().chain(&self.labels)
    }
}

/// One line, without source: `file:line:column: error[code]: title`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.primary {
            write!(f, "{}: ", label.at)?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}]: {}", self.code, printable(&self.title))
    }
}

impl std::error::Error for Diagnostic {}

/// The lines of a source that its labels touch, so that a caret into a megabyte line or file stays readable.
struct Window<'a> {
    text: String,
    start: usize,
    first_line: usize,
    /// It does not begin where its first line begins.
    is_cut: bool,
    source: &'a Source,
}

/// How many bytes of a long line are shown on either side of a label.
const CONTEXT: usize = 120;

impl<'a> Window<'a> {
    fn around<'l>(source: &'a Source, labels: impl Iterator<Item = &'l Label>) -> Window<'a> {
        let (mut start, mut end) = (usize::MAX, 0);
        for label in labels {
            start = start.min(label.at.start);
            end = end.max(label.at.end);
        }
        let text = &source.text;
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let cut_start = boundary(text, line_start.max(start.saturating_sub(CONTEXT)));
        let cut_end = boundary(text, line_end.min(end + CONTEXT));
        let shown = &text[cut_start..cut_end];
        Window {
            // Tabs and newlines stay as they are; every other control character becomes one visible character of
            // the same number of bytes, so that offsets still hold.
            text: shown
                .chars()
                .map(|c| {
                    if c.is_control() && c != '\n' && c != '\t' && c.len_utf8() == 1 {
                        '?'
                    } else {
                        c
                    }
                })
                .collect(),
            start: cut_start,
            is_cut: cut_start > line_start,
            first_line: source.position(cut_start).0,
            source,
        }
    }

    fn shift(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.source.text.len());
        (range.start - self.start).min(self.text.len())..(end - self.start).min(self.text.len())
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Shows control characters (but tab) and bidirectional overrides as escapes, for terminals and logs.
pub fn printable(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.chars().any(hidden) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| match c {
            '\n' => "\\n".to_owned(),
            c if hidden(c) => c.escape_unicode().to_string(),
            c => c.to_string(),
        })
        .collect()
}

/// The name among `known` that somebody who wrote `wrong` probably meant, if one is near enough.
///
/// Near means: equal but for case, or an edit distance (Damerau, adjacent swaps count one) of at most a third of
/// the longer name.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    known
        .into_iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(d, name)| *d * 3 <= wrong.chars().count().max(name.chars().count()))
        .min_by_key(|(d, name)| (*d, name.len()))
        .map(|(_, name)| name)
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let same = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (rows[i - 1][j] + 1)
                    .min(rows[i][j - 1] + 1)
                    .min(rows[i - 1][j - 1] + same);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names() {
        let known = ["first_name", "last_name", "email"];
        assert_eq!(nearest("frist_name", known), Some("first_name"));
        assert_eq!(nearest("Email", known), Some("email"));
        assert_eq!(nearest("zzzzz", known), None);
    }

    #[test]
    fn a_label_in_a_very_long_line_shows_only_its_surroundings() {
        let text = "x".repeat(1_000_000) + "{{ y }}" + &"z".repeat(1_000_000);
        let source = Source::new("long.html", text);
        let out = Diagnostic::error("t", "t")
            .at(source.location(1_000_000..1_000_007), "here")
            .to_text(false);
        assert!(out.len() < 2_000, "{}", out.len());
        assert!(out.contains("long.html:1") && out.contains("here"));
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let source = Source::new("a", "x\u{1b}[2Jy");
        let out = Diagnostic::error("t", "bad \u{1b}[2J")
            .at(source.location(0..3), "\u{1b}")
            .to_text(false);
        assert!(!out.contains('\u{1b}'), "{out:?}");
    }

    #[test]
    fn a_long_line_is_cut_and_its_columns_are_not() {
        let source = Source::new(
            "a.html",
            format!("x\n{}{{{{ a }}}}{}", "é".repeat(300), "y".repeat(300)),
        );
        let at = 2 + 600;
        let error = Diagnostic::error("code", "wrong").at(source.location(at..at + 7), "here");
        let text = error.to_text(false);
        assert!(text.contains(" --> a.html:2:301\n"), "{text}");
        assert!(
            text.contains("^^^^^^^ here") && text.len() < 1_000,
            "{text}"
        );
    }

    #[test]
    fn positions_count_lines_of_a_piece_from_its_first() {
        let source = Source::piece("events.jsonl", "a\nbé x", 41);
        assert_eq!(source.location(6..7).to_string(), "events.jsonl:42:4");
    }
}
