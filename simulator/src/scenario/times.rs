use std::time::Duration;

use serde::{Deserialize, de::Error};
use serde_json::Value;

/// A duration as text with a unit, such as `250ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(pub(super) Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&Value::deserialize(deserializer)?)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// A duration, or two between which one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) low: Duration,
    pub(super) high: Duration,
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Span {
    fn of(value: &Value) -> Result<Self, String> {
        let (low, high) = match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => (read(low)?, read(high)?),
            Some(_) => {
                return Err(format!(
                    "lasts is {value}, wanted a duration or two, such as [\"1s\", \"3s\"]"
                ));
            }
            None => {
                let time = read(value)?;
                (time, time)
            }
        };
        if low > high {
            return Err(format!(
                "lasts goes from {value}, wanted upwards, such as [\"1s\", \"3s\"]"
            ));
        }
        Ok(Self { low, high })
    }
}

/// Reads a duration.
///
/// # Errors
/// When the value is no text of a duration; the text says what is wanted.
pub(super) fn read(value: &Value) -> Result<Duration, String> {
    let text = value.as_str();
    let text = text.ok_or_else(|| format!("{value} is no duration; wanted text with a unit, such as \"250ms\""))?;
    faults::parse_duration(text)
}
