//! `seam fault` on a topology that is up.

use std::{
    net::SocketAddr,
    process::{Command, Output},
};

use serde_json::Value;

use crate::seam::{PYTHON, Seam, Shop, get, node};

struct Up {
    shop: Shop,
    seam: Seam,
    web: SocketAddr,
}

impl Up {
    /// A web server with two links to it: from outside and from a worker.
    fn new() -> Self {
        let shop = Shop::new(&format!(
            r#"
            name = "shop"
            [node.web]
            command = {PYTHON}
            ready = {{ http = "/" }}
            [node.worker]
            command = ["sh", "-c", "exec sleep 600"]
            ports = []
            links = ["web"]
            "#
        ));
        let mut seam = Seam::start(shop.folder.path(), &["up", "shop.toml", "-d"]);
        let (status, said) = seam.ended();
        assert_eq!(status.code(), Some(0), "{said}");
        let up = run(&shop, &["ps", "--json"]);
        let up: Value = serde_json::from_slice(&up.stdout).unwrap();
        let web = node(&up[0]["up"], "web")["addresses"]["main"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        Self { shop, seam, web }
    }

    /// Runs `seam fault` with this exit code, and returns what it said on stderr.
    fn fault(&self, args: &[&str], code: i32) -> String {
        let output = run(&self.shop, &[&["fault"], args].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        said
    }

    fn list(&self) -> Vec<Value> {
        let output = run(&self.shop, &["fault", "list", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn status(&self, path: &str) -> String {
        let line = get(self.web, path).unwrap();
        line.split(' ').nth(1).unwrap().to_owned()
    }

    fn down(self) {
        assert_eq!(run(&self.shop, &["down"]).status.code(), Some(0));
        self.seam.assert_nothing_is_left();
    }
}

fn run(shop: &Shop, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    command.args(args).current_dir(shop.folder.path()).output().unwrap()
}

#[test]
fn a_fault_is_added_listed_with_what_it_did_and_removed() {
    let up = Up::new();
    assert!(up.fault(&["list"], 0).contains("no fault is laid"));
    let link = "outside->web";
    let on = r#"{ http = { path = "/", requests = { first = 2 } } }"#;
    let said = up.fault(&["add", link, "answer", "status=503", "body=shut", "--on", on], 0);
    assert!(said.contains("answer is laid on outside->web:main"), "{said}");
    let seen: Vec<String> = (0..3).map(|_| up.status("/")).collect();
    assert_eq!(seen, ["503", "503", "200"]);
    let list = up.list();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (&list[0]["fault"]["name"], &list[0]["tally"]["fired"]),
        (&"answer".into(), &2.into())
    );

    let taken = up.fault(&["add", link, "answer", "status=500"], 2);
    assert!(taken.contains("fault `answer` is laid already"), "{taken}");
    let whole = r#"{ "name": "gone", "does": { "answer": { "status": 410 } } }"#;
    up.fault(&["remove", "answer"], 0);
    up.fault(&["add", link, "--fault", whole], 0);
    assert_eq!(up.status("/"), "410");
    up.fault(
        &[
            "add",
            link,
            "--fault",
            "name = 'slow'\ndoes = { slow_close = { delay = '1ms' } }",
        ],
        0,
    );
    let table = String::from_utf8(run(&up.shop, &["fault", "list"]).stdout).unwrap();
    assert!(table.contains("gone") && table.contains("slow"), "{table}");
    let said = up.fault(&["remove", "--all"], 0);
    assert!(
        said.contains("gone is lifted from outside->web:main: met 1, fired 1"),
        "{said}"
    );
    assert_eq!(up.status("/"), "200");
    up.down();
}

#[test]
fn a_mistake_is_refused_and_of_several_links_all_or_none_have_the_fault() {
    let up = Up::new();
    for (args, said) in [
        (
            &["add", "outside->wep", "refuse"][..],
            "has no link \"outside->wep\"; its links are outside -> web",
        ),
        (&["add", "web", "refuse"], "wanted \"orders -> payments\""),
        (&["add", "outside->web", "lateness"], "lateness: unknown variant"),
        (&["add", "outside->web", "latency", "delay"], "wanted FIELD=VALUE"),
        (&["add", "outside->web", "latency", "delay=soon"], "such as `250ms`"),
        (&["add", "outside->web", "latency", "late=1s"], "unknown field `late`"),
        (
            &["add", "outside->web", "bandwidth", "bytes_per_second=0"],
            "is 0, wanted 1",
        ),
        (
            &["add", "outside->web", "refuse", "--on", "{ four = '1s' }"],
            "unknown field `four`",
        ),
        (
            &["add", "outside->web", "--fault", "{}"],
            "--fault: missing field `name`",
        ),
        (&["add", "outside->web"], "required"),
        (&["remove", "nothing"], "no fault is called \"nothing\"; laid are []"),
        (&["remove"], "required"),
    ] {
        let refused = up.fault(args, 2);
        assert!(refused.contains(said), "{args:?}: {refused}");
    }
    assert!(up.list().is_empty());

    up.fault(&["add", "worker->web", "refuse", "--name", "one"], 0);
    let refused = up.fault(&["add", "*->web", "slow_close", "delay=1ms", "--name", "one"], 2);
    assert!(
        refused.contains("worker->web:main: fault `one` is laid already"),
        "{refused}"
    );
    let list = up.list();
    assert_eq!(list.len(), 1, "{list:?}");
    assert_eq!(list[0]["link"], "worker->web:main");
    up.fault(&["add", "*->web", "slow_close", "delay=1ms"], 0);
    assert_eq!(up.list().len(), 3);
    up.fault(&["remove", "slow_close"], 0);
    assert_eq!(up.list().len(), 1);
    up.down();
}
