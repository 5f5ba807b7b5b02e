//! States of providers that are brought up: all that a teardown has to do is tried, and what failed is never green.

use serde_json::json;

use crate::shop::Shop;

const PROVIDERS: &str = r#"
topology = "corner"

[provider]
orders = "corner-shop"

[[state]]
name = "an order"

[[state.undo]]
name = "the first"
method = "POST"
node = "corner-shop"
path = "/orders"
headers = { Idempotency-Key = "first" }
body = { amount = 1 }
expect = [204]

[[state.undo]]
name = "the second"
method = "POST"
node = "corner-shop"
path = "/orders"
headers = { Idempotency-Key = "second" }
body = { amount = 2 }
expect = [201]
"#;

#[test]
fn a_step_of_a_teardown_that_failed_is_red_and_keeps_no_other_from_being_done() {
    let shop = Shop::new();
    shop.write("topologies/corner.toml", include_str!("../scenario_run/topology.toml"));
    shop.write("topologies/shop.py", include_str!("../scenario_run/shop.py"));
    shop.write("providers.toml", PROVIDERS);
    let pact = json!({
        "consumer": { "name": "storefront" }, "provider": { "name": "orders" },
        "interactions": [{
            "description": "the shop is looked at", "providerStates": [{ "name": "an order" }],
            "request": { "method": "GET", "path": "/" }, "response": { "status": 200 },
        }],
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    });
    shop.write("pacts/storefront-orders.json", &pact.to_string());

    let said = shop.seam("verify orders --providers providers.toml");

    // The last step went well, so only the first one makes it red.
    let said = said.is(1, "'an order'");
    assert!(said.out.contains("204"), "{}", said.out);
    let mut runs = std::fs::read_dir(shop.path().join(".seam/runs")).unwrap();
    let kept = runs
        .next()
        .unwrap()
        .unwrap()
        .path()
        .join("data/corner-shop/orders.jsonl");
    let orders = std::fs::read_to_string(kept).unwrap();
    assert!(orders.contains("first") && orders.contains("second"), "{orders}");
}
