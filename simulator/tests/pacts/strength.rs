use serde_json::{Value, json};

use crate::shop::Shop;

/// A pact in which one number may have decimals, and nothing else may change.
fn with_a_hole(shop: &Shop) {
    let pact = json!({
        "consumer": { "name": "storefront" }, "provider": { "name": "orders" },
        "interactions": [{
            "type": "Synchronous/HTTP", "description": "an order is read",
            "request": { "method": "GET", "path": "/v2/orders/o-1" },
            "response": {
                "status": 200,
                "body": { "contentType": "application/json", "content": { "total": 3 } },
                "matchingRules": { "body": { "$.total": { "combine": "AND", "matchers": [{ "match": "type" }] } } },
            },
        }],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    });
    shop.write("pacts/storefront-orders.json", &pact.to_string());
}

#[test]
fn a_strong_pact_exits_with_0_and_a_pair_under_the_score_with_1() {
    let shop = Shop::new();
    shop.seam("mutate --min-score 100").is(0, "100.0 %");

    with_a_hole(&shop);

    shop.seam("mutate orders").is(0, "body $.total: decimal");
    shop.seam("mutate orders --min-score 50").is(0, "");
    let said = shop.seam("mutate orders --min-score 95");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(
        said.err.contains("storefront and orders score") && said.err.contains("wanted 95 %"),
        "{}",
        said.err
    );
}

#[test]
fn nothing_to_mutate_exits_with_3_and_what_cannot_be_judged_with_2() {
    let shop = Shop::new();
    shop.seam("mutate ordes")
        .is(3, "no pact in pacts is with the provider 'ordes'");
    assert_eq!(shop.seam("mutate --pacts nowhere").code, 2);
    assert_eq!(shop.seam("mutate --min-score 101").code, 2);

    shop.write("pacts/storefront-orders.json", "{");
    assert_eq!(shop.seam("mutate").code, 2);
    std::fs::remove_file(shop.path().join("pacts/storefront-orders.json")).unwrap();
    shop.seam("mutate").is(3, "pacts has no pacts");
}

#[test]
fn an_example_that_fails_its_own_rule_exits_with_2_and_has_no_score() {
    let shop = Shop::new();
    with_a_hole(&shop);
    let file = shop.path().join("pacts/storefront-orders.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("\"total\":3", "\"total\":\"3\"")
            .replace("\"type\"}", "\"integer\"}"),
    )
    .unwrap();

    let said = shop.seam("mutate");

    assert_eq!(said.code, 2, "{}", said.out);
    assert!(
        said.out.contains("its own example does not pass") && !said.out.contains('%'),
        "{}",
        said.out
    );
}

#[test]
fn the_result_is_written_as_json_and_as_a_page() {
    let shop = Shop::new();
    with_a_hole(&shop);

    let said = shop.seam("mutate --json --html pacts.html");

    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["mutations"][0]["pairs"][0]["survivors"][0]["field"], "$.total");
    let page = std::fs::read_to_string(shop.path().join("pacts.html")).unwrap();
    assert!(
        page.contains("Strength of the pacts") && page.contains("$.total"),
        "{page}"
    );
    assert_eq!(shop.seam("mutate --html no/such/folder.html").code, 2);
}
