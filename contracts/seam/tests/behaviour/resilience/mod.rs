//! The carriers that protect a caller and a service from each other, in paused time.

mod breaker;
mod bulkhead;
mod retry;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use seam::{BoxFuture, Carrier, Contract, TransportFailure};

use crate::samples::{Shelf, ShelfCall, ShelfError, ShelfReply, item};

/// What the service does with a call.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    /// Answers with a value.
    Answer,
    /// Answers that there is no such box.
    Refuse,
    /// Answers that it has no time, and did nothing.
    Busy,
    /// Fails before the call is sent.
    Unsent,
    /// Answers that it does not know the outcome.
    Unknowing,
    /// Gives no answer.
    Silence,
    /// Gives no answer, and asks not to be called for a time.
    AskedToWait(Duration),
    /// Never ends.
    Hang,
}

/// Does with the calls as it is told, and answers when it is told no more.
#[derive(Clone, Default)]
struct Scripted {
    acts: Arc<Mutex<VecDeque<Act>>>,
    otherwise: Option<Act>,
    arrived: Arc<AtomicU32>,
}

impl Scripted {
    fn first(acts: impl IntoIterator<Item = Act>) -> Self {
        Self {
            acts: Arc::new(Mutex::new(acts.into_iter().collect())),
            ..Self::default()
        }
    }

    fn always(act: Act) -> Self {
        Self {
            otherwise: Some(act),
            ..Self::default()
        }
    }

    fn and_then(self, act: Act) -> Self {
        Self {
            otherwise: Some(act),
            ..self
        }
    }

    fn arrived(&self) -> u32 {
        self.arrived.load(SeqCst)
    }
}

impl Carrier<dyn Shelf> for Scripted {
    fn carry(&self, call: ShelfCall) -> BoxFuture<'_, ShelfReply> {
        self.arrived.fetch_add(1, SeqCst);
        let told = self.acts.lock().unwrap().pop_front();
        let act = told.or(self.otherwise.clone()).unwrap_or(Act::Answer);
        Box::pin(async move {
            let failure = TransportFailure::new("shelf", "cut");
            match act {
                Act::Answer => match call {
                    ShelfCall::Put { item } => ShelfReply::Put(Ok(item)),
                    ShelfCall::Get { name } => ShelfReply::Get(Ok(item(&name, 1))),
                    ShelfCall::Count {} => ShelfReply::Count(Ok(0)),
                    ShelfCall::Take { .. } => ShelfReply::Take(Ok(vec![])),
                },
                Act::Refuse => ShelfReply::Get(Err(ShelfError::Missing("a".into()))),
                Act::Busy => ShelfReply::Put(Err(ShelfError::Busy)),
                Act::Unsent => <dyn Shelf>::failed(&call, TransportFailure::unsent("shelf", "full")),
                Act::Unknowing => <dyn Shelf>::failed(&call, failure.as_answer()),
                Act::Silence => <dyn Shelf>::failed(&call, failure),
                Act::AskedToWait(wait) => <dyn Shelf>::failed(&call, failure.with_retry_after(wait)),
                Act::Hang => std::future::pending().await,
            }
        })
    }
}

/// The text of the failure of a call that was refused before it was sent.
fn unsent(answer: Result<impl std::fmt::Debug, ShelfError>) -> String {
    match answer {
        Err(ShelfError::Transport(failure)) if failure.is_unsent() => failure.to_string(),
        other => panic!("{other:?} is not a call that was not sent"),
    }
}

#[test]
fn a_failure_that_is_unsent_says_so_also_after_a_wire_and_advice_is_not_compared() {
    let unsent = TransportFailure::unsent("shelf", "full");
    let json = serde_json::to_value(&unsent).unwrap();
    let crossed: TransportFailure = serde_json::from_value(json).unwrap();
    assert!(crossed.is_unsent() && crossed == unsent, "{crossed:?}");
    assert_eq!(unsent.to_string(), "the call to shelf was not sent: full");

    let sent = TransportFailure::new("shelf", "full");
    assert_ne!(sent, unsent);
    let json = serde_json::to_value(&sent).unwrap();
    assert_eq!(json, serde_json::json!({"to": "shelf", "reason": "full"}));
    assert_eq!(sent, sent.clone().with_retry_after(Duration::from_secs(1)));
}
