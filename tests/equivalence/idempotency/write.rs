use std::sync::Arc;

use commerce::ErrorCode;
use seam::{Contract, equivalence::Instance};
use serde_json::Value;
use tests::equivalence::{Reach, Storage};

pub(super) type CallOf<W> = <<W as Write>::Contract as Contract>::Call;
pub(super) type ReplyOf<W> = <<W as Write>::Contract as Contract>::Reply;

/// A contract whose module these tests can open.
pub(super) trait Opened: Contract {
    /// Opens the module on this storage, reached this way.
    async fn open(storage: Storage, reach: Reach) -> Result<Instance<Self>, String>;

    /// The code of an error reply; `None` for a value.
    fn error(reply: &Self::Reply) -> Option<ErrorCode>;
}

/// A write with a key, which is always the same.
pub(super) trait Write {
    type Contract: Opened + ?Sized;

    /// Creates what the write depends on.
    async fn prepare(_: Arc<Self::Contract>) {}

    /// The write, with this body if it has one.
    fn call(body: i64) -> CallOf<Self>;

    /// The number that witnesses report if the write was done once, with this body.
    fn once(body: i64) -> i64 {
        body
    }

    /// Asks all witnesses.
    async fn done(instance: &Instance<Self::Contract>) -> Done;
}

/// The name of the method.
pub(super) fn name<W: Write>() -> &'static str {
    W::Contract::method(&W::call(1)).name
}

/// A write that can have several bodies, numbered 1 to 4.
pub(super) trait Bodies: Write {
    /// The error for a key that was used with another body.
    const OTHER_BODY: ErrorCode = ErrorCode::KeyReused;
}

/// A write whose key also remembers a refusal.
pub(super) trait Refusable: Bodies {
    /// A call that is refused, under a key of its own.
    fn refused() -> CallOf<Self>;
}

/// Reports of the witnesses: [`Write::once`] from each, if the write was done once.
pub(super) struct Done {
    /// Reports of the module: its log, its tables.
    pub(super) own: Vec<i64>,
    /// Reports of the parties that the module calls.
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

/// The sum of the field `body` over these events.
pub(super) fn events(effects: &[Value], event: &str, body: &str) -> i64 {
    happened(effects, event).map(|payload| number(payload, body)).sum()
}

/// The sum of the field `body` over these entries.
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
