//! The platform's scenarios, run through the `seam` command as a user runs it: real processes, real sockets, SQLite files.

mod oracle;

use std::process::Output;

use tests::seam;

fn checkout(topology: &str, more: &[&str]) -> Output {
    let output = seam()
        .args(["run", "checkout", "--topology", topology])
        .args(more)
        .output()
        .expect("seam starts");
    println!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

#[test]
fn checkout_passes_in_one_process() {
    assert_eq!(checkout("monolith", &["--seed", "11"]).status.code(), Some(0));
}

#[test]
fn checkout_passes_in_four_processes() {
    assert_eq!(checkout("microservices", &["--seed", "11"]).status.code(), Some(0));
}

#[test]
fn checkout_passes_with_one_module_extracted() {
    assert_eq!(checkout("extraction", &["--seed", "11"]).status.code(), Some(0));
}

#[test]
fn checkout_passes_when_any_service_is_killed_at_any_moment() {
    assert_eq!(
        checkout("microservices", &["--kill", "any", "--seed", "7"])
            .status
            .code(),
        Some(0)
    );
}
