use seam::Histogram;

use super::{OverTime, Part};

/// The shortest part, in milliseconds.
const FIRST_WIDTH_MS: u64 = 50;
/// The most parts; more time makes them longer.
const MOST: usize = 120;

/// Figures of requests by the time of their intended start, in parts of equal length. A run that outgrows them doubles
/// the length, so that their number is bounded.
#[derive(Debug)]
pub(super) struct Buckets {
    width_ms: u64,
    buckets: Vec<Bucket>,
}

#[derive(Debug, Default)]
struct Bucket {
    requests: u64,
    errors: u64,
    latencies: Histogram,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            width_ms: FIRST_WIDTH_MS,
            buckets: Vec::new(),
        }
    }
}

impl Buckets {
    /// Adds a request; moment and latency are in microseconds.
    pub(super) fn add(&mut self, at_us: u64, latency_us: u64, failed: bool) {
        let mut place = self.place(at_us);
        while place >= MOST {
            self.double();
            place = self.place(at_us);
        }
        if self.buckets.len() <= place {
            self.buckets.resize_with(place + 1, Bucket::default);
        }
        if let Some(bucket) = self.buckets.get_mut(place) {
            bucket.requests += 1;
            bucket.errors += u64::from(failed);
            bucket.latencies.add(latency_us);
        }
    }

    /// The figures so far.
    pub(super) fn over_time(&self) -> OverTime {
        let part = |bucket: &Bucket| Part {
            requests: bucket.requests,
            errors: bucket.errors,
            p50_us: bucket.latencies.percentile(50),
            p95_us: bucket.latencies.percentile(95),
            p99_us: bucket.latencies.percentile(99),
        };
        OverTime {
            width_ms: self.width_ms,
            parts: self.buckets.iter().map(part).collect(),
        }
    }

    fn place(&self, at_us: u64) -> usize {
        usize::try_from(at_us / (self.width_ms * 1_000)).unwrap_or(usize::MAX)
    }

    fn double(&mut self) {
        self.width_ms *= 2;
        let mut merged: Vec<Bucket> = Vec::with_capacity(MOST);
        for (place, bucket) in self.buckets.drain(..).enumerate() {
            match merged.last_mut() {
                Some(last) if place % 2 == 1 => {
                    last.requests += bucket.requests;
                    last.errors += bucket.errors;
                    last.latencies.merge(&bucket.latencies);
                }
                _ => merged.push(bucket),
            }
        }
        self.buckets = merged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_has_longer_parts_and_loses_nothing() {
        let mut buckets = Buckets::default();
        let hour_us = 3_600_000_000;
        for n in 0..3_600 {
            buckets.add(n * hour_us / 3_600, n, n % 9 == 0);
        }
        let over_time = buckets.over_time();

        assert_eq!(
            over_time.width_ms, 51_200,
            "the first of 50, 100, 200 ... of which 120 are an hour"
        );
        assert_eq!(over_time.parts.len(), 71);
        let first = Part {
            requests: 52,
            errors: 6,
            p50_us: 25,
            p95_us: 49,
            p99_us: 51,
        };
        assert_eq!(over_time.parts[0], first);
        assert_eq!(over_time.parts.iter().map(|part| part.requests).sum::<u64>(), 3_600);
        assert_eq!(over_time.parts.iter().map(|part| part.errors).sum::<u64>(), 400);

        buckets.add(20 * hour_us, 1, false);
        let over_time = buckets.over_time();
        assert_eq!((over_time.width_ms, over_time.parts.len()), (819_200, 88));
        assert_eq!(over_time.parts.iter().map(|part| part.requests).sum::<u64>(), 3_601);
    }
}
