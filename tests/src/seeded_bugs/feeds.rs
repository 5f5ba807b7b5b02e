//! Bugs between a module's log and its consumers, and in the way that either side commits.

use super::{Bug, Layer, Plant};
use crate::equivalence::feeds::{Apply, Commit, Connect, Property, Subject, local, planted};

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Store,
        "the event is written outside of the transaction",
        &[Property::OnlyCommitted],
        || commits(planted::publishes_first),
    ),
    bug(
        Layer::Store,
        "the position is committed before the effect",
        &[Property::NothingLost],
        || applies(planted::position_before_effect),
    ),
    bug(
        Layer::Store,
        "the position is committed after the effect",
        &[Property::EffectOnce],
        || applies(planted::effect_before_position),
    ),
    bug(
        Layer::Module,
        "an event that can't be handled is swallowed",
        &[Property::Poison, Property::NothingLost],
        || applies(planted::swallows_poison),
    ),
    bug(Layer::Store, "a later effect overtakes", &[Property::Order], || {
        applies(planted::lets_effects_overtake)
    }),
    bug(Layer::Client, "a full batch skips an event", LOG, || {
        connects(planted::SKIPS_WHEN_FULL)
    }),
    bug(Layer::Client, "a batch is out of order", LOG, || {
        connects(planted::SHUFFLES)
    }),
    bug(Layer::Client, "an event comes again after a later one", LOG, || {
        connects(planted::REDELIVERS_LATE)
    }),
    bug(Layer::Client, "the event that ends a long poll is lost", LOG, || {
        connects(planted::DROPS_IN_LONG_POLL)
    }),
];

/// Properties that a feed violates if it shows something else than the log: consumers find the first, reading
/// everything the second.
const LOG: &[Property] = &[Property::VisibleInOrder, Property::SameList];

const fn bug(layer: Layer, name: &'static str, breaks: &'static [Property], subject: fn() -> Subject) -> Bug {
    Bug {
        name,
        layer,
        suite: "events",
        plant: Plant::Feed { subject, breaks },
    }
}

fn connects(connect: Connect) -> Subject {
    planted::adapter(connect)
}

fn commits(commit: Commit) -> Subject {
    Subject {
        commit,
        ..planted::adapter(local)
    }
}

fn applies(apply: Apply) -> Subject {
    Subject {
        apply,
        ..planted::adapter(local)
    }
}
