//! What the commands about segments and flows share.

use std::sync::Arc;

use jiff::ZonedDateTime;
use serde_json::json;

use super::Global;
use super::open as opening;
use super::output::{Output, Trouble};
use super::render::wanted;
use super::table::{Side, Table};
use crate::audience::{Audience, Explanation};
use crate::data::{Identity, Profile};
use crate::diagnostic::Diagnostic;
use crate::project::{Data, Project, Selector, Wanted, fresh_seed};

/// A project with its segments and flows.
pub(super) struct Opened<'p> {
    pub(super) data: &'p Data,
    pub(super) audience: &'p Audience,
    findings: &'p [Diagnostic],
    pub(super) now: ZonedDateTime,
}

pub(super) fn open<'p>(
    project: &'p Project,
    global: &Global,
    output: &Output,
) -> Result<Opened<'p>, Trouble> {
    let now = opening::now(global, &project.config().zone)?;
    opening::say_findings(project, output)?;
    let (audience, findings) = project.audience()?;
    Ok(Opened {
        data: project.data()?,
        audience,
        findings,
        now,
    })
}

impl Opened<'_> {
    /// Says what is worth knowing about one definition, whoever asks for it.
    pub(super) fn say_of(&self, folder: &str, file: &str, output: &Output) {
        let of = format!("{folder}/{file}.json");
        let mut findings = self.about(|name| name.ends_with(&of));
        // What Klaviyo cannot do is said where definitions are looked at.
        findings.retain(|one| one.code != "klaviyo-editor");
        output.diagnostics(&findings);
    }

    /// Says what is worth knowing about all definitions of a folder, and about postal codes.
    pub(super) fn say_all(&self, folder: &str, output: &Output) {
        let of = format!("{folder}/");
        output
            .diagnostics(&self.about(|name| name.contains(&of) || name.contains("postal-codes/")));
    }

    fn about(&self, is: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let place = |one: &Diagnostic| {
            one.primary
                .as_ref()
                .map(|label| label.at.file().replace('\\', "/"))
        };
        let wanted = |one: &&Diagnostic| place(one).is_some_and(|name| is(&name));
        self.findings.iter().filter(wanted).cloned().collect()
    }

    /// Why a definition cannot be used, if there is one of this name.
    pub(super) fn broken(&self, folder: &str, name: &str) -> Option<Vec<Diagnostic>> {
        self.audience.broken(name)?;
        let of = format!("{folder}/{name}.json");
        let wrong = self.about(|file| file.ends_with(&of));
        (!wrong.is_empty()).then_some(wrong)
    }

    /// Says how many people have a postal code that no file knows.
    pub(super) fn say_without_place(&self, count: usize, output: &Output) {
        if count > 0 {
            let people = if count == 1 {
                "profile has"
            } else {
                "profiles have"
            };
            output.say(&format!(
                "{count} {people} a postal code that is not in postal-codes/: they are neither near nor far"
            ));
        }
    }

    /// The person that a selector names.
    pub(super) fn person(&self, text: &str) -> Result<Arc<Profile>, Trouble> {
        let shop = &*self.data.shop;
        Ok(
            match wanted(Selector::profile(text)?, Profile::from_json)? {
                Wanted::Given(given) => {
                    let known = shop.profile_of(&Identity::from(&*given))?;
                    known.unwrap_or(given)
                }
                Wanted::Found(selector) => selector.find_profile(shop, fresh_seed())?,
            },
        )
    }
}

/// A person for programs.
pub(super) fn member(profile: &Profile) -> serde_json::Value {
    json!({
        "id": profile.key(),
        "email": profile.email,
        "external_id": profile.external_id,
    })
}

pub(super) fn people_table<'p>(people: impl Iterator<Item = &'p Arc<Profile>>) -> Table<3> {
    let mut table = Table::new([
        ("name", Side::Left),
        ("email", Side::Left),
        ("id", Side::Left),
    ])
    .whole(1)
    .whole(2);
    for profile in people {
        table.row([
            profile.full_name().unwrap_or_default(),
            profile.email.clone().unwrap_or_default(),
            profile.key().to_owned(),
        ]);
    }
    table
}

/// Conditions with a tick or a cross and what was found.
pub(super) fn tree(told: &Explanation, depth: usize, output: &Output) -> Result<(), Trouble> {
    let mark = |holds: bool| if holds { '✓' } else { '✗' };
    let indent = "  ".repeat(depth);
    for group in &told.groups {
        let several = group.conditions.len() > 1;
        if several {
            output.title(&format!("{indent}{} one of", mark(group.holds)))?;
        }
        let inner = if several {
            format!("{indent}  ")
        } else {
            indent.clone()
        };
        for one in &group.conditions {
            let found = match one.segments.is_empty() || one.found != "see below" {
                true => format!(" · {}", one.found),
                false => String::new(),
            };
            output.title(&format!(
                "{inner}{} {}{found}",
                mark(one.holds),
                one.condition
            ))?;
            for segment in &one.segments {
                let (holds, name) = (mark(segment.explanation.holds), &segment.segment);
                output.title(&format!("{inner}  {holds} {name}"))?;
                tree(
                    &segment.explanation,
                    depth + 3 + usize::from(several),
                    output,
                )?;
            }
        }
    }
    Ok(())
}
