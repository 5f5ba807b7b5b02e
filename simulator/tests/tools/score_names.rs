//! `seam score` of modules whose contracts have other names.

use serde_json::{Value, json};

use crate::score::{RATINGS, meter, module, scored};

/// Figures in which `payments` offers the contract `billing`, to which 50 requests make a call each, and itself makes
/// 600 calls of `bank`. It works 2 s, of which 600 ms are the bank's, and orders works 850 ms of its own.
fn renamed() -> Value {
    json!({
        "modules": [module("orders", 100, 900), module("payments", 0, 1_950)],
        "meters": [meter("orders", "billing", 50, 50, 0), meter("payments", "bank", 50, 600, 0)],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_whose_contract_has_another_name_is_measured_by_both() {
    let ratings = RATINGS.replace("[module.payments]", "[module.payments]\ncontract = \"billing\"");
    let (code, payments) = scored(&ratings, &renamed()).await;
    assert_eq!(code, Some(0), "{payments:#}");
    let measured = &payments["measured"];
    assert_eq!(measured["calls"], 650, "{measured:#}");
    assert_eq!(measured["per_request"], 12.0, "its own calls count too: {measured:#}");
    assert_eq!(measured["most"]["method"], "payments -> bank.charge", "{measured:#}");
    let share = measured["share_of_time"].as_f64().unwrap();
    assert!((share - 100.0 * 1_400.0 / 2_250.0).abs() < 0.01, "{share}");
    // The whole is right for another module too.
    let both = format!("{ratings}{}", RATINGS.replace("[module.payments]", "[module.orders]"));
    let (code, orders) = scored(&both, &renamed()).await;
    let share = orders["measured"]["share_of_time"].as_f64().unwrap();
    assert_eq!((code, &orders["module"]), (Some(0), &json!("orders")));
    assert!((share - 100.0 * 850.0 / 2_250.0).abs() < 0.01, "{share}");
}
