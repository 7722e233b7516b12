//! What is noticed about all data together: what is told once, with a number, not line by line.

use crate::diagnostic::Diagnostic;

/// A number of cases and the first few names among them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) count: usize,
    pub(crate) examples: Vec<String>,
}

impl Tally {
    /// All these cases.
    pub(crate) fn of(names: &[String]) -> Tally {
        let mut tally = Tally::default();
        for name in names {
            tally.add(name);
        }
        tally
    }

    pub(crate) fn add(&mut self, name: &str) {
        self.count += 1;
        if self.examples.len() < 3 && !self.examples.iter().any(|known| known == name) {
            self.examples.push(name.to_owned());
        }
    }

    /// So many cases of one name.
    #[cfg(feature = "store")]
    pub(crate) fn add_many(&mut self, name: &str, count: usize) {
        if count > 0 {
            self.add(name);
            self.count += count - 1;
        }
    }

    /// `3 events name a metric …: A, B, …`; None where there is no case.
    fn finding(&self, code: &'static str, one: &str, many: &str, rest: &str) -> Option<Diagnostic> {
        let verb = match self.count {
            0 => return None,
            1 => one,
            _ => many,
        };
        let more = if self.count > self.examples.len() {
            ", …"
        } else {
            ""
        };
        let title = format!(
            "{} {verb} {rest}: {}{more}",
            self.count,
            self.examples.join(", ")
        );
        Some(Diagnostic::warning(code, title))
    }
}

/// Cases of what is odd in data as a whole, though no line is wrong by itself.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    pub(crate) shared_addresses: Tally,
    pub(crate) lost_variants: Tally,
    pub(crate) unknown_metrics: Tally,
    pub(crate) unknown_profiles: Tally,
    pub(crate) duplicates: usize,
}

impl Noticed {
    /// A finding for each kind of which there is a case.
    pub(crate) fn findings(&self) -> Vec<Diagnostic> {
        let shared = self
            .shared_addresses
            .finding(
                "shared-address",
                "profile has",
                "profiles have",
                "the address of another one",
            )
            .map(|found| found.note("looking the address up finds the one with the lesser id"));
        let lost = self.lost_variants.finding(
            "variant-without-item",
            "catalog variant names",
            "catalog variants name",
            "no item of the catalog",
        );
        let metrics = self
            .unknown_metrics
            .finding(
                "unknown-metric",
                "event names",
                "events name",
                "a metric by an id that nothing describes",
            )
            .map(|found| {
                found.help(
                    "add the metric's line to metrics.jsonl; until then its id stands for its name",
                )
            });
        let people = self
            .unknown_profiles
            .finding(
                "unknown-profile",
                "event belongs",
                "events belong",
                "to somebody who is not among the profiles",
            )
            .map(|found| {
                found.note("such events count in product feeds, but stand in nobody's timeline")
            });
        let repeated = (self.duplicates > 0).then(|| {
            let events = if self.duplicates == 1 {
                "event repeats"
            } else {
                "events repeat"
            };
            Diagnostic::warning(
                "repeated-event",
                format!("{} {events} an earlier one", self.duplicates),
            )
            .note("the same profile, metric and unique id; the first was kept")
        });
        [shared, lost, metrics, people, repeated]
            .into_iter()
            .flatten()
            .collect()
    }
}
