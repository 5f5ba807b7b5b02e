//! `seam launch` and `seam reconcile`, against a process with launches.

use std::{
    process::{Command, Output},
    sync::atomic::Ordering::SeqCst,
};

use serde_json::Value;

use crate::operators::{Operators, TOKEN};

struct Said(Option<i32>, String, String);

impl Said {
    #[track_caller]
    fn is(self, code: i32, out: &str, err: &str) -> Self {
        let Self(seen, said, told) = &self;
        assert_eq!(*seen, Some(code), "{said}\n{told}");
        assert!(
            said.contains(out) && told.contains(err),
            "wanted {out:?} and {err:?}:\n{said}\n{told}"
        );
        assert!(
            !said.contains(TOKEN) && !told.contains(TOKEN),
            "the token is shown:\n{said}\n{told}"
        );
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.1).unwrap()
    }
}

fn command(operators: &Operators, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    command
        .args(line.split(' '))
        .env("SEAM_LAUNCH_URL", &operators.url)
        .env("SEAM_ADMIN_TOKEN", TOKEN);
    command
}

fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Said(
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

fn seam(operators: &Operators, line: &str) -> Said {
    said(&mut command(operators, line))
}

#[test]
fn a_launch_is_turned_and_its_mismatches_are_shown() {
    let operators = Operators::start();
    seam(&operators, "launch set stock --reads shadow --shadowed 100%").is(
        0,
        "stock: reads shadow (shadowed 100 %), writes dualwrite (shadowed 100 %)\nbefore: reads off,",
        "",
    );
    operators.call(async |stock| assert_eq!(stock.count("tea".to_owned()).await, Ok(3)));
    operators.until("a difference is told", || !operators.stock.groups().is_empty());

    let shown = seam(&operators, "launch status").is(0, "gate: hold\n  ", "");
    for wanted in [
        "count: value",
        "/count/Ok",
        "a number",
        "prices: reads off, writes off",
        "1 of 3000 times",
    ] {
        assert!(shown.1.contains(wanted), "{wanted} is not in\n{}", shown.1);
    }
    let all = seam(&operators, "launch status --json").is(0, "", "").json();
    let group = &all[0]["gate"]["groups"][0];
    assert_eq!(
        (&group["path"], &group["count"]),
        (&"/count/Ok".into(), &1.into()),
        "{all}"
    );

    // By another URL than that of the variable.
    let url = operators.url.clone();
    let mut elsewhere = command(&operators, &format!("launch status {url} --json"));
    said(elsewhere.env("SEAM_LAUNCH_URL", "http://127.0.0.1:1")).is(0, "\"stock\"", "");
    let killed = seam(&operators, "launch set stock --kill --json").is(0, "", "").json();
    assert_eq!(
        (&killed["killed"], &killed["position"]["killed"]),
        (&true.into(), &true.into())
    );
    let lanes = "reads shadow (shadowed 100 %), writes dualwrite (shadowed 100 %)";
    let turned = format!("stock: {lanes}, noise 5 %, killed\nbefore: {lanes}, killed\n");
    seam(&operators, "launch set stock --noise 5%").is(0, &turned, "");
    seam(&operators, "launch set stock --revive").is(0, "before: reads shadow (shadowed 100 %), writes", "");
}

#[test]
fn writes_that_are_not_compared_have_a_column_too() {
    let operators = Operators::start();
    operators.call(async |stock| drop(stock.put("tea".to_owned(), 5).await));
    let written = || {
        let all = seam(&operators, "launch status --json").is(0, "", "").json();
        let stock = all.as_array().unwrap().iter().find(|it| it["name"] == "stock").unwrap();
        let put = stock["methods"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["method"] == "put");
        put.unwrap()["results"]["written"].clone()
    };
    operators.until("both sides wrote", || written() == 1);

    let shown = seam(&operators, "launch status").is(0, "", "").1;
    let (_, stock) = shown.split_once("stock: ").unwrap();
    let mut lines = stock.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let head = lines.find(|cells| cells.contains(&"method")).unwrap();
    let column = head.iter().position(|cell| *cell == "written");
    let column = column.unwrap_or_else(|| panic!("no column has them:\n{shown}"));
    let put = lines.find(|cells| cells.contains(&"put")).unwrap();
    assert_eq!(put[column], "1", "{shown}");
}

#[test]
fn what_the_launch_refuses_is_a_failure_and_what_could_not_be_asked_is_not() {
    let operators = Operators::start();
    for (line, code, says) in [
        ("launch set stock --reads live", 1, "no stage may be skipped"),
        ("launch set prices --writes dualwrite", 1, "not isolated"),
        (
            "launch set stock --reads shadow --shadowed 101%",
            2,
            "wanted 0 % to 100 %",
        ),
        ("launch set stock --reads sideways", 2, "wanted off, dualwrite, shadow"),
        (
            "launch set stock --shadowed 5%",
            2,
            "want --reads STAGE or --writes STAGE",
        ),
        (
            "launch set bank --reads shadow",
            2,
            "there is no launch bank; there are: stock, prices",
        ),
        ("launch set ../x --reads shadow", 2, "is no name of a launch"),
        (
            "launch status http://127.0.0.1:1",
            2,
            "outcome of the call to http://127.0.0.1:1 is unknown",
        ),
        ("launch status ftp://127.0.0.1", 2, "wanted http://host"),
        ("reconcile bank", 2, "there is no launch bank"),
    ] {
        seam(&operators, line).is(code, "", says);
    }
    let mut stranger = command(&operators, "launch status");
    said(stranger.env("SEAM_ADMIN_TOKEN", "somebody-elses-token")).is(2, "", "the token of operators is wanted");
    let mut nobody = command(&operators, "launch set stock --reads shadow");
    said(nobody.env_remove("SEAM_ADMIN_TOKEN")).is(2, "", "SEAM_ADMIN_TOKEN is not set");
    let mut nowhere = command(&operators, "launch set stock --reads shadow");
    said(nowhere.env_remove("SEAM_LAUNCH_URL")).is(2, "", "--url URL, or SEAM_LAUNCH_URL");
    assert_eq!(
        operators.stock.settings().reads,
        seam::launch::Lane::new(
            seam::launch::Stage::Off,
            seam::launch::Dial::ALL,
            seam::launch::Dial::NONE,
        )
    );
}

#[test]
fn writes_that_a_side_lacks_are_listed_and_repaired() {
    let operators = Operators::start();
    seam(&operators, "reconcile stock").is(0, "stock: both sides have every write\n", "");
    operators.is_away.store(true, SeqCst);
    operators.call(async |stock| assert_eq!(stock.put("tea".to_owned(), 3).await, Ok(3)));

    let listed = seam(&operators, "reconcile stock").is(1, "stock: 1 writes are on one side only\n", "");
    assert!(
        listed.1.contains("put") && listed.1.contains("candidate") && listed.1.contains("has it"),
        "{}",
        listed.1
    );
    seam(&operators, "reconcile stock --repair").is(1, "stock: 0 writes were repaired\nstock: 1 writes", "");
    operators.is_away.store(false, SeqCst);
    let repaired = seam(&operators, "reconcile stock --repair --json").is(0, "", "").json();
    assert_eq!(
        repaired,
        serde_json::json!({ "repaired": { "done": 1, "left": 0 }, "lacking": [] })
    );

    // A write that is only on its way is not lacking.
    operators.is_slow.store(true, SeqCst);
    operators.call(async |stock| assert_eq!(stock.put("tea".to_owned(), 4).await, Ok(4)));
    assert_eq!(operators.stock.pending().len(), 1);
    seam(&operators, "reconcile stock").is(0, "stock: both sides have every write\n", "");

    seam(&operators, "reconcile prices").is(3, "", "nothing can be compared");
}
