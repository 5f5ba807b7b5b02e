//! Each service dies at each of its fail points, once, is started again, and the books are right: no order is lost or
//! doubled, and nobody is charged twice. They are the books of the checkout scenario, and its invariants.
//!
//! Run by `just fail-points`: the services are built a second time, with the feature `fail-points` of `shared`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

const SERVICES: [&str; 4] = ["orders", "payments", "inventory", "notifications"];
/// The outside world, which does not die.
const OUTSIDE: [&str; 3] = ["payment-provider", "mail-sink", "push-sink"];
/// Time limit of a run; one takes some ten seconds.
const LONGEST: Duration = Duration::from_secs(240);
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

/// The services with fail points, in a folder of their own: the next build without them replaces those of cargo.
struct Built(TempDir);

impl Built {
    fn get() -> &'static Self {
        static BUILT: OnceLock<Built> = OnceLock::new();
        BUILT.get_or_init(Self::make)
    }

    fn make() -> Self {
        let mut cargo = Command::new(env!("CARGO"));
        for name in simulator::backend::package_variables() {
            cargo.env_remove(name);
        }
        cargo.args(["build", "--locked", "--workspace", "--message-format", "json"]);
        cargo.args(["--features", "shared/fail-points"]);
        cargo.args(SERVICES.iter().flat_map(|service| ["--bin", service]));
        let output = cargo.current_dir(workspace()).output().expect("cargo starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "the services do not build with fail points:\n{said}"
        );
        let folder = tempfile::tempdir().expect("a folder can be made");
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        for message in messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        {
            if let (Some(executable), Some(name)) = (message["executable"].as_str(), message["target"]["name"].as_str())
            {
                std::fs::copy(executable, folder.path().join(name)).expect("a binary can be copied");
            }
        }
        Self(folder)
    }

    fn service(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn text_of(file: &str) -> String {
    std::fs::read_to_string(workspace().join(file)).expect("the platform's own file can be read")
}

/// Writes `text` with `from` replaced once.
///
/// # Panics
/// If `from` does not stand in it exactly once: the file has changed, and so must this suite.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} in\n{text}");
    text.replace(from, to)
}

/// The microservices with the binaries that have fail points; the one of `dying` is started again once.
fn topology(folder: &Path, dying: &str) -> PathBuf {
    let mut text = text_of("simulator/topologies/microservices.toml");
    for service in SERVICES {
        let restart = match service == dying {
            true => "\nrestart = { on_failure = 1, backoff_ms = 100 }",
            false => "",
        };
        let binary = Built::get().service(service);
        let command = format!("command = [{:?}]{restart}", binary.display().to_string());
        text = replaced(&text, &format!("cargo = {{ package = {service:?} }}"), &command);
    }
    for sink in OUTSIDE {
        let binary = PathBuf::from(tests::binary(sink).get_program());
        let command = format!("command = [{:?}]", binary.display().to_string());
        text = replaced(
            &text,
            &format!("cargo = {{ package = \"outside\", bin = {sink:?} }}"),
            &command,
        );
    }
    let file = folder.join("topology.toml");
    std::fs::write(&file, text).expect("a topology can be written");
    file
}

fn scenario(folder: &Path, dying: &str) -> PathBuf {
    let text = text_of("simulator/scenarios/checkout.toml");
    let text = replaced(&text, "\nkillable = ", &format!("\nmay_die = [{dying:?}]\nkillable = "));
    let parts = workspace().join("simulator/scenarios/parts");
    let text = text.replace("\"parts/", &format!("\"{}/", parts.display()));
    let file = folder.join("checkout.toml");
    std::fs::write(&file, text).expect("a scenario can be written");
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

fn crash_at(point: &str) {
    let dying = point.split('.').next().expect("a point begins with its service");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let died = folder.path().join("died");
    let mut seam = tests::seam();
    seam.arg("run")
        .arg(scenario(folder.path(), dying))
        .arg("--topology")
        .arg(topology(folder.path(), dying))
        .args(["--kill", "none", "--seed", "5", "--json"])
        .env("SEAM_FAIL_POINT", format!("{point}:{PASS}"))
        .env("SEAM_FAIL_POINT_ONCE", &died);

    let output = run(seam);

    tests::assert_passed(&output);
    assert!(
        died.exists(),
        "no process passed {point} {PASS} times, so none died there"
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let deaths = report["deaths"].as_array().expect("deaths are listed");
    let nodes: Vec<_> = deaths
        .iter()
        .map(|death| death["node"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(nodes, [dying], "{report:#}");
}

#[test]
fn every_point_that_a_service_lists_has_a_test() {
    let mut listed = BTreeSet::new();
    for service in SERVICES {
        let mut command = Command::new(Built::get().service(service));
        command.arg("--fail-points");
        let output = run(command);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("names are UTF-8");
        listed.extend(text.lines().map(str::to_owned));
    }
    assert_eq!(listed, TESTED.iter().map(|point| (*point).to_owned()).collect());
}

#[test]
fn a_point_that_a_service_does_not_have_is_refused_at_the_start() {
    for (point, wanted) in [
        ("orders.nowhere", "orders --fail-points lists all"),
        ("orders.event.before_commit:0", "wanted NAME or NAME:N with N from 1"),
    ] {
        let mut orders = Command::new(Built::get().service("orders"));
        orders.env("SEAM_FAIL_POINT", point);
        orders
            .env("INVENTORY_URL", "http://127.0.0.1:1")
            .env("PAYMENTS_URL", "http://127.0.0.1:1");
        let output = run(orders);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(wanted), "{said}");
    }
}
