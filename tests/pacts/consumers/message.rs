use pact_consumer::builders::MessageInteractionBuilder;
use pact_models::v4::async_message::AsynchronousMessage;

use super::{
    events::Event,
    matchers::{exactly, text, timestamp, uuid, whole},
    states::State,
};

/// One event of a provider's log, as a consumer needs it.
pub(crate) struct Message(MessageInteractionBuilder);

impl Message {
    /// The event with number `version` of its aggregate, with the fields that every subscriber reads.
    pub(crate) fn of(event: Event, version: i64) -> Self {
        let Event {
            event_type,
            aggregate_id,
            payload,
        } = event;
        let contents = json_pattern!({
            "event_id": uuid("c8ab6624-6301-5e1a-a245-b644c63e8826"),
            "aggregate_id": text(&aggregate_id),
            "event_type": exactly(event_type),
            "version": whole(version),
            "occurred_at": timestamp(),
            "payload": payload,
            "metadata": {
                "correlation_id": text("01890a5d-ac96-774b-bcce-b302099a8057"),
                "source_service": text("its module"),
            },
        });
        let mut builder = MessageInteractionBuilder::new(format!("event {event_type}"));
        builder.metadata("contentType", "application/json").json_body(contents);
        Self(builder)
    }

    /// Requires a provider state in which the event is in the log.
    pub(crate) fn given(mut self, state: State) -> Self {
        self.0.given_with_params(state.name, &state.params);
        self
    }

    pub(crate) fn interaction(self) -> AsynchronousMessage {
        let mut interaction = self.0.build();
        // Empty, and no part of the promise.
        interaction.comments.clear();
        interaction
    }
}
