//! Test cases of the Pact specification, versions 2, 3 and 4, judged as `seam verify` judges them, but for the sockets.
//!
//! `DISAGREEMENTS.md` lists every case whose verdict here is not that of the specification. A case that is not listed
//! has to agree, and one that is listed has to disagree, in the way that is listed.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::{collections::BTreeMap, path::Path};

use ledger::{document::Document, source::FoundPact};
use serde_json::{Map, Value, json};
use verifier::{Filter, Selection, mutate::Subject};

/// Files of cases: version of the specification, kind, and number of cases.
const FILES: [(&str, &str, usize); 5] = [
    ("2", "response", 85),
    ("3", "response", 97),
    ("3", "message", 31),
    ("4", "response", 97),
    ("4", "message", 31),
];

/// Verdicts by the name of the case, such as `3 response body/matches`: that of the specification, and that of here.
type Verdicts = BTreeMap<String, (&'static str, &'static str)>;

#[tokio::test]
async fn every_case_has_the_verdict_of_the_specification_or_stands_in_the_table() {
    let mut disagreements = Verdicts::new();
    for (version, kind, count) in FILES {
        let cases = cases(version, kind);
        assert_eq!(cases.len(), count, "version {version}, {kind}");
        for (name, case) in cases {
            let wanted = if case["match"] == json!(true) {
                "match"
            } else {
                "no match"
            };
            let got = verdict(version, kind, &case).await;
            if got != wanted {
                disagreements.insert(format!("{version} {kind} {name}"), (wanted, got));
            }
        }
    }
    let listed = listed();
    let lines = |verdicts: &Verdicts, other: &Verdicts| -> Vec<String> {
        let alone = verdicts.iter().filter(|(name, both)| other.get(*name) != Some(both));
        alone
            .map(|(name, (wanted, got))| format!("| {name} | {wanted} | {got} |"))
            .collect()
    };
    let (unlisted, gone) = (lines(&disagreements, &listed), lines(&listed, &disagreements));
    assert!(unlisted.is_empty(), "not in DISAGREEMENTS.md:\n{}", unlisted.join("\n"));
    assert!(
        gone.is_empty(),
        "in DISAGREEMENTS.md, but no longer so:\n{}",
        gone.join("\n")
    );
}

fn cases(version: &str, kind: &str) -> Map<String, Value> {
    let file = format!("tests/specification/cases/v{version}-{kind}.json");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Verdict on the case's actual reply: `match`, `no match`, or `refused` if it is not judged.
async fn verdict(version: &str, kind: &str, case: &Value) -> &'static str {
    let Some(expected) = subject(version, kind, &case["expected"], true) else {
        return "refused";
    };
    let given = subject(version, kind, &case["actual"], false).unwrap();
    match expected.judge(given.example()).await {
        Ok(differences) if differences.is_empty() => "match",
        Ok(_) => "no match",
        Err(_) => "refused",
    }
}

/// Interaction with this reply; `None` if such a pact `has_to` be judged and is refused.
fn subject(version: &str, kind: &str, reply: &Value, has_to: bool) -> Option<Subject> {
    let pact = pact(version, kind, reply);
    let document = Document::parse("case.json", pact.to_string().as_bytes()).ok()?;
    let found = FoundPact {
        file: "case.json".to_owned(),
        document,
    };
    let selection = Selection::new("provider", std::slice::from_ref(&found), Filter::default(), "cases");
    if has_to && selection.has_problems() {
        return None;
    }
    Some(Subject::load(&found, &found.document.interactions()[0]).unwrap())
}

fn pact(version: &str, kind: &str, reply: &Value) -> Value {
    let mut interaction = json!({ "description": "the case" });
    if kind == "message" {
        interaction
            .as_object_mut()
            .unwrap()
            .extend(reply.as_object().unwrap().clone());
        interaction["type"] = json!("Asynchronous/Messages");
    } else {
        interaction["request"] = json!({ "method": "GET", "path": "/" });
        interaction["response"] = reply.clone();
        if let ("4", Some(body @ Value::Array(_))) = (version, interaction["response"].get_mut("body")) {
            // One case has the body of its actual reply without the wrapper of version 4.
            *body = json!({ "content": body, "contentType": "application/json" });
        }
        interaction["type"] = json!("Synchronous/HTTP");
    }
    let list = if (version, kind) == ("3", "message") {
        "messages"
    } else {
        "interactions"
    };
    json!({
        "consumer": { "name": "consumer" }, "provider": { "name": "provider" }, list: [interaction],
        "metadata": { "pactSpecification": { "version": format!("{version}.0") } },
    })
}

/// Rows of `DISAGREEMENTS.md`. Each has a reason.
fn listed() -> Verdicts {
    let rows = include_str!("DISAGREEMENTS.md")
        .lines()
        .filter(|line| line.starts_with("| "));
    let mut listed = Verdicts::new();
    for row in rows.skip(1) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, wanted, got, reason] = cells.as_slice() else {
            panic!("a row has four cells: {row}");
        };
        let known = |verdict: &str| {
            let verdicts = ["match", "no match", "refused"];
            verdicts.into_iter().find(|known| *known == verdict).unwrap()
        };
        assert!(!reason.is_empty(), "a reason is missing: {row}");
        let before = listed.insert((*name).to_owned(), (known(wanted), known(got)));
        assert!(before.is_none(), "listed twice: {row}");
    }
    listed
}
