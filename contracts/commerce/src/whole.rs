use std::fmt;

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// Reads a whole number as JSON Schema has it, for which `3016.0` is one too.
///
/// A number that is written with a fraction or an exponent is read as a float, so it is accepted only below 2^53, where
/// floats are exact.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct Whole;

    impl Visitor<'_> for Whole {
        type Value = i64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("i64")
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
            Ok(value)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
            i64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
            const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
            if value.fract() == 0.0 && value.abs() < EXACT_BELOW {
                #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
                return Ok(value as i64);
            }
            Err(E::invalid_type(Unexpected::Float(value), &self))
        }
    }

    deserializer.deserialize_i64(Whole)
}
