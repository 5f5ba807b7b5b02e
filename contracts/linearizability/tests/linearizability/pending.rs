use linearizability::{Verdict, check};

use crate::models::{
    Call::{Add, Read, Write},
    Reply::{Done, Holds},
    answered, number, unanswered,
};

#[test]
fn a_call_without_an_answer_may_have_happened() {
    let history = [unanswered(0, 1, Write(7)), answered(1, 2, Read, 3, Holds(7))];
    assert_eq!(check(&number(), &history), Verdict::Linearizable { order: vec![0, 1] });
}

#[test]
fn a_call_without_an_answer_may_not_have_happened() {
    let history = [unanswered(0, 1, Write(7)), answered(1, 2, Read, 3, Holds(0))];
    assert_eq!(check(&number(), &history), Verdict::Linearizable { order: vec![1] });
}

#[test]
fn a_call_without_an_answer_may_happen_long_after_its_caller_went_on() {
    let history = [
        unanswered(0, 1, Write(7)),
        answered(0, 2, Write(8), 3, Done),
        answered(1, 4, Read, 5, Holds(8)),
        answered(0, 6, Write(9), 7, Done),
        answered(1, 8, Read, 9, Holds(9)),
        answered(1, 10, Read, 11, Holds(7)),
    ];
    assert!(check(&number(), &history).is_linearizable());
}

#[test]
fn a_call_without_an_answer_does_not_happen_before_it_is_made() {
    let history = [answered(1, 1, Read, 2, Holds(7)), unanswered(0, 3, Write(7))];
    assert!(check(&number(), &history).is_not_linearizable());
}

#[test]
fn a_call_without_an_answer_that_happens_twice_is_caught() {
    let reads = |first, second| {
        let history = [
            unanswered(0, 1, Add(5)),
            answered(1, 2, Read, 3, Holds(first)),
            answered(1, 4, Read, 5, Holds(second)),
        ];
        check(&number(), &history)
    };
    assert!(reads(0, 5).is_linearizable());
    assert!(reads(5, 10).is_not_linearizable(), "it was added twice");
    assert!(reads(5, 0).is_not_linearizable(), "it was undone");
}

#[test]
fn a_write_without_an_answer_that_comes_back_is_caught() {
    let history = [
        unanswered(0, 1, Write(7)),
        answered(1, 2, Read, 3, Holds(7)),
        answered(1, 4, Write(8), 5, Done),
        answered(1, 6, Read, 7, Holds(7)),
    ];
    assert!(check(&number(), &history).is_not_linearizable());
}

#[test]
fn what_never_happens_needs_no_place_in_the_order() {
    let history = [
        unanswered(0, 1, Write(7)),
        unanswered(1, 2, Read),
        unanswered(2, 3, Add(1)),
    ];
    assert_eq!(check(&number(), &history), Verdict::Linearizable { order: vec![] });
}

#[test]
fn as_many_may_have_happened_as_it_takes() {
    let sum = |seen| {
        let mut history: Vec<_> = (0..5)
            .map(|caller| unanswered(caller, caller as u64, Add(1 << caller)))
            .collect();
        history.push(answered(9, 10, Read, 11, Holds(seen)));
        check(&number(), &history)
    };
    assert!((0..32).all(|seen| sum(seen).is_linearizable()));
    assert!(sum(32).is_not_linearizable());
}
