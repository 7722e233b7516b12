//! Whom a campaign is for: the lists and segments it includes, without those it excludes.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::members::Crowd;
use super::open::Audience;
use super::segment::Segment;
use crate::data::{DataError, Database, Profile};
use crate::diagnostic::nearest;

/// The lists and segments that a campaign includes and excludes, by name: `list:NAME`, `segment:NAME`.
///
/// ```
/// use letterpress::audience::{Audience, Choice};
/// use letterpress::data::{Profile, Shop};
/// use letterpress::diagnostic::Source;
/// let vips = Source::new("vips.json", r#"{"condition_groups": [{"conditions": [
///     {"type": "profile-property", "property": "properties['VIP']", "filter": {"type": "boolean", "operator": "equals", "value": true}}]}]}"#);
/// let (shop, _) = Shop::builder()
///     .profile(Profile::from_json(r#"{"email": "ada@example.com", "properties": {"VIP": true}}"#)?)
///     .profile(Profile::from_json(r#"{"email": "bo@example.com"}"#)?)
///     .build();
/// let (audience, _) = Audience::builder().segment("vips", vips).build(&shop)?;
/// let choice = Choice::new(&audience, &[], &["segment:vips".to_owned()]).unwrap();
/// let chosen = choice.choose(&shop, "2026-11-20T00:00:00Z".parse().unwrap())?;
/// let left: Vec<(&str, usize)> = chosen.steps.iter().map(|step| (step.what.as_str(), step.left)).collect();
/// assert_eq!(left, [("everybody", 2), ("segment:vips", 1)]);
/// assert_eq!(chosen.people[0].key(), "bo@example.com");
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Choice {
    include: Vec<(String, Named)>,
    exclude: Vec<(String, Named)>,
}

/// A list or a segment that was found.
#[derive(Debug, Clone)]
enum Named {
    List(String),
    Segment(Arc<Segment>),
}

/// A name in `include` or `exclude` that stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{told}")]
pub struct UnknownGroup {
    /// The name as it was written.
    pub name: String,
    /// One sentence.
    pub told: String,
    /// What to do about it.
    pub help: String,
}

/// Who is left, in the order of the data, and how many each step left.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Who is left.
    pub people: Vec<Arc<Profile>>,
    /// What was done, first what is included, then what is excluded.
    pub steps: Vec<ChoiceStep>,
}

/// One step of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChoiceStep {
    /// `everybody`, `list:newsletter`, `segment:engaged`.
    pub what: String,
    /// Whether it takes people in or leaves them out.
    pub includes: bool,
    /// How many it holds by itself.
    pub members: usize,
    /// How many people there are after it.
    pub left: usize,
}

impl Choice {
    /// Looks up the names. Without `include` it is everybody.
    ///
    /// # Errors
    /// All names that stand for nothing, each with what may have been meant.
    pub fn new(
        audience: &Audience,
        include: &[String],
        exclude: &[String],
    ) -> Result<Choice, Vec<UnknownGroup>> {
        let mut unknown = Vec::new();
        let mut all = |names: &[String]| {
            let mut found = Vec::new();
            for name in names {
                match named(audience, name) {
                    Ok(group) => found.push((name.clone(), group)),
                    Err(error) => unknown.push(error),
                }
            }
            found
        };
        let (include, exclude) = (all(include), all(exclude));
        match unknown.is_empty() {
            true => Ok(Choice { include, exclude }),
            false => Err(unknown),
        }
    }

    /// Chooses among all profiles of a database, in parallel.
    ///
    /// # Errors
    /// The database failed.
    pub fn choose(&self, shop: &dyn Database, now: Timestamp) -> Result<Chosen, DataError> {
        let all: Vec<&(String, Named)> = self.include.iter().chain(&self.exclude).collect();
        let segments = all.iter().filter_map(|(_, group)| match group {
            Named::Segment(segment) => Some(&**segment),
            Named::List(_) => None,
        });
        let lists: HashSet<&str> = all
            .iter()
            .filter_map(|(_, group)| match group {
                Named::List(list) => Some(list.as_str()),
                Named::Segment(_) => None,
            })
            .collect();
        let crowd = Crowd::of(shop, segments.map(|one| &one.conditions), lists, now)?;
        let mut members = vec![0usize; all.len()];
        // After everybody, each include, each exclude.
        let mut left = vec![0usize; self.include.len() + self.exclude.len() + 1];
        let mut people = Vec::new();
        crowd.walk(
            shop,
            |view, moment| {
                let is_in = |(_, group): &&(String, Named)| match group {
                    Named::List(list) => view.joined(list).is_some(),
                    Named::Segment(segment) => segment.conditions.hold(view, moment),
                };
                all.iter().map(is_in).collect::<Vec<bool>>()
            },
            |profile, is_in| {
                for (count, is) in members.iter_mut().zip(&is_in) {
                    *count += usize::from(*is);
                }
                let (included, excluded) = is_in.split_at(self.include.len());
                let mut is_left = self.include.is_empty();
                left[0] += usize::from(is_left);
                let mut step = 1;
                for is in included {
                    is_left |= is;
                    left[step] += usize::from(is_left);
                    step += 1;
                }
                for is in excluded {
                    is_left &= !is;
                    left[step] += usize::from(is_left);
                    step += 1;
                }
                if is_left {
                    people.push(profile.clone());
                }
            },
        )?;
        let mut steps = Vec::new();
        if self.include.is_empty() {
            steps.push(ChoiceStep {
                what: "everybody".to_owned(),
                includes: true,
                members: left[0],
                left: left[0],
            });
        }
        for (at, (name, _)) in all.iter().enumerate() {
            steps.push(ChoiceStep {
                what: name.clone(),
                includes: at < self.include.len(),
                members: members[at],
                left: left[at + 1],
            });
        }
        Ok(Chosen { people, steps })
    }
}

fn named(audience: &Audience, name: &str) -> Result<Named, UnknownGroup> {
    let unknown = |told: String, help: String| UnknownGroup {
        name: name.to_owned(),
        told,
        help,
    };
    let did_you_mean =
        |wanted: &str, kind: &str, known: Vec<&str>| match nearest(wanted, known.iter().copied()) {
            Some(near) => format!("did you mean '{kind}:{near}'?"),
            None if known.is_empty() => format!("there are no {kind}s yet"),
            None => format!("{kind}s: {}", known.join(", ")),
        };
    match name
        .split_once(':')
        .map(|(kind, name)| (kind.trim(), name.trim()))
    {
        Some(("list", list)) => {
            if audience.lists.iter().any(|one| one == list) {
                return Ok(Named::List(list.to_owned()));
            }
            let known = audience.lists.iter().map(String::as_str).collect();
            Err(unknown(
                format!("there is no list '{list}'"),
                did_you_mean(list, "list", known),
            ))
        }
        Some(("segment", wanted)) => {
            if let Some(segment) = audience.segment(wanted) {
                return Ok(Named::Segment(segment.clone()));
            }
            if audience.broken(wanted).is_some() {
                let told =
                    format!("the segment '{wanted}' cannot be used: something is wrong with it");
                return Err(unknown(told, format!("letterpress segments show {wanted}")));
            }
            let known = audience
                .segments()
                .iter()
                .map(|one| one.file.as_str())
                .collect();
            Err(unknown(
                format!("there is no segment '{wanted}'"),
                did_you_mean(wanted, "segment", known),
            ))
        }
        _ => Err(unknown(
            format!("'{name}' names neither a list nor a segment"),
            "write list:NAME or segment:NAME".to_owned(),
        )),
    }
}
