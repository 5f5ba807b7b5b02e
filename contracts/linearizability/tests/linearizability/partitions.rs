use linearizability::{Operation, Partitioning, Verdict, check_partitioned, minimize_partitioned};

use crate::{
    models::{
        Call::{Add, Read, Write},
        Model,
        Reply::{self, Done, Holds},
        ShelfCall::{self, At, Sum},
        Shelves, answered, shelf_step, shelves, unanswered,
    },
    oracle::is_order,
};

fn apart(failing: &[&str], undecided: &[&str]) -> Partitioning {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    Partitioning::ByKey {
        keys: 2,
        failing: owned(failing),
        undecided: owned(undecided),
    }
}

fn tea_and_rice(tea: i32, rice: i32) -> Vec<Operation<ShelfCall, Reply>> {
    vec![
        answered(0, 1, At("tea", Write(7)), 4, Done),
        answered(1, 2, At("rice", Write(8)), 3, Done),
        answered(0, 5, At("rice", Read), 8, Holds(rice)),
        answered(1, 6, At("tea", Read), 7, Holds(tea)),
    ]
}

#[test]
fn keys_are_checked_apart_and_their_orders_make_one() {
    let history = tea_and_rice(7, 8);
    let keyed = check_partitioned(&shelves(), &history);
    assert_eq!(keyed.partitioning, apart(&[], &[]));
    let Verdict::Linearizable { order } = keyed.verdict else {
        panic!("{keyed:?}");
    };
    assert!(is_order(&Shelves::new(), &history, &order, &shelf_step), "{order:?}");
    assert_eq!(order.len(), 4);
}

#[test]
fn the_failing_keys_are_named_and_the_verdict_is_about_the_first() {
    let keyed = check_partitioned(&shelves(), &tea_and_rice(0, 0));
    assert_eq!(keyed.partitioning, apart(&["rice", "tea"], &[]));
    let Verdict::NotLinearizable { prefix, refused } = keyed.verdict else {
        panic!("{keyed:?}");
    };
    assert_eq!(prefix, [1], "indices are those of the whole history");
    assert_eq!((refused[0].operation, &refused[0].expected), (2, &Holds(8)));
}

#[test]
fn one_call_without_a_key_puts_all_together() {
    let mut history = tea_and_rice(7, 8);
    history.push(answered(0, 9, Sum, 10, Holds(15)));
    let keyed = check_partitioned(&shelves(), &history);
    assert_eq!(keyed.partitioning, Partitioning::NoKey { operation: 4 });
    assert!(keyed.verdict.is_linearizable());

    history.push(answered(0, 11, Sum, 12, Holds(14)));
    let keyed = check_partitioned(&shelves(), &history);
    assert!(keyed.verdict.is_not_linearizable());
    assert_eq!(minimize_partitioned(&shelves(), &history).unwrap().key, None);
}

#[test]
fn keys_that_show_in_each_other_are_checked_together() {
    let everything_shows = |state: &mut Shelves, call: &ShelfCall| match call {
        At(key, Read) => {
            state.entry(key).or_default();
            Holds(state.values().sum())
        }
        call => shelf_step(state, call),
    };
    let specification = Model {
        apply: everything_shows,
        ..shelves()
    };
    let history = tea_and_rice(7, 8);
    let keyed = check_partitioned(&specification, &history);
    assert_eq!(keyed.partitioning, Partitioning::NotIndependent);
    assert!(keyed.verdict.is_not_linearizable(), "both reads should have seen 15");
    let found = minimize_partitioned(&specification, &history).unwrap();
    assert_eq!((found.key, found.culprit), (None, 3));
}

#[test]
fn a_key_that_is_not_linearizable_outweighs_one_that_is_undecided() {
    let limited = Model { limit: 40, ..shelves() };
    let mut history = tea_and_rice(0, 8);
    let rice = (0..6).map(|caller| answered(caller, 20, At("rice", Write(1 << caller)), 30, Done));
    history.extend(rice);
    history.push(answered(0, 31, At("rice", Read), 32, Holds(99)));
    let keyed = check_partitioned(&limited, &history);
    assert_eq!(keyed.partitioning, apart(&["tea"], &["rice"]));
    assert!(keyed.verdict.is_not_linearizable());

    history[3] = answered(1, 6, At("tea", Read), 7, Holds(7));
    let keyed = check_partitioned(&limited, &history);
    assert_eq!(keyed.partitioning, apart(&[], &["rice"]));
    assert!(
        matches!(keyed.verdict, Verdict::Undecided { explored } if explored > 40),
        "{keyed:?}"
    );
}

#[test]
fn the_counterexample_is_of_the_key_that_went_wrong_first() {
    let mut history = tea_and_rice(0, 0);
    history.push(unanswered(2, 1, At("coffee", Add(1))));
    let found = minimize_partitioned(&shelves(), &history).unwrap();
    assert_eq!((found.key.as_deref(), found.culprit, found.until), (Some("tea"), 3, 7));
    let shown: Vec<usize> = found.shown.iter().map(|shown| shown.number).collect();
    assert_eq!(shown, [0, 3]);
}
