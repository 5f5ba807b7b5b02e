//! The command line itself: help, usage, doctor.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

use std::process::{Command, Output};

fn seam(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seam")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_help_names_every_command_for_people_and_the_exit_codes() {
    let output = seam(&["--help"]);
    let said = text(&output.stdout);

    assert_eq!(output.status.code(), Some(0));
    for wanted in [
        "up ",
        "run ",
        "check ",
        "ps ",
        "logs ",
        "restart ",
        "fault ",
        "down ",
        "proxy ",
        "mutate ",
        "publish ",
        "can-i-deploy ",
        "can-i-undeploy ",
        "can-i-rollback ",
        "record-deployment ",
        "record-undeployment ",
        "matrix ",
        "diff ",
        "score ",
        "launch ",
        "reconcile ",
        "doctor ",
        "0 pass or yes, 1 fail or no, 2 could not run, 3 ran and proved nothing",
    ] {
        assert!(said.contains(wanted), "{wanted} is not in:\n{said}");
    }
    assert!(
        !said.contains("start-node") && !said.contains("reap"),
        "what only seam calls is hidden:\n{said}"
    );
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_meant() {
    for (args, wanted) in [
        (&["upp"][..], "'up'"),
        (&["up", "--set", "novalue"], "wanted NAME=VALUE"),
        (
            &["up", "no/such/file.toml"],
            "there is no file 'no/such/file.toml' in /",
        ),
        (&[], "Usage: seam <COMMAND>"),
    ] {
        let output = seam(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            text(&output.stderr).contains(wanted),
            "{args:?}: {}",
            text(&output.stderr)
        );
        assert!(output.stdout.is_empty(), "nothing but results goes to stdout");
    }
}

#[test]
fn the_doctor_names_what_lacks_and_how_to_mend_it() {
    let without_tools = Command::new(env!("CARGO_BIN_EXE_seam"))
        .arg("doctor")
        .env("PATH", "/nowhere")
        .env_remove("CARGO")
        .env_remove("CC")
        .output()
        .unwrap();
    let said = text(&without_tools.stdout);

    assert_eq!(without_tools.status.code(), Some(1), "{said}");
    assert!(said.contains("rust: install Rust: curl"), "{said}");
    assert!(said.contains("sudo apt-get install build-essential"), "{said}");
    assert!(said.contains("just: cargo install --locked just"), "{said}");
}

#[test]
fn the_doctor_speaks_json_and_agrees_with_its_exit_code() {
    let output = seam(&["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();

    // This test was built here: so Rust and a C compiler are there.
    for what in ["rust", "c compiler", "loopback"] {
        let findings = report["findings"].as_array().unwrap();
        assert!(
            findings
                .iter()
                .any(|finding| finding["what"] == what && finding["verdict"] == "good"),
            "{report}"
        );
    }
    assert_eq!(output.status.code(), Some(if report["fit"] == true { 0 } else { 1 }));
}
