//! The queries of a scenario only read, and the tables that they read can be kept.

use std::{os::unix::fs::PermissionsExt, path::Path};

use simulator::{
    progress::Silent,
    scenario::{Scenario, run},
};

use crate::{
    SHOP, run_on, scenario,
    shop::{Defect, Shop},
};

const FIGURE: &str = "SELECT sum(amount) FROM charges";

/// The refusal of the shop's scenario with another query for its figure.
async fn refusal(shop: &Shop, query: &str) -> String {
    let text = SHOP.replace(&format!("\"{FIGURE}\""), &format!("\"\"\"{query}\"\"\""));
    assert_ne!(text, SHOP, "the figure is in the file");
    let scenario = Scenario::parse(&text, Path::new("shop.toml")).expect("SQL is no matter of the file");
    let refusal = run(&scenario, shop, 1, &Silent).await;
    refusal.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn a_query_that_means_nothing_is_refused_before_anything_is_sent_and_says_what_tables_there_are() {
    let shop = Shop::with(Defect::None);

    let error = refusal(&shop, "SELECT sum(cents) FROM charges").await;

    assert!(
        error.contains(r#"figure "charged""#) && error.contains("no such column: cents"),
        "{error}"
    );
    assert!(error.contains("charges(journey, doc, amount, order_id)"), "{error}");
    assert!(shop.asked().is_empty());
}

#[tokio::test]
async fn a_query_neither_writes_nor_reaches_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("made.db").display().to_string();
    let attach = format!("ATTACH '{file}' AS made");
    let shop = Shop::with(Defect::None);
    for query in [
        attach.clone(),
        format!("{FIGURE}; {attach}"),
        format!("SELECT 1) ; {attach} ; SELECT (1"),
        format!("SELECT $a('); {attach} --'"),
        format!("VACUUM INTO '{file}'"),
        "PRAGMA query_only = OFF".to_owned(),
        "DELETE FROM charges".to_owned(),
        "WITH none AS (SELECT 1) DELETE FROM charges".to_owned(),
        "WITH none AS (SELECT 1) INSERT INTO charges DEFAULT VALUES RETURNING 1".to_owned(),
        "SELECT 1) UNION SELECT * FROM (SELECT 2".to_owned(),
    ] {
        let error = refusal(&shop, &query).await;
        assert!(error.contains("figure \"charged\""), "{query}: {error}");
        assert!(
            shop.asked().is_empty(),
            "{query}: it is refused before anything is sent"
        );
    }
    let extension = refusal(&shop, "SELECT load_extension('no-such-library')").await;
    assert!(extension.contains("not authorized"), "{extension}");
    let files = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(files, 0, "nothing was made");
}

#[tokio::test]
async fn a_query_may_hold_what_only_looks_like_more_than_one() {
    let shop = Shop::with(Defect::None);
    for query in [
        "SELECT group_concat(amount, '; ') FROM charges; -- all; of them",
        "WITH it AS (SELECT amount FROM charges) SELECT sum(amount) FROM it;",
        "SELECT doc ->> '$.order_id' FROM charges ORDER BY 1 LIMIT 1",
    ] {
        assert_eq!(refusal(&shop, query).await, "", "{query}");
    }
}

#[test]
fn a_column_that_sql_could_not_take_is_refused() {
    let column = "sku); ATTACH '/nowhere' AS made; --";
    let text = SHOP.replacen("sku = \"mug\"", &format!("sku = \"mug\", \"{column}\" = 1"), 1);
    assert_ne!(text, SHOP, "a list with a mug is in the file");
    let refusal = Scenario::parse(&text, Path::new("shop.toml")).unwrap_err().to_string();
    assert!(
        refusal.contains("column \"sku); ATTACH '/nowhere' AS made; --\" can't be a name"),
        "{refusal}"
    );
}

#[tokio::test]
async fn the_tables_can_be_kept_as_a_database_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tables.db");
    let (_, mut observations) = run_on(&Shop::with(Defect::None), &scenario(), 1).await;

    observations.save_to(&file).expect("a fresh file");

    assert!(std::fs::read(&file).expect("the file").starts_with(b"SQLite format 3"));
    let mode = file.metadata().expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds what was observed of customers");
}
