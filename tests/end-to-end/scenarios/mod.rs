//! The platform's scenarios, run through the `seam` command as a user runs it: real processes, real sockets,
//! SQLite files.

mod oracle;

use std::process::Output;

use tests::seam;

/// Runs the scenario, asserts the verdict PASS, and returns the output.
fn checkout_passes(topology: &str, more: &[&str]) -> Output {
    let output = seam()
        .args(["run", "checkout", "--topology", topology])
        .args(more)
        .output()
        .expect("seam starts");
    tests::assert_passed(&output);
    output
}

#[test]
fn checkout_passes_in_one_process() {
    checkout_passes("monolith", &["--seed", "11"]);
}

#[test]
fn checkout_passes_in_four_processes() {
    checkout_passes("microservices", &["--seed", "11"]);
}

#[test]
fn checkout_passes_with_one_module_extracted() {
    checkout_passes("extraction", &["--seed", "11"]);
}

#[test]
fn checkout_passes_when_any_service_is_killed_at_any_moment() {
    checkout_passes("microservices", &["--kill", "any", "--seed", "7"]);
}

/// The fastest three of those that `just scenarios` runs.
#[test]
fn bad_days_pass() {
    for scenario in [
        "provider-charges-then-fails",
        "payments-killed-after-charge",
        "lost-replies",
    ] {
        let output = seam().args(["run", scenario, "--seed", "1"]).output();
        tests::assert_passed(&output.expect("seam starts"));
    }
}

/// True, and said on stderr, if no folder in `PATH` has a `nats-server`.
fn has_no_broker() -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let is_here = std::env::split_paths(&folders).any(|folder| folder.join("nats-server").is_file());
    if !is_here {
        eprintln!("left out: what needs a broker, since no folder in PATH has a nats-server");
    }
    !is_here
}

#[test]
fn checkout_passes_over_a_broker() {
    if !has_no_broker() {
        checkout_passes("brokered", &["--seed", "11"]);
    }
}

#[test]
fn checkout_passes_over_a_broker_that_is_killed_at_any_moment() {
    if !has_no_broker() {
        checkout_passes("brokered", &["--kill", "broker", "--kill", "any", "--seed", "12"]);
    }
}
