//! Bugs that change no reply: something happens more often, or later.

use super::{Bug, Edit, Layer, Plant};

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "attempts at the payment provider are never counted",
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: "attempts: attempts + 1,",
            replace: "attempts: attempts.min(0),",
        }],
    ),
    bug(
        Layer::Module,
        "a caller of Payments waits past its deadline",
        &[Edit {
            file: "services/payments/src/service.rs",
            find: "Instant::now() + remaining.unwrap_or(self.limit)",
            replace: "Instant::now() + remaining.map_or(self.limit, |_| self.limit)",
        }],
    ),
    bug(
        Layer::Module,
        "a neighbour in the same process is waited for past the caller's deadline",
        &[Edit {
            file: "services/shared/src/neighbour.rs",
            find: "let patience = context.remaining().unwrap_or(limit);",
            replace: "let patience = context.remaining().map_or(limit, |_| limit);",
        }],
    ),
];

const fn bug(layer: Layer, name: &'static str, edits: &'static [Edit]) -> Bug {
    Bug {
        name,
        layer,
        suite: "slower",
        plant: Plant::Patched(edits),
    }
}
