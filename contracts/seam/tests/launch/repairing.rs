//! A repair in the hands of an operator, over HTTP.

use std::{sync::Arc, time::Duration};

use seam::launch::{Admin, Stage};
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
    let admin = Admin::new(TOKEN).unwrap().with(Arc::new(shop.launch.clone()));
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
