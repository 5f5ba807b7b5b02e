use linearizability::{
    Counterexample, Numbered, Operation, Response, Verdict, check, check_partitioned, minimize, minimize_partitioned,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestError, TestRunner},
};

use crate::{
    models::{Call, Reply, ShelfCall, Shelves, number, number_with_reads, shelf_step, shelves, step},
    oracle::{allowed, is_linearizable, is_order, most_explained},
};

type History = Vec<Operation<Call, Reply>>;

/// A call as it might be recorded: it takes effect at some moment, unless it never does, and may be lied about.
#[derive(Clone, Debug)]
struct Recorded {
    caller: usize,
    invoked: u64,
    takes: u64,
    effect: u64,
    call: Call,
    fate: Fate,
}

#[derive(Clone, Debug)]
enum Fate {
    Answered,
    AnsweredWrongly(Reply),
    Unknown,
    NeverHappens,
}

fn calls() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => Just(Call::Read),
        2 => (0..4).prop_map(Call::Write),
        2 => (1..3).prop_map(Call::Add),
        1 => (1..3).prop_map(Call::Withdraw),
        1 => (0..3, 0..3).prop_map(|(from, to)| Call::Swap(from, to)),
    ]
}

fn fates() -> impl Strategy<Value = Fate> {
    let reply = prop_oneof![Just(Reply::Done), Just(Reply::Refused), (0..5).prop_map(Reply::Holds)];
    prop_oneof![
        12 => Just(Fate::Answered),
        1 => reply.prop_map(Fate::AnsweredWrongly),
        2 => Just(Fate::Unknown),
        1 => Just(Fate::NeverHappens),
    ]
}

fn recorded(ticks: u64, longest: u64) -> impl Strategy<Value = Recorded> {
    (0..3usize, 0..ticks, 0..longest, 0..longest, calls(), fates()).prop_map(
        |(caller, invoked, takes, effect, call, fate)| Recorded {
            caller,
            invoked,
            takes,
            effect,
            call,
            fate,
        },
    )
}

/// Lets the calls take effect, each at its moment, and writes down what their callers saw.
fn played(recorded: &[Recorded], mut effect: impl FnMut(usize, &Call) -> Reply) -> History {
    let moment = |call: &Recorded| match call.fate {
        Fate::Answered | Fate::AnsweredWrongly(_) => call.invoked + call.effect.min(call.takes),
        Fate::Unknown | Fate::NeverHappens => call.invoked + 2 * call.effect,
    };
    let mut by_moment: Vec<usize> = (0..recorded.len()).collect();
    by_moment.sort_by_key(|index| moment(&recorded[*index]));
    let mut replies = vec![None; recorded.len()];
    for index in by_moment {
        if !matches!(recorded[index].fate, Fate::NeverHappens) {
            replies[index] = Some(effect(index, &recorded[index].call));
        }
    }
    let operation = |(call, reply): (&Recorded, Option<Reply>)| {
        let at = call.invoked + call.takes;
        let reply = match (&call.fate, reply) {
            (Fate::Answered, Some(reply)) => Some(reply),
            (Fate::AnsweredWrongly(reply), _) => Some(reply.clone()),
            _ => None,
        };
        Operation {
            caller: call.caller,
            invoked: call.invoked,
            call: call.call.clone(),
            response: reply.map(|reply| Response { at, reply }),
        }
    };
    recorded.iter().zip(replies).map(operation).collect()
}

fn history(recorded: &[Recorded]) -> History {
    let mut state = 0;
    played(recorded, |_, call| step(&mut state, call))
}

fn is_honest(recorded: &[Recorded]) -> bool {
    !recorded
        .iter()
        .any(|call| matches!(call.fate, Fate::AnsweredWrongly(_)))
}

/// Runs a property that says whether its history was linearizable, and wants both to occur.
fn both_occur<T: std::fmt::Debug>(cases: u32, strategy: impl Strategy<Value = T>, property: impl Fn(&T) -> bool) {
    let mut config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    if let RngSeed::Random = config.rng_seed {
        config.rng_seed = RngSeed::Fixed(20_260_921);
    }
    println!("seed: {:?}; set PROPTEST_RNG_SEED for another", config.rng_seed);
    let counts = std::cell::Cell::new((0u32, 0u32));
    let run = TestRunner::new(config).run(&strategy, |case| {
        let (yes, no) = counts.get();
        counts.set(if property(&case) { (yes + 1, no) } else { (yes, no + 1) });
        Ok(())
    });
    if let Err(TestError::Fail(reason, case)) = run {
        panic!("{reason}\nsmallest case: {case:#?}");
    }
    let (yes, no) = counts.get();
    println!("{yes} linearizable, {no} not");
    assert!(
        yes > cases / 20 && no > cases / 20,
        "one-sided: {yes} linearizable, {no} not"
    );
}

#[test]
fn the_verdict_is_that_of_trying_every_order() {
    both_occur(3_000, prop::collection::vec(recorded(14, 9), 1..=6), |calls| {
        let history = history(calls);
        let most = most_explained(&0, &history, &step);
        let answers = history
            .iter()
            .filter(|operation| operation.answered().is_some())
            .count();
        let verdict = check(&number(), &history);
        assert_eq!(
            check(&number_with_reads(), &history).is_linearizable(),
            verdict.is_linearizable()
        );
        match verdict {
            Verdict::Linearizable { order } => {
                assert_eq!(most, answers, "the oracle finds no order");
                assert!(is_order(&0, &history, &order, &step), "{order:?}");
                let placed = order.iter().filter(|index| history[**index].answered().is_some());
                assert_eq!(placed.count(), answers, "{order:?} leaves out an answer");
                true
            }
            Verdict::NotLinearizable { prefix, refused } => {
                assert!(!is_honest(calls), "these calls did take effect one by one");
                assert!(most < answers, "the oracle finds an order");
                assert!(is_order(&0, &history, &prefix, &step), "{prefix:?}");
                let placed = prefix.iter().filter(|index| history[**index].answered().is_some());
                assert!(placed.count() <= most, "{prefix:?} is longer than any");
                assert!(!refused.is_empty());
                for refused in refused {
                    let mut longer = prefix.clone();
                    longer.push(refused.operation);
                    assert!(!is_order(&0, &history, &longer, &step), "{refused:?} could be next");
                    let mut told = history.clone();
                    if let Some(response) = &mut told[refused.operation].response {
                        response.reply = refused.expected;
                    }
                    assert!(is_order(&0, &told, &longer, &step), "the model answers otherwise");
                }
                false
            }
            Verdict::Undecided { explored } => panic!("undecided after {explored}"),
        }
    });
}

/// Returns whether the part that a counterexample shows has no explanation, from any of its starts, whichever
/// of those that it leaves out took effect.
fn has_no_explanation(found: &Counterexample<Call, Reply, i32>) -> bool {
    found.starts.iter().all(|start| {
        let is_left = |shown: &&Numbered<Call, Reply>| !start.done.contains(&shown.number);
        let shown: History = found
            .shown
            .iter()
            .filter(is_left)
            .map(|shown| as_of(&shown.operation, found.until))
            .collect();
        (0..1 << found.left_out.len()).all(|choice| {
            let took_effect = |nth: &usize| choice & (1 << nth) != 0;
            let chosen = (0..found.left_out.len()).filter(took_effect);
            let mut history = shown.clone();
            history.extend(chosen.map(|nth| found.left_out[nth].operation.clone()));
            let free: Vec<usize> = (shown.len()..history.len()).collect();
            !is_linearizable(&start.state, &history, &step, &free)
        })
    })
}

/// An operation as it stood at a time.
fn as_of(operation: &Operation<Call, Reply>, time: u64) -> Operation<Call, Reply> {
    match operation.answered() {
        Some(at) if at <= time => operation.clone(),
        _ => Operation {
            response: None,
            ..operation.clone()
        },
    }
}

/// The history as it stood when the answer of the culprit came, and the culprit's index in that.
fn up_to(history: &History, until: u64, culprit: usize) -> (History, usize) {
    let called = |operation: &&Operation<Call, Reply>| operation.invoked <= until;
    let before = history
        .iter()
        .filter(called)
        .map(|operation| as_of(operation, until))
        .collect();
    (before, history[..culprit].iter().filter(called).count())
}

/// Returns whether the history is linearizable; if not, its counterexample has been found to be true.
fn has_a_counterexample_or_none(calls: &[Recorded]) -> bool {
    let history = history(calls);
    let found = [minimize(&number(), &history), minimize(&number_with_reads(), &history)];
    for found in found.iter().flatten() {
        assert_holds(&history, found);
    }
    let linearizable = is_linearizable(&0, &history, &step, &[]);
    assert!(found.iter().all(|found| found.is_none() == linearizable));
    linearizable
}

fn assert_holds(history: &History, found: &Counterexample<Call, Reply, i32>) {
    assert!(has_no_explanation(found), "what is left has an order: {found:#?}");
    let told: std::collections::BTreeSet<String> = found
        .allowed
        .iter()
        .flatten()
        .map(|allowed| format!("{:?}", allowed.reply))
        .collect();
    let (before, culprit) = up_to(history, found.until, found.culprit);
    assert_eq!(told, allowed(&0, &before, &step, culprit), "{found:#?}");
    assert!(
        found
            .shown
            .iter()
            .any(|Numbered { number, .. }| *number == found.culprit)
    );
}

#[test]
fn a_counterexample_has_no_explanation_and_tells_what_has_one() {
    both_occur(1_500, prop::collection::vec(recorded(14, 9), 1..=6), |calls| {
        has_a_counterexample_or_none(calls)
    });
}

#[test]
fn a_counterexample_that_begins_late_tells_no_less() {
    both_occur(1_000, prop::collection::vec(recorded(70, 6), 7..=9), |calls| {
        has_a_counterexample_or_none(calls)
    });
}

#[test]
fn keys_apart_and_together_have_the_same_verdict() {
    let keyed = (recorded(20, 8), prop::sample::select(vec!["rice", "tea", "salt"]));
    both_occur(1_500, prop::collection::vec(keyed, 1..=9), |calls| {
        let keys: Vec<&str> = calls.iter().map(|(_, key)| *key).collect();
        let calls: Vec<Recorded> = calls.iter().map(|(call, _)| call.clone()).collect();
        let mut state = Shelves::new();
        let history: Vec<Operation<ShelfCall, Reply>> = played(&calls, |index, call| {
            shelf_step(&mut state, &ShelfCall::At(keys[index], call.clone()))
        })
        .into_iter()
        .zip(&keys)
        .map(|(operation, key)| Operation {
            caller: operation.caller,
            invoked: operation.invoked,
            call: ShelfCall::At(key, operation.call),
            response: operation.response,
        })
        .collect();
        let together = check(&shelves(), &history).is_linearizable();
        let apart = check_partitioned(&shelves(), &history);
        assert_eq!(apart.verdict.is_linearizable(), together, "{apart:?}");
        if let Verdict::Linearizable { order } = apart.verdict {
            assert!(is_order(&Shelves::new(), &history, &order, &shelf_step), "{order:?}");
        }
        assert_eq!(minimize_partitioned(&shelves(), &history).is_none(), together);
        together
    });
}
