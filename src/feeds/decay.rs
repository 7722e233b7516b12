//! How much less an old interaction counts.

/// The weight of an interaction by its age in whole hours, as a multiple of 2⁻³².
///
/// Weights are integers so that sums do not depend on the order of events, and the table is made by nothing but
/// multiplications and divisions so that it has the same bits on every machine.
#[derive(Debug)]
pub(super) struct Decay {
    weights: Vec<u64>,
    /// Without a half-life everything up to this age counts fully.
    oldest: u64,
}

/// The weight 1.
pub(super) const ONE: f64 = 4_294_967_296.0;

impl Decay {
    /// Weights that halve every `half_life` days (never, if None), for ages up to `window` days.
    pub(super) fn new(half_life: Option<f64>, window: u32) -> Decay {
        let oldest = u64::from(window) * 24;
        let Some(half_life) = half_life else {
            return Decay {
                weights: Vec::new(),
                oldest,
            };
        };
        let factor = half_to_the(1.0 / (24.0 * half_life));
        let mut weight = 1.0f64;
        let mut weights = Vec::with_capacity(oldest as usize + 1);
        for _ in 0..=oldest {
            weights.push((weight * ONE).round() as u64);
            weight *= factor;
        }
        Decay { weights, oldest }
    }

    /// The weight at an age in hours; None beyond the window.
    pub(super) fn weight(&self, age: u64) -> Option<u64> {
        if age > self.oldest {
            None
        } else if self.weights.is_empty() {
            Some(ONE as u64)
        } else {
            self.weights.get(age as usize).copied()
        }
    }
}

/// 2^−y for y ≥ 0. The standard library's `exp2` may differ in the last bit from machine to machine.
fn half_to_the(y: f64) -> f64 {
    let whole = y.floor().min(1100.0);
    let x = -(y - whole).min(1.0) * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..=24 {
        term = term * x / f64::from(k);
        sum += term;
    }
    for _ in 0..whole as u32 {
        sum *= 0.5;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_powers_of_two_within_a_rounding() {
        for half_life in [1.0, 3.0, 7.5, 30.0, 0.01] {
            let decay = Decay::new(Some(half_life), 90);
            for age in [0u64, 1, 24, 72, 719, 2160] {
                let exact = (-(age as f64) / (24.0 * half_life)).exp2() * ONE;
                let weight = decay.weight(age).unwrap() as f64;
                assert!(
                    (weight - exact).abs() <= 1.0,
                    "{half_life} {age}: {weight} {exact}"
                );
            }
            assert_eq!(decay.weight(2161), None);
        }
    }

    #[test]
    fn the_table_has_the_same_bits_everywhere() {
        // Written down once; a machine that gives other numbers breaks the promise.
        let decay = Decay::new(Some(3.0), 30);
        let sum: u64 = decay.weights.iter().sum();
        assert_eq!(
            (decay.weights[24], decay.weights[288], sum),
            (SAMPLES[0], SAMPLES[1], SAMPLES[2])
        );
    }

    const SAMPLES: [u64; 3] = [3_408_917_802, 268_435_456, 447_852_961_120];
}
