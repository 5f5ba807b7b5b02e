use std::{panic::RefUnwindSafe, sync::Arc, time::Duration};

use futures::future::LocalBoxFuture;
use ledger::{document::Document, source::FoundPact};
use pact_consumer::prelude::{PactBuilder, StartMockServer, ValidatingMockServer};
use pact_models::interaction::Interaction;
use seam::http::{Socket, SocketLimits};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{call::Call, incoming::IncomingMessage, message::Message};

/// The address of a provider.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// The base URL, without a slash at its end.
    pub(crate) url: String,
}

impl Link {
    /// The transport that our services use.
    pub(crate) fn socket(&self) -> Arc<Socket> {
        Arc::new(Socket::new(&self.url, SocketLimits::default()).unwrap())
    }
}

/// The needs of one consumer towards one provider: interactions, each with the consumer's code that has to cope
/// with it.
pub(crate) struct Pact {
    pub(crate) consumer: &'static str,
    pub(crate) provider: &'static str,
    cases: Vec<Case>,
}

type AnyInteraction = Box<dyn Interaction + Send + Sync + RefUnwindSafe>;
type Calls = Box<dyn Fn(Link) -> LocalBoxFuture<'static, ()>>;
type Handles = Box<dyn Fn(IncomingMessage) -> LocalBoxFuture<'static, ()>>;

struct Case {
    interactions: Vec<AnyInteraction>,
    exercise: Exercise,
}

enum Exercise {
    Calls(Calls),
    Handles(Handles),
}

impl Pact {
    /// A pact without interactions.
    pub(crate) fn between(consumer: &'static str, provider: &'static str) -> Self {
        Self {
            consumer,
            provider,
            cases: Vec::new(),
        }
    }

    /// Adds a call that the consumer makes. `exercise` runs the consumer's code, and panics if that does not
    /// use the reply as it should.
    pub(crate) fn call<F>(self, call: Call, exercise: impl Fn(Link) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        self.calls([call], exercise)
    }

    /// Adds calls that the consumer makes one after the other.
    pub(crate) fn calls<F>(self, calls: impl IntoIterator<Item = Call>, exercise: impl Fn(Link) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let interactions = calls.into_iter().map(|call| call.interaction().boxed()).collect();
        self.with(
            interactions,
            Exercise::Calls(Box::new(move |link| Box::pin(exercise(link)))),
        )
    }

    /// Adds a message that the consumer handles. `exercise` runs its handler, and panics if that does not have
    /// the right effect.
    pub(crate) fn message<F>(self, message: Message, exercise: impl Fn(IncomingMessage) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let interactions = vec![message.interaction().boxed()];
        self.with(
            interactions,
            Exercise::Handles(Box::new(move |message| Box::pin(exercise(message)))),
        )
    }

    fn with(mut self, interactions: Vec<AnyInteraction>, exercise: Exercise) -> Self {
        self.cases.push(Case { interactions, exercise });
        self
    }

    /// The calls that the consumer makes; calls in a row form one element.
    pub(crate) fn callings(&self) -> impl Iterator<Item = Calling<'_>> {
        self.cases.iter().filter_map(|case| match &case.exercise {
            Exercise::Calls(exercise) => Some(Calling {
                pact: self,
                interactions: &case.interactions,
                exercise,
            }),
            Exercise::Handles(_) => None,
        })
    }

    /// The messages that the consumer handles.
    pub(crate) fn handlings(&self) -> impl Iterator<Item = Handling<'_>> {
        self.cases.iter().filter_map(|case| match &case.exercise {
            Exercise::Calls(_) => None,
            Exercise::Handles(exercise) => Some(Handling {
                pact: self,
                interaction: case.interactions.first()?,
                exercise,
            }),
        })
    }

    /// A pact of this interaction alone.
    fn alone(&self, interaction: &AnyInteraction) -> FoundPact {
        let file = json!({
            "consumer": { "name": self.consumer },
            "provider": { "name": self.provider },
            "interactions": [interaction.as_v4().unwrap().to_json()],
            "metadata": { "pactSpecification": { "version": "4.0" } },
        });
        let name = format!("{}-{}.json", self.consumer, self.provider);
        let document = Document::parse(&name, file.to_string().as_bytes()).unwrap();
        FoundPact { file: name, document }
    }

    /// Runs the consumer through every case, and returns the files that `pact_consumer` wrote: one per case, so
    /// that none overwrites another.
    ///
    /// # Panics
    /// If the consumer does not cope with an interaction, makes another call, or leaves one out.
    pub(crate) async fn written(&self) -> Vec<Value> {
        let mut written = Vec::new();
        for case in &self.cases {
            written.push(self.run(case).await);
        }
        written
    }

    async fn run(&self, case: &Case) -> Value {
        let folder = TempDir::new().unwrap();
        let mut builder = PactBuilder::new_v4(self.consumer, self.provider);
        builder.with_output_dir(folder.path());
        for interaction in &case.interactions {
            builder.push_interaction(interaction.as_ref());
        }
        match &case.exercise {
            // When it is dropped, even by a panic, the mock reports requests that were unexpected and those
            // that are missing.
            Exercise::Calls(exercise) => {
                let mock = builder.start_mock_server(None, None);
                let url = mock.url().as_str().trim_end_matches('/').to_owned();
                tokio::select! {
                    () = exercise(Link { url }) => {}
                    () = surprise(mock.as_ref()) => {
                        panic!("{} sent {} a request that its pact does not have", self.consumer, self.provider)
                    }
                }
            }
            Exercise::Handles(exercise) => {
                for message in builder.messages() {
                    let contents = message.contents.contents.value().unwrap();
                    let incoming = IncomingMessage::of(&contents);
                    exercise(incoming.clone()).await;
                    // The library also writes messages that were never read.
                    assert!(
                        incoming.was_read(),
                        "{:?} was never handed to the consumer",
                        message.description
                    );
                }
            }
        }
        read_only_file(&folder)
    }
}

/// Returns when the mock got a request that the pact does not have, which a consumer may repeat for ever.
async fn surprise(mock: &dyn ValidatingMockServer) {
    let is_known = |asked: &str| matches!(asked, "Request-Matched" | "Missing-Request");
    while mock.status().iter().all(|asked| is_known(&asked.match_key())) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Calls that can be made again, against any address.
pub(crate) struct Calling<'a> {
    pact: &'a Pact,
    interactions: &'a [AnyInteraction],
    exercise: &'a Calls,
}

impl Calling<'_> {
    /// A pact of each call alone.
    pub(crate) fn pacts(&self) -> Vec<FoundPact> {
        self.interactions.iter().map(|one| self.pact.alone(one)).collect()
    }

    /// Makes the calls; panics if the consumer does not use the replies as it should.
    pub(crate) async fn make(&self, link: Link) {
        (self.exercise)(link).await;
    }
}

/// A message that can be handled again, with any content.
pub(crate) struct Handling<'a> {
    pact: &'a Pact,
    interaction: &'a AnyInteraction,
    exercise: &'a Handles,
}

impl Handling<'_> {
    /// A pact of the message alone.
    pub(crate) fn alone(&self) -> FoundPact {
        self.pact.alone(self.interaction)
    }

    /// Handles the message; panics if that does not have the right effect.
    pub(crate) async fn handle(&self, message: IncomingMessage) {
        (self.exercise)(message).await;
    }
}

fn read_only_file(folder: &TempDir) -> Value {
    let files: Vec<_> = folder
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [file] = files.as_slice() else {
        panic!("pact_consumer wrote {files:?}, wanted one file");
    };
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumers::{events, fixtures::order_id};

    fn pact() -> Pact {
        Pact::between("a-consumer", "a-provider")
    }

    fn get(path: &str) -> Call {
        Call::get("get something", path).responds_only(200)
    }

    async fn ask(provider: Link) {
        reqwest::get(format!("{}/this", provider.url)).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_that_is_made_is_written_with_its_answer() {
        let written = pact().call(get("/this"), ask).written().await;

        assert_eq!(written[0]["interactions"][0]["request"]["path"], "/this");
        assert_eq!(written[0]["provider"]["name"], "a-provider");
    }

    #[tokio::test(flavor = "multi_thread")]
    #[should_panic(expected = "GET /this expected, but never occurred")]
    async fn a_call_that_is_not_made_is_no_part_of_a_pact() {
        pact().call(get("/this"), |_| async {}).written().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[should_panic(expected = "a-consumer sent a-provider a request that its pact does not have")]
    async fn a_consumer_that_asks_for_something_else_is_stopped_even_if_it_goes_on() {
        let insists = |provider: Link| async move {
            ask(provider).await;
            std::future::pending().await
        };

        pact().call(get("/that"), insists).written().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[should_panic(expected = "was never handed to the consumer")]
    async fn a_message_that_nobody_reads_is_no_part_of_a_pact() {
        let message = Message::of(events::order_delivered(order_id("suite")), 1);

        pact().message(message, |_| async {}).written().await;
    }
}
