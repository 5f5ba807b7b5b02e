//! Each service dies at each of its fail points, once, is started again, and the books are right: no order is lost or
//! doubled, and nobody is charged twice. They are the books of the checkout scenario, with a crash in place of its
//! kill.
//!
//! Run by `just fail-points`: `seam` builds the services a second time, with the feature `fail-points` of `shared`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use serde_json::Value;

const SERVICES: [&str; 4] = ["orders", "payments", "inventory", "notifications"];
/// Time limit of a run. One takes some ten seconds; the first ones wait until the services are built.
const LONGEST: Duration = Duration::from_secs(900);
/// Pass at which the process dies: some work is done then, and some is under way.
const PASS: u32 = 3;

/// Makes a test for each point, and a list of them all.
macro_rules! points {
    ($($test:ident: $point:literal,)*) => {
        $(#[test] fn $test() { crash_at($point); })*

        const TESTED: &[&str] = &[$($point),*];
    };
}

points! {
    orders_has_claimed_an_order: "orders.create_order.after_claim",
    orders_has_reserved_the_stock: "orders.create_order.after_effect",
    orders_has_stored_its_answer: "orders.create_order.before_answer",
    orders_has_not_committed_an_event: "orders.event.before_commit",
    orders_has_not_published_an_event: "orders.event.before_publish",
    orders_has_taken_an_event_of_payments: "orders.payments.before_effect",
    orders_has_not_acknowledged_an_event_of_payments: "orders.payments.before_acknowledge",
    payments_has_taken_an_event_of_orders: "payments.orders.before_effect",
    payments_has_not_acknowledged_an_event_of_orders: "payments.orders.before_acknowledge",
    payments_has_authorised_a_payment: "payments.charge.after_authorization",
    payments_has_captured_a_payment: "payments.charge.after_capture",
    payments_has_refunded_a_payment: "payments.refund.after_effect",
    payments_has_not_committed_an_event: "payments.event.before_commit",
    payments_has_not_published_an_event: "payments.event.before_publish",
    inventory_has_taken_an_event_of_orders: "inventory.orders.before_effect",
    inventory_has_not_acknowledged_an_event_of_orders: "inventory.orders.before_acknowledge",
    inventory_has_not_committed_an_event: "inventory.event.before_commit",
    inventory_has_not_published_an_event: "inventory.event.before_publish",
    notifications_has_taken_an_event_of_orders: "notifications.orders.before_effect",
    notifications_has_not_acknowledged_an_event_of_orders: "notifications.orders.before_acknowledge",
    notifications_has_taken_an_event_of_payments: "notifications.payments.before_effect",
    notifications_has_not_acknowledged_an_event_of_payments: "notifications.payments.before_acknowledge",
    notifications_has_sent_a_mail: "notifications.delivery.after_effect",
    notifications_has_not_committed_an_event: "notifications.event.before_commit",
    notifications_has_not_published_an_event: "notifications.event.before_publish",
}

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The checkout scenario with a crash at this point in place of its fault.
fn scenario(folder: &Path, point: &str) -> PathBuf {
    let file = workspace().join("simulator/scenarios/checkout.toml");
    let text = std::fs::read_to_string(file).expect("the platform's own file can be read");
    let (text, fault) = text.split_once("[[fault]]").expect("it has a fault");
    assert!(
        !fault.lines().any(|line| line.trim_start().starts_with('[')),
        "the crash takes the place of all that stands behind the fault of checkout.toml, which must be its last \
         table:{fault}"
    );
    let parts = workspace().join("simulator/scenarios/parts");
    let text = text.replace("\"parts/", &format!("\"{}/", parts.display()));
    let node = point.split('.').next().expect("a point begins with its service");
    let crash = format!(
        "[[fault]]\nkind = \"crash\"\nnode = {node:?}\npoint = {point:?}\nnth = {PASS}\nat = 0.0\nlasts = \"100ms\"\n"
    );
    let file = folder.join("checkout.toml");
    std::fs::write(&file, text + &crash).expect("a scenario can be written");
    file
}

fn run(mut command: Command) -> Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        command.stdin(std::process::Stdio::null());
        let mut command = tokio::process::Command::from(command);
        let output = tokio::time::timeout(LONGEST, command.kill_on_drop(true).output()).await;
        output.expect("it ends in time").expect("it starts")
    })
}

fn run_with_crash_at(point: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut seam = tests::seam();
    seam.arg("run").arg(scenario(folder.path(), point));
    seam.args(["--topology", "microservices", "--seed", "5", "--json"]);
    run(seam)
}

fn crash_at(point: &str) {
    let output = run_with_crash_at(point);

    tests::assert_passed(&output);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let [fault] = report["faults"].as_array().expect("faults are listed").as_slice() else {
        panic!("{report:#}");
    };
    assert_eq!(
        (&fault["point"]["name"], &fault["outcome"]["is"]),
        (&point.into(), &"fired".into())
    );
    assert_eq!(report["deaths"].as_array().map(Vec::len), Some(0), "{report:#}");
}

#[test]
fn every_point_that_a_service_lists_has_a_test() {
    let mut listed = BTreeSet::new();
    for service in SERVICES {
        let output = run_with_crash_at(&format!("{service}.nowhere"));

        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let (_, points) = said
            .split_once("its program lists ")
            .unwrap_or_else(|| panic!("{said}"));
        let points = points.lines().next().unwrap_or_default();
        listed.extend(points.split(", ").map(str::to_owned));
    }
    assert_eq!(listed, TESTED.iter().map(|point| (*point).to_owned()).collect());
}

#[test]
fn a_point_that_a_service_does_not_have_is_refused_at_the_start() {
    for (point, wanted) in [
        ("orders.nowhere", "orders --fail-points lists all"),
        ("orders.event.before_commit:0", "wanted NAME or NAME:N with N from 1"),
    ] {
        let mut orders = tests::with_fail_points("orders");
        let usual = tests::binary("orders");
        assert_ne!(orders.get_program(), usual.get_program(), "one takes the other's place");
        orders.env("SEAM_FAIL_POINT", point);
        orders
            .env("INVENTORY_URL", "http://127.0.0.1:1")
            .env("PAYMENTS_URL", "http://127.0.0.1:1");
        let output = run(orders);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(wanted), "{said}");
    }
}
