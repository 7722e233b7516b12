//! What is to be said about a document, collected on the way.

use super::validate::Validation;
use crate::diagnostic::{Diagnostic, nearest};
use crate::language::{Sources, Span};

/// Errors, findings, and the reasons why a document cannot be compiled once for everybody.
pub(super) struct Report<'a> {
    pub sources: &'a Sources,
    pub errors: Vec<Diagnostic>,
    pub findings: Vec<Diagnostic>,
    pub per_recipient: Vec<Diagnostic>,
    /// Where the tags stand that have to run first: all of them.
    pub deciding: Vec<Span>,
    validation: Validation,
    /// Where findings go that nobody would read any more.
    surplus: Option<Diagnostic>,
}

/// How many of each kind are kept: nobody reads the hundredth, and a hostile document could have millions.
const ENOUGH: usize = 100;

impl<'a> Report<'a> {
    pub fn new(sources: &'a Sources, validation: Validation) -> Report<'a> {
        Report {
            sources,
            errors: Vec::new(),
            findings: Vec::new(),
            per_recipient: Vec::new(),
            deciding: Vec::new(),
            validation,
            surplus: None,
        }
    }

    /// Whether there are so many errors that reading on is no use.
    pub fn is_full(&self) -> bool {
        self.errors.len() >= ENOUGH
    }

    /// Whether what is found now is not kept.
    pub fn is_tired(&self) -> bool {
        self.findings.len() >= ENOUGH
    }

    pub fn error(
        &mut self,
        code: &'static str,
        title: impl Into<String>,
        at: Span,
        label: &str,
    ) -> &mut Diagnostic {
        let error = Diagnostic::error(code, title).at(self.sources.locate(start_of(at)), label);
        self.errors.push(error);
        let last = self.errors.len() - 1;
        &mut self.errors[last]
    }

    pub fn finding(
        &mut self,
        code: &'static str,
        title: impl Into<String>,
        at: Span,
        label: &str,
    ) -> &mut Diagnostic {
        let finding = Diagnostic::warning(code, title).at(self.sources.locate(start_of(at)), label);
        if self.findings.len() >= ENOUGH {
            return self.surplus.insert(finding);
        }
        self.findings.push(finding);
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// What mjml's validator would say.
    pub fn invalid(
        &mut self,
        code: &'static str,
        title: impl Into<String>,
        at: Span,
        label: &str,
    ) -> &mut Diagnostic {
        match self.validation {
            Validation::Strict => self.error(code, title, at, label),
            Validation::Soft => self.finding(code, title, at, label),
            Validation::Skip => self.surplus.insert(Diagnostic::warning(code, title)),
        }
    }

    /// Says that template tags have to run before this document is compiled, and why.
    pub fn per_recipient(&mut self, why: &str, at: Span, label: &str, help: &str) {
        self.deciding.push(at);
        if self.per_recipient.len() >= ENOUGH {
            return;
        }
        let title = ["This email is compiled for each recipient: ", why].concat();
        let finding = Diagnostic::warning("per-recipient", title)
            .at(self.sources.locate(start_of(at)), label)
            .note("MJML is compiled again for each person: some 40 times as slow as an email that is compiled once")
            .help(help);
        self.per_recipient.push(finding);
    }
}

/// As much of a place as is worth showing: a stray text may be the whole file.
fn start_of(at: Span) -> Span {
    const SHOWN: u32 = 2_000;
    Span {
        end: at.end.min(at.start.saturating_add(SHOWN)),
        ..at
    }
}

/// “did you mean …?”, if one of the names is near.
pub(super) fn did_you_mean<'n>(
    wrong: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<String> {
    nearest(wrong, known).map(|name| format!("did you mean {name}?"))
}
