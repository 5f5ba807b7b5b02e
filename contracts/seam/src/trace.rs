use std::{
    fmt,
    str::{self, FromStr},
};

use crate::chance;

/// The position of a call in its trace: the W3C `traceparent`, level 1.
///
/// [`fmt::Display`] writes it and [`FromStr`] reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trace {
    trace_id: u128,
    span_id: u64,
    sampled: bool,
}

/// The error for a text that is not a `traceparent`. W3C says to ignore it and to begin a new trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent, wanted 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in lower case and not all zero")]
pub struct MalformedTraceparent;

impl Trace {
    /// Begins a new trace, sampled, with its first span.
    pub fn begin() -> Self {
        Self {
            trace_id: u128::from(chance::bits()) << 64 | u128::from(fresh_span()),
            span_id: fresh_span(),
            sampled: true,
        }
    }

    /// Begins a new span of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            span_id: fresh_span(),
            ..self
        }
    }

    /// The trace's id: 32 hex digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The span's id: 16 hex digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span_id)
    }

    /// Returns `true` if the trace is to be recorded, as decided where it began.
    pub fn is_sampled(&self) -> bool {
        self.sampled
    }
}

// Zero is no id.
fn fresh_span() -> u64 {
    chance::bits().max(1)
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        write_hex(&mut text[3..35], self.trace_id);
        write_hex(&mut text[36..52], u128::from(self.span_id));
        write_hex(&mut text[53..], u128::from(self.sampled));
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

// Every call writes one, and `format!` takes several times as long.
fn write_hex(digits: &mut [u8], mut value: u128) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 0xf) as usize];
        value >>= 4;
    }
}

impl FromStr for Trace {
    type Err = MalformedTraceparent;

    /// Reads version 00, and of later versions the part that version 00 knows, as W3C says.
    fn from_str(text: &str) -> Result<Self, MalformedTraceparent> {
        let mut parts = text.split('-');
        let mut next = |digits| {
            parts
                .next()
                .and_then(|part| hex(part, digits))
                .ok_or(MalformedTraceparent)
        };
        let (version, trace_id, span_id, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        let more = parts.next().is_some();
        let span_id = u64::try_from(span_id).map_err(|_| MalformedTraceparent)?;
        if version == 0xff || (version == 0 && more) || trace_id == 0 || span_id == 0 {
            return Err(MalformedTraceparent);
        }
        Ok(Self {
            trace_id,
            span_id,
            sampled: flags & 1 == 1,
        })
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(lower) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}
