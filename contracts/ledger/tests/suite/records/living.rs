//! Which versions are live.

use ledger::records::{Others, Record, Records};
use proptest::prelude::*;

use super::{ledger, live, replaced};
use crate::samples::at;

#[test]
fn a_version_takes_the_place_of_the_others_or_stands_beside_them_or_goes_out() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    ledger.record_deployment(replaced(&ledger, "orders", "1", 1)).unwrap();
    ledger.record_deployment(replaced(&ledger, "orders", "2", 2)).unwrap();
    assert_eq!(live(&ledger, "orders"), ["2"]);

    let records = ledger.read().unwrap();
    let beside = records
        .live()
        .deployed("production", "orders", "3", Others::Stay, at(3));
    assert_eq!(beside.live, ["2", "3"], "a record shows the whole set to its reader");
    ledger.record_deployment(beside).unwrap();
    assert_eq!(live(&ledger, "orders"), ["2", "3"]);

    let records = ledger.read().unwrap();
    assert_eq!(
        records.live().undeployed("production", "orders", "1", at(4)),
        None,
        "it is not live"
    );
    let out = records.live().undeployed("production", "orders", "2", at(4)).unwrap();
    ledger.record_deployment(out).unwrap();
    assert_eq!(live(&ledger, "orders"), ["3"]);
    assert!(live(&ledger, "payments").is_empty());
}

#[test]
fn a_version_takes_the_place_of_all_that_stand_beside_it_and_of_its_own_earlier_record() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    for version in ["1", "2"] {
        let records = ledger.read().unwrap();
        let beside = records
            .live()
            .deployed("production", "orders", version, Others::Stay, at(1));
        ledger.record_deployment(beside).unwrap();
    }
    let records = ledger.read().unwrap();
    let again = records
        .live()
        .deployed("production", "orders", "2", Others::Stay, at(2));
    assert_eq!(
        (again.ends.len(), again.live.as_slice()),
        (1, &["1".to_owned(), "2".to_owned()][..])
    );

    ledger.record_deployment(replaced(&ledger, "orders", "3", 3)).unwrap();
    assert_eq!(live(&ledger, "orders"), ["3"]);
}

#[test]
fn a_version_that_was_brought_twice_goes_out_once() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    for second in [1, 2] {
        ledger
            .record_deployment(replaced(&ledger, "orders", "1", second))
            .unwrap();
    }
    let records = ledger.read().unwrap();
    let out = records.live().undeployed("production", "orders", "1", at(3)).unwrap();
    ledger.record_deployment(out).unwrap();
    assert!(live(&ledger, "orders").is_empty());
}

#[test]
fn a_version_that_two_branches_brought_goes_out_at_once_and_its_replacement_ends_both() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    // Neither branch has the record of the other when it writes its own.
    let (ours, theirs) = (replaced(&ledger, "orders", "1", 1), replaced(&ledger, "orders", "1", 2));
    for record in [ours, theirs] {
        ledger.record_deployment(record).unwrap();
    }
    let records = ledger.read().unwrap();
    let out = records.live().undeployed("production", "orders", "1", at(3)).unwrap();
    assert_eq!(out.ends.len(), 2, "{out:?}");
    let next = records
        .live()
        .deployed("production", "orders", "2", Others::GoOut, at(3));
    assert_eq!(next.ends.len(), 2, "{next:?}");
    ledger.record_deployment(out).unwrap();
    assert!(live(&ledger, "orders").is_empty());
}

/// Next action of a writer: a version that replaces others, stays beside them, or is taken out.
type Step = (u8, u8);

/// Ledger that the writer leaves behind, beginning with what `before` holds.
fn written(before: &[Record], steps: &[Step], clock: i64) -> Vec<Record> {
    let mut all = before.to_vec();
    for ((version, what), second) in steps.iter().zip((clock..).step_by(2)) {
        let records: Records = all.iter().cloned().collect();
        let (live, version) = (records.live(), version.to_string());
        let next = match what {
            0 => Some(live.deployed("e", "s", &version, Others::GoOut, at(second))),
            1 => Some(live.deployed("e", "s", &version, Others::Stay, at(second))),
            _ => live.undeployed("e", "s", &version, at(second)),
        };
        all.extend(next.map(Record::Deployment));
    }
    all
}

fn living(records: &[Record]) -> Vec<String> {
    let records: Records = records.iter().cloned().collect();
    records.live().versions("e", "s").map(str::to_owned).collect()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..4u8, 0..3u8), 0..6)
}

proptest! {
    #[test]
    fn the_order_of_records_means_nothing_nor_does_a_record_that_is_there_twice(
        (steps, order) in steps().prop_flat_map(|steps| {
            let records = written(&[], &steps, 0);
            (Just(steps), Just([records.clone(), records].concat()).prop_shuffle())
        })
    ) {
        prop_assert_eq!(living(&order), living(&written(&[], &steps, 0)));
    }

    #[test]
    fn after_a_merge_what_a_branch_brought_is_live_and_what_either_took_away_is_not_whatever_their_clocks_say(
        before in steps(), ours in steps(), theirs in steps(), their_clock in -50i64..50
    ) {
        let before = written(&[], &before, 0);
        let ours = written(&before, &ours, 100);
        // Never at the very instant of ours: what is the same to the nanosecond is the same record.
        let theirs = written(&before, &theirs, 101 + 2 * their_clock);
        let merged = living(&[ours.clone(), theirs.clone()].concat());

        let (at_first, here, there) = (living(&before), living(&ours), living(&theirs));
        for version in (0..4u8).map(|version| version.to_string()) {
            let is_live = merged.contains(&version);
            let brought = |side: &[String]| side.contains(&version) && !at_first.contains(&version);
            if brought(&here) || brought(&there) {
                prop_assert!(is_live, "{} came and is lost", version);
            }
            if !here.contains(&version) && !there.contains(&version) {
                prop_assert!(!is_live, "{} is live on neither side", version);
            }
        }
    }
}
