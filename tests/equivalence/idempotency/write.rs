use std::sync::Arc;

use commerce::ErrorCode;
use seam::{Contract, equivalence::Instance};
use serde_json::Value;
use tests::equivalence::{Reach, Storage};

pub(super) type CallOf<W> = <<W as Write>::Contract as Contract>::Call;
pub(super) type ReplyOf<W> = <<W as Write>::Contract as Contract>::Reply;

/// A contract whose module these tests can open.
pub(super) trait Opened: Contract {
    /// The module on this storage, reached this way.
    async fn open(storage: Storage, reach: Reach) -> Result<Instance<Self>, String>;

    /// What kind of error a write was answered with.
    fn error(reply: &Self::Reply) -> Option<ErrorCode>;
}

/// A write with a key: always the same one.
pub(super) trait Write {
    type Contract: Opened + ?Sized;

    /// Makes what has to be there before.
    async fn prepare(_: Arc<Self::Contract>) {}

    /// The write, with this body where it has one.
    fn call(body: i64) -> CallOf<Self>;

    /// What those who can tell say if it was done once, with this body.
    fn once(body: i64) -> i64 {
        body
    }

    /// What those who can tell say.
    async fn done(instance: &Instance<Self::Contract>) -> Done;
}

/// What the method is called.
pub(super) fn name<W: Write>() -> &'static str {
    W::Contract::method(&W::call(1)).name
}

/// A write that can be asked for in more than one way: bodies are 1 to 4.
pub(super) trait Bodies: Write {
    /// What a key is answered that is known with another body.
    const OTHER_BODY: ErrorCode = ErrorCode::KeyReused;
}

/// A write whose key remembers a refusal too.
pub(super) trait Refusable: Bodies {
    /// Under a key of its own, a call that is refused.
    fn refused() -> CallOf<Self>;
}

/// How much was done, according to each who can tell: [`Write::once`] if it was done once.
pub(super) struct Done {
    /// Of the module: its log, its tables.
    pub(super) own: Vec<i64>,
    /// Of those whom it asks.
    pub(super) outside: Vec<i64>,
}

/// The key of every write.
pub(super) const KEY: &str = "k";

/// The payloads of the events of this type in a module's log.
pub(super) fn happened<'e>(effects: &'e [Value], event: &str) -> impl Iterator<Item = &'e Value> {
    let events = effects
        .iter()
        .filter_map(|effect| effect["events"].as_array())
        .flatten();
    let event = event.to_owned();
    events
        .filter(move |told| told["event_type"] == event)
        .map(|told| &told["payload"])
}

/// The sum of what is at `body` in these events.
pub(super) fn events(effects: &[Value], event: &str, body: &str) -> i64 {
    happened(effects, event).map(|payload| number(payload, body)).sum()
}

/// The sum of what is at `body` in these entries.
pub(super) fn sum(entries: &Value, body: &str) -> i64 {
    entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| number(entry, body))
        .sum()
}

pub(super) fn number(value: &Value, at: &str) -> i64 {
    value.pointer(at).and_then(Value::as_i64).unwrap()
}
