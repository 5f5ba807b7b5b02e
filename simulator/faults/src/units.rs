//! Durations as text: a number and a unit, such as `250ms`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Regular expression for durations in texts, as in JSON Schema.
pub const DURATION: &str = r"^[0-9]+(\.[0-9]{0,9})?(ns|us|ms|s|m|h)$";

/// Duration in a text, such as `250ms`.
#[derive(JsonSchema)]
#[schemars(inline, extend("pattern" = DURATION))]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct Text(String);

const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Longest time that a fault may name.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Reads a duration such as `250ms`, `1.5s` or `2h`: at most nine decimals, exact to the nanosecond.
///
/// # Errors
/// Fails for another text, with the text and the form that is wanted.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wanted = || format!("`{text}` is no duration; wanted a number and ns, us, ms, s, m or h, such as `250ms`");
    let digits = text
        .find(|one: char| !one.is_ascii_digit() && one != '.')
        .ok_or_else(wanted)?;
    let (number, unit) = text.split_at(digits);
    let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wanted)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if decimals.len() > 9 {
        return Err(wanted());
    }
    let whole: u64 = whole.parse().map_err(|_| wanted())?;
    let part: u64 = format!("{decimals:0<9}").parse().map_err(|_| wanted())?;
    let part = u128::from(part) * u128::from(*nanoseconds) / 1_000_000_000;
    let all = u128::from(whole) * u128::from(*nanoseconds) + part;
    u64::try_from(all).map(Duration::from_nanos).map_err(|_| wanted())
}

/// Writes a duration in the largest unit in which it is a whole number.
pub fn show(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let fitting = UNITS
        .iter()
        .rev()
        .find(|(_, unit)| nanoseconds.is_multiple_of(u128::from(*unit)));
    match fitting {
        Some((name, unit)) if nanoseconds > 0 => format!("{}{name}", nanoseconds / u128::from(*unit)),
        _ => "0s".to_owned(),
    }
}

pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&show(*duration))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The same for a duration that may be absent.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::parse(&text).map_err(serde::de::Error::custom))
            .transpose()
    }
}
