//! A mark beside a reply: this reply repeats the answer to an earlier request, its *original*.
//!
//! A command that is repeated with its idempotency key gets the stored reply. The binding that puts the reply
//! on the wire has to know, so that it can send the request id and the time of the original answer. The reply's
//! type does not tell; this mark does. The implementation calls [`mark`], and the binding wraps its call in
//! [`capture`]. Carriers that stay in the task pass the mark on.
//!
//! A module that calls another one while it answers wraps that call in [`shield`]. Otherwise the other module's
//! mark would be taken for its own, and a new answer would go out as a repeated one.

use std::{cell::RefCell, future::Future};

tokio::task_local! {
    static SLOT: RefCell<Option<Original>>;
}

/// The answer to an earlier request, which a reply repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The id of the request that was answered first.
    pub request_id: String,
    /// The time of that answer, in microseconds since 1970-01-01T00:00:00Z.
    pub at_micros: i64,
}

/// Marks the reply of the call in progress as a repetition of `original`. The last mark counts. Without a [`capture`]
/// around the call it has no effect.
pub fn mark(original: Original) {
    let _ = SLOT.try_with(|slot| slot.replace(Some(original)));
}

/// Runs a call and returns its output with its mark. An outer capture does not see the mark.
pub async fn capture<F: Future>(call: F) -> (F::Output, Option<Original>) {
    let listening = async {
        let output = call.await;
        (output, SLOT.with(RefCell::take))
    };
    SLOT.scope(RefCell::new(None), listening).await
}

/// Runs a call and drops its mark, so that a [`capture`] around the caller does not see it.
pub async fn shield<F: Future>(call: F) -> F::Output {
    capture(call).await.0
}
