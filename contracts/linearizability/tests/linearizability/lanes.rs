use linearizability::{Allowed, Counterexample, Operation, Response, Start, minimize, minimize_partitioned};

use crate::models::{
    Call::{Add, Read, Withdraw, Write},
    Model,
    Reply::{Done, Holds},
    ShelfCall::At,
    answered, hundred, number, shelves, unanswered,
};

#[track_caller]
fn assert_prints(found: &impl std::fmt::Display, golden: &str) {
    let (found, golden) = (found.to_string(), golden.trim());
    assert_eq!(found, golden, "\nprinted:\n{found}\nwanted:\n{golden}");
}

#[test]
fn each_caller_has_a_lane_and_time_runs_down() {
    let history = [
        answered(0, 1, Write(7), 4, Done),
        answered(1, 2, Read, 3, Holds(0)),
        unanswered(2, 5, Write(8)),
        answered(1, 6, Read, 9, Holds(7)),
        answered(2, 7, Read, 8, Holds(8)),
        answered(2, 10, Add(1), 15, Holds(9)),
        answered(1, 11, Read, 12, Holds(7)),
    ];
    assert_prints(
        &minimize(&number(), &history).unwrap(),
        "
not linearizable: no order of the calls explains the answer of #6
begins in 0
caller 1 2 2 ┬ call  ┴ answer  ● both  ┊ no answer by now  ✗ unexplained
         ┬   #2 Write(8)
         ┊ ● #4 Read -> Holds(8)
         ┊ ┬ #5 Add(1)
       ✗ ┊ ┊ #6 Read -> Holds(7)
#6 is Read
  seen:    Holds(7)
  allowed: Holds(8), in the order #2 #4 #6
  or:      Holds(9), in the order #2 #4 #5 #6
left out, as nothing explains it whatever became of them: #0 #1 #3
",
    );
}

#[test]
fn callers_with_longer_names_have_wider_lanes() {
    let history = [
        answered(10, 1, Withdraw(80), 4, Done),
        answered(2, 2, Withdraw(80), 3, Done),
    ];
    assert_prints(
        &minimize(&hundred(), &history).unwrap(),
        "
not linearizable: no order of the calls explains the answer of #0
begins in 100
caller 2  10 ┬ call  ┴ answer  ● both  ┊ no answer by now  ✗ unexplained
          ┬  #0 Withdraw(80)
       ●  │  #1 Withdraw(80) -> Done
          ✗  #0 -> Done
#0 is Withdraw(80)
  seen:    Done
  allowed: Refused, in the order #1 #0
",
    );
}

#[test]
fn calls_of_one_caller_that_overlap_have_lanes_of_their_own() {
    let history = [
        answered(0, 1, Withdraw(80), 4, Done),
        answered(0, 2, Withdraw(80), 5, Done),
        answered(0, 6, Read, 7, Holds(20)),
    ];
    assert_prints(
        &minimize(&hundred(), &history).unwrap(),
        "
not linearizable: no order of the calls explains the answer of #1
begins in 100
caller 0 0 ┬ call  ┴ answer  ● both  ┊ no answer by now  ✗ unexplained
       ┬   #0 Withdraw(80)
       │ ┬ #1 Withdraw(80)
       ┴ │ #0 -> Done
         ✗ #1 -> Done
#1 is Withdraw(80)
  seen:    Done
  allowed: Refused, in the order #0 #1
",
    );
}

#[test]
fn a_key_and_where_the_part_begins_are_told() {
    let mut history: Vec<_> = (0..8u8)
        .map(|caller| {
            answered(
                caller.into(),
                u64::from(caller) + 1,
                At("tea", Write(caller.into())),
                10,
                Done,
            )
        })
        .collect();
    history.push(answered(1, 15, At("rice", Read), 16, Holds(0)));
    history.extend((0..6).map(|nth| answered(0, 20 + 2 * nth, At("tea", Withdraw(0)), 21 + 2 * nth, Done)));
    history.push(answered(7, 40, At("tea", Read), 41, Holds(8)));
    assert_prints(
        &minimize_partitioned(&shelves(), &history).unwrap(),
        r#"
not linearizable at key "tea": no order of the calls explains the answer of #15
begins in {"tea": 7}
or in {"tea": 6}
or in {"tea": 5}
or in {"tea": 4}
or in {"tea": 3}
or in {"tea": 2}
or in one of 2 more situations
where the 9 operations before that must lead
caller 7 ┬ call  ┴ answer  ● both  ┊ no answer by now  ✗ unexplained
       ✗ #15 At("tea", Read) -> Holds(8)
#15 is At("tea", Read)
  seen:    Holds(8)
  allowed: Holds(0), in the order #15
  or:      Holds(1), in the order #15
  or:      Holds(2), in the order #15
  or:      Holds(3), in the order #15
  or:      Holds(4), in the order #15
  or:      Holds(5), in the order #15
  or one of 2 more
left out, as nothing explains it whatever became of them: #10 #11 #12 #13 #14
"#,
    );
}

#[test]
fn lines_are_cut_off_but_the_question_is_not() {
    let echo = Model::new(|| (), |(): &mut (), call: &String| call.clone());
    let said = "a sentence of some length, ".repeat(4);
    let heard = said.replace("some", "any");
    let history = [answered_with(said.clone(), heard.clone())];
    let golden = format!(
        r#"
not linearizable: no order of the calls explains the answer of #0
begins in ()
caller 0 ┬ call  ┴ answer  ● both  ┊ no answer by now  ✗ unexplained
       ✗ #0 {}…
#0 is {said:?}
  seen:    {heard:?}
  allowed: {said:?}, in the order #0
"#,
        &format!("{said:?}")[..107]
    );
    assert_prints(&minimize(&echo, &history).unwrap(), &golden);
}

fn answered_with(call: String, reply: String) -> Operation<String, String> {
    Operation {
        caller: 0,
        invoked: 1,
        call,
        response: Some(Response { at: 2, reply }),
    }
}

/// A printed counterexample with `count` starts and `count` allowed replies.
fn with_many(count: u64) -> String {
    let starts = (0..count).map(|state| Start {
        state,
        done: Vec::new(),
    });
    let allowed = (0..count).map(|reply| Allowed { reply, order: vec![0] });
    let counterexample: Counterexample<&str, u64, u64> = Counterexample {
        key: None,
        starts: starts.collect(),
        before: 0,
        shown: Vec::new(),
        left_out: Vec::new(),
        culprit: 0,
        until: 9,
        allowed: Some(allowed.collect()),
    };
    counterexample.to_string()
}

#[test]
fn six_situations_and_six_answers_are_listed_and_more_are_counted() {
    let (six, nine) = (with_many(6), with_many(9));

    assert!(six.contains("\nor in 5\n") && !six.contains("more"), "{six}");
    assert!(six.ends_with("  or:      5, in the order #0"), "{six}");
    assert!(
        !nine.contains("\nor in 6\n") && nine.contains("\nor in one of 3 more situations\n"),
        "{nine}"
    );
    assert!(
        nine.ends_with("  or:      5, in the order #0\n  or one of 3 more"),
        "{nine}"
    );
}

#[test]
fn a_call_in_the_tick_of_its_caller_s_last_answer_has_a_lane_of_its_own() {
    let lanes_of = |second: u64| {
        let history = [
            answered(1, 0, Write(7), 2, Done),
            answered(1, second, Read, 4, Holds(8)),
        ];
        let found = minimize(&number(), &history).unwrap().to_string();
        found.lines().nth(2).unwrap().to_owned()
    };

    assert!(lanes_of(2).starts_with("caller 1 1 ┬"), "{}", lanes_of(2));
    assert!(lanes_of(3).starts_with("caller 1 ┬"), "{}", lanes_of(3));
}
