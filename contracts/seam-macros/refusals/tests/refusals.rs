//! Traits that `#[seam::contract]` refuses, and launches that could charge twice, each with the message of the compiler.

#[test]
fn a_trait_that_cannot_be_a_contract_is_refused_with_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}

#[test]
fn a_launch_of_writes_whose_sides_could_both_act_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/refused_launches/*.rs");
}
