use seam::equivalence::Failure;
use tests::equivalence::{Ground, Reach, models::InventoryModel};

#[test]
fn inventory_on_sqlite_behaves_as_its_model_however_it_is_reached() -> Result<(), Failure> {
    let report = InventoryModel::suite(&Ground::Sqlite, &Reach::ALL)
        .cases(64)
        .regressions(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/equivalence/regressions/inventory"
        ))
        .run()?;
    eprintln!("{report}");
    assert!(
        report.unused_rules.is_empty(),
        "rules that nothing needs: {:?}",
        report.unused_rules
    );
    Ok(())
}
