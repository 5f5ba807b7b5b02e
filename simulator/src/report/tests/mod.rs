pub(crate) mod bad_day;

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use bad_day::{bad_day, empty};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Evidence, Facts, html, junit, plot::px};
use crate::{
    scenario::{FaultOutcome, Report},
    topology::Topology,
};

const ODD: &str = "<script>alert(\"1\")</script>";

const TOPOLOGY: &str = "name = 'corner'\nsecret = ['password']\n[variables]\npassword = 'unset'\n\
     [node.shop]\ncommand = ['shop', '${password}']\nlinks = ['bank']\n\
     [node.bank]\ncommand = ['bank']\nneeds = ['vault']\nlinks = ['shop']\n\
     [node.vault]\ncommand = ['vault']\n\
     [node.sweeper]\ncommand = ['sweep']\nports = []\nlinks = ['shop']\n";

fn topology(password: &str) -> Topology {
    let password = [("password".to_owned(), password.to_owned())];
    Topology::parse(TOPOLOGY, Path::new("corner.toml"), &password).unwrap()
}

fn began() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

/// The page of a report, with logs in which the shop and the bank tell of the first request.
fn page(report: &Report, topology: &Topology, odd: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let line = |mut fields: Value, at: &str| {
        fields["timestamp"] = json!(format!("2026-11-30T12:00:00.{at}Z"));
        fields.to_string()
    };
    let asked = json!({ "level": "INFO", "message": "asks the bank", "request_id": "request-0", "note": odd });
    let answered = json!({ "level": "ERROR", "message": odd, "ms": 1, "trace_id": "trace-0" });
    let lines = [
        ("shop", line(asked, "001")),
        ("bank", line(answered, "002")),
        ("vault", "2026-11-30T12:00:01.1Z ERROR the door is open".to_owned()),
    ];
    // In another order than that of their lines.
    let [shop, bank, vault] = lines;
    let logs = [vault, bank, shop].map(|(node, line)| {
        let log = folder.path().join(format!("{node}.log"));
        fs::write(&log, line + "\n").unwrap();
        (node.to_owned(), log)
    });
    let evidence = Evidence::read(report, began(), &logs, topology.secrets());
    html(&facts(report, topology, &evidence))
}

fn facts<'a>(report: &'a Report, topology: &'a Topology, evidence: &'a Evidence) -> Facts<'a> {
    Facts {
        report,
        about: "Customers order at a corner shop.",
        topology,
        profile: "debug",
        replay: "seam run errand --seed 7",
        evidence,
    }
}

fn wants(page: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(page.contains(wanted), "{wanted} is not in {page}");
    }
}

#[test]
fn a_page_has_every_part_of_a_run_and_draws_faults_and_deaths_where_they_were() {
    let topology = topology("unset");
    let page = page(&bad_day("errand", 100), &topology, "no money");

    wants(
        &page,
        &[
            "<title>errand: FAIL</title>",
            "1 of 2 invariants violated; 1 invariant examined nothing; 1 node died without a fault; ",
            "; 1 journey did not reach their end; 1 condition did not come true in time; ",
            "; 2 faults did not happen, had no effect or did not heal</span>",
            "run it again: <code class=\"replay\">seam run errand --seed 7</code>",
            "<title>phase faults: 400 ms to 1.80 s</title>",
            "<title>kill bank, at journey 3: laid at 400 ms, lifted at 700 ms</title>",
            ">kill bank ×2, 300 ms, 1 never laid</text>",
            "<title>shop died by itself at 1.20 s: errand</title>",
            "<title>bank -&gt; vault:main</title>",
            "12\u{202f}345 requests count in all figures and are not kept one by one",
            "out of memory errand",
            "the door is open",
            "13 × errand: answered # errand",
        ],
    );
    // The fault is laid from a fifth of the axis of time to 35 % of it, in both sizes.
    let (left, right) = (56.0, 1_088.0 - 52.0);
    let at = |part: f64| left + part * (right - left);
    let bar = format!("<rect class=\"fault\" x=\"{}\"", px(at(0.2)));
    wants(
        &page,
        &[&bar, &format!("width=\"{}\" height=\"12\"", px(at(0.35) - at(0.2)))],
    );
    assert_eq!(
        page.matches("<svg").count(),
        4,
        "timeline and topology, wide and narrow"
    );
    for node in ["shop", "bank", "vault", "sweeper", "(workload)"] {
        assert_eq!(page.matches(&format!(">{node}</text>")).count(), 2, "{node}");
    }
}

#[test]
fn a_fault_of_a_link_is_on_its_arrow_and_says_what_it_met() {
    let mut report = bad_day("errand", 100);
    let page_of = |report: &Report| page(report, &topology("unset"), "no money");
    let text = page_of(&report);

    wants(
        &text,
        &[
            ">latency on shop -&gt; bank, 500 ms, acted on 3 of 9</text>",
            "latency on shop -&gt; bank: laid at 800 ms, lifted at 1.30 s, without effect, so this run proved nothing: \
             errand; acted on 3 of 9",
            "shop -&gt; bank:main: met 9, acted on 3, 6 spared by chance",
            "; approximated: nearly so errand",
        ],
    );
    let arrow = "<g class=\"arrow struck\"><title>shop -&gt; bank:main";
    let badge = "class=\"m badge-text\"";
    assert_eq!(text.matches(arrow).count(), 2, "one in each size: {text}");
    let of_arrows = text.split("<g class=\"arrow struck\">").skip(1).filter(|arrow| {
        let (arrow, _) = arrow.split_once("</g>").expect("an end");
        arrow.contains(badge) && arrow.contains(">latency</text>")
    });
    assert_eq!(of_arrows.count(), 2, "{text}");

    report.faults.truncate(2);
    assert!(!page_of(&report).contains("arrow struck"));
}

#[test]
fn the_trace_of_a_failed_request_goes_across_nodes_in_the_order_of_time() {
    let page = page(&bad_day("errand", 100), &topology("unset"), "no money");

    let (_, failed) = page
        .split_once("request-0</code>, trace <code>trace-0")
        .expect("the first failed one is shown");
    let (trace, _) = failed.split_once("</table>").expect("its trace is a table");
    let asked = trace.find("asks the bank").expect("by its request id");
    let answered = trace.find("no money").expect("by its trace id");
    assert!(asked < answered, "{trace}");
    wants(
        trace,
        &[
            "+1.00 ms",
            "<td>shop</td>",
            "+2.00 ms",
            "<td>bank</td>",
            "ERROR",
            "class=\"span\"",
        ],
    );
}

#[test]
fn a_page_loads_nothing_and_no_text_becomes_markup() {
    let topology = topology("unset");
    let page = page(&bad_day(ODD, 100), &topology, ODD);

    for outside in [
        "<script", "src=", "href=", "url(", "@import", "http:", "https:", "<link", "<img", "<iframe",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let names = page.matches("&lt;script&gt;").count();
    assert!(names > 20, "the name stands in {names} places");
    let evidence = Evidence::nothing(began());
    let xml = junit(&facts(&bad_day(ODD, 4), &topology, &evidence));
    assert!(
        !xml.contains("<script") && xml.contains("&lt;script&gt;alert(&quot;1&quot;)"),
        "{xml}"
    );
}

#[test]
fn a_secret_is_in_no_page_even_if_it_has_to_be_escaped() {
    for secret in ["hunter2", "a<b>&\"c\"", "svg"] {
        let topology = topology(secret);
        let report = bad_day(secret, 100);
        let page = page(&report, &topology, secret);

        let escaped = maud::html! { (secret) }.into_string();
        let (_, body) = page.split_once("</style>").expect("a style");
        let texts: String = body
            .split('<')
            .filter_map(|piece| piece.split_once('>'))
            .map(|(_, text)| text)
            .collect();
        assert!(!texts.contains(&escaped), "{secret}: {texts}");
        assert!(texts.contains("***"));
        assert!(!page.contains(&format!("<title>{escaped}")), "{secret}");
        assert_eq!(page.matches("<svg").count(), 4);
        let evidence = Evidence::nothing(began());
        let xml = junit(&facts(&report, &topology, &evidence));
        assert!(!xml.contains(&escaped), "{secret}: {xml}");
    }
}

#[test]
fn a_page_of_many_requests_is_bounded() {
    let long = "x".repeat(5_000);
    let page = page(&bad_day("errand", 100_000), &topology("unset"), &long);

    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn a_run_that_sent_nothing_has_a_page_too() {
    let page = page(&empty(), &topology("unset"), "");

    wants(
        &page,
        &[
            "errand: INCONCLUSIVE",
            "no requests",
            "no answers",
            "no request was sent",
            ">none</text>",
        ],
    );
    for wrong in ["NaN", "inf", "Failed requests", "Slowest requests"] {
        assert!(!page.contains(wrong), "{wrong}");
    }
}

#[test]
fn every_part_of_a_run_is_a_test_case_and_what_was_not_examined_is_an_error() {
    let topology = topology("unset");
    let evidence = Evidence::nothing(began());
    let xml = junit(&facts(&bad_day("errand", 4), &topology, &evidence));

    wants(
        &xml,
        &[
            "name=\"errand\" timestamp=\"2026-11-30T12:00:00\" hostname=\"localhost\" tests=\"8\" failures=\"6\" \
             errors=\"1\" skipped=\"0\" time=\"2.000\"",
            "<property name=\"replay\" value=\"seam run errand --seed 7\"/>",
            "<testcase classname=\"errand.invariant\" name=\"no order is lost errand\" time=\"0\">\n      <failure \
             type=\"violated\" message=\"1 violation of 9 examined\">doc=errand</failure>",
            "<error type=\"inconclusive\" message=\"nothing was examined, which proves nothing\"></error>",
            "<testcase classname=\"errand.fault\" name=\"1: kill bank\" time=\"0\"/>",
            "name=\"2: kill bank\" time=\"0\">\n      <failure type=\"fault\" message=\"too late",
            "name=\"shop lives\" time=\"0\">\n      <failure type=\"death\"",
            "name=\"all get past errand\" time=\"0\">\n      <failure type=\"journey\" \
             message=\"1 journey stopped here\"",
        ],
    );
    let given_up = Report {
        given_up: Some("it took too long".to_owned()),
        ..empty()
    };
    let xml = junit(&facts(&given_up, &topology, &evidence));
    wants(
        &xml,
        &[
            "failures=\"1\" errors=\"0\"",
            "<failure type=\"given up\" message=\"it took too long\">",
        ],
    );
    wants(
        &html(&facts(&given_up, &topology, &evidence)),
        &["the run was given up: it took too long"],
    );
    let nothing_new = Report {
        nothing_new: Some("every key was used before".to_owned()),
        ..empty()
    };
    let xml = junit(&facts(&nothing_new, &topology, &evidence));
    wants(
        &xml,
        &["failures=\"0\" errors=\"1\"", "message=\"every key was used before\""],
    );
    let passing = junit(&facts(&empty(), &topology, &evidence));
    wants(
        &passing,
        &[
            "tests=\"1\" failures=\"0\" errors=\"0\"",
            "name=\"1 reach their end\" time=\"0\"/>",
        ],
    );
}

#[test]
fn a_drawn_fault_that_missed_is_no_test_case_and_one_that_could_not_be_laid_is_a_failure() {
    let (topology, evidence) = (topology("unset"), Evidence::nothing(began()));
    let mut report = bad_day("errand", 4);
    report.faults.iter_mut().for_each(|fault| fault.drawn = true);
    let mut failed = report.faults[0].clone();
    failed.outcome = FaultOutcome::Failed {
        reason: "it wears armour".to_owned(),
    };
    report.faults.push(failed);

    let xml = junit(&facts(&report, &topology, &evidence));
    wants(
        &xml,
        &[
            "tests=\"7\" failures=\"5\" errors=\"1\"",
            "name=\"1: kill bank\" time=\"0\"/>",
            "name=\"4: kill bank\" time=\"0\">\n      <failure type=\"fault\" message=\"could not be laid, so this run \
             proved nothing: it wears armour\"",
        ],
    );
    assert!(!xml.contains("name=\"2: ") && !xml.contains("name=\"3: "), "{xml}");
    wants(
        &html(&facts(&report, &topology, &evidence)),
        &[
            "too late, which shows nothing about it: errand",
            "without effect, which shows nothing about it: errand",
            "could not be laid, so this run proved nothing: it wears armour",
        ],
    );
}

/// Holds JUnit's XML against the schemas of CI servers, with a parser of somebody else.
fn assert_valid(xml: &str) {
    let mut python = Command::new("python3")
        .args(["-c", include_str!("../../../tests/scenario_run/junit.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sent = python.stdin.take().unwrap().write_all(xml.as_bytes());
    let output = python.wait_with_output().unwrap();
    assert!(
        output.status.success() && sent.is_ok(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_result_for_ci_fits_the_schemas_of_ci_servers_whatever_the_texts_are() {
    let topology = topology("unset");
    let evidence = Evidence::nothing(began());
    let given_up = Report {
        given_up: Some("it took too long".to_owned()),
        ..bad_day("errand", 4)
    };
    for report in [bad_day("errand", 4), empty(), given_up] {
        assert_valid(&junit(&facts(&report, &topology, &evidence)));
    }
    let odd = [
        "\u{0}\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{85}\u{9f} x",
        "\u{fffe}\u{ffff}\u{fffd}\u{10ffff}\u{1fffe}",
        "]]> <!-- &amp; &#0; \"'\r\n\t <![CDATA[",
        ODD,
    ];
    for text in odd {
        assert_valid(&junit(&facts(&bad_day(text, 4), &topology, &evidence)));
    }
}
