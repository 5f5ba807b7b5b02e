use std::fmt::Write;

use super::{Facts, groups, words};
use crate::scenario::{Report, Verdict};

/// Renders a run as JUnit's XML, for CI. Secrets of its topology are hidden.
///
/// Each invariant, each fault, each condition that did not come true, each death and the journeys of each step at which
/// some stopped are a test case. An invariant that examined nothing is an error: a skipped test would be green.
/// So would a drawn fault that missed, which is no failure either: it is left out.
pub(crate) fn junit(facts: &Facts<'_>) -> String {
    let report = facts.report;
    let suite = Suite {
        facts,
        cases: cases(report),
    };
    suite.render()
}

/// A test case; it passed if it has no problem.
struct Case {
    class: &'static str,
    name: String,
    problem: Option<Problem>,
}

struct Problem {
    /// It failed; otherwise it could not be judged.
    failed: bool,
    /// The kind of problem, in a word.
    kind: &'static str,
    message: String,
    details: Vec<String>,
}

impl Problem {
    fn failure(kind: &'static str, message: String, details: Vec<String>) -> Self {
        Self {
            failed: true,
            kind,
            message,
            details,
        }
    }
}

fn cases(report: &Report) -> Vec<Case> {
    let mut cases: Vec<Case> = of_run(report).into_iter().collect();
    cases.extend(report.invariants.iter().map(of_invariant));
    let faults = (1..).zip(&report.faults).filter(|(_, fault)| !fault.is_missed());
    cases.extend(faults.map(of_fault));
    for condition in &report.unsettled {
        let rows = condition.pending.iter().map(words::row).collect();
        cases.push(Case {
            class: "condition",
            name: condition.name.clone(),
            problem: Some(Problem::failure("pending", condition.reason.clone(), rows)),
        });
    }
    for death in report.deaths.iter() {
        let message = format!("died by itself at {} ({})", words::ms(death.at_ms), death.how);
        let problem = Problem::failure("death", message, death.last_lines.clone());
        cases.push(Case {
            class: "node",
            name: format!("{} lives", death.node),
            problem: (!death.expected).then_some(problem),
        });
    }
    let stopped = groups::stopped(report);
    if stopped.is_empty() && report.count > 0 {
        cases.push(Case {
            class: "journeys",
            name: format!("{} reach their end", report.count),
            problem: None,
        });
    }
    for (step, failures) in stopped {
        let message = format!("{} stopped here", words::many(failures.len(), "journey", "journeys"));
        let reasons = failures
            .iter()
            .take(20)
            .map(|it| format!("journey {}: {}", it.journey, it.reason));
        cases.push(Case {
            class: "journeys",
            name: format!("all get past {step}"),
            problem: Some(Problem::failure("journey", message, reasons.collect())),
        });
    }
    cases
}

/// What befell the run as a whole, if anything did.
fn of_run(report: &Report) -> Option<Case> {
    let given_up = report
        .given_up
        .clone()
        .map(|reason| Problem::failure("given up", reason, Vec::new()));
    let nothing_new = report.nothing_new.clone().map(|reason| Problem {
        failed: false,
        kind: "inconclusive",
        message: reason,
        details: Vec::new(),
    });
    let met_nothing = report.met_nothing().then(|| Problem {
        failed: false,
        kind: "inconclusive",
        message: "none of the faults that were drawn had an effect".to_owned(),
        details: Vec::new(),
    });
    let problem = given_up.or(nothing_new).or(met_nothing)?;
    Some(Case {
        class: "run",
        name: "does what it set out to do".to_owned(),
        problem: Some(problem),
    })
}

fn of_invariant(invariant: &crate::scenario::InvariantReport) -> Case {
    let problem = match invariant.verdict {
        Verdict::Pass => None,
        Verdict::Fail => Some(Problem::failure(
            "violated",
            format!(
                "{} of {} examined",
                words::many(invariant.violations, "violation", "violations"),
                invariant.checked
            ),
            invariant.evidence.iter().map(words::row).collect(),
        )),
        Verdict::Inconclusive => Some(Problem {
            failed: false,
            kind: "inconclusive",
            message: "nothing was examined, which proves nothing".to_owned(),
            details: Vec::new(),
        }),
    };
    Case {
        class: "invariant",
        name: invariant.name.clone(),
        problem,
    }
}

fn of_fault((number, fault): (usize, &crate::scenario::FaultReport)) -> Case {
    Case {
        class: "fault",
        name: format!("{number}: {}", words::fault(fault)),
        problem: fault
            .is_failure()
            .then(|| Problem::failure("fault", words::outcome(fault), Vec::new())),
    }
}

struct Suite<'f> {
    facts: &'f Facts<'f>,
    cases: Vec<Case>,
}

impl Suite<'_> {
    fn render(&self) -> String {
        let report = self.facts.report;
        let with = |failed: bool| {
            let problems = self.cases.iter().filter_map(|case| case.problem.as_ref());
            problems.filter(|problem| problem.failed == failed).count()
        };
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        let began = self.facts.evidence.began.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        // Writing to a String cannot fail.
        let _ = writeln!(
            xml,
            "  <testsuite id=\"0\" package=\"seam\" name=\"{}\" timestamp=\"{began}\" hostname=\"localhost\" \
             tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{}\">",
            self.text(&report.scenario),
            self.cases.len(),
            with(true),
            with(false),
            seconds(report.timeline.total_ms),
        );
        self.properties(&mut xml);
        for case in &self.cases {
            self.case(&mut xml, case);
        }
        xml.push_str("    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n</testsuites>\n");
        xml
    }

    fn properties(&self, xml: &mut String) {
        let report = self.facts.report;
        let seed = report.seed.to_string();
        xml.push_str("    <properties>\n");
        for (name, value) in [
            ("verdict", report.verdict.as_str()),
            ("seed", &seed),
            ("topology", self.facts.topology.name()),
            ("replay", self.facts.replay),
        ] {
            let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{}\"/>", self.text(value));
        }
        xml.push_str("    </properties>\n");
    }

    fn case(&self, xml: &mut String, case: &Case) {
        let class = format!("{}.{}", self.facts.report.scenario, case.class);
        let (class, name) = (self.text(&class), self.text(&case.name));
        let _ = write!(xml, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\"");
        let Some(problem) = &case.problem else {
            xml.push_str("/>\n");
            return;
        };
        let tag = if problem.failed { "failure" } else { "error" };
        let (message, details) = (self.text(&problem.message), self.text(&problem.details.join("\n")));
        let _ = writeln!(
            xml,
            ">\n      <{tag} type=\"{}\" message=\"{message}\">{details}</{tag}>\n    </testcase>",
            problem.kind
        );
    }

    /// A text as it may stand in an attribute and between tags, without secrets.
    fn text(&self, text: &str) -> String {
        let mut escaped = String::new();
        for c in self.facts.topology.secrets().hide(text).chars() {
            match c {
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '&' => escaped.push_str("&amp;"),
                '"' => escaped.push_str("&quot;"),
                '\n' | '\t' => escaped.push(c),
                // XML has no way to write these.
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
                c => escaped.push(c),
            }
        }
        escaped
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}
