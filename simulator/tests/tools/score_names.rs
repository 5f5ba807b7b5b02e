//! `seam score` of modules whose contracts have other names, and over pairs with little traffic, and the addresses and
//! links that its lint compares.

use serde_json::{Value, json};

use crate::{
    folder::Folder,
    score::{RATINGS, figures, linted, meter, module, says, scored},
};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_with_few_requests_is_left_out_and_a_module_without_another_is_not_measured() {
    let mut thin = figures(19, 600, 0);
    let (code, payments) = scored(RATINGS, &thin).await;
    assert_eq!(code, Some(3));
    says(
        &payments,
        "inconclusive",
        "orders -> payments by 19, wanted 20 at least over one of them",
    );

    let meters = thin["meters"].as_array_mut().unwrap();
    meters.push(meter("mails", "payments", 50, 50, 0));
    let (code, payments) = scored(RATINGS, &thin).await;
    assert_eq!(code, Some(0));
    let measured = &payments["measured"];
    assert_eq!(
        (&measured["per_request"], &measured["calls"]),
        (&json!(1.0), &json!(650))
    );
    assert_eq!(measured["most"]["method"], "mails -> payments.charge");
    assert_eq!(measured["left_out"], json!(["orders -> payments"]));
    let reason = payments["aspects"][4]["reason"].as_str().unwrap();
    assert!(
        reason.contains("without orders -> payments, of too few requests"),
        "{reason}"
    );

    // Events count as requests do, and calls on nobody's behalf only where there are no others.
    let mut thin = figures(10, 600, 0);
    thin["meters"][0]["events"] = json!(10);
    assert_eq!(scored(RATINGS, &thin).await.0, Some(0));
    thin["meters"][0]["events"] = json!(9);
    thin["meters"][0]["on_own_account"] = json!(500);
    assert_eq!(scored(RATINGS, &thin).await.0, Some(3));
    let mut own = figures(0, 500, 0);
    own["meters"][0]["on_own_account"] = json!(500);
    let (code, payments) = scored(RATINGS, &own).await;
    assert_eq!((code, &payments["measured"]["per_request"]), (Some(0), &json!(1.0)));
}

#[test]
fn asynchronous_links_are_never_left_out_silently() {
    let folder = Folder::new();
    let node = |name: &str, links: &str| format!("[node.{name}]\ncommand = [\"sleep\", \"600\"]\nlinks = [{links}]\n");
    let nodes = [node("a", "\"b\""), node("b", "\"c\""), node("c", "")].concat();
    for name in ["shop", "other"] {
        folder.write(&format!("{name}.toml"), &format!("name = '{name}'\n{nodes}"));
    }
    let follows = format!("[asynchronous]\n\"b->c\" = \"it reads the log\"\n{RATINGS}");
    folder.write("score.toml", &follows);
    let words = "[asynchronous] has links of no topology; write topology = \"NAME\"";
    folder.seam(&["score", "--lint", "shop.toml"]).refuses(words);

    folder.write("score.toml", &format!("topology = 'shop.toml'\n{follows}"));
    let said = folder.seam(&["score", "--lint"]).is(0);
    assert!(!said.out.contains("[asynchronous]"), "{}", said.out);
    let said = folder.seam(&["score", "--lint", "other.toml"]).is(0);
    let words = "did not look at [asynchronous], whose links are of shop.toml, and not of other";
    assert!(said.out.contains(words), "{}", said.out);
}

/// Two addresses of one database, and what is shown of it.
const SAME: &str = "
postgres://shop:s3?cr3t@db/shop               postgres://shop:s3?cr3t@db/shop?ssl=off  postgres://shop@db/shop
postgres://shop:s3/cr3t@db/shop               postgres://shop@db/shop                  postgres://shop@db/shop
postgres://shop:s3@cr3t@db/shop               postgres://shop@db/shop                  postgres://shop@db/shop
postgres://shop:s3@cr?3t@db/shop              postgres://shop@db/shop                  postgres://shop@db/shop
postgresql://shop:s3cr3t@db/shop              postgres://shop@db/shop                  postgres://shop@db/shop
postgres://shop:s3cr3t@db:5432/shop           postgres://shop@db/shop                  postgres://shop@db/shop
postgresql://db:5432/shop                     postgres://db/shop?user=shop             postgres://db/shop
mysql://shop:s3cr3t@db:3306/shop              mysql://shop@db/shop                     mysql://shop@db/shop
mariadb://shop:s3cr3t@db/shop                 mysql://shop@db/shop                     mysql://shop@db/shop
mongodb://shop:s3cr3t@db:27017,dc:27017/shop  mongodb://shop@db,dc/shop                mongodb://shop@db,dc/shop
postgres://shop:s3?cr3t=s3@db/shop            postgres://shop@db/shop                  postgres://shop@db/shop
postgres://db:5432/shop?name=a@b              postgres://db/shop                       postgres://db/shop
postgres://shop:s3cr3t@db/shop?name=a@b       postgres://shop@db/shop                  postgres://shop@db/shop
";

#[test]
fn one_database_has_one_address_however_it_is_written_and_no_part_of_a_password_is_shown() {
    let on = |url: &str| format!("env = {{ DB = \"{url}\" }}");
    for line in SAME.trim().lines() {
        let [one, other, shown] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("not three: {line}");
        };
        let said = linted(&[("a", &on(one)), ("b", &on(other))], None, &[]);
        assert_eq!(said.code, Some(1), "{one} and {other}: {said:?}");
        let words = format!("a and b use one database, {shown};");
        assert!(said.out.contains(&words), "{one}: {words} is not in\n{}", said.out);
        for part in ["s3", "cr3t", "cr?", "3t"] {
            assert!(!said.out.contains(part), "{one}: {part} is shown:\n{}", said.out);
        }
    }
    for (one, other) in [
        ("postgres://shop@db:5433/shop", "postgres://shop@db/shop"),
        ("postgres://shop@db/shop", "postgres://shop@db/other"),
        ("mysql://shop@db:5432/shop", "mysql://shop@db/shop"),
    ] {
        let said = linted(&[("a", &on(one)), ("b", &on(other))], None, &[]);
        assert_eq!(said.code, Some(0), "{one} and {other}: {said:?}");
    }
}
