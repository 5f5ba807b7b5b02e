use std::path::{Path, PathBuf};

use seam::equivalence::{Failure, Model, Suite};
use tests::equivalence::{Ground, Reach, suites};

#[test]
fn inventory_behaves_as_its_model_however_it_is_reached() -> Result<(), Failure> {
    passes(suites::inventory(&Ground::Sqlite, &Reach::ALL).cases(64), "inventory")
}

#[test]
fn orders_behaves_as_its_model_however_it_is_reached() -> Result<(), Failure> {
    passes(
        suites::orders(&Ground::Sqlite, &Reach::ALL).cases(80).calls(30),
        "orders",
    )
}

/// Runs the suite at its default size, sequences that failed before first.
fn passes<M: Model>(suite: Suite<M>, contract: &str) -> Result<(), Failure> {
    let report = suite.regressions(regressions(contract)).run()?;
    eprintln!("{report}");
    assert!(
        report.unused_rules.is_empty(),
        "rules that nothing needs: {:?}",
        report.unused_rules
    );
    Ok(())
}

fn regressions(contract: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("equivalence/regressions")
        .join(contract)
}
