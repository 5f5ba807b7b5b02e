use std::time::{Duration, Instant};

use serde_json::Value;

use crate::shop::{Shop, TWO, docker, get, until};

/// A workload on both nodes, and a fault in the middle of it.
fn scenario(fault: &str) -> String {
    format!(
        r#"
        name = "trade"
        about = "Customers look in."
        topology = "shop.toml"
        [workload]
        count = 30
        concurrency = 2
        patience_ms = 20000
        [[step]]
        name = "ask"
        method = "GET"
        node = "web"
        path = "/store"
        expect = [200, 502]
        [[step]]
        name = "ask the store itself"
        method = "GET"
        node = "store"
        path = "/"
        expect = [200]
        [[fault]]
        {fault}
        [[observe]]
        table = "doors"
        node = "store"
        path = "/rows"
        columns = {{ rows = "" }}
        [[invariant]]
        name = "everybody was served"
        violations = "SELECT journey FROM journey WHERE 0"
        checked = "SELECT count(*) FROM journey"
        "#
    )
}

/// The report of a run of the scenario with this fault.
fn report(name: &str, fault: &str) -> (Shop, Option<i32>, Value) {
    let with_points = "[node.store]\n    cargo = { package = \"web\", fail_points = \"web/fail-points\" }";
    let nodes = TWO.replace("[node.store]\n    cargo = { package = \"web\" }", with_points);
    assert_ne!(nodes, TWO);
    let shop = Shop::new(name, &nodes);
    shop.write("trade.toml", &scenario(fault));
    let args = [
        "run",
        "./trade.toml",
        "--backend",
        "containers",
        "--json",
        "--seed",
        "5",
    ];
    let output = shop.seam(&args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (shop, output.status.code(), report)
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_scenario_passes_with_each_fault_of_a_node() {
    for (kind, lasts) in [
        ("kill", "lasts = \"300ms\""),
        ("restart", ""),
        ("pause", "lasts = \"300ms\""),
        ("stop", "lasts = \"300ms\""),
    ] {
        let (shop, code, report) = report(
            &format!("ct-{kind}"),
            &format!("kind = \"{kind}\"\nnode = \"store\"\nat = 0.3\n{lasts}"),
        );
        assert_eq!(code, Some(0), "{kind}: {report:#}");
        assert!(
            report["replay"].as_str().unwrap().contains("--backend containers"),
            "{report:#}"
        );
        assert_eq!(report["faults"][0]["node"], "store", "{report:#}");
        shop.assert_nothing_is_left();
    }
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_node_dies_at_a_point_of_its_code_and_comes_back() {
    let fault = "kind = \"crash\"\nnode = \"store\"\npoint = \"web.asked\"\nnth = 3\nat = 0.2";
    let (shop, code, report) = report("ct-crash", fault);
    assert_eq!(code, Some(0), "{report:#}");
    assert!(shop.folder().join("target/containers/fail-points").is_dir());
    shop.assert_nothing_is_left();

    let trade = scenario(&fault.replace("web.asked", "web.asleep"));
    shop.write("trade.toml", &trade);
    let (code, said) = shop.ran(&["run", "./trade.toml", "--backend", "containers"]);
    assert!(
        code == Some(2) && said.contains("its program lists web.asked"),
        "{said}"
    );
    shop.assert_nothing_is_left();
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_paused_node_stands_still_and_a_stopped_run_ends_it() {
    // Its time is not what ends it.
    let shop = Shop::new("ct-paused", &format!("{TWO}stop = {{ within_ms = 100000 }}\n"));
    let mut up = shop.up(&[]);
    let (store, address) = (up.container("store"), up.address("store"));
    docker(&["pause", &store]);
    assert_eq!(get(address, "/"), None, "no answer in 5 s");

    // Neither the restart of a paused node nor the end of the run hangs.
    let (code, said) = shop.ran(&["restart", "store"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(get(address, "/").unwrap().0, 200);
    docker(&["pause", &store]);
    let began = Instant::now();
    assert_eq!(up.down().0, Some(0));
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    shop.assert_nothing_is_left();
}

#[test]
#[ignore = "needs a Docker engine"]
fn faults_of_a_link_work_between_containers() {
    let shop = Shop::new("ct-link", TWO);
    let up = shop.up(&[]);
    let add = |args: &[&str]| {
        let (code, said) = shop.ran(&[&["fault", "add", "web -> store"], args].concat());
        assert_eq!(code, Some(0), "{said}");
    };
    let lift = || assert_eq!(shop.ran(&["fault", "remove", "--all"]).0, Some(0));

    add(&["answer", "status=503"]);
    let (status, said) = up.get("web", "/store");
    assert!(status == 502 && said.contains("503"), "{said}");
    assert_eq!(up.get("store", "/").0, 200, "the fault is of the link alone");
    lift();
    add(&["latency", "delay=700ms"]);
    let began = Instant::now();
    assert_eq!(up.get("web", "/store").0, 200);
    assert!(began.elapsed() >= Duration::from_millis(700), "{:?}", began.elapsed());
    lift();
    add(&["refuse"]);
    assert_eq!(up.get("web", "/store").0, 502);
    lift();
    until(|| (up.get("web", "/store").0 == 200).then_some(()));
    let (_, listed) = shop.ran(&["fault", "list"]);
    assert!(!listed.contains("latency"), "{listed}");
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_partition_of_two_containers_is_a_partition() {
    let (_shop, code, report) = report(
        "ct-split",
        "partition = [\"web\", \"store\"]\nat = 0.3\nlasts = \"400ms\"",
    );
    assert_eq!(code, Some(0), "{report:#}");
    let said = report.to_string();
    assert!(said.contains("stay silent"), "approximated, and said so: {said}");
}

#[test]
#[ignore = "needs a Docker engine"]
fn faults_that_a_container_can_not_have_are_refused_before_anything_starts() {
    for (kind, reason) in [
        ("disk_full", "run this on the backend local"),
        (
            "crash\"\npoint = \"web.asked",
            "node store is an image, which has no fail points that are known here",
        ),
    ] {
        let nodes = TWO.replace("[node.store]", "[node.store]\n    image = \"nats:2\"");
        let shop = Shop::new("ct-refused", &nodes);
        shop.write(
            "trade.toml",
            &scenario(&format!("kind = \"{kind}\"\nnode = \"store\"\nat = 0.3")),
        );
        let (code, said) = shop.ran(&["run", "./trade.toml", "--backend", "containers"]);
        assert!(code == Some(2) && said.contains(reason), "{kind}: {said}");
        assert!(shop.held().is_empty() && !shop.folder().join("target").exists());
    }
}
