//! Delta debugging: the fewest things that still fail (Zeller and Hildebrandt, "Simplifying and Isolating
//! Failure-Inducing Input", IEEE TSE 28(2), 2002).

use std::{cmp::max, collections::BTreeMap};

/// Takes things away from `all`, which fails, as long as the rest fails. The result fails, and does not without any one
/// of its things; where failures are not monotone there may be a smaller set elsewhere. No set is tried twice.
///
/// # Errors
/// The first error of `fails`, which ends it.
pub(super) async fn ddmin<T: Clone + Ord, E>(
    all: &[T],
    mut fails: impl AsyncFnMut(&[T]) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    let mut known = BTreeMap::from([(all.to_vec(), true)]);
    let mut fails = async |some: &[T]| match known.get(some) {
        Some(failed) => Ok(*failed),
        None => {
            let failed = fails(some).await?;
            known.insert(some.to_vec(), failed);
            Ok(failed)
        }
    };
    if fails(&[]).await? {
        return Ok(Vec::new());
    }
    let mut left = all.to_vec();
    let mut parts = 2;
    'smaller: while left.len() > 1 {
        for part in split(left.len(), parts) {
            let some = left.get(part).unwrap_or_default().to_vec();
            if fails(&some).await? {
                left = some;
                parts = 2;
                continue 'smaller;
            }
        }
        for part in split(left.len(), parts) {
            let rest = without(&left, &part);
            if fails(&rest).await? {
                left = rest;
                parts = max(parts - 1, 2);
                continue 'smaller;
            }
        }
        if parts == left.len() {
            break;
        }
        parts = (parts * 2).min(left.len());
    }
    Ok(left)
}

/// The places of so many things in parts of about the same size.
fn split(things: usize, parts: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..parts).map(move |part| things * part / parts..things * (part + 1) / parts)
}

fn without<T: Clone>(all: &[T], part: &std::ops::Range<usize>) -> Vec<T> {
    let kept = (0..).zip(all).filter(|(place, _)| !part.contains(place));
    kept.map(|(_, thing)| thing.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    /// Shrinks, and returns the result and every set that was tried.
    fn shrunk(all: &[u32], fails: impl Fn(&[u32]) -> bool) -> (Vec<u32>, Vec<Vec<u32>>) {
        let mut tried = Vec::new();
        let result = ddmin(all, async |some: &[u32]| {
            tried.push(some.to_vec());
            Ok::<_, Infallible>(fails(some))
        });
        let result = result.now_or_never().expect("it waits for nothing");
        let Ok(result) = result;
        (result, tried)
    }

    /// The rule that every result must keep, whatever fails.
    fn assert_smallest(all: &[u32], result: &[u32], fails: impl Fn(&[u32]) -> bool) {
        assert!(fails(result), "{result:?} fails");
        assert!(result.iter().all(|thing| all.contains(thing)) && result.is_sorted());
        for place in 0..result.len() {
            let fewer = without(result, &(place..place + 1));
            assert!(!fails(&fewer), "{result:?} is no smallest one: {fewer:?} fails too");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_things_that_fail_together_are_what_is_left(
            size in 1u32..40,
            culprits in prop::collection::btree_set(0u32..40, 0..5),
        ) {
            let all: Vec<u32> = (0..size).collect();
            let culprits: Vec<u32> = culprits.into_iter().filter(|it| *it < size).collect();
            let (result, tried) = shrunk(&all, |some| culprits.iter().all(|it| some.contains(it)));
            prop_assert_eq!(&result, &culprits);
            // The bound of the paper: n^2 + 3n.
            prop_assert!(tried.len() <= all.len() * all.len() + 3 * all.len());
            let mut once = tried.clone();
            once.sort();
            once.dedup();
            prop_assert_eq!(once.len(), tried.len());
        }

        #[test]
        fn where_failures_are_not_monotone_no_single_removal_fails_either(
            size in 1u32..14,
            salt: u64,
            rare in 1u64..6,
        ) {
            let all: Vec<u32> = (0..size).collect();
            let whole = all.clone();
            // A coin for each set, and the whole one fails.
            let fails = move |some: &[u32]| {
                let mixed = |hash, it: &u32| seam::chance::mix(hash ^ u64::from(*it));
                let hash = some.iter().fold(seam::chance::mix(salt), mixed);
                some == whole || hash.is_multiple_of(rare)
            };
            let (result, _) = shrunk(&all, &fails);
            assert_smallest(&all, &result, &fails);
        }
    }

    #[test]
    fn two_of_five_are_found_in_few_tries() {
        let (result, tried) = shrunk(&[1, 2, 3, 4, 5], |some| some.contains(&2) && some.contains(&5));

        assert_eq!(result, [2, 5]);
        assert!(tried.len() <= 12, "{tried:?}");
    }

    #[test]
    fn a_failure_without_any_thing_is_seen_at_once_and_an_error_ends_it() {
        assert_eq!(shrunk(&[1, 2, 3], |_| true), (vec![], vec![vec![]]));

        let mut tries = 0;
        let ended = ddmin(&[1, 2, 3, 4], async |_: &[u32]| {
            tries += 1;
            if tries < 3 { Ok(false) } else { Err("enough") }
        });
        assert_eq!(ended.now_or_never(), Some(Err("enough")));
        assert_eq!(tries, 3);
    }
}
