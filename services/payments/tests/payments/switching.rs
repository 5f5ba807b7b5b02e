//! Claims about a switch of the duty to charge that is cut off, refused, or made between sides that differ.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use commerce::{Order, PaymentStatus};
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    handover::{CopyError, Copying, Duty, Handover, HandoverCall, HandoverError, HandoverReply, switch},
};

use crate::handover::{Bank, Side, assert_each_once, orders};

/// A side that gives no answer to so many calls that follow the first `stand_by` on the other one.
struct Cut {
    side: Arc<dyn Handover>,
    failures: AtomicU32,
    from: Arc<dyn Handover>,
}

impl Carrier<dyn Handover> for Cut {
    fn carry(&self, call: HandoverCall) -> BoxFuture<'_, HandoverReply> {
        Box::pin(async move {
            let stands_by = self.from.duty().await.is_ok_and(|duty| !duty.acts);
            if stands_by && self.failures.load(SeqCst) > 0 {
                self.failures.fetch_sub(1, SeqCst);
                return <dyn Handover>::failed(&call, TransportFailure::new("the other side", "cut off"));
            }
            self.side.dispatch(call).await
        })
    }
}

/// Two sides of one bank, of which the first has captured one order and the second has nothing.
async fn pair(count: usize) -> (Side, Side, Vec<Order>, Arc<Bank>) {
    let ((fake, orders), bank) = (orders(count), Arc::new(Bank::default()));
    let (old, new) = (
        Side::open("old", &fake, &bank).await,
        Side::open("new", &fake, &bank).await,
    );
    old.charge(&orders[0]).await;
    old.until_captured(&orders[0]).await;
    (old, new, orders, bank)
}

async fn acting(old: &Side, new: &Side) -> (bool, bool) {
    (old.duty().await.acts, new.duty().await.acts)
}

#[tokio::test]
async fn a_switch_that_an_error_cuts_off_lets_the_giving_side_act_again() {
    let (old, new, orders, bank) = pair(2).await;
    let (ours, theirs) = (old.handover(), new.handover());
    let cut = <dyn Handover>::via(Arc::new(Cut {
        side: theirs,
        failures: AtomicU32::new(1),
        from: old.handover(),
    }));

    let failed = switch(Copying::default(), &*ours, &*cut).await;
    old.charge(&orders[1]).await;
    old.until_captured(&orders[1]).await;

    assert!(
        matches!(failed, Err(CopyError::To(HandoverError::Transport(_)))),
        "{failed:?}"
    );
    assert_eq!(acting(&old, &new).await, (true, false));
    assert_each_once(bank.keys());
}

#[tokio::test]
async fn if_nobody_can_be_told_to_act_that_is_said_and_a_switch_in_either_direction_ends_it() {
    for back in [false, true] {
        let (old, new, orders, bank) = pair(2).await;
        let (ours, theirs) = (old.handover(), new.handover());
        let cut = <dyn Handover>::via(Arc::new(Cut {
            side: Arc::clone(&theirs),
            failures: AtomicU32::new(u32::MAX),
            from: old.handover(),
        }));
        let failed = switch(Copying::default(), &*ours, &*cut).await;
        let nobody = acting(&old, &new).await;
        let pending = old.charge(&orders[1]).await;

        let ended = match back {
            false => switch(Copying::default(), &*ours, &*theirs).await,
            true => switch(Copying::default(), &*theirs, &*ours).await,
        };
        let acts = if back { &old } else { &new };
        acts.until_captured(&orders[1]).await;

        let said = failed.unwrap_err().to_string();
        assert!(said.contains("NEITHER SIDE ACTS NOW"), "{said}");
        assert_eq!((nobody, pending), ((false, false), PaymentStatus::Pending));
        assert!(ended.is_ok_and(|done| done.acts.is_some()));
        assert_eq!(
            acts.status(&orders[0]).await,
            Some(PaymentStatus::Captured),
            "nothing is left behind"
        );
        assert_each_once(bank.keys());
    }
}

#[tokio::test]
async fn a_side_that_acts_on_rows_of_its_own_takes_none_and_goes_on() {
    let (old, new, orders, _bank) = pair(3).await;
    let (ours, theirs) = (old.handover(), new.handover());
    theirs.stand_by(1).await.expect("it stands by");
    new.charge(&orders[1]).await;

    let wrong_way = Copying::default().run(&*theirs, &*ours, |_| ()).await;
    old.charge(&orders[2]).await;
    old.until_captured(&orders[2]).await;

    assert_eq!(wrong_way, Err(CopyError::To(HandoverError::Acts)));
    assert_eq!(old.duty().await, Duty { epoch: 0, acts: true });
}

#[tokio::test]
async fn an_intent_that_only_the_receiving_side_has_is_charged_there_after_the_switch() {
    let (old, new, orders, bank) = pair(2).await;
    let (ours, theirs) = (old.handover(), new.handover());
    theirs.stand_by(1).await.expect("it stands by");
    new.charge(&orders[1]).await;

    let done = switch(Copying::default(), &*ours, &*theirs)
        .await
        .expect("it is switched");
    new.until_captured(&orders[1]).await;

    assert!(
        done.acts.is_some() && done.report.sets[0].only_there == 1,
        "{}",
        done.report
    );
    assert_eq!(acting(&old, &new).await, (false, true));
    assert_each_once(bank.keys());
}
