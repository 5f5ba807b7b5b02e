use std::time::Duration;

use seam::chance::draw;
use uuid::Builder;

use super::times::{Number, Span};

/// The draws of one fault: by the number of its entry from 0, or by its name if it is a candidate, so that one
/// candidate more changes no draw of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot<'a> {
    seed: u64,
    of: Of<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Of<'a> {
    Entry(u64),
    Candidate(&'a str),
}

impl<'a> Lot<'a> {
    pub(super) fn of_entry(seed: u64, number: u64) -> Self {
        Self {
            seed,
            of: Of::Entry(number),
        }
    }

    pub(super) fn of_candidate(seed: u64, name: &'a str) -> Self {
        Self {
            seed,
            of: Of::Candidate(name),
        }
    }

    /// Draws for the `number`th laying, from 1.
    pub(super) fn draw(&self, purpose: &str, number: u32) -> u64 {
        // The first draws are those of a fault that is laid once.
        let laying = u64::from(number.saturating_sub(1)) * 1_000_000;
        match self.of {
            Of::Entry(entry) => draw(self.seed, purpose, entry + laying),
            Of::Candidate(name) => draw(self.seed, &format!("{purpose}/{name}"), laying),
        }
    }

    /// Draws a number within bounds.
    pub(super) fn number(&self, purpose: &str, number: u32, Number { low, high }: Number) -> u64 {
        within((low, high), self.draw(purpose, number))
    }

    /// Draws a duration within bounds, in whole milliseconds from the lower one.
    pub(super) fn time(&self, purpose: &str, number: u32, Span { low, high }: Span) -> Duration {
        let width = u64::try_from(high.saturating_sub(low).as_millis()).unwrap_or(u64::MAX);
        low + Duration::from_millis(within((0, width), self.draw(purpose, number)))
    }
}

/// Draws a number from `low` to `high`, both included; `low` where they are the wrong way round.
pub(super) fn draw_between(seed: u64, purpose: &str, ordinal: u64, (low, high): (u64, u64)) -> u64 {
    within((low, high), draw(seed, purpose, ordinal))
}

/// The number from `low` to `high` that a draw stands for.
fn within((low, high): (u64, u64), drawn: u64) -> u64 {
    let width = high.saturating_sub(low).saturating_add(1);
    low.saturating_add(drawn % width)
}

/// Draws an idempotency key in the form of a random UUID.
pub(super) fn draw_key(seed: u64, purpose: &str, ordinal: u64) -> String {
    let high = draw(seed, &format!("{purpose}/high"), ordinal).to_be_bytes();
    let low = draw(seed, &format!("{purpose}/low"), ordinal).to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high);
    bytes[8..].copy_from_slice(&low);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Fixed numbers: were they to change, every seed that somebody wrote down would replay another run.
    #[test]
    fn a_draw_never_changes_between_versions() {
        assert_eq!(draw(7, "payment", 3), 18_142_327_979_413_414_406);
        assert_eq!(draw_key(7, "key", 1), "4d9953e8-7bcd-4540-9bf3-ad3130a70c89");
    }

    #[test]
    fn draws_differ_by_seed_purpose_and_ordinal() {
        let draws: HashSet<u64> = (0..10)
            .flat_map(|seed| (0..10).map(move |ordinal| (seed, ordinal)))
            .flat_map(|(seed, ordinal)| ["a", "b", "ab", "ba"].map(|purpose| draw(seed, purpose, ordinal)))
            .collect();

        assert_eq!(draws.len(), 400);
    }

    #[test]
    fn a_draw_between_reaches_both_ends_and_nothing_beyond() {
        let seen: HashSet<u64> = (0..200)
            .map(|ordinal| draw_between(1, "quantity", ordinal, (2, 4)))
            .collect();

        assert_eq!(seen, HashSet::from([2, 3, 4]));
    }
}
