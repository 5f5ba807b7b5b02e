use std::time::Duration;

use serde::{Deserialize, de::Error};
use serde_json::Value;

/// A duration as text with a unit, such as `250ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&Value::deserialize(deserializer)?)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// A duration, or two between which one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) low: Duration,
    pub(crate) high: Duration,
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of("lasts", &Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Span {
    /// No time at all.
    pub(super) const ZERO: Self = Self::exactly(Duration::ZERO);

    /// This duration, with nothing to draw.
    pub(super) const fn exactly(time: Duration) -> Self {
        Self { low: time, high: time }
    }

    /// Reads the value of a key.
    ///
    /// # Errors
    /// When it is neither a duration nor two in order; the text names the key and says what is wanted.
    pub(super) fn of(key: &str, value: &Value) -> Result<Self, String> {
        let (low, high) = match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => (read(low)?, read(high)?),
            Some(_) => {
                return Err(format!(
                    "{key} is {value}, wanted a duration or two, such as [\"1s\", \"3s\"]"
                ));
            }
            None => {
                let time = read(value)?;
                (time, time)
            }
        };
        if low > high {
            return Err(format!(
                "{key} goes from {value}, wanted upwards, such as [\"1s\", \"3s\"]"
            ));
        }
        Ok(Self { low, high })
    }
}

/// A number, or two between which one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) low: u64,
    pub(super) high: u64,
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Number {
    /// Reads a value.
    ///
    /// # Errors
    /// When it is neither a whole number nor two in order; the text says what is wanted.
    pub(super) fn of(value: &Value) -> Result<Self, String> {
        let read = |value: &Value| value.as_u64();
        let pair = match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => read(low).zip(read(high)),
            Some(_) => None,
            None => read(value).map(|number| (number, number)),
        };
        let pair = pair.filter(|(low, high)| low <= high);
        let (low, high) = pair.ok_or_else(|| {
            format!("{value} is neither a whole number nor two of which the second is no less, such as [1, 3]")
        })?;
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
