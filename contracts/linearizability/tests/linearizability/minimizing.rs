use linearizability::{Allowed, Numbered, Start, minimize};

use crate::models::{
    Call::{Add, Read, Swap, Withdraw, Write},
    Reply::{Done, Holds, Refused},
    answered, number, number_with_reads, unanswered,
};

fn numbers<C, R>(all: &[Numbered<C, R>]) -> Vec<usize> {
    all.iter().map(|numbered| numbered.number).collect()
}

#[test]
fn what_is_linearizable_has_no_counterexample() {
    let history = [answered(0, 1, Write(7), 2, Done), answered(1, 3, Read, 4, Holds(7))];
    assert!(minimize(&number(), &history).is_none());
}

#[test]
fn what_came_after_the_first_unexplained_answer_is_cut_off() {
    let history = [
        answered(0, 1, Write(7), 2, Done),
        answered(1, 3, Read, 4, Holds(0)),
        answered(0, 5, Write(8), 6, Done),
        answered(1, 7, Read, 8, Holds(1)),
    ];
    let found = minimize(&number(), &history).unwrap();
    assert_eq!((found.culprit, found.until), (1, 4));
    assert_eq!(numbers(&found.shown), [0, 1]);
    assert!(found.left_out.is_empty(), "{found}");
    assert_eq!(
        found.allowed.unwrap(),
        [Allowed {
            reply: Holds(7),
            order: vec![0, 1],
        }]
    );
}

#[test]
fn what_does_not_matter_is_left_out() {
    let history = [
        answered(0, 1, Write(1), 4, Done),
        answered(1, 2, Write(2), 3, Done),
        answered(0, 5, Write(3), 6, Done),
        answered(1, 7, Read, 8, Holds(3)),
        answered(0, 9, Read, 10, Holds(2)),
    ];
    let found = minimize(&number(), &history).unwrap();
    assert_eq!(found.culprit, 4);
    assert_eq!(numbers(&found.shown), [2, 4]);
    assert_eq!(numbers(&found.left_out), [0, 1, 3]);
}

#[test]
fn what_the_culprit_could_have_seen_is_not_left_out() {
    let history = [
        unanswered(0, 1, Add(5)),
        unanswered(2, 2, Write(4)),
        unanswered(2, 3, Read),
        answered(1, 4, Read, 5, Holds(10)),
    ];
    let found = minimize(&number(), &history).unwrap();
    assert_eq!(numbers(&found.shown), [0, 1, 3]);
    let allowed: Vec<_> = found
        .allowed
        .unwrap()
        .into_iter()
        .map(|allowed| allowed.reply)
        .collect();
    assert_eq!(allowed, [Holds(0), Holds(4), Holds(5), Holds(9)]);
}

#[test]
fn a_write_that_the_culprit_saw_is_not_left_out_to_make_it_look_worse() {
    let history = [
        answered(0, 1, Write(1), 2, Done),
        answered(1, 3, Read, 4, Holds(1)),
        answered(0, 5, Write(2), 6, Done),
        answered(1, 7, Read, 8, Holds(1)),
    ];
    let found = minimize(&number(), &history).unwrap();
    assert_eq!(
        found.culprit, 3,
        "without the first write, the first read would look wrong"
    );
}

#[test]
fn a_long_beginning_is_replaced_by_where_it_leads() {
    let mut history: Vec<_> = (0..40)
        .map(|nth| answered(0, 2 * nth, Add(1), 2 * nth + 1, Holds(i32::try_from(nth).unwrap() + 1)))
        .collect();
    history.push(answered(1, 80, Read, 81, Holds(39)));
    let found = minimize(&number(), &history).unwrap();
    assert_eq!(found.before, 35);
    assert_eq!(numbers(&found.shown), [35, 36, 37, 38, 39, 40]);
    assert_eq!(
        found.starts,
        [Start {
            state: 35,
            done: vec![]
        }]
    );
}

#[test]
fn a_beginning_may_lead_to_several_states_and_into_open_calls() {
    let mut history = vec![
        answered(0, 1, Write(1), 4, Done),
        answered(1, 2, Write(2), 3, Done),
        answered(2, 5, Add(10), 40, Holds(12)),
    ];
    history.extend((0..5).map(|nth| answered(3, 10 + 2 * nth, Withdraw(0), 11 + 2 * nth, Done)));
    history.push(answered(3, 50, Read, 51, Holds(2)));
    let found = minimize(&number(), &history).unwrap();
    let mut starts = found.starts;
    starts.sort_by_key(|start| start.state);
    let start = |state, done: &[usize]| Start {
        state,
        done: done.to_vec(),
    };
    assert_eq!(starts, [start(1, &[]), start(2, &[]), start(12, &[2])]);
    assert_eq!(numbers(&found.shown), [2, 8]);
    let allowed: Vec<_> = found
        .allowed
        .unwrap()
        .into_iter()
        .map(|allowed| allowed.reply)
        .collect();
    assert_eq!(allowed, [Holds(12)]);
}

#[test]
fn a_call_that_is_open_where_the_part_begins_may_happen_then_or_later() {
    let mut history = vec![
        answered(0, 1, Write(1), 2, Done),
        answered(1, 3, Add(10), 21, Holds(11)),
    ];
    history.extend((0..8).map(|nth| answered(0, 10 + 2 * nth, Withdraw(0), 11 + 2 * nth, Done)));
    history.push(answered(2, 30, Read, 31, Holds(1)));
    let found = minimize(&number(), &history).unwrap();
    let before_it = Start { state: 1, done: vec![] };
    assert_eq!(found.starts, [before_it], "any later, there would be two");
    assert_eq!(numbers(&found.shown), [1, 10]);
}

#[test]
fn a_culprit_that_is_said_to_be_a_read_is_asked_for_all_it_could_have_seen() {
    let history = [
        answered(0, 1, Write(7), 8, Done),
        answered(1, 2, Read, 7, Holds(1)),
        answered(0, 9, Write(8), 10, Done),
    ];
    for specification in [number(), number_with_reads()] {
        let found = minimize(&specification, &history).unwrap();
        let allowed: Vec<_> = found
            .allowed
            .unwrap()
            .into_iter()
            .map(|allowed| allowed.reply)
            .collect();
        assert_eq!(allowed, [Holds(0), Holds(7)]);
    }
}

#[test]
fn what_is_answered_in_the_tick_in_which_the_part_begins_may_not_be_done_by_then() {
    let history = [
        answered(0, 0, Write(1), 1, Done),
        answered(0, 2, Write(2), 5, Done),
        // Neither is earlier than the other.
        answered(1, 5, Read, 6, Holds(1)),
        answered(1, 7, Read, 8, Holds(2)),
        answered(1, 9, Read, 10, Holds(2)),
        answered(1, 11, Read, 12, Holds(2)),
        answered(1, 13, Read, 14, Holds(9)),
    ];

    let found = minimize(&number(), &history).unwrap();

    assert_eq!(found.culprit, 6, "{found}");
    assert_eq!(
        (found.before, found.starts.len(), found.starts[0].state),
        (1, 1, 1),
        "{found}"
    );
}

#[test]
fn what_had_to_stay_because_of_another_goes_after_it() {
    let history = [
        answered(0, 0, Swap(0, 0), 1, Refused),
        answered(1, 1, Add(1), 1, Holds(1)),
        answered(1, 2, Swap(2, 1), 7, Done),
    ];

    let found = minimize(&number_with_reads(), &history).unwrap();

    assert_eq!(numbers(&found.shown), [2], "{found}");
    assert_eq!(numbers(&found.left_out), [0, 1], "{found}");
}
