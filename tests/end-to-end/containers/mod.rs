//! Scenarios and suites on PostgreSQL as on SQLite, and with every node in a container of its own. These tests need a
//! Docker engine and are ignored without one.

use tests::{Postgres, seam};

async fn checkout_on_postgres(topology: &'static str) {
    passes_on_postgres("checkout", topology).await;
}

async fn passes_on_postgres(scenario: &'static str, topology: &'static str) {
    let postgres = Postgres::start().await;
    let database = format!("database={}", postgres.url("{module}"));
    let output = tokio::task::spawn_blocking(move || {
        seam()
            .args([
                "run",
                scenario,
                "--topology",
                topology,
                "--seed",
                "11",
                "--set",
                &database,
            ])
            .output()
            .expect("seam starts")
    })
    .await
    .expect("seam is waited for");
    tests::assert_passed(&output);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn checkout_passes_on_postgres_in_one_process() {
    checkout_on_postgres("monolith").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn checkout_passes_on_postgres_in_four_processes() {
    checkout_on_postgres("microservices").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn checkout_passes_on_postgres_with_one_module_extracted() {
    checkout_on_postgres("extraction").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn two_processes_share_one_postgres_and_one_of_them_dies() {
    passes_on_postgres("two-monoliths", "two-monoliths").await;
}

/// The first has the services compiled once more, without what an image does not hold.
#[test]
#[ignore = "needs a Docker engine"]
fn scenarios_pass_with_every_node_in_a_container() {
    for (scenario, topology) in [
        ("checkout", "microservices"),
        ("lost-replies", "microservices"),
        // It has payments die at a point of its code.
        ("payments-killed-after-charge", "microservices"),
        ("two-monoliths", "two-monoliths"),
    ] {
        let output = seam()
            .args([
                "run",
                scenario,
                "--topology",
                topology,
                "--seed",
                "11",
                "--backend",
                "containers",
            ])
            .output();
        tests::assert_passed(&output.expect("seam starts"));
    }
}
