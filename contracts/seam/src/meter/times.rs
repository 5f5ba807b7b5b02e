use std::time::Duration;

use super::TimeFigures;
use crate::Histogram;

/// Times of calls, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Times {
    histogram: Histogram,
    sum: u64,
}

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.add(time);
        self.sum = self.sum.saturating_add(time);
    }

    pub(super) fn figures(&self) -> TimeFigures {
        TimeFigures {
            count: self.histogram.count(),
            sum_ns: self.sum,
            max_ns: self.histogram.max(),
            p50_ns: self.histogram.percentile(50),
            p99_ns: self.histogram.percentile(99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_never_too_small_and_too_large_by_less_than_one_percent() {
        let mut times = Times::default();
        for nanos in 1..=100_000_u64 {
            times.add(Duration::from_nanos(nanos * 1_000));
        }
        let figures = times.figures();
        for (seen, exact) in [(figures.p50_ns, 50_000_000), (figures.p99_ns, 99_000_000)] {
            assert!(seen >= exact && seen < exact + exact / 100, "{seen}, exactly {exact}");
        }
        assert_eq!((figures.count, figures.max_ns), (100_000, 100_000_000));
        assert_eq!(figures.sum_ns, 1_000 * 100_000 * 100_001 / 2);
        assert_eq!(Times::default().figures(), TimeFigures::default());
    }
}
