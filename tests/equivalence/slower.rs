use tests::equivalence::suites;

#[test]
fn a_provider_in_trouble_is_left_alone_and_no_call_waits_past_its_deadline() -> Result<(), String> {
    suites::slower()
}
