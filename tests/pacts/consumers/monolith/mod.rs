//! The monolith with one module extracted: whatever is asked of that module is passed on, and every answer is passed back.

pub(crate) mod inventory;
pub(crate) mod notifications;
pub(crate) mod orders;
pub(crate) mod payments;

use commerce::{ErrorCode, Invalid, Page};
use pact_consumer::patterns::JsonPattern;

use super::{call::Call, matchers::text};

const WANTED: &str = "something else";

/// There is no such thing.
fn is_missing(call: Call, what: &str, id: &str) -> Call {
    call.refuses(
        ErrorCode::NotFound,
        json_pattern!({ "what": text(what), "id": text(id) }),
    )
}

/// Nothing was done: this field is wrong.
fn is_invalid(call: Call, field: &str, value: &str) -> Call {
    let details = json_pattern!({ "field": text(field), "value": text(value), "wanted": text(WANTED) });
    call.refuses(ErrorCode::InvalidInput, details)
}

/// What the client makes of it.
fn invalid(field: &str, value: &str) -> Invalid {
    Invalid::new(field, value, WANTED)
}

/// The key stands for another request.
fn is_reused(call: Call, key: &str) -> Call {
    call.refuses(ErrorCode::KeyReused, json_pattern!({ "key": text(key) }))
}

/// The state of things forbids it.
fn conflicts(call: Call, details: JsonPattern) -> Call {
    call.refuses(ErrorCode::Conflict, details)
}

/// How many items there are, which page this is, and how many items there are on all.
fn shape<T>(page: &Page<T>) -> (usize, u32, i64) {
    (page.items.len(), page.page, page.total)
}
