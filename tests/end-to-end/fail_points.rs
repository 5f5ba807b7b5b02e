//! Fail points are for tests: what is built without asking for them has none.

/// Names that a binary holds as text if it has fail points.
const TRACES: [&str; 3] = ["SEAM_FAIL_POINT", "fail-points", "create_order.after_claim"];

#[test]
fn a_service_that_is_built_as_usual_has_no_trace_of_a_fail_point() {
    for service in ["orders", "monolith"] {
        let path = tests::binary(service).get_program().to_owned();
        let binary = std::fs::read(&path).expect("the binary that cargo has just built can be read");
        // The search of `str` is one of the standard library's, so it is optimised; a binary has a hundred megabytes.
        let binary = String::from_utf8_lossy(&binary);
        let holds = |text: &str| binary.contains(text);

        assert!(
            holds("BREAKER_OPEN_MS"),
            "{path:?} does not hold its own settings as text"
        );
        for trace in TRACES {
            assert!(!holds(trace), "{path:?} holds {trace:?}");
        }
    }
}
