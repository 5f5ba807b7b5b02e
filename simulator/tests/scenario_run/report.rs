//! The reports of `seam run` for people and for CI.

use std::{fs, process::Command};

use super::Project;

/// The shop, which also logs the id of each request that it gets.
fn talking_shop(project: &Project) {
    let answer = "    def answer(self, status, body, repeated=False):\n";
    let log = "        line = {'message': 'asked', 'request_id': self.headers['X-Request-Id']}\n        \
               print(json.dumps(line), file=sys.stderr, flush=True)\n";
    let shop = include_str!("shop.py").replace(answer, &format!("{answer}{log}"));
    assert_ne!(shop, include_str!("shop.py"));
    fs::write(project.0.path().join("topologies/shop.py"), shop).expect("a file");
}

/// Reads JUnit's XML with another parser, by the schemas of CI servers: the numbers of its suite, and each case with
/// its problem.
fn junit(file: &std::path::Path) -> String {
    let output = Command::new("python3")
        .args(["-c", include_str!("junit.py")])
        .stdin(fs::File::open(file).expect("the file is there"))
        .output()
        .expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_passed_run_has_a_page_with_the_traces_of_its_requests_and_a_result_for_ci() {
    let project = Project::new();
    talking_shop(&project);

    let run = project.run(&[
        "errand",
        "--seed",
        "7",
        "--report",
        "out/here",
        "--junit",
        "ci/junit.xml",
    ]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let page = project.0.path().join("out/here/report.html");
    let place = fs::canonicalize(&page).expect("the page is there");
    assert!(
        run.stdout.contains(&format!("look at {}\n", place.display())),
        "{run:#?}"
    );
    let text = fs::read_to_string(&page).expect("a page");
    for wanted in [
        "<title>errand: PASS</title>",
        "kill corner-shop",
        "no order is lost",
        "POST /orders",
        "asked",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    // Requests that met a dead shop are not in its log; those that it answered are.
    let (_, slowest) = text.split_once("Slowest requests").expect("there are some");
    let slowest = slowest.split("<details").skip(1).take(4);
    assert!(
        slowest.clone().count() == 4 && slowest.clone().all(|one| one.contains("asked")),
        "{text}"
    );
    for outside in ["<script", "src=", "href=", "url(", "http:", "https:"] {
        assert!(!text.contains(outside), "{outside}");
    }
    assert!(project.0.path().join("out/here/report.json").is_file());
    assert_eq!(
        junit(&project.0.path().join("ci/junit.xml")),
        "3 0 0\nerrand.invariant no order is lost\nerrand.fault 1: kill corner-shop\n\
         errand.journeys 10 reach their end\n"
    );
    assert_eq!(
        project.runs(),
        Vec::<std::path::PathBuf>::new(),
        "nothing else is kept of a run that passed"
    );
}

#[test]
fn a_run_in_which_a_node_died_says_so_in_its_page_and_to_ci() {
    let project = Project::new();
    let topology = include_str!("topology.toml").to_owned() + "restart = { on_failure = 1, backoff_ms = 10 }\n";
    fs::write(project.0.path().join("topologies/corner.toml"), topology).expect("a file");

    let run = project.run(&[
        "errand",
        "--kill",
        "none",
        "--set",
        "defect=mortal",
        "--junit",
        "junit.xml",
    ]);

    assert_eq!(run.code, Some(1), "{run:#?}");
    let kept = project.runs().pop().expect("a run that failed is kept");
    let page = fs::read_to_string(kept.join("report.html")).expect("a page");
    for wanted in [
        "errand: FAIL",
        "1 node died without a fault",
        "corner-shop died by itself at",
        "giving up",
    ] {
        assert!(page.contains(wanted), "{wanted} is not in {page}");
    }
    let results = junit(&project.0.path().join("junit.xml"));
    assert!(results.starts_with("3 1 0\n"), "{results}");
    assert!(
        results.contains("errand.node corner-shop lives failure died by itself at "),
        "{results}"
    );
}

#[test]
fn a_run_that_examined_nothing_is_an_error_to_ci() {
    let scenario = include_str!("scenario.toml").replace("WHERE doc ->> 'id' IS NOT NULL\"", "WHERE 0\"");
    let project = Project::with_scenario(&scenario);

    let run = project.run(&["errand", "--junit", "junit.xml"]);

    assert_eq!(run.code, Some(3), "{run:#?}");
    let results = junit(&project.0.path().join("junit.xml"));
    assert!(results.starts_with("3 0 1\n"), "{results}");
    assert!(
        results.contains("no order is lost error nothing was examined"),
        "{results}"
    );
}

#[test]
fn a_report_that_cannot_be_written_is_refused_with_its_file_before_anything_starts() {
    let project = Project::new();
    for option in ["--report", "--junit"] {
        let run = project.run(&["errand", "--count", "1", "--kill", "none", option, "Cargo.toml/out"]);

        assert_eq!(run.code, Some(2), "{run:#?}");
        let file = if option == "--report" {
            "Cargo.toml/out/report.json"
        } else {
            "Cargo.toml/out"
        };
        let said = format!("seam run: the report can't be written to {file}: ");
        assert!(run.stderr.contains(&said), "{said} is not in {run:#?}");
        assert_eq!(run.stdout, "", "nothing has begun");
    }
    // A folder that was made for the answer is gone again.
    fs::create_dir_all(project.0.path().join("out/report.html")).expect("a folder in the way");
    let run = project.run(&["errand", "--report", "out", "--junit", "deep/down/junit.xml"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
    assert!(run.stderr.contains("can't be written to out/report.html: "), "{run:#?}");
    assert!(!project.0.path().join("out/report.json").exists() && !project.0.path().join("deep").exists());
    assert_eq!(project.runs(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_report_that_cannot_be_written_in_the_end_comes_after_the_verdict_and_is_the_exit_code() {
    for (option, file, said) in [
        ("--report", "out", "out/report.json"),
        ("--junit", "out/junit.xml", "out/junit.xml"),
    ] {
        let last = "[[invariant]]\nname = 'somebody is in the way'\n\
                    command = ['sh', '-c', 'rm -rf ../out && touch ../out']\n";
        let project = Project::with_scenario(&format!("{}\n{last}", include_str!("scenario.toml")));

        let run = project.run(&["errand", "--seed", "7", option, file]);

        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(
            run.stdout.contains("PASS in ") && run.stdout.matches("replay with").count() == 2,
            "{run:#?}"
        );
        let said = format!("seam run: the report can't be written to {said}: ");
        assert!(run.stderr.contains(&said), "{run:#?}");
    }
}
