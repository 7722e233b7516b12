//! Samples of people: so many of a hundred, the same at every step of a flow.

use sha2::{Digest, Sha256};

/// Whether somebody is among so many of a hundred. Decided by what the flow and the person are called, so it never changes.
pub(super) fn in_sample(flow: &str, person: &str, percent: f64) -> bool {
    let mut hash = Sha256::new();
    hash.update(flow);
    hash.update([0]);
    hash.update(person);
    let hash = hash.finalize();
    let number = hash[..8]
        .iter()
        .fold(0u64, |all, &byte| all << 8 | u64::from(byte));
    ((number % 100) as f64) < percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_about_as_large_as_it_says_and_grows() {
        let count = |percent| {
            (0..10_000)
                .filter(|n| in_sample("f", &n.to_string(), percent))
                .count()
        };
        assert!((2_800..3_200).contains(&count(30.0)), "{}", count(30.0));
        assert_eq!((count(0.0), count(100.0)), (0, 10_000));
        assert!(
            (0..1000)
                .all(|n| !in_sample("f", &n.to_string(), 20.0)
                    || in_sample("f", &n.to_string(), 40.0))
        );
    }
}
