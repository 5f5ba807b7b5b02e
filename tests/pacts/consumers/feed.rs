//! Reads of another module's log over HTTP, as every subscriber makes them.

use std::time::Duration;

use commerce::{Batch, EventFeed, http::feed::Client};
use pact_consumer::patterns::JsonPattern;

use super::{
    call::Call,
    matchers::{any_object, each, text, timestamp, uuid, whole},
    states::State,
    suite::Pact,
};

/// Limit and wait of a read while all is well: as much as there is room for, with a wait for new events.
const READING: (u32, Duration) = (256, Duration::from_secs(20));
/// Limit and wait of a read that checks whether an unreadable log is back.
const LOOKING: (u32, Duration) = (64, Duration::ZERO);
/// Id of a log.
const LOG: &str = "6f1d3c52-8b0e-4c0e-9a53-0d6f1c8f2f4e";
/// A position that no log reaches.
const FAR: i64 = 1_000_000_000_000;

/// Reads of the log of `module`, which has at least one event in the given state.
pub(crate) fn read(pact: Pact, module: &'static str, given: Vec<State>) -> Pact {
    let first = given.into_iter().fold(
        asked("read the events of a log from the first", module, 0, READING),
        Call::given,
    );
    let none = asked("read the events of a log after the last", module, FAR, LOOKING);
    pact.call(
        first.answers(json_pattern!({ "log": uuid(LOG), "events": each(recorded(module)) })),
        move |provider| async move {
            let feed = Client::new(module, provider.socket());
            let Batch { log, events } = feed.read_events(0, READING.0, READING.1).await.unwrap();
            assert_eq!(log.to_string(), LOG);
            assert_eq!((events.len(), events[0].position, events[0].event.version), (1, 1, 1));
            assert_eq!(events[0].event.aggregate_id, "one of its own");
        },
    )
    .call(
        none.answers(json_pattern!({ "log": uuid(LOG), "events": [] })),
        move |provider| async move {
            let feed = Client::new(module, provider.socket());
            let read = feed.read_events(FAR, LOOKING.0, LOOKING.1).await.unwrap();
            assert_eq!((read.log.to_string().as_str(), read.events.len()), (LOG, 0));
        },
    )
}

fn asked(description: &str, module: &str, after: i64, (limit, wait): (u32, Duration)) -> Call {
    let call = Call::get(description, format!("/v2/events/{module}"));
    let call = call.query("after", after).query("limit", limit);
    call.query("wait_ms", wait.as_millis())
}

/// Any event; its message is the subject of another interaction.
fn recorded(module: &str) -> JsonPattern {
    json_pattern!({
        "position": whole(1),
        "event": {
            "event_id": uuid("c8ab6624-6301-5e1a-a245-b644c63e8826"),
            "aggregate_id": text("one of its own"),
            "event_type": text("SomethingHappened"),
            "version": whole(1),
            "occurred_at": timestamp(),
            "payload": any_object(),
            "metadata": {
                "correlation_id": text("01890a5d-ac96-774b-bcce-b302099a8057"),
                "source_service": text(module),
            },
        },
    })
}
