use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Requests,
    fault::{Problem, within},
    units,
};

/// Traffic that a fault is laid on. The default is all of it: both directions of every connection, until lifted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selector {
    /// Direction of the bytes.
    pub direction: Direction,
    /// Connections, counted by the proxy in the order in which it accepted them.
    pub connections: Which,
    /// Time after which the fault is lifted, counted from laying or changing it; never if it is not set.
    #[schemars(with = "Option<units::Text>")]
    #[serde(rename = "for", with = "units::optional", skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// HTTP/1 requests, for effects on them; all if it is not set, as effects on bytes want it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Requests>,
}

/// Direction of bytes on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the client to the upstream and back.
    #[default]
    Both,
    /// From the client to the upstream only.
    ToUpstream,
    /// From the upstream to the client only.
    ToClient,
}

impl Direction {
    pub(crate) fn is_to_upstream(self) -> bool {
        self != Self::ToClient
    }

    pub(crate) fn is_to_client(self) -> bool {
        self != Self::ToUpstream
    }
}

/// Choice among connections, or among requests.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Each one, also those that are open already.
    #[default]
    All,
    /// Each one with this probability, from 0 to 1, also those that are open already; decided by
    /// [`draw`](crate::draw).
    Probability(#[schemars(range(min = 0, max = 1))] f64),
    /// The one with this number, counted from 1 at the first that is opened after laying the fault.
    Nth(#[schemars(range(min = 1))] u64),
    /// This many, counted from the first that is opened after laying the fault.
    First(#[schemars(range(min = 1))] u64),
}

impl Which {
    pub(crate) fn check(self, field: &'static str) -> Result<(), Problem> {
        match self {
            Self::All => Ok(()),
            Self::Probability(probability) if (0.0..=1.0).contains(&probability) => Ok(()),
            Self::Probability(probability) => Err(Problem::new(&format!("{field}.probability"), probability, "0 to 1")),
            Self::Nth(number) => within(&format!("{field}.nth"), number, 1, u64::MAX),
            Self::First(number) => within(&format!("{field}.first"), number, 1, u64::MAX),
        }
    }

    /// Tells if a fault meets the one with this number; later chance may still spare it. `None` numbers are of
    /// those that came before the fault.
    pub(crate) fn meets(self, number: Option<u64>) -> bool {
        match (self, number) {
            (Self::All | Self::Probability(_), _) => true,
            (Self::Nth(wanted), Some(number)) => wanted == number,
            (Self::First(most), Some(number)) => number <= most,
            (Self::Nth(_) | Self::First(_), None) => false,
        }
    }

    /// Tells if a drawn number selects the one it was drawn for.
    pub(crate) fn takes(self, drawn: f64) -> bool {
        match self {
            Self::Probability(probability) => drawn < probability,
            _ => true,
        }
    }
}

impl Selector {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        self.connections.check("on.connections")?;
        self.http.as_ref().map_or(Ok(()), Requests::check)?;
        match self.time {
            Some(time) if time.is_zero() || time > units::LONGEST => {
                Err(Problem::new("on.for", units::show(time), "more than 0s, at most 24h"))
            }
            _ => Ok(()),
        }
    }
}
