use serde_json::{Value, json};

use crate::shop::Shop;

/// An API that shows an order with these fields.
fn write_api(shop: &Shop, fields: &[&str]) {
    let properties: serde_json::Map<String, Value> = fields
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
        .collect();
    let schema = json!({ "type": "object", "properties": properties });
    let document = json!({ "openapi": "3.1.0", "paths": { "/v2/orders/{id}": { "get": { "responses": { "200": {
        "content": { "application/json": { "schema": schema } },
    } } } } } });
    shop.write("docs/api.json", &document.to_string());
}

/// Two commits of an API with two fields, of which the storefront reads one.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.write_pact(&json!({ "id": "o-1" }));
    shop.write(
        "pacts/environments.toml",
        "openapi = [\"docs/api.json\"]\n[environments]\nproduction = \"\"\n",
    );
    write_api(&shop, &["id", "note"]);
    shop.commit();
    shop
}

#[test]
fn a_change_that_breaks_a_consumer_exits_with_1_and_one_that_does_not_with_0_in_both_formats() {
    let shop = shop();
    write_api(&shop, &["id"]);
    shop.commit();
    shop.seam("diff HEAD~1..HEAD")
        .is(0, "/note is gone\n    no pact has to do with it");
    shop.seam("diff HEAD..HEAD").is(0, "nothing changed");

    write_api(&shop, &["number"]);
    shop.seam("diff HEAD..").is(
        1,
        "/id is gone\n    breaks storefront: it is read in 'an order is read'",
    );
    let json = shop.seam("diff HEAD.. --json").is(1, "").out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"][0]["consumers"]["storefront"]["effect"], "breaks");
    shop.commit();
    shop.write_pact(&json!({ "number": "1" }));
    shop.seam("diff HEAD..")
        .is(0, "/response/body/content/id: \"o-1\" is gone");
}

#[test]
fn what_can_not_be_compared_is_refused_with_its_reason() {
    let shop = shop();
    for (line, words) in [
        ("diff HEAD", "'HEAD' is not a range of revisions; wanted OLD..NEW"),
        ("diff main...HEAD", "'main...HEAD' is not a range of revisions"),
        ("diff ..HEAD", "'..HEAD' is not a range of revisions"),
        ("diff mian..HEAD", "git does not know the revision 'mian'"),
        (
            "diff HEAD.. --pacts pact --openapi no.json",
            "there is nothing to compare: neither state has a pact in pact or an API document",
        ),
        (
            "diff HEAD.. --openapi pacts/environments.toml",
            "the API document git:HEAD:pacts/environments.toml is not JSON",
        ),
    ] {
        shop.seam(line).refuses(words);
    }
}
