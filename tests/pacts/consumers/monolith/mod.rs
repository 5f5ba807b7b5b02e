//! The monolith with one module extracted: it passes every call on to that module, and every reply back.

pub(crate) mod inventory;
pub(crate) mod notifications;
pub(crate) mod orders;
pub(crate) mod payments;

use commerce::{ErrorCode, Invalid, Page};
use pact_consumer::patterns::JsonPattern;

use super::{call::Call, matchers::text};

const WANTED: &str = "something else";

/// Expects a refusal: the thing does not exist.
fn is_missing(call: Call, what: &str, id: &str) -> Call {
    call.refuses(
        ErrorCode::NotFound,
        json_pattern!({ "what": text(what), "id": text(id) }),
    )
}

/// Expects a refusal: this field is invalid, and nothing was done.
fn is_invalid(call: Call, field: &str, value: &str) -> Call {
    let details = json_pattern!({ "field": text(field), "value": text(value), "wanted": text(WANTED) });
    call.refuses(ErrorCode::InvalidInput, details)
}

/// The error that the client rebuilds.
fn invalid(field: &str, value: &str) -> Invalid {
    Invalid::new(field, value, WANTED)
}

/// Expects a refusal: the key was used for another request.
fn is_reused(call: Call, key: &str) -> Call {
    call.refuses(ErrorCode::KeyReused, json_pattern!({ "key": text(key) }))
}

/// Expects a refusal: a conflict with the current state.
fn conflicts(call: Call, details: JsonPattern) -> Call {
    call.refuses(ErrorCode::Conflict, details)
}

/// Number of items on the page, number of the page, number of items on all pages.
fn shape<T>(page: &Page<T>) -> (usize, u32, i64) {
    (page.items.len(), page.page, page.total)
}
