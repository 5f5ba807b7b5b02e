//! The platform's providers, verified through the `seam` command as in CI: real processes, real sockets, their
//! own databases.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "../../../contracts/verifier/tests/mutate/draw.rs"]
mod draw;
mod proxied;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use ledger::source::{FoundPact, Source};
use serde_json::Value;
use tempfile::TempDir;
use tests::{assert_passed, seam};

fn verify(arguments: &[&str]) -> Output {
    seam().arg("verify").args(arguments).output().expect("seam starts")
}

/// The exit code and all output.
fn told(output: &Output) -> (Option<i32>, String) {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    (output.status.code(), said.join("\n"))
}

fn committed() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../pacts"))
}

fn pacts_in(folder: &Path) -> Vec<FoundPact> {
    Source::Folder(folder.to_owned()).read().unwrap()
}

/// A copy of the committed folder, without records.
fn copy() -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(committed()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    copy
}

#[test]
fn every_provider_gives_every_consumer_what_it_needs() {
    let folder = TempDir::new().unwrap();
    let (junit, html) = (folder.path().join("junit.xml"), folder.path().join("page.html"));

    let output = verify(&[
        "--json",
        "--junit",
        junit.to_str().unwrap(),
        "--html",
        html.to_str().unwrap(),
    ]);

    assert_passed(&output);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verifications = report["verifications"].as_array().unwrap();
    let passed = |consumer: &Value| {
        let interactions = consumer["interactions"].as_array().unwrap();
        interactions
            .iter()
            .filter(|interaction| interaction["outcome"] == "passed")
            .count()
    };
    let mut verified: Vec<(String, usize)> = verifications
        .iter()
        .flat_map(|verification| verification["consumers"].as_array().unwrap())
        .map(|consumer| (consumer["content_hash"].as_str().unwrap().to_owned(), passed(consumer)))
        .collect();
    let mut wanted: Vec<(String, usize)> = pacts_in(&committed())
        .iter()
        .map(|found| {
            (
                found.document.content_hash().to_string(),
                found.document.interactions().len(),
            )
        })
        .collect();
    verified.sort();
    wanted.sort();
    assert!(!wanted.is_empty());
    assert_eq!(verified, wanted, "each pact, with all of its interactions");
    let cases = fs::read_to_string(junit).unwrap().matches("<testcase ").count();
    assert_eq!(cases, wanted.iter().map(|(_, count)| count).sum::<usize>());
    assert!(fs::read_to_string(html).unwrap().contains("PASS"));
}

#[test]
fn a_consumer_that_is_broken_is_named_first_with_what_it_expected() {
    let copy = copy();
    let file = copy.path().join("payments-payment-provider.json");
    let pact = fs::read_to_string(&file).unwrap();
    fs::write(&file, pact.replace("\"succeeded\"", "\"done\"")).unwrap();
    assert!(pact.contains("\"succeeded\""));

    let output = verify(&["payment-provider", "--pacts", copy.path().to_str().unwrap()]);

    let (code, said) = told(&output);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("payment-provider breaks payments: "), "{said}");
    assert!(said.contains("expected \"done\"\n    got      \"succeeded\""), "{said}");
    assert!(said.contains("BROKEN  payments"), "{said}");
}

#[test]
fn where_there_is_nothing_to_verify_the_answer_is_3_and_nothing_is_started() {
    let empty = TempDir::new().unwrap();
    let cases: [&[&str]; 4] = [
        &["--pacts", empty.path().to_str().unwrap()],
        &["order"],
        &["orders", "--description", "no such thing"],
        &["orders", "--consumer", "storefront"],
    ];
    for arguments in cases {
        let (code, said) = told(&verify(arguments));
        assert_eq!(code, Some(3), "{arguments:?}: {said}");
        assert!(
            said.contains("nothing was verified") && !said.contains("pid"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn what_can_not_be_run_is_2_and_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let stranger = folder.path().join("providers.toml");
    fs::write(
        &stranger,
        "topology = \"microservices\"\n[provider]\nothers = \"orders\"\n",
    )
    .unwrap();
    let cut = folder.path().join("pacts");
    fs::create_dir(&cut).unwrap();
    fs::write(cut.join("a-b.json"), "{\"consumer\": {").unwrap();
    let cases: [(&[&str], &str); 6] = [
        (&["orders", "--providers", "nowhere.toml"], "--provider-url"),
        (
            &["orders", "--providers", stranger.to_str().unwrap()],
            "add it to [provider]",
        ),
        (&["orders", "--pacts", "nowhere"], "nowhere"),
        (&["orders", "--pacts", "git:no-such-revision:pacts"], "no-such-revision"),
        (&["--pacts", cut.to_str().unwrap()], "cut off"),
        (&["orders", "--provider-url", "http://127.0.0.1:1"], "is not ready"),
    ];
    for (arguments, wanted) in cases {
        let (code, said) = told(&verify(arguments));
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(wanted), "{arguments:?}: {said}");
    }
}

#[test]
fn the_command_that_an_unknown_prints_verifies_and_records_and_then_the_answer_is_yes() {
    let copy = copy();
    let folder = copy.path().to_str().unwrap();
    let run = |arguments: &[&str]| {
        let output = seam()
            .args(arguments)
            .args(["--version", "v1", "--pacts", folder])
            .output()
            .unwrap();
        told(&output)
    };
    let may = || run(&["can-i-deploy", "payment-provider", "--to", "staging"]);
    for before in [
        &["publish", "payments"][..],
        &["record-deployment", "payments", "--to", "staging"],
        &["publish", "payment-provider", "--calls-nobody"],
    ] {
        assert_eq!(run(before).0, Some(0), "{before:?}");
    }

    let (before, said) = may();
    let command = said.lines().find_map(|line| line.trim().strip_prefix("seam "));
    let words: Vec<&str> = command.expect("a command").split(' ').collect();
    let recorded = told(&seam().args(&words).output().unwrap());
    let (after, proof) = may();

    assert_eq!(before, Some(3), "{said}");
    assert_eq!(recorded.0, Some(0), "{words:?}: {}", recorded.1);
    assert_eq!(after, Some(0), "{proof}");
    assert!(proof.contains("the one pair it makes was verified"), "{proof}");
}
