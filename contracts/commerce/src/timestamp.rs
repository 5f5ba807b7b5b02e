use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::openapi::{KnownFormat, SchemaFormat};

use crate::{Invalid, schema::text_schema};

/// An instant in microseconds since 1970-01-01T00:00:00Z; RFC 3339 with six decimals and `Z` on the wire.
///
/// PostgreSQL keeps microseconds, so a timestamp is the same before and after any store or wire. The first one is
/// -009999-01-02T01:59:59Z, the last one 9999-12-30T22:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// Reads the wall clock of the running task ([`seam::time::now`]), cut to microseconds.
    pub fn now() -> Self {
        let instant = jiff::Timestamp::try_from(seam::time::now());
        // Fails only if the clock is outside the years that a timestamp can have.
        Self(instant.unwrap_or(jiff::Timestamp::UNIX_EPOCH).as_microsecond())
    }

    /// Makes a timestamp from microseconds since the epoch; refuses one outside the years -9999 to 9999.
    pub fn from_micros(micros: i64) -> Result<Self, Invalid> {
        jiff::Timestamp::from_microsecond(micros)
            .map(|_| Self(micros))
            .map_err(|_| Invalid::new("timestamp", micros, "microseconds within the years -9999 to 9999"))
    }

    /// Returns the microseconds since the epoch.
    pub fn as_micros(self) -> i64 {
        self.0
    }
}

text_schema!(Timestamp, |text| text
    .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
    .description(Some("RFC 3339 with six decimals and Z")));

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{instant:.6}")
    }
}

impl FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // jiff parses fractions of its last second but can't make them from microseconds again, so `Display` would
        // fail.
        let instant = text.parse::<jiff::Timestamp>().ok();
        let timestamp = instant.and_then(|instant| Self::from_micros(instant.as_microsecond()).ok());
        timestamp.ok_or_else(|| Invalid::new("timestamp", text, "RFC 3339, such as 2026-01-31T12:00:00.000000Z"))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> String {
        timestamp.to_string()
    }
}
