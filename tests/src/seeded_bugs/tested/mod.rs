//! Bugs of the services, and of the ledger and verifier of pacts, that one test each has to find, as edits to a copy
//! of the workspace.

mod charging;
mod contracts;
mod events;
mod inventory;
mod monolith;
mod notifications;
mod orders;
mod payments;
mod scenarios;
mod seam;
mod shared;

use super::{Bug, Edit, Layer, Plant, Test};

pub(super) fn bugs() -> Vec<Bug> {
    [
        charging::BUGS,
        contracts::LEDGER,
        contracts::VERIFIER,
        events::BUGS,
        inventory::BUGS,
        monolith::BUGS,
        notifications::BUGS,
        orders::BUGS,
        payments::BUGS,
        scenarios::BUGS,
        seam::BUGS,
        shared::BUGS,
    ]
    .concat()
}

/// A bug of a crate whose tests are the suite; `test` is the target and the name of the one that has to find it.
const fn bug(
    layer: Layer,
    name: &'static str,
    suite: &'static str,
    (target, test): (&'static str, &'static str),
    edits: &'static [Edit],
) -> Bug {
    Bug {
        name,
        layer,
        suite,
        plant: Plant::Tested {
            edits,
            test: Test { target, name: test },
        },
    }
}
