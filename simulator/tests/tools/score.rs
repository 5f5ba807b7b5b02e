//! `seam score` against a process with known figures, and its lint.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::folder::Folder;

pub(crate) const RATINGS: &str = r#"
[module.payments]
team = { rating = 2, splits = true, reason = "a team of its own" }
deployment-frequency = { rating = 1, splits = false, reason = "monthly" }
compliance = { rating = 2, reason = "PCI DSS" }
availability = { splits = true, reason = "orders can wait" }
data-isolation = { splits = false, reason = "no audit" }
"#;

pub(crate) fn meter(from: &str, to: &str, requests: u64, calls: u64, cannot_cross: u64) -> Value {
    let time = json!({ "count": calls, "sum_ns": calls * 1_000_000, "max_ns": 1_000_000, "p50_ns": 1_000_000,
        "p99_ns": 1_000_000 });
    json!({
        "from": from, "to": to, "requests": requests, "events": 0, "most": 1, "on_own_account": 0,
        "methods": [{
            "method": "charge", "calls": calls, "values": calls, "domain_errors": 0, "transport": 0, "panics": 0,
            "given_up": 0, "time": time, "sampled": calls.min(2), "argument_bytes": 200, "reply_bytes": 300,
            "checked": calls.min(2), "cannot_cross": cannot_cross,
        }],
    })
}

pub(crate) fn module(name: &str, requests: u64, busy_ms: u64) -> Value {
    json!({ "module": name, "requests": requests, "events": 0, "busy_ns": busy_ms * 1_000_000 })
}

/// A process in which one call of payments takes 1 ms, and orders has worked for 900 ms of its own.
pub(crate) fn figures(requests: u64, calls: u64, cannot_cross: u64) -> Value {
    json!({
        "modules": [module("orders", 100, 900 + calls), module("payments", 0, 0)],
        "meters": [meter("orders", "payments", requests, calls, cannot_cross)],
    })
}

async fn process(figures: &Value) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(figures);
    Mock::given(method("GET"))
        .and(path("/meters"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// The exit code and the first module of the JSON, for a process with these figures.
pub(crate) async fn scored(ratings: &str, figures: &Value) -> (Option<i32>, Value) {
    let folder = Folder::new();
    folder.write("score.toml", ratings);
    let server = process(figures).await;
    let said = folder.seam(&["score", "--json", "--calls", "10", "--url", &server.uri()]);
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
    (said.code, report["modules"][0].clone())
}

pub(crate) fn says(module: &Value, verdict: &str, words: &str) {
    assert_eq!(module["verdict"], verdict, "{module:#}");
    assert!(module["why"].as_str().unwrap().contains(words), "{module:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_with_six_points_and_two_checks_is_extracted_and_the_hop_is_in_the_price() {
    let folder = Folder::new();
    folder.write("score.toml", RATINGS);
    let server = process(&figures(50, 50, 0)).await;

    let args = ["score", "--calls", "20", "--html", "page.html", "--url", &server.uri()];
    let said = folder.seam(&args).is(0);
    for wanted in [
        "payments",
        "EXTRACT",
        "7 of 10 points, 2 of 5 checks",
        "1.0 calls per request",
        "250 bytes each",
    ] {
        assert!(said.out.contains(wanted), "{wanted} is not in:\n{}", said.out);
    }
    let page = folder.read("page.html");
    assert!(
        page.contains("EXTRACT") && page.contains("PCI DSS") && !page.contains("<script"),
        "{page}"
    );
    let (code, payments) = scored(RATINGS, &figures(50, 50, 0)).await;
    assert_eq!(
        (code, &payments["points"], &payments["checks"]),
        (Some(0), &json!(7), &json!(2))
    );
    let measured = &payments["measured"];
    assert!(measured["added"]["p50_us"].as_f64().unwrap() > 0.0, "{measured}");
    assert!(
        measured["added"]["p99_us"].as_f64() >= measured["added"]["p50_us"].as_f64(),
        "{measured}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn time_of_its_own_makes_scaling_and_counts_on_the_checklist() {
    let (_, small) = scored(RATINGS, &figures(50, 50, 0)).await;
    let share = small["measured"]["share_of_time"].as_f64().unwrap();
    assert!((share - 100.0 * 50.0 / 950.0).abs() < 0.01, "{share}");
    assert_eq!(small["aspects"][0]["points"], 0, "{small:#}");

    let mut large = figures(50, 50, 0);
    large["modules"][1] = module("payments", 0, 2_000);
    let (_, large) = scored(RATINGS, &large).await;
    assert_eq!(
        (&large["aspects"][0]["points"], &large["aspects"][0]["splits"]),
        (&json!(2), &json!(true))
    );
    assert_eq!((&large["points"], &large["checks"]), (&json!(9), &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_of_one_request_are_batched_first_and_the_method_is_named() {
    let (code, payments) = scored(RATINGS, &figures(50, 600, 0)).await;
    assert_eq!(code, Some(0));
    says(&payments, "batch_first", "12.0 calls of orders -> payments.charge");

    // Three calls are few enough.
    let ratings = RATINGS.replace(
        "deployment-frequency = { rating = 1",
        "deployment-frequency = { rating = 2",
    );
    let (_, payments) = scored(&ratings, &figures(50, 150, 0)).await;
    says(&payments, "extract", "7 of 10 points");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_not_worth_it_stays_and_so_does_one_whose_replies_cannot_cross() {
    let poor = RATINGS.replace("rating = 2", "rating = 0");
    let (code, payments) = scored(&poor, &figures(50, 50, 0)).await;
    assert_eq!(code, Some(0));
    says(
        &payments,
        "stay",
        "3 of 10 points, 2 of 5 checks: a service of its own wants 6 points",
    );

    let unlisted = RATINGS.replace("splits = true", "splits = false");
    let (_, payments) = scored(&unlisted, &figures(50, 50, 0)).await;
    says(
        &payments,
        "stay",
        "7 of 10 points, 0 of 5 checks: a service of its own wants 2 checks",
    );

    let (_, payments) = scored(RATINGS, &figures(50, 50, 2)).await;
    says(
        &payments,
        "stay",
        "2 of 2 replies of payments.charge cannot cross a wire",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_measured_is_inconclusive_and_says_what_to_do() {
    let mut idle = figures(50, 50, 0);
    idle["modules"][0]["requests"] = json!(19);
    let stranger = RATINGS.replace("[module.payments]", "[module.payments]\ncontract = \"billing\"");
    for (ratings, figures, words) in [
        (RATINGS, figures(0, 0, 0), "nothing was called over orders -> payments"),
        (RATINGS, idle, "took 19 requests and events, wanted 20 at least"),
        (
            &stranger,
            figures(50, 50, 0),
            "no contract \"billing\", known are orders, payments",
        ),
    ] {
        let (code, payments) = scored(ratings, &figures).await;
        assert_eq!(code, Some(3), "{words}");
        says(&payments, "inconclusive", words);
        assert_eq!(payments["points"], Value::Null, "nothing is guessed");
    }
    let folder = Folder::new();
    folder.write("score.toml", RATINGS);
    let said = folder.seam(&["score"]).is(3);
    assert!(
        said.out.contains("INCONCLUSIVE") && said.out.contains("give --url"),
        "{}",
        said.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_only_follows_events_is_measured_as_independent() {
    let mut alone = figures(50, 50, 0);
    alone["modules"].as_array_mut().unwrap().push(module("mails", 5, 10));
    let (code, mails) = scored(&RATINGS.replace("payments]", "mails]"), &alone).await;
    assert_eq!(code, Some(0));
    says(
        &mails,
        "extract",
        "7 of 10 points, 2 of 5 checks; no call would become a hop",
    );
    assert_eq!(mails["aspects"][4]["reason"], "no calls to or from other modules");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_calls_hubs_and_modules_elsewhere_lose_points() {
    let mut large = figures(50, 50, 0);
    large["meters"][0]["methods"][0]["reply_bytes"] = json!(200_000);
    let mut hub = figures(50, 50, 0);
    let meters = hub["meters"].as_array_mut().unwrap();
    meters.extend([
        meter("mails", "payments", 50, 50, 0),
        meter("payments", "mails", 50, 50, 0),
    ]);
    let mut away = figures(50, 50, 0);
    away["modules"].as_array_mut().unwrap().pop();
    for (figures, aspect, points, reason) in [
        (figures(50, 50, 0), 4, 2, "250 bytes each"),
        (figures(50, 100, 0), 4, 1, "2.0 calls per request"),
        (large, 4, 1, "100100 bytes each"),
        (hub, 4, 1, "a hub: part of 100 % of all calls"),
        (away, 0, 0, "it runs in another process"),
    ] {
        let (code, payments) = scored(RATINGS, &figures).await;
        let aspect = &payments["aspects"][aspect];
        assert_eq!((code, &aspect["points"]), (Some(0), &json!(points)), "{payments:#}");
        assert!(aspect["reason"].as_str().unwrap().contains(reason), "{aspect}");
    }
}

#[test]
fn a_bad_file_is_refused_by_the_name_of_what_is_wrong() {
    let folder = Folder::new();
    folder.seam(&["score"]).refuses("there is no score.toml");
    folder
        .seam(&["score", "nowhere.toml"])
        .refuses("nowhere.toml can't be read");
    for (from, to, words) in [
        (
            ", reason = \"PCI DSS\"",
            "",
            "module.payments.compliance has no reason; wanted { rating = 0 to 2, reason",
        ),
        ("\"PCI DSS\"", "\" \"", "module.payments.compliance has no reason"),
        (
            "team = { rating = 2",
            "team = { rating = 3",
            "module.payments.team.rating is 3",
        ),
        (
            "team = { rating = 2, ",
            "team = { ",
            "module.payments.team has no rating",
        ),
        (
            "2, splits = true",
            "2",
            "module.payments.team does not say whether it splits",
        ),
        (
            "compliance = { ",
            "compliance = { splits = true, ",
            "compliance says whether it splits",
        ),
        (
            "availability = { ",
            "availability = { rating = 1, ",
            "availability has a rating",
        ),
        (
            "team = ",
            "scaling = 2\nteam = ",
            "module.payments.scaling is measured and not rated",
        ),
        (
            "team = ",
            "communication-independence = 2\nteam = ",
            "independence is measured and not rated",
        ),
        ("availability = ", "availabilty = ", "unknown field `availabilty`"),
        (
            "data-isolation = { splits = false, reason = \"no audit\" }",
            "",
            "module.payments.data-isolation is missing",
        ),
        (RATINGS, "", "it rates no module"),
    ] {
        folder.write("score.toml", &RATINGS.replacen(from, to, 1));
        folder.seam(&["score"]).refuses(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_away_or_has_no_figures_is_refused() {
    let folder = Folder::new();
    folder.write("score.toml", RATINGS);
    folder
        .seam(&["score", "--url", "http://127.0.0.1:1"])
        .refuses("http://127.0.0.1:1 does not answer");
    let other = MockServer::start().await;
    folder
        .seam(&["score", "--url", &other.uri()])
        .refuses("/meters answered 404");
    let wrong = process(&json!({ "modules": 3 })).await;
    folder
        .seam(&["score", "--url", &wrong.uri()])
        .refuses("something else than the figures");
}

const NODE: &str = "command = [\"sleep\", \"600\"]\n";

/// Lints a topology of these nodes, each with the rest of its table.
pub(crate) fn linted(nodes: &[(&str, &str)], score: Option<&str>, more: &[&str]) -> crate::folder::Said {
    let folder = Folder::new();
    let tables = nodes
        .iter()
        .map(|(name, rest)| format!("[node.{name}]\n{NODE}{rest}\n"));
    folder.write("shop.toml", &format!("name = 'shop'\n{}", tables.collect::<String>()));
    if let Some(score) = score {
        folder.write("score.toml", &format!("topology = 'shop.toml'\n{score}{RATINGS}"));
    }
    folder.seam(&[&["score", "--lint", "shop.toml"], more].concat())
}

#[test]
fn two_services_with_one_database_are_found_and_their_password_is_not_shown() {
    let on = |url: &str| format!("env = {{ DB = \"{url}\" }}");
    let shop = on("postgres://shop:s3cret@db/shop?sslmode=off");
    let said = linted(&[("a", &shop), ("b", &shop)], None, &[]).is(1);
    assert!(
        said.out
            .contains("shared tables: a and b use one database, postgres://shop@db/shop;"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("s3cret"), "{}", said.out);
    let beside = on("sqlite://${data}/../shop.db");
    linted(&[("a", &beside), ("b", &beside)], None, &[]).is(1);

    let own = on("sqlite://${data}/shop.db");
    let said = linted(&[("a", &own), ("b", &own)], None, &[]).is(0);
    assert!(
        said.out.contains("nothing that makes a distributed monolith was found"),
        "{}",
        said.out
    );
    let another = on("postgres://other:s3cret@db/shop");
    linted(&[("a", &shop), ("b", &another)], None, &[]).is(0);
    let instances = format!("instances = 2\n{shop}");
    linted(&[("a", &instances), ("b", &another)], None, &[]).is(0);
    linted(&[("a", &instances)], None, &[]).is(3);
    let filled_in = on("postgres://{module}:s3cret@db/shop");
    let said = linted(&[("a", &filled_in), ("b", &filled_in)], None, &[]).is(3);
    assert!(
        said.out.contains("did not look at what a and b fill into"),
        "{}",
        said.out
    );
}

#[test]
fn a_chain_of_more_than_two_links_is_found_unless_one_of_them_is_asynchronous() {
    let to = |callee: &str| format!("links = [\"{callee}\"]");
    let (b, c, d) = (to("b"), to("c"), to("d"));
    let chain = [("a", b.as_str()), ("b", c.as_str()), ("c", d.as_str()), ("d", "")];
    let said = linted(&chain, None, &[]).is(1);
    assert!(
        said.out
            .contains("long chain: a request may wait on 3 links: a -> b -> c -> d;"),
        "{}",
        said.out
    );
    linted(&chain[1..], None, &[]).is(0);

    let follows = "[asynchronous]\n\"b->c\" = \"it reads the log\"\n";
    linted(&chain, Some(follows), &[]).is(0);
    linted(&chain, Some(&follows.replace("b->c", "c->b")), &[]).refuses("the topology shop has no such link");
    linted(&chain, Some(&follows.replace("it reads the log", "")), &[]).refuses("has no reason");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_asked_on_every_request_is_found() {
    let always = process(&figures(95, 95, 0)).await;
    let said = linted(&[("a", "")], None, &["--url", &always.uri(), "--calls", "10"]).is(1);
    let words = "asked on every request: orders asks payments on 95 % of 100 requests;";
    assert!(said.out.contains(words), "{}", said.out);
    let seldom = process(&figures(50, 500, 0)).await;
    linted(&[("a", "")], None, &["--url", &seldom.uri(), "--calls", "10"]).is(0);
}

#[test]
fn a_lint_that_has_nothing_to_look_at_proves_nothing() {
    let said = linted(&[("a", "")], None, &[]).is(3);
    assert!(said.out.contains("nothing could be looked at"), "{}", said.out);
    Folder::new().seam(&["score", "--lint"]).is(3);
}

#[test]
fn the_platforms_own_ratings_and_topologies_are_in_order() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../score.toml");
    let folder = Folder::new();
    let said = folder.seam(&["score", file, "--json"]).is(3);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["modules"].as_array().unwrap().len(), 4);
    let topology = concat!(env!("CARGO_MANIFEST_DIR"), "/topologies/microservices.toml");
    folder.seam(&["score", file, "--lint", topology]).is(0);
}
