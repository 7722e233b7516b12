//! Lets messages through as rates allow, and says when to try one again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{Rate, Rates};

/// A bucket that fills at a rate and holds a quarter of a second's worth, or one.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate: Rate, now: Instant) -> Bucket {
        Bucket {
            rate: rate.per_second(),
            level: 1.0,
            at: now,
        }
    }

    fn fill(&mut self, now: Instant) {
        let room = (self.rate / 4.0).max(1.0);
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.rate).min(room);
        self.at = now;
    }

    /// How long until there is one.
    fn wait(&self) -> Duration {
        Duration::from_secs_f64(((1.0 - self.level) / self.rate).clamp(0.0, 3600.0))
    }
}

/// Lets messages through as [`Rates`] allow.
#[derive(Debug)]
pub(super) struct Limiter {
    rates: Rates,
    total: Option<Bucket>,
    domains: HashMap<String, Bucket>,
}

impl Limiter {
    pub(super) fn new(rates: Rates, now: Instant) -> Limiter {
        Limiter {
            total: rates.total.map(|rate| Bucket::new(rate, now)),
            domains: HashMap::new(),
            rates,
        }
    }

    /// Takes other rates from now on.
    pub(super) fn change(&mut self, rates: Rates, now: Instant) {
        if rates != self.rates {
            *self = Limiter::new(rates, now);
        }
    }

    /// Whether a message in total may go now; else how long to wait.
    pub(super) fn total(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(bucket) = &mut self.total else {
            return Ok(());
        };
        bucket.fill(now);
        match bucket.level >= 1.0 {
            true => Ok(()),
            false => Err(bucket.wait()),
        }
    }

    /// Whether one to this domain may go now; else how long to wait.
    pub(super) fn domain(&mut self, domain: &str, now: Instant) -> Result<(), Duration> {
        let Some(rate) = self
            .rates
            .domains
            .get(domain)
            .or(self.rates.domains.get("*"))
        else {
            return Ok(());
        };
        let bucket = self
            .domains
            .entry(domain.to_owned())
            .or_insert_with(|| Bucket::new(*rate, now));
        bucket.fill(now);
        match bucket.level >= 1.0 {
            true => Ok(()),
            false => Err(bucket.wait()),
        }
    }

    /// One has gone to this domain.
    pub(super) fn take(&mut self, domain: &str) {
        if let Some(total) = &mut self.total {
            total.level -= 1.0;
        }
        if let Some(bucket) = self.domains.get_mut(domain) {
            bucket.level -= 1.0;
        }
    }
}

/// How long to wait before the next try of a message that a server would not take now: 1 s, 5 s, 30 s, 2 min, 10 min, each a
/// fifth longer or shorter; then never. A relay that takes mail from its own people says such things for seconds, not for hours.
pub(super) fn next_try(attempts: u32, chance: u64) -> Option<Duration> {
    const SECONDS: [f64; 5] = [1.0, 5.0, 30.0, 120.0, 600.0];
    let seconds = *SECONDS.get(attempts as usize)?;
    let share = (chance % 1000) as f64 / 1000.0;
    Some(Duration::from_secs_f64(seconds * (0.8 + 0.4 * share)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limiter_lets_through_what_a_second_allows() {
        let start = Instant::now();
        let rates = Rates {
            total: Some("50/s".parse().unwrap()),
            domains: [("slow.example".to_owned(), "2/s".parse().unwrap())].into(),
        };
        let mut limiter = Limiter::new(rates, start);
        let mut gone = [0, 0];
        for millisecond in 0..2000 {
            let now = start + Duration::from_millis(millisecond);
            for (which, domain) in ["slow.example", "fast.example"].into_iter().enumerate() {
                if limiter.total(now).is_ok() && limiter.domain(domain, now).is_ok() {
                    limiter.take(domain);
                    gone[which] += 1;
                }
            }
        }
        assert!((98..=102).contains(&(gone[0] + gone[1])), "{gone:?}");
        assert!((4..=5).contains(&gone[0]), "{gone:?}");
        limiter.change(Rates::default(), start);
        assert!(limiter.total(start).is_ok() && limiter.domain("slow.example", start).is_ok());
    }

    #[test]
    fn tries_are_spread_and_end() {
        let first = |chance| next_try(0, chance).unwrap().as_secs_f64();
        assert!(first(0) >= 0.8 && first(999) < 1.2 && first(0) < first(999));
        assert!(next_try(4, 0).unwrap() >= Duration::from_secs(480));
        assert_eq!(next_try(5, 0), None);
    }
}
