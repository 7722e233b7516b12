//! Whom a date brings into a flow on which day.

use std::sync::Arc;

use jiff::civil::Date;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::date_trigger::Fire;
use super::evidence::Person;
use super::flow::Flow;
use crate::data::{DataError, Database, Profile};

/// Whom a date brings into a flow.
#[derive(Debug, Clone, Default)]
pub struct Due {
    /// Who and when, the earliest first.
    pub people: Vec<(Arc<Profile>, Fire)>,
    /// How often the filter on the profile keeps somebody out.
    pub kept_out: usize,
}

/// So many people are looked at by all threads before the next are read.
const CHUNK: usize = 8_192;

impl Flow {
    /// Everybody whom the date brings in between two days, both included, each day where they live; without those whom the
    /// filter on the profile keeps out at that instant, as far as is known now.
    ///
    /// # Errors
    /// The database failed.
    pub fn due(&self, shop: &dyn Database, from: Date, to: Date) -> Result<Due, DataError> {
        let mut due = Due::default();
        let mut profiles = shop.profiles().peekable();
        while profiles.peek().is_some() {
            let chunk = profiles.by_ref().take(CHUNK);
            let chunk: Vec<Arc<Profile>> = chunk.collect::<Result<_, _>>()?;
            let fires: Vec<Vec<Fire>> = chunk
                .par_iter()
                .map(|profile| self.fires_between(profile, from, to))
                .collect();
            for (profile, fires) in chunk.iter().zip(fires) {
                for fire in fires {
                    due.people.push((profile.clone(), fire));
                }
            }
        }
        if self.has_filter() {
            let mut admitted = Vec::with_capacity(due.people.len());
            for (profile, fire) in due.people {
                let person = Person::of(shop, profile.clone())?;
                match self.admits(&fire, &person).enters {
                    true => admitted.push((profile, fire)),
                    false => due.kept_out += 1,
                }
            }
            due.people = admitted;
        }
        due.people.sort_by_key(|(_, fire)| fire.at);
        Ok(due)
    }
}
