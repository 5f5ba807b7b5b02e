use seam::equivalence::{Failure, Model, Origin, Suite};
use tests::{
    equivalence::{
        Reach, Storage, feeds,
        suites::{self, CALLERS, cases, heard_of_orders},
    },
    seeded_bugs::{Bug, Plant},
};

use super::Scratch;

/// Seeds with which each bug is hunted.
const SEEDS: std::ops::Range<u64> = 0..10;

/// The result of hunting a bug: for each seed the number of cases after which it was found, `None` if it
/// survived; or the reason why it could not be hunted.
pub(super) type Hunt = Result<Vec<Option<u64>>, String>;

/// Hunts a bug that is planted in this process, or in a copy of the workspace, which is made on first use.
pub(super) fn hunt(bug: &Bug, scratch: &mut Option<Scratch>) -> Hunt {
    match bug.plant {
        Plant::Wrapped(hunt) => SEEDS
            .map(|seed| hunt(seed).map(|failure| found(&failure)).transpose())
            .collect(),
        Plant::Feed { subject, breaks } => SEEDS.map(|seed| in_feed(subject(), breaks, seed)).collect(),
        Plant::Patched(edits) => made(scratch)?.hunt(bug.suite, edits),
        Plant::Tested { edits, test } => made(scratch)?.hunt_with(test, edits),
    }
}

fn made(scratch: &mut Option<Scratch>) -> Result<&mut Scratch, String> {
    match scratch {
        Some(scratch) => Ok(scratch),
        none => Ok(none.insert(Scratch::make()?)),
    }
}

/// Runs one suite on the modules of this build, by function call.
pub(super) fn here(suite: &str) -> Hunt {
    SEEDS.map(|seed| in_modules(suite, seed)).collect()
}

fn in_modules(suite: &str, seed: u64) -> Result<Option<u64>, String> {
    let (storage, direct) = (Storage::Sqlite, [Reach::Direct]);
    match suite {
        "orders" => within(suites::orders(&storage, &direct), cases::ORDERS, seed),
        "inventory" => within(suites::inventory(&storage, &direct), cases::INVENTORY, seed),
        "payments" => within(suites::payments(&storage, &direct), cases::PAYMENTS, seed),
        "notifications" => within(suites::notifications(&storage, &direct), cases::NOTIFICATIONS, seed),
        "one order at once" => {
            let suite = suites::one_order_at_once(&storage, &direct).seed(seed);
            let failure = suite.run_concurrently(CALLERS, heard_of_orders).err();
            failure.map(|failure| found(&failure)).transpose()
        }
        "refunds at once" => {
            let failure = suites::refunds_at_once(&storage, Reach::Direct, seed, cases::AT_ONCE).err();
            Ok(failure.map(|failure| failure.case + 1))
        }
        "slower" => Ok(suites::slower().err().map(|_| 1)),
        unknown => Err(format!(
            "there is no suite {unknown:?} of modules; there are orders, inventory, payments, notifications, \
             \"one order at once\", \"refunds at once\" and slower"
        )),
    }
}

fn within<M: Model>(suite: Suite<M>, cases: u64, seed: u64) -> Result<Option<u64>, String> {
    match suite.at_most(cases).seed(seed).without_shrinking().run() {
        Ok(_) => Ok(None),
        Err(failure) => found(&failure).map(Some),
    }
}

fn in_feed(subject: feeds::Subject, breaks: &[feeds::Property], seed: u64) -> Result<Option<u64>, String> {
    let suite = feeds::Suite::new(subject, Storage::Sqlite).seed(seed).shrinks(0);
    let Err(failure) = suite.run() else { return Ok(None) };
    let counterexample = failure.counterexample().ok_or_else(|| failure.to_string())?;
    match counterexample.origin {
        Origin::Drawn { case, .. } if breaks.iter().any(|property| counterexample.breaks(*property)) => {
            Ok(Some(case + 1))
        }
        _ => Err(format!(
            "wanted a history that breaks one of {breaks:?}, found: {failure}"
        )),
    }
}

/// The number of cases after which the bug was found. A suite that could not run is an error.
fn found(failure: &Failure) -> Result<u64, String> {
    match failure {
        Failure::Different(counterexample) => Ok(counterexample.cases_before() + 1),
        Failure::NotLinearizable(counterexample) => Ok(counterexample.case + 1),
        other => Err(other.to_string()),
    }
}
