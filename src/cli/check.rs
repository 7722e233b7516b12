//! `letterpress check`

use clap::Args;

use super::output::{Output, Trouble};
use super::{Format, Global, open};
use crate::check::{self, Checker};
use crate::diagnostic::Diagnostic;
use crate::language::Dialect;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(
    after_help = "A comment on its line, or on the line above, silences a finding: \
    {# letterpress: allow CODE #}. `letterpress explain CODE` says more of it.\n\
    Exit status: 0 nothing found; 1 something found; 2 could not run."
)]
pub(super) struct CheckArgs {
    /// Emails of the project [default: all]
    #[arg(value_name = "EMAIL")]
    emails: Vec<String>,
}

pub(super) fn run(args: CheckArgs, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let now = open::now(global, &project.config().zone)?;
    open::say_findings(&project, output)?;
    let emails = match args.emails {
        none if none.is_empty() => project.engine().emails(),
        some => some,
    };
    let checker = Checker::new(&project, &now)?;
    let mut findings: Vec<(String, Vec<Diagnostic>)> = Vec::new();
    for email in emails {
        let found = checker.email(&email)?;
        // What is wrong with a partial is said once.
        let new = |one: &Diagnostic| {
            let mut known = findings.iter().flat_map(|(_, found)| found);
            !known.any(|known| known.to_string() == one.to_string())
        };
        let found = found.into_iter().filter(new).collect();
        findings.push((email, found));
    }
    let all: Vec<&Diagnostic> = findings.iter().flat_map(|(_, found)| found).collect();
    match global.format {
        Format::Json => output.data(format!("{:#}\n", check::json(&findings)).as_bytes())?,
        Format::Sarif => {
            let sarif = check::sarif(all.iter().copied());
            output.data(format!("{sarif:#}\n").as_bytes())?;
        }
        Format::Github => {
            for finding in &all {
                output.data((check::github(finding) + "\n").as_bytes())?;
            }
        }
        _ => {
            output.shown(&all)?;
            for (email, _) in &findings {
                let found = project.engine().email(email);
                if found.is_ok_and(|email| email.manifest().dialect == Dialect::Jinja) {
                    output.say(&format!(
                        "'{email}' is in Jinja: the names in it are not looked up in the data"
                    ));
                }
            }
            let errors = all.iter().filter(|finding| finding.is_error()).count();
            output.say(&format!(
                "{}: {}, {}",
                counted(findings.len(), "email"),
                counted(errors, "error"),
                counted(all.len() - errors, "warning")
            ));
        }
    }
    Ok(u8::from(!all.is_empty()))
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}
