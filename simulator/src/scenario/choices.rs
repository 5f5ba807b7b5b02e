use std::time::Duration;

use super::{
    Candidates, FaultPlan,
    draw::Lot,
    fault_plan::{Hits, Lasts},
    moment::Moment,
    times::{Number, Span},
};

/// The longest delay of a fault "at random" after its journey began, so that it does not always meet the first step
/// of one.
const RANDOM_DELAY_MS: u64 = 100;

/// The moment of a fault, drawn.
#[derive(Clone, Debug)]
pub(super) enum When {
    /// This long after this journey was started, even if the last one is over by then.
    Journey(u64, Duration),
    /// This long after the journeys began.
    After(Duration),
    /// This long after a node became ready again.
    Ready(String, Duration),
    /// This long after the first laying of another entry.
    Fault(String, Duration),
}

impl When {
    pub(super) fn later(self, by: Duration) -> Self {
        match self {
            Self::Journey(number, delay) => Self::Journey(number, delay + by),
            Self::After(delay) => Self::After(delay + by),
            Self::Ready(node, delay) => Self::Ready(node, delay + by),
            Self::Fault(name, delay) => Self::Fault(name, delay + by),
        }
    }

    /// The journey with which it comes; 0 if that is not known yet.
    pub(super) fn journey(&self) -> u64 {
        match self {
            Self::Journey(number, _) => *number,
            Self::After(_) | Self::Ready(..) | Self::Fault(..) => 0,
        }
    }
}

impl FaultPlan {
    /// The moment of the first laying among so many journeys.
    pub(super) fn when(&self, lot: Lot<'_>, count: u64) -> When {
        let delay = |span: &Span| lot.time("fault/delay", 1, *span);
        match &self.at {
            Moment::Started(low, high) => {
                let bounds = Number {
                    low: nth(*low, count),
                    high: nth(*high, count),
                };
                When::Journey(lot.number("fault/at", 1, bounds), Duration::ZERO)
            }
            Moment::Journey(number, span) => When::Journey(lot.number("fault/at", 1, *number), delay(span)),
            Moment::After(span) => When::After(delay(span)),
            Moment::Ready(node, span) => When::Ready(node.clone(), delay(span)),
            Moment::Fault(name, span) => When::Fault(name.clone(), delay(span)),
            Moment::Random => {
                let (last, longest) = match self.hits {
                    Hits::Node(..) => (count, RANDOM_DELAY_MS),
                    // Something must pass the link afterwards.
                    Hits::Link(..) | Hits::Partition(..) => ((count - count / 4).max(1), 1),
                };
                let delay_ms = lot.draw("fault/delay", 1) % longest;
                let at_journey = lot.number("fault/at", 1, Number { low: 1, high: last });
                When::Journey(at_journey, Duration::from_millis(delay_ms))
            }
        }
    }

    /// The number of times that it is laid.
    pub(super) fn layings(&self, lot: Lot<'_>) -> u32 {
        let drawn = lot.number("fault/times", 1, self.times);
        u32::try_from(drawn).unwrap_or(u32::MAX)
    }

    /// The time until the `number`th laying is lifted; `None` for the end of the journeys.
    pub(super) fn length(&self, lot: Lot<'_>, number: u32) -> Option<Duration> {
        match self.lasts {
            Lasts::Between(low, high) => {
                let drawn = lot.number("fault/heal", number, Number { low, high });
                Some(Duration::from_millis(drawn))
            }
            Lasts::ToTheEnd => None,
        }
    }

    /// The role that the `number`th laying hits; `None` for a fault of links.
    pub(super) fn role(&self, lot: Lot<'_>, number: u32) -> Option<&str> {
        match &self.hits {
            Hits::Node(_, candidates) => Some(candidates.pick(lot.draw("fault/node", number))),
            Hits::Link(..) | Hits::Partition(..) => None,
        }
    }

    /// The same fault with every choice made, among so many journeys. All layings have the choices of the first.
    pub(super) fn settled(&self, lot: Lot<'_>, count: u64) -> Self {
        let mut settled = self.clone();
        let layings = u64::from(self.layings(lot));
        settled.times = Number {
            low: layings,
            high: layings,
        };
        if let (Hits::Node(_, candidates), Some(role)) = (&mut settled.hits, self.role(lot, 1)) {
            *candidates = Candidates::one(role);
        }
        if let Lasts::Between(low, high) = self.lasts {
            let drawn = lot.number("fault/heal", 1, Number { low, high });
            settled.lasts = Lasts::Between(drawn, drawn);
        }
        settled.at = match self.when(lot, count) {
            When::Journey(number, delay) => {
                let number = Number {
                    low: number,
                    high: number,
                };
                Moment::Journey(number, Span::exactly(delay))
            }
            When::After(delay) => Moment::After(Span::exactly(delay)),
            When::Ready(node, delay) => Moment::Ready(node, Span::exactly(delay)),
            When::Fault(name, delay) => Moment::Fault(name, Span::exactly(delay)),
        };
        settled
    }
}

/// The journey that brings the started ones to this fraction of all: at least the first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the fraction lies in 0 to 1 and the count is far below 2^52"
)]
fn nth(fraction: f64, count: u64) -> u64 {
    ((fraction * count as f64).ceil() as u64).clamp(1, count.max(1))
}
