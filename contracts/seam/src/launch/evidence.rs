//! Numbers for the gate that may be looked at after every call.

/// Evidence against or for the candidate in pairs of events: which of the two sides it was, under equal chances.
///
/// It is a likelihood ratio of a fixed alternative to the fair coin, so under the fair coin the chance that it ever
/// reaches 20 is below 1/20, however often it is looked at (Ville's inequality). The other direction likewise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sequential {
    /// The chance under the alternative that an event is the candidate's.
    alternative: f64,
    against: f64,
    against_most: f64,
    favour: f64,
}

/// The logarithm of 20: one false alarm in 20 launches at most.
const ENOUGH: f64 = 2.995_732_273_553_991;

/// The greatest odds that are told.
const MOST_ODDS: f64 = 1e12;

impl Sequential {
    /// `alternative` is above one half: the share of events at which the candidate is clearly the worse one.
    pub(crate) fn new(alternative: f64) -> Self {
        Self {
            alternative,
            against: 0.0,
            against_most: 0.0,
            favour: 0.0,
        }
    }

    pub(crate) fn add(&mut self, is_candidates: bool) {
        let (worse, better) = ((2.0 * self.alternative).ln(), (2.0 * (1.0 - self.alternative)).ln());
        let (against, favour) = if is_candidates {
            (worse, better)
        } else {
            (better, worse)
        };
        self.against += against;
        self.against_most = self.against_most.max(self.against);
        self.favour += favour;
    }

    /// The candidate is worse than the control.
    pub(crate) fn is_worse(&self) -> bool {
        self.against_most >= ENOUGH
    }

    /// The candidate is no worse than the control.
    pub(crate) fn is_fine(&self) -> bool {
        self.favour >= ENOUGH
    }

    /// The greatest evidence against the candidate so far, as odds.
    pub(crate) fn odds(&self) -> f64 {
        // Finite, so that it has a JSON text.
        self.against_most.exp().min(MOST_ODDS)
    }
}

#[cfg(test)]
mod tests {
    use super::Sequential;
    use crate::chance::draw;

    /// Runs in which the candidate gets the share `percent` of 2,000 events: how many end as worse, and as fine.
    fn runs(percent: u64) -> (usize, usize) {
        let run = |seed: u64| {
            let mut evidence = Sequential::new(0.65);
            for ordinal in 0..2_000 {
                evidence.add(draw(seed, "event", ordinal) % 100 < percent);
            }
            (evidence.is_worse(), evidence.is_fine())
        };
        let ends: Vec<_> = (0..400).map(run).collect();
        (
            ends.iter().filter(|end| end.0).count(),
            ends.iter().filter(|end| end.1).count(),
        )
    }

    #[test]
    fn an_equal_candidate_is_called_worse_in_at_most_one_run_of_twenty_though_it_is_looked_at_after_each_event() {
        let (worse, fine) = runs(50);
        assert!(
            (1..=20).contains(&worse) && fine <= 20,
            "{worse} worse and {fine} fine of 400"
        );
    }

    #[test]
    fn a_worse_candidate_is_found_and_a_better_one_is_fine() {
        assert_eq!(runs(75), (400, 0));
        let (worse, fine) = runs(25);
        assert!(worse <= 20 && fine == 400, "{worse} worse and {fine} fine of 400");
    }
}
