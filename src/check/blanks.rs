//! For whom a variable that an email prints is blank.

use std::sync::Arc;

use super::census::Seen;
use super::reads;
use super::rules::{FOR_NOTHING, Root, rooted, shown};
use crate::data::{Profile, person_value};
use crate::email::Email;
use crate::language::{Purpose, Step};
use crate::project::Project;

/// The variables of a person that an email prints as they are, with nothing that stands in where there is none.
#[derive(Debug)]
pub struct Blanks(Vec<Variable>);

#[derive(Debug)]
struct Variable {
    name: String,
    path: Vec<Step>,
    guards: Vec<Vec<Step>>,
}

impl Blanks {
    /// Those of an email.
    pub fn of(project: &Project, email: &Email) -> Blanks {
        let library = project.engine().library();
        let mut variables: Vec<Variable> = Vec::new();
        for read in reads(email, &library).0.reads {
            let printed = matches!(read.purpose, Purpose::Printed | Purpose::Money);
            let filled = read.filters.iter().any(|f| FOR_NOTHING.contains(&&*f.name));
            let Some((Root::Person, path)) = rooted(&read.path) else {
                continue;
            };
            let guards = read.guards.iter().filter_map(|guard| match rooted(guard)? {
                (Root::Person, path) => Some(path.to_vec()),
                _ => None,
            });
            let guards: Vec<_> = guards.collect();
            let known = |one: &Variable| one.path == path && one.guards == guards;
            if printed && !filled && !variables.iter().any(known) {
                variables.push(Variable {
                    name: shown(path),
                    path: path.to_vec(),
                    guards,
                });
            }
        }
        Blanks(variables)
    }

    /// The names of the variables that are blank for a person, each once.
    pub fn blank_for(&self, profile: &Arc<Profile>) -> Vec<&str> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let person = person_value(profile.clone());
        let mut blank: Vec<&str> = Vec::new();
        for variable in &self.0 {
            let guards: Vec<&[Step]> = variable.guards.iter().map(Vec::as_slice).collect();
            let mut seen = Seen::default();
            seen.look(&person, &variable.path, &guards);
            if seen.blank > 0 && !blank.contains(&&*variable.name) {
                blank.push(&variable.name);
            }
        }
        blank
    }
}
