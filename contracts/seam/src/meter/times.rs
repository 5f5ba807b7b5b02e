use std::time::Duration;

use super::TimeFigures;

/// Numbers of the same magnitude that are told apart: a percentile is too large by less than 1 in this many.
const PARTS: u64 = 8;
const PARTS_BITS: u32 = PARTS.ilog2();
/// Classes of all numbers of 64 bits.
const CLASSES: usize = 496;

/// Times of calls, in nanoseconds, counted in fixed classes.
#[derive(Debug)]
pub(super) struct Times {
    counts: Box<[u64; CLASSES]>,
    count: u64,
    sum: u64,
    max: u64,
}

impl Times {
    pub(super) fn new() -> Self {
        Self {
            counts: Box::new([0; CLASSES]),
            count: 0,
            sum: 0,
            max: 0,
        }
    }

    pub(super) fn add(&mut self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.counts[class_of(time)] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(time);
        self.max = self.max.max(time);
    }

    pub(super) fn figures(&self) -> TimeFigures {
        TimeFigures {
            count: self.count,
            sum_ns: self.sum,
            max_ns: self.max,
            p50_ns: self.percentile(50),
            p99_ns: self.percentile(99),
        }
    }

    fn percentile(&self, percent: u64) -> u64 {
        let rank = (self.count * percent).div_ceil(100);
        let mut seen = 0;
        for (class, count) in (0..).zip(self.counts.iter()) {
            seen += count;
            if seen >= rank {
                return largest_of(class).min(self.max);
            }
        }
        self.max
    }
}

/// The class of a number: itself while it is small, and from there on `PARTS` classes for each doubling.
fn class_of(value: u64) -> usize {
    let shift = u64::from(value.max(1).ilog2().saturating_sub(PARTS_BITS));
    usize::try_from(shift * PARTS + (value >> shift)).unwrap_or(CLASSES - 1)
}

/// The largest number of a class.
fn largest_of(class: u64) -> u64 {
    let shift = (class / PARTS).saturating_sub(1);
    let first = (class - shift * PARTS) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_never_too_small_and_too_large_by_less_than_an_eighth() {
        let mut times = Times::new();
        for nanos in 1..=100_000_u64 {
            times.add(Duration::from_nanos(nanos * 1_000));
        }
        let figures = times.figures();
        for (seen, exact) in [(figures.p50_ns, 50_000_000), (figures.p99_ns, 99_000_000)] {
            assert!(seen >= exact && seen < exact + exact / 8, "{seen}, exactly {exact}");
        }
        assert_eq!((figures.count, figures.max_ns), (100_000, 100_000_000));
        assert_eq!(figures.sum_ns, 1_000 * 100_000 * 100_001 / 2);
    }

    #[test]
    fn every_number_has_a_class() {
        for value in [0, 1, 7, 8, 15, 16, 1 << 40, u64::MAX] {
            let class = class_of(value);
            assert!(class < CLASSES, "{value}: {class}");
            assert!(largest_of(class as u64) >= value, "{value}");
        }
        assert_eq!(Times::new().figures(), TimeFigures::default());
    }
}
