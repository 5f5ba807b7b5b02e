use std::path::{Path, PathBuf};

use seam::equivalence::{Failure, Model, Suite};
use tests::equivalence::{Reach, Storage, suites};

/// Times that each cell must be met. The thinnest cells are met 17, 2, 9 and 45 times with seed 0, which these suites
/// use, and 14, 4, 14 and 37 times at least with seeds 1 and 2. Half of that is demanded, so a change of a model or of
/// generation fails before it has cost half of the evidence; of Orders, which has most cells, all of it.
const EACH_CELL: [u64; 4] = [8, 2, 5, 20];

#[test]
fn inventory_behaves_as_its_model_however_it_is_reached() -> Result<(), Failure> {
    let suite = suites::inventory(&Storage::Sqlite, &Reach::ALL);
    however_reached(suite.each_cell(EACH_CELL[0]), "inventory")
}

#[test]
fn orders_behaves_as_its_model_however_it_is_reached() -> Result<(), Failure> {
    let suite = suites::orders(&Storage::Sqlite, &Reach::ALL);
    however_reached(suite.each_cell(EACH_CELL[1]), "orders")
}

#[test]
fn payments_behaves_as_its_model_however_it_is_reached() -> Result<(), Failure> {
    let suite = suites::payments(&Storage::Sqlite, &Reach::ALL);
    however_reached(suite.each_cell(EACH_CELL[2]), "payments")
}

#[test]
fn notifications_behaves_as_its_model_however_it_is_reached() -> Result<(), Failure> {
    let suite = suites::notifications(&Storage::Sqlite, &Reach::ALL);
    however_reached(suite.each_cell(EACH_CELL[3]), "notifications")
}

/// Few, because each sequence opens four monoliths. Coverage of every cell is demanded of the modules alone.
const EXTRACTIONS: u64 = 12;

#[test]
fn inventory_behaves_the_same_inside_the_monolith_and_extracted_from_it() -> Result<(), Failure> {
    let suite = suites::inventory_in_and_out_of_the_monolith();
    passes(suite.at_most(EXTRACTIONS), "inventory")
}

#[test]
fn orders_behaves_the_same_inside_the_monolith_and_extracted_from_it() -> Result<(), Failure> {
    let suite = suites::orders_in_and_out_of_the_monolith();
    passes(suite.at_most(EXTRACTIONS), "orders")
}

#[test]
fn payments_behaves_the_same_inside_the_monolith_and_extracted_from_it() -> Result<(), Failure> {
    let suite = suites::payments_in_and_out_of_the_monolith();
    passes(suite.at_most(EXTRACTIONS), "payments")
}

#[test]
fn notifications_behaves_the_same_inside_the_monolith_and_extracted_from_it() -> Result<(), Failure> {
    let suite = suites::notifications_in_and_out_of_the_monolith();
    passes(suite.at_most(EXTRACTIONS), "notifications")
}

#[test]
#[ignore = "needs a Docker engine"]
fn inventory_on_postgresql_behaves_as_its_model() -> Result<(), Failure> {
    on_postgresql(|storage| suites::inventory(storage, &[Reach::Direct]), "inventory")
}

#[test]
#[ignore = "needs a Docker engine"]
fn orders_on_postgresql_behaves_as_its_model() -> Result<(), Failure> {
    let suite = |storage: &Storage| suites::orders(storage, &[Reach::Direct]);
    on_postgresql(suite, "orders")
}

#[test]
#[ignore = "needs a Docker engine"]
fn payments_on_postgresql_behaves_as_its_model() -> Result<(), Failure> {
    on_postgresql(|storage| suites::payments(storage, &[Reach::Direct]), "payments")
}

#[test]
#[ignore = "needs a Docker engine"]
fn notifications_on_postgresql_behaves_as_its_model() -> Result<(), Failure> {
    let suite = |storage: &Storage| suites::notifications(storage, &[Reach::Direct]);
    on_postgresql(suite, "notifications")
}

fn on_postgresql<M: Model>(suite: impl FnOnce(&Storage) -> Suite<M>, contract: &str) -> Result<(), Failure> {
    Storage::on_postgres(|storage| passes(suite(&storage), contract))
}

/// Ways that add the least to the others, and therefore run on a sample of the sequences. The suites in `wires`
/// cover the values that break wires.
const SAMPLED: [Reach; 3] = [Reach::Wire, Reach::Tcp, Reach::Reqwest];

fn however_reached<M: Model>(suite: Suite<M>, contract: &str) -> Result<(), Failure> {
    let suite = SAMPLED
        .iter()
        .fold(suite, |suite, reach| suite.sampled(reach.name(), 4));
    passes(suite, contract)
}

/// Runs the suite at its default size, starting with the sequences that failed before.
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
