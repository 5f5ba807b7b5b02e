use std::collections::BTreeMap;

/// Numbers of the same magnitude that are told apart: a value is off by less than 1 in this many.
const PARTS: u64 = 128;
const PARTS_BITS: u32 = PARTS.ilog2();

/// Counts of values by size, from which percentiles are read with an error below 1 %. It grows with the number of
/// different values, a few thousand at most, and not with that of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<u64, u64>,
    count: u64,
    max: u64,
}

impl Histogram {
    /// Adds a value.
    pub fn add(&mut self, value: u64) {
        *self.counts.entry(class_of(value)).or_default() += 1;
        self.count += 1;
        self.max = self.max.max(value);
    }

    /// Adds everything that another one holds.
    pub fn merge(&mut self, other: &Self) {
        for (class, count) in &other.counts {
            *self.counts.entry(*class).or_default() += count;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// The value that `percent` of all values don't exceed; 0 if there are none.
    pub fn percentile(&self, percent: u64) -> u64 {
        self.at((self.count * percent).div_ceil(100))
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value of this rank, from 1 for the smallest; never less than the exact one. 0 if there are none.
    pub fn at(&self, rank: u64) -> u64 {
        let mut seen = 0;
        for (class, count) in &self.counts {
            seen += count;
            if seen >= rank {
                return largest_of(*class).min(self.max);
            }
        }
        self.max
    }

    /// The largest value; 0 if there are none.
    pub fn max(&self) -> u64 {
        self.max
    }
}

/// The class of a value: itself while it is small, and from there on `PARTS` classes for each doubling.
fn class_of(value: u64) -> u64 {
    let shift = u64::from(value.max(1).ilog2().saturating_sub(PARTS_BITS));
    shift * PARTS + (value >> shift)
}

/// The largest value of a class.
fn largest_of(class: u64) -> u64 {
    let shift = (class / PARTS).saturating_sub(1);
    let first = (class - shift * PARTS) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use crate::chance::draw;

    use super::*;

    #[test]
    fn percentiles_are_within_one_percent_of_the_exact_ones_and_the_largest_value_is_exact() {
        for seed in 0..20 {
            // Over all magnitudes, as latencies in microseconds from nothing to hours.
            let value = |n| draw(seed, "value", n) >> (30 + draw(seed, "shift", n) % 34);
            let mut exact: Vec<u64> = (0..1_000 + seed).map(value).collect();
            let mut histogram = Histogram::default();
            let mut halves = [Histogram::default(), Histogram::default()];
            for (n, value) in exact.iter().enumerate() {
                histogram.add(*value);
                halves[n % 2].add(*value);
            }
            let [mut merged, other] = halves;
            merged.merge(&other);
            exact.sort_unstable();
            for percent in [1, 50, 95, 99, 100] {
                let wanted = exact[(exact.len() * usize::try_from(percent).unwrap()).div_ceil(100) - 1];
                let found = histogram.percentile(percent);
                assert!(
                    found >= wanted && found - wanted <= wanted / 100,
                    "seed {seed}, p{percent}: {found}, wanted {wanted}"
                );
                assert_eq!(merged.percentile(percent), found, "seed {seed}, p{percent} of halves");
            }
            assert_eq!(histogram.max(), *exact.last().unwrap());
        }
    }

    #[test]
    fn the_extremes_have_classes_and_nothing_has_no_percentile() {
        assert_eq!(Histogram::default().percentile(99), 0);
        for value in [0, 1, 255, 256, u64::MAX] {
            let mut one = Histogram::default();
            one.add(value);
            assert_eq!((one.percentile(50), one.max()), (value, value));
        }
    }
}
