//! The cost of long histories in steps of the model: a limit that is too low makes the verdict undecided.

use linearizability::{
    Operation, Response, Specification, Verdict, check, check_partitioned, minimize, minimize_partitioned,
};

use crate::{
    crowd::{CROWDS, Crowd, Texts},
    models::{Call, Model, Number, Reply, answered, number, number_with_reads},
    oracle::is_order,
    recorder::{Dice, Recorder},
};

type Calls = fn(&mut Dice) -> Call;
type Meeting = fn(usize, usize, &mut Dice, Calls) -> Recorder;

const MEETINGS: [(&str, Meeting); 2] = [
    ("rounds", |callers, rounds, dice, call| {
        Recorder::rounds(callers, rounds, dice, call)
    }),
    ("free", |callers, rounds, dice, call| {
        Recorder::free(callers, rounds, dice, call)
    }),
];

fn mixed(dice: &mut Dice) -> Call {
    match dice.below(10) {
        0..4 => Call::Read,
        4..7 => Call::Write(i32::try_from(dice.below(100)).unwrap()),
        7..9 => Call::Add(1),
        _ => Call::Withdraw(3),
    }
}

/// The worst there is: no answer tells anything.
fn blind(dice: &mut Dice) -> Call {
    Call::Write(i32::try_from(dice.below(1_000)).unwrap())
}

fn within(limit: usize) -> Number {
    Model {
        limit,
        ..number_with_reads()
    }
}

fn each(sizes: &[(usize, usize)], call: Calls, examine: impl Fn(&str, Recorder, &mut Dice)) {
    for seed in 1..=5 {
        for (name, meet) in MEETINGS {
            for (callers, rounds) in sizes {
                let mut dice = Dice(seed);
                let recorder = meet(*callers, *rounds, &mut dice, call);
                examine(
                    &format!("{name}, {callers} callers, {rounds} calls each, seed {seed}"),
                    recorder,
                    &mut dice,
                );
            }
        }
    }
}

#[test]
fn eight_callers_take_some_thousand_steps() {
    each(&[(8, 10), (6, 21)], mixed, |name, recorder, _| {
        assert!(check(&within(20_000), &recorder.history).is_linearizable(), "{name}");
        assert!(
            check(&within(20_000), &recorder.then_read(-5)).is_not_linearizable(),
            "{name}"
        );
    });
}

#[test]
fn eight_callers_that_are_told_nothing_take_some_ten_thousand() {
    each(&[(8, 10), (6, 21)], blind, |name, recorder, _| {
        assert!(check(&within(2_000), &recorder.history).is_linearizable(), "{name}");
        assert!(
            check(&within(200_000), &recorder.then_read(-5)).is_not_linearizable(),
            "{name}"
        );
    });
}

#[test]
fn lost_answers_cost_some_more() {
    each(&[(8, 10), (6, 21)], mixed, |name, recorder, dice| {
        let recorder = recorder.losing(15, dice);
        assert!(check(&within(200_000), &recorder.history).is_linearizable(), "{name}");
        let verdict = check(&within(1_000_000), &recorder.then_read(-5));
        assert!(verdict.is_not_linearizable(), "{name}: {verdict:?}");
    });
}

#[test]
fn reads_that_are_said_to_be_reads_change_the_cost_and_not_the_verdict() {
    let (mut with, mut without) = (0, 0);
    for seed in 1..=5 {
        let history = Recorder::free(8, 10, &mut Dice(seed), mixed).then_read(-5);
        let cost = |is_read: fn(&Call) -> bool| {
            (0..).map(|exponent| 1 << exponent).find(|limit| {
                let limit = *limit;
                let specification = Model {
                    is_read,
                    limit,
                    ..number()
                };
                check(&specification, &history).is_not_linearizable()
            })
        };
        with += cost(|call| *call == Call::Read).unwrap();
        without += cost(|_| false).unwrap();
    }
    assert!(with < without, "{with} with, {without} without");
}

#[test]
fn fifty_callers_that_wait_long_for_their_turn_are_decided() {
    for (name, shape) in CROWDS {
        let history = shape.draw(1);
        let verdict = check_partitioned(&Texts, &history).verdict;
        let Verdict::Linearizable { order } = verdict else {
            panic!("{name}: {verdict:?}");
        };
        assert_eq!(order.len(), history.len(), "{name}");
        let step = |state: &mut _, call: &_| Texts.apply(state, call);
        assert!(is_order(&Texts.initial(), &history, &order, &step), "{name}: {order:?}");
    }
}

#[test]
fn a_text_that_nobody_wrote_is_found_among_fifty_callers() {
    let crowd = Crowd {
        calls: 600,
        ..CROWDS[0].1
    };
    let mut history = crowd.draw(1);
    let is_long = |at: &usize| matches!(history[*at].reply(), Some(Some(text)) if text.len() > 20);
    let get = (300..history.len()).find(is_long).unwrap();
    let at = history[get].answered().unwrap();
    history[get].response = Some(Response {
        at,
        reply: Some("nobody".to_owned()),
    });

    assert!(check_partitioned(&Texts, &history).verdict.is_not_linearizable());

    let found = minimize_partitioned(&Texts, &history).unwrap();
    assert!(found.culprit == get && found.shown.len() < 100, "{found}");
}

#[test]
fn a_counterexample_in_a_long_history_is_short() {
    each(&[(8, 10), (6, 21)], mixed, |name, recorder, _| {
        let history = recorder.then_read(-5);
        let found = minimize(&within(20_000), &history).unwrap();
        assert_eq!(found.culprit, history.len() - 1, "{name}");
        assert!(found.shown.len() <= 20, "{name}: {found}");
    });
}

#[test]
fn a_limit_that_is_reached_is_no_pass() {
    let recorder = Recorder::rounds(8, 10, &mut Dice(1), blind);
    let whole: &[Operation<Call, Reply>] = &recorder.history;
    assert!(matches!(check(&within(10), whole), Verdict::Undecided { explored } if explored > 10));
    let history = Recorder::rounds(8, 10, &mut Dice(1), blind).then_read(-5);
    let verdict = check(&within(1_000), &history);
    assert!(matches!(verdict, Verdict::Undecided { .. }), "{verdict:?}");
    assert!(!verdict.is_linearizable() && !verdict.is_not_linearizable());
    assert!(minimize(&within(1_000), &history).is_none());
}

#[test]
fn a_history_may_be_long() {
    let mut history: Vec<_> = (0..5_000)
        .map(|nth| {
            answered(
                0,
                2 * nth,
                Call::Add(1),
                2 * nth + 1,
                Reply::Holds(i32::try_from(nth).unwrap() + 1),
            )
        })
        .collect();
    assert!(check(&number(), &history).is_linearizable());
    history.push(answered(1, 20_000, Call::Read, 20_001, Reply::Holds(0)));
    assert!(check(&number(), &history).is_not_linearizable());
}

#[test]
#[should_panic(expected = "operation 0 is said to be a read, but the model changes its state on it")]
fn a_read_that_changes_the_model_is_refused() {
    let confused = Model {
        is_read: |_| true,
        ..number()
    };
    let _ = check(&confused, &[answered(0, 1, Call::Write(7), 2, Reply::Done)]);
}
