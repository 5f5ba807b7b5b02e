//! A repair in the hands of an operator, over HTTP.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant},
};

use seam::{
    chance,
    http::BearerToken,
    launch::{Admin, Effect, FileJournal, Journal, Limits, Reconciled, Stage},
};
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    admin::{TOKEN, asked},
    samples::{Fault, Shop, all_in, settle},
};

const REPAIR: &str = "POST /admin/launch/till/repair";

/// The operator goes away after the control has charged and before it answers. Dropped there, the repair would have no
/// note of the charge, and the candidate could never be lent its answer.
#[tokio::test(start_paused = true)]
async fn a_repair_is_made_to_its_end_though_its_operator_goes_away() {
    let shop = Shop::new(all_in(Stage::Off, Stage::DualWrite));
    let admin = Admin::new(BearerToken::new(TOKEN).unwrap()).with(Arc::new(shop.launch.clone()));
    shop.control.set(Fault::GivesNoAnswer);
    shop.pay("c", "p", 7).await.unwrap_err();
    settle().await;
    assert_eq!((shop.launch.pending().len(), shop.charged("p")), (1, 0));

    shop.control.set(Fault::AnswersLate(Duration::from_millis(200)));
    let answer = timeout(Duration::from_millis(100), asked(&admin, REPAIR, "", Value::Null)).await;
    assert!(answer.is_err(), "the operator stays");
    assert_eq!(
        shop.charged("p"),
        1,
        "the operator is gone before the control has acted"
    );
    settle().await;
    assert_eq!(shop.launch.pending(), []);
    assert_eq!(*shop.candidate.payments(), *shop.control.payments());
    assert_eq!((shop.candidate.payments().len(), shop.charged("p")), (1, 1));
}

/// Keeps the journal's writer busy for longer than a repair takes, with the note of an entry that is not there.
fn keep_busy(journal: &FileJournal) {
    let effect = Effect {
        contract: "bank".to_owned(),
        call: Value::from("\n".repeat(8 << 20)),
        reply: Value::Null,
    };
    journal.ended(chance::id(), true, vec![effect]);
}

#[tokio::test]
async fn what_a_repair_has_made_up_for_is_not_lacking_in_its_own_answer_with_a_journal_in_a_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(FileJournal::open(folder.path().join("journal")).unwrap());
    let settings = all_in(Stage::Off, Stage::DualWrite);
    let shop = Shop::journalled(settings, Limits::default(), Arc::clone(&journal) as Arc<dyn Journal>);
    let admin = Admin::new(BearerToken::new(TOKEN).unwrap()).with(Arc::new(shop.launch.clone()));
    shop.candidate.set(Fault::GivesNoAnswer);
    shop.pay("c", "p", 7).await.unwrap();
    let begun = Instant::now();
    while shop.launch.observations().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the candidate is not asked");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    shop.candidate.set(Fault::None);
    keep_busy(&journal);
    let first: Reconciled = asked(&admin, REPAIR, "", Value::Null).await.is(200).read();
    assert_eq!(
        (first.repaired.done, first.repaired.left, first.lacking),
        (1, 0, vec![])
    );
    let asked_before = shop.candidate.asked.load(SeqCst);
    let second: Reconciled = asked(&admin, REPAIR, "", Value::Null).await.is(200).read();
    assert_eq!((second.repaired.done, second.repaired.left), (0, 0));
    assert_eq!(shop.candidate.asked.load(SeqCst), asked_before, "the write is repeated");
}
