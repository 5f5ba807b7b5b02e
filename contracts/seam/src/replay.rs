//! How an implementation says "this reply is not new", beside the reply.
//!
//! A command that is repeated with its key is answered with the stored reply. The binding that puts it on the
//! wire has to know, so that it can answer with the request id and time of the first answer. The reply's type
//! does not tell; this does: the implementation calls [`mark`], the binding wraps its call in [`capture`].
//! Carriers that stay in the task pass it on untouched. A module that calls another in the course of its own
//! work wraps that call in [`shield`], lest the other's replay be taken for its own.

use std::{cell::RefCell, future::Future};

tokio::task_local! {
    static SLOT: RefCell<Option<Original>>;
}

/// The first answer, of which a reply is a repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The request that was answered first.
    pub request_id: String,
    /// When it was answered, in microseconds since 1970-01-01T00:00:00Z.
    pub at_micros: i64,
}

/// Says that the reply of the call in progress repeats `original`. The last word counts; without a [`capture`]
/// around it, nobody hears it.
pub fn mark(original: Original) {
    let _ = SLOT.try_with(|slot| slot.replace(Some(original)));
}

/// Runs a call and hears what it marked. An outer capture does not hear it too.
pub async fn capture<F: Future>(call: F) -> (F::Output, Option<Original>) {
    let listening = async {
        let output = call.await;
        (output, SLOT.with(RefCell::take))
    };
    SLOT.scope(RefCell::new(None), listening).await
}

/// Runs a call whose marks are nobody else's business.
pub async fn shield<F: Future>(call: F) -> F::Output {
    capture(call).await.0
}
