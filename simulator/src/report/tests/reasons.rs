use super::{Evidence, began, empty, facts, junit, page, topology};
use crate::scenario::Report;

#[test]
fn a_run_that_was_given_up_or_did_nothing_new_says_so_on_the_page_and_to_ci() {
    let topology = topology("unset");
    let evidence = Evidence::nothing(began());
    for (given_up, nothing_new) in [(Some("it took too long"), None), (None, Some("its seed was used"))] {
        let report = Report {
            given_up: given_up.map(str::to_owned),
            nothing_new: nothing_new.map(str::to_owned),
            ..empty()
        };
        let reason = given_up.or(nothing_new).unwrap();
        assert!(page(&report, &topology, "").contains(reason));
        let cases = junit(&facts(&report, &topology, &evidence));
        assert!(
            cases.contains(reason) && !cases.contains("failures=\"0\" errors=\"0\""),
            "{cases}"
        );
    }
}
