//! What several callers hear at once is what one after the other could have heard.

use seam::equivalence::Failure;
use tests::equivalence::{
    Ground, Reach,
    suites::{self, CALLERS, RefundsAtOnce, cases, heard_of_inventory, heard_of_orders},
};

#[test]
fn inventory_is_linearizable() -> Result<(), Failure> {
    let suite = suites::inventory_at_once(&Ground::Sqlite, &[Reach::Direct, Reach::Router]);
    let report = suite.run_concurrently(CALLERS, heard_of_inventory)?;
    eprintln!("{report}");
    assert!(report.overlapping > 0 && report.answered > 0);
    Ok(())
}

#[test]
fn orders_is_linearizable() -> Result<(), Failure> {
    let suite = suites::orders_at_once(&Ground::Sqlite, &[Reach::Direct, Reach::Router]);
    let report = suite.run_concurrently(CALLERS, heard_of_orders)?;
    eprintln!("{report}");
    assert!(report.overlapping > 0 && report.answered > 0);
    Ok(())
}

#[test]
fn refunds_at_once_give_back_what_was_captured_and_no_more() -> Result<(), RefundsAtOnce> {
    for reach in [Reach::Direct, Reach::Router] {
        suites::refunds_at_once(&Ground::Sqlite, reach, 0, cases::AT_ONCE)?;
    }
    Ok(())
}
