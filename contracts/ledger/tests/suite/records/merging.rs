//! Two branches that both append.

use super::{ledger, live, replaced};
use crate::repository::TestRepository;

#[test]
fn two_branches_that_both_append_merge_without_a_conflict_and_both_newcomers_are_live() {
    let here = TestRepository::new();
    let ledger = ledger(here.path());
    ledger.record_deployment(replaced(&ledger, "orders", "1", 1)).unwrap();
    here.commit();

    here.git(&["checkout", "--quiet", "-b", "theirs"]);
    ledger.record_deployment(replaced(&ledger, "orders", "2", 2)).unwrap();
    ledger.record_deployment(replaced(&ledger, "payments", "7", 2)).unwrap();
    here.commit();
    here.git(&["checkout", "--quiet", "main"]);
    ledger.record_deployment(replaced(&ledger, "orders", "3", 2)).unwrap();
    ledger.record_deployment(replaced(&ledger, "payments", "7", 2)).unwrap();
    here.commit();
    here.git(&["merge", "--quiet", "--no-edit", "theirs"]);

    assert_eq!(
        live(&ledger, "orders"),
        ["2", "3"],
        "each replaced 1, and neither knew of the other"
    );
    assert_eq!(
        live(&ledger, "payments"),
        ["7"],
        "the very same record on both sides is one"
    );
}
