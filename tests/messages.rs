//! What an email's author is told, and what comes of the email all the same: the cases of `tests/messages/*.txt`;
//! `tests/messages/README.md` says how they are written.

#[path = "harness/case_files.rs"]
mod case_files;

use std::fs;

use letterpress::diagnostic::{Diagnostic, Severity};
use letterpress::email::{EmailError, Engine, FixedWorld, Outcome, Recipient};
use letterpress::value;

#[test]
fn every_case_holds() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    for file in case_files::files("tests/messages", "txt") {
        let text = fs::read_to_string(&file).unwrap();
        let got = answered(&text);
        if got == text {
            continue;
        }
        if update {
            fs::write(&file, &got).unwrap();
        }
        let mut lines = text.lines().chain([""]).zip(got.lines().chain([""]));
        let at = lines.position(|(a, b)| a != b).unwrap_or(0);
        let line = |text: &str| text.lines().nth(at).unwrap_or_default().to_owned();
        wrong += &format!(
            "{}:{}\nexpected: {}\n     got: {}\n\n",
            file.display(),
            at + 1,
            line(&text),
            line(&got)
        );
    }
    assert!(wrong.is_empty() || update, "\n{wrong}");
}

/// The file with the answers that are found.
fn answered(text: &str) -> String {
    let mut pieces = text.split("\n=== ");
    // A note for readers comes first.
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('\n').unwrap_or((piece, ""));
        let mut sections = rest.split("\n--- ");
        let body = sections.next().unwrap_or_default();
        let sections: Vec<(&str, &str)> = sections
            .map(|section| section.split_once('\n').unwrap_or((section, "")))
            .collect();
        out += &format!("\n=== {name}\n{body}");
        let case = Case { body, sections };
        for (name, content) in &case.sections {
            let answer = case.answer(name).unwrap_or_else(|| (*content).to_owned());
            out += &format!("\n--- {name}");
            if !answer.is_empty() {
                out += &format!("\n{}", answer.trim_end());
            }
        }
        out.push('\n');
    }
    out
}

struct Case<'t> {
    body: &'t str,
    sections: Vec<(&'t str, &'t str)>,
}

impl Case<'_> {
    fn section(&self, wanted: &str) -> Option<&str> {
        let found = self.sections.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, content)| content.trim_end())
    }

    /// What stands in a section of this name; `None` for one that is given.
    fn answer(&self, section: &str) -> Option<String> {
        let found = ["says", "prints", "text", "subject", "source", "needs"];
        if !found.contains(&section) {
            return None;
        }
        let body = match self.body.starts_with("<mjml") {
            true => "case/body.mjml",
            false => "case/body.html",
        };
        let manifest = self.section("manifest").unwrap_or_default();
        let mut engine = Engine::builder()
            .template("case/email.toml", manifest)
            .template(body, self.body);
        for (name, content) in &self.sections {
            if let Some(file) = name.strip_prefix("file ") {
                engine = engine.template(file, content.trim_end());
            }
        }
        let engine = engine.build().unwrap();
        let email = match self.section("alone") {
            Some(_) => engine.document(body),
            None => engine.email("case"),
        };
        let email = match email {
            Ok(email) => email,
            Err(EmailError::Invalid { diagnostics, .. }) => return Some(said(&diagnostics)),
            Err(error) => return Some(error.to_string()),
        };
        let ids = || email.needs().universal.iter().cloned().collect::<Vec<_>>();
        match section {
            "says" => return Some(said(email.findings())),
            "source" => return Some(email.source().to_owned()),
            "needs" => return Some(ids().join("\n")),
            _ => {}
        }
        let context = value::from_json(self.section("context").unwrap_or("{}")).unwrap();
        let world = FixedWorld::at("2026-11-20T18:04:10[UTC]".parse().unwrap());
        let outcome = email.render(&Recipient::from_context(context), &world);
        Some(match outcome {
            Outcome::Rendered(mail) => match section {
                "prints" => mail.html,
                "subject" => mail.subject,
                _ => mail.text,
            },
            Outcome::Failed(failed) => said(&failed.diagnostics),
            Outcome::Skipped(skip) => format!("skipped: {}", skip.detail),
        })
    }
}

/// `warning 1:7 code: what to do`, one a line.
fn said(diagnostics: &[Diagnostic]) -> String {
    let line = |diagnostic: &Diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = diagnostic
            .primary
            .as_ref()
            .map(|label| label.at.to_string());
        let place = place.unwrap_or_default();
        let place = place.strip_prefix("case/body.html:").unwrap_or(&place);
        let said = match diagnostic.code {
            // How the tag is read stands in the sentence.
            "character-reference" => diagnostic.title.clone(),
            _ => diagnostic.help.join(" / "),
        };
        format!("{severity} {place} {}: {said}\n", diagnostic.code)
    };
    diagnostics.iter().map(line).collect()
}
