use seam::chance::draw;
use uuid::Builder;

/// Draws a number from `low` to `high`, both included; `low` where they are the wrong way round.
pub(super) fn draw_between(seed: u64, purpose: &str, ordinal: u64, (low, high): (u64, u64)) -> u64 {
    let width = high.saturating_sub(low).saturating_add(1);
    low.saturating_add(draw(seed, purpose, ordinal) % width)
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
