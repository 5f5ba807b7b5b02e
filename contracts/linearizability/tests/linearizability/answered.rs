use linearizability::{Refused, Verdict, check};

use crate::models::{
    Call::{Add, Read, Swap, Withdraw, Write},
    Model,
    Reply::{self, Done, Holds, Refused as No},
    answered, hundred, number,
};

#[test]
fn no_operations_are_linearizable() {
    assert_eq!(check(&number(), &[]), Verdict::Linearizable { order: vec![] });
}

#[test]
fn a_read_beside_a_write_may_see_the_old_value_or_the_new() {
    for (seen, order) in [(0, vec![1, 0]), (7, vec![0, 1])] {
        let history = [answered(0, 1, Write(7), 4, Done), answered(1, 2, Read, 3, Holds(seen))];
        assert_eq!(check(&number(), &history), Verdict::Linearizable { order });
    }
}

#[test]
fn a_stale_read_is_caught() {
    let history = [answered(0, 1, Write(7), 2, Done), answered(1, 3, Read, 4, Holds(0))];
    let refused = Refused {
        operation: 1,
        expected: Holds(7),
    };
    assert_eq!(
        check(&number(), &history),
        Verdict::NotLinearizable {
            prefix: vec![0],
            refused: vec![refused],
        }
    );
}

#[test]
fn reads_that_disagree_on_the_order_of_two_writes_are_caught() {
    let both_at_once = [answered(0, 1, Write(1), 10, Done), answered(1, 2, Write(2), 9, Done)];
    let reads = |first, second| {
        let mut history = both_at_once.to_vec();
        history.push(answered(2, 3, Read, 4, Holds(first)));
        history.push(answered(3, 5, Read, 6, Holds(second)));
        history.push(answered(2, 11, Read, 12, Holds(first)));
        check(&number(), &history)
    };
    assert!(reads(1, 1).is_linearizable());
    assert!(reads(0, 0).is_not_linearizable(), "the last read sees neither write");
    assert!(
        reads(1, 2).is_not_linearizable(),
        "1, then 2, then 1 again takes three writes"
    );
}

#[test]
fn a_lost_update_is_caught() {
    let two = |second| {
        let history = [
            answered(0, 1, Add(1), 4, Holds(1)),
            answered(1, 2, Add(1), 3, Holds(second)),
        ];
        check(&number(), &history)
    };
    assert!(two(2).is_linearizable());
    assert!(two(1).is_not_linearizable(), "both read 0 and wrote 1");
}

#[test]
fn an_account_that_pays_out_twice_what_it_holds_is_caught() {
    let two = |second| {
        let history = [
            answered(0, 1, Withdraw(80), 4, Done),
            answered(1, 2, Withdraw(80), 3, second),
            answered(0, 5, Read, 6, Holds(20)),
        ];
        check(&hundred(), &history)
    };
    assert!(two(No).is_linearizable());
    assert!(two(Done).is_not_linearizable());
}

#[test]
fn a_compare_and_swap_that_two_callers_win_is_caught() {
    let history = [answered(0, 1, Swap(0, 1), 4, Done), answered(1, 2, Swap(0, 2), 3, Done)];
    let Verdict::NotLinearizable { prefix, refused } = check(&number(), &history) else {
        panic!("two winners are not linearizable");
    };
    assert_eq!(prefix.len(), 1);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].expected, No);
}

#[test]
fn answers_need_only_agree() {
    let agrees = |expected: &Reply, seen: &Reply| matches!((expected, seen), (Holds(_), Holds(_))) || expected == seen;
    let lenient = Model { agrees, ..number() };
    let history = [answered(0, 1, Add(1), 2, Holds(1)), answered(1, 3, Read, 4, Holds(900))];
    assert!(check(&lenient, &history).is_linearizable());
}

#[test]
fn of_equal_ticks_neither_is_earlier() {
    let history = [answered(0, 1, Write(7), 2, Done), answered(1, 2, Read, 2, Holds(0))];
    assert!(check(&number(), &history).is_linearizable());
}

#[test]
#[should_panic(expected = "operation 0 of the history, Read, was called at 3 and answered at 2")]
fn an_answer_before_its_call_is_refused() {
    let _ = check(&number(), &[answered(0, 3, Read, 2, Holds(0))]);
}
