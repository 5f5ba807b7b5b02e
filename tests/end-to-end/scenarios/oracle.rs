//! The checkout scenario finds defects: each change planted in the tables of a passing run makes its invariant
//! return rows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use simulator::scenario::Scenario;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

const PAID: &str = "(SELECT id FROM orders WHERE status IN ('confirmed', 'shipped', 'delivered') LIMIT 1)";
const REFUNDED: &str = "(SELECT order_id FROM charges WHERE refunded > 0 LIMIT 1)";

/// A change to the tables, in which `PAID` and `REFUNDED` stand for an order, and words of the claim that it
/// violates.
const DEFECTS: &[(&str, &str)] = &[
    (
        "UPDATE orders SET status = 'pending' WHERE id = PAID",
        "ends where its customer left it",
    ),
    (
        "DELETE FROM order_events WHERE type = 'OrderCreated' AND order_id = PAID",
        "the same key",
    ),
    (
        "INSERT INTO order_events SELECT * FROM order_events WHERE type = 'OrderCreated' LIMIT 1",
        "the same key",
    ),
    (
        "INSERT INTO charges SELECT * FROM charges WHERE order_id = PAID",
        "one charge",
    ),
    (
        "DELETE FROM charges WHERE order_id = PAID",
        "books and the provider agree",
    ),
    (
        "UPDATE charges SET amount = amount + 1 WHERE order_id = PAID",
        "one charge",
    ),
    (
        "INSERT INTO payments SELECT * FROM payments WHERE order_id = PAID",
        "one captured payment",
    ),
    (
        "UPDATE payments SET status = 'unknown' WHERE order_id = PAID",
        "one captured payment",
    ),
    (
        "UPDATE payments SET refunded = 0 WHERE order_id = REFUNDED",
        "cost nothing",
    ),
    (
        "UPDATE charges SET refunded = refunded - 1 WHERE order_id = REFUNDED",
        "cost nothing",
    ),
    (
        "INSERT INTO charges (order_id, amount, refunded) VALUES ('nobody', 5, 0)",
        "books and the provider agree",
    ),
    ("UPDATE stock SET left = left - 1 WHERE name = 'mug'", "stock in"),
    (
        "UPDATE stock SET left = left - 1, reserved = 1 WHERE name = 'mug'",
        "stock in",
    ),
    (
        "UPDATE stock SET left = left - 1, committed = committed + 1 WHERE name = 'mug'",
        "stock in",
    ),
    (
        "DELETE FROM mails WHERE kind = 'order_confirmed' AND order_id = PAID",
        "one mail",
    ),
    (
        "INSERT INTO mails SELECT * FROM mails WHERE kind = 'order_confirmed' AND order_id = PAID",
        "one mail",
    ),
    (
        "UPDATE mails SET address = 'x@example.com' WHERE kind = 'order_created' AND order_id = PAID",
        "one mail",
    ),
    (
        "UPDATE mails SET kind = 'order_lost' WHERE kind = 'order_created' AND order_id = PAID",
        "one mail",
    ),
    (
        "DELETE FROM pushes WHERE key = (SELECT min(key) FROM pushes)",
        "one push",
    ),
    ("INSERT INTO pushes SELECT * FROM pushes LIMIT 1", "one push"),
    (
        "UPDATE modules SET doc = json_set(doc, '$.subscriptions[0].dead_letters', 1) WHERE module = 'payments'",
        "dead letter",
    ),
];

#[tokio::test]
async fn every_planted_defect_is_found_by_the_invariant_that_is_there_for_it() {
    let run = kept_run();
    let tables = run.join("observations.db");
    let scenario = Scenario::load("checkout", Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the scenario is right");
    assert_eq!(
        violated(&scenario, &tables, None).await,
        Vec::<String>::new(),
        "the run itself is sound"
    );

    for (change, claim) in DEFECTS {
        let change = change.replace("PAID", PAID).replace("REFUNDED", REFUNDED);
        let found = violated(&scenario, &tables, Some(&change)).await;

        assert!(
            found.iter().any(|name| name.contains(claim)),
            "{change:?} violates only {found:?}"
        );
    }
    fs::remove_dir_all(run).expect("the run's folder is there");
}

/// The invariants that return rows over a copy of the tables with one change.
async fn violated(scenario: &Scenario, tables: &Path, change: Option<&str>) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("tables.db");
    fs::copy(tables, &copy).expect("the run kept its tables");
    let options = SqliteConnectOptions::new().filename(copy);
    let mut tables = SqliteConnection::connect_with(&options).await.expect("a database");
    if let Some(change) = change {
        let done = sqlx::query(AssertSqlSafe(change.to_owned()))
            .execute(&mut tables)
            .await
            .expect(change);
        assert!(done.rows_affected() > 0, "{change:?} changes nothing");
    }
    let mut found = Vec::new();
    for invariant in &scenario.invariants {
        let query = sqlx::query(AssertSqlSafe(invariant.violations.clone()));
        let rows = query.fetch_all(&mut tables).await;
        if !rows.expect("the query of an invariant runs").is_empty() {
            found.push(invariant.name.clone());
        }
    }
    found
}

/// The folder of a passing run, which was kept.
fn kept_run() -> PathBuf {
    let output = super::checkout_passes("microservices", &["--seed", "5", "--keep"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stdout);
    let kept = text
        .lines()
        .find_map(|line| line.strip_prefix("kept in "))
        .expect("the folder is named");
    let (folder, _) = kept.rsplit_once(": ").expect("then what is in it");
    PathBuf::from(folder)
}
