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
