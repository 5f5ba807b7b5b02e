use serde_json::Value;
use tests::seam;

/// Measurements of the throughput scenario.
pub(crate) struct Orders {
    pub(crate) per_second: f64,
    pub(crate) commits_per_order: f64,
    pub(crate) transactions_per_order: f64,
}

/// Places `count` orders from `concurrency` customers at a time; an order takes from the request to the
/// confirmation that the customer sees.
pub(crate) fn run(count: u32, concurrency: u32) -> Orders {
    let mut command = seam();
    command
        .args([
            "run",
            "throughput",
            "--topology",
            "microservices",
            "--json",
            "--seed",
            "1",
        ])
        .args(["--count", &count.to_string(), "--concurrency", &concurrency.to_string()]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output().expect("seam starts");
    assert!(
        output.status.success(),
        "throughput did not pass:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let number = |value: &Value| value.as_f64().expect("a number in the report");
    let figures = &report["invariants"][0]["figures"];
    Orders {
        per_second: f64::from(count) / (number(&report["timeline"]["journeys_ms"]) / 1000.0),
        commits_per_order: number(&figures["commits_per_order"]),
        transactions_per_order: number(&figures["transactions_per_order"]),
    }
}
