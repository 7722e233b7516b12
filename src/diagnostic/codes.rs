//! The long text of every code that a [`Diagnostic`](super::Diagnostic) can have: the table of `codes.md`.

use std::sync::LazyLock;

/// A code with its explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code, e.g. `unclosed-tag`.
    pub name: &'static str,
    /// What it means, in a few sentences.
    pub doc: &'static str,
    /// A small mistake that gives it.
    pub mistake: Option<Sample>,
    /// The same without the mistake.
    pub mended: Option<Sample>,
}

/// A few lines of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// What kind of file: `template`, `mjml`, `email.toml`; or `check`, a template whose mistake shows only beside data.
    pub language: &'static str,
    /// The lines.
    pub text: &'static str,
}

static CODES: LazyLock<Vec<Code>> = LazyLock::new(|| {
    include_str!("codes.md")
        .split("\n## ")
        .skip(1)
        .map(read)
        .collect()
});

/// All codes, in the order of the table: as a template is read, rendered, wired to data, checked.
///
/// ```
/// use letterpress::diagnostic::codes;
/// let code = codes::all().iter().find(|code| code.name == "unknown-filter").unwrap();
/// assert_eq!(code.mended.unwrap().text, "{{ first_name|upper }}");
/// ```
pub fn all() -> &'static [Code] {
    &CODES
}

/// The code of this name.
///
/// ```
/// assert!(letterpress::diagnostic::codes::find("unclosed-tag").unwrap().doc.contains("never closed"));
/// ```
pub fn find(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.name == name)
}

/// Reads what stands below one heading.
fn read(section: &'static str) -> Code {
    let (name, rest) = section.split_once('\n').unwrap_or((section, ""));
    let doc = rest.split("```").next().unwrap_or_default().trim();
    Code {
        name: name.trim(),
        doc,
        mistake: sample(rest, "mistake"),
        mended: sample(rest, "mended"),
    }
}

/// The fenced lines whose fence says `LANGUAGE role`.
fn sample(section: &'static str, role: &str) -> Option<Sample> {
    let mut fences = section.split("```").skip(1).step_by(2);
    fences.find_map(|fence| {
        let (head, text) = fence.split_once('\n')?;
        let (language, found) = head.split_once(' ')?;
        (found == role).then(|| Sample {
            language,
            text: text.trim_end_matches('\n'),
        })
    })
}
