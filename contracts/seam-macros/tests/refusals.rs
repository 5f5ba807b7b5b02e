//! Traits that `#[seam::contract]` refuses, each with the message that says how to write it instead.

#[test]
fn a_trait_that_cannot_be_a_contract_is_refused_with_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
