use std::{panic::RefUnwindSafe, sync::Arc};

use futures::future::LocalBoxFuture;
use pact_consumer::prelude::{PactBuilder, StartMockServer};
use pact_models::interaction::Interaction;
use pacts::{document::Document, source::Found};
use seam::http::{Socket, SocketLimits};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{call::Call, message::Message, news::News};

/// The way to a provider.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Its base URL, without a slash at the end.
    pub(crate) url: String,
}

impl Link {
    /// The transport that our services use.
    pub(crate) fn socket(&self) -> Arc<Socket> {
        Arc::new(Socket::new(&self.url, SocketLimits::default()).unwrap())
    }
}

/// What one consumer needs of one provider: interactions, each with the consumer's code that has to cope with it.
pub(crate) struct Pact {
    pub(crate) consumer: &'static str,
    pub(crate) provider: &'static str,
    cases: Vec<Case>,
}

type AnyInteraction = Box<dyn Interaction + Send + Sync + RefUnwindSafe>;
type Calls = Box<dyn Fn(Link) -> LocalBoxFuture<'static, ()>>;

struct Case {
    interactions: Vec<AnyInteraction>,
    exercise: Exercise,
}

enum Exercise {
    Calls(Calls),
    Handles(Box<dyn Fn(News) -> LocalBoxFuture<'static, ()>>),
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

    /// A call that the consumer makes; `exercise` lets it make it, and panics if the consumer makes something else of the answer.
    pub(crate) fn call<F>(self, call: Call, exercise: impl Fn(Link) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        self.calls([call], exercise)
    }

    /// Calls that the consumer makes one after the other.
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

    /// A message that the consumer handles; `exercise` hands it to the handler, and panics if it has another effect.
    pub(crate) fn message<F>(self, message: Message, exercise: impl Fn(News) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let interactions = vec![message.interaction().boxed()];
        self.with(
            interactions,
            Exercise::Handles(Box::new(move |news| Box::pin(exercise(news)))),
        )
    }

    fn with(mut self, interactions: Vec<AnyInteraction>, exercise: Exercise) -> Self {
        self.cases.push(Case { interactions, exercise });
        self
    }

    /// The calls that the consumer makes, those together that it makes one after the other.
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

    /// Lets the consumer go through every case, and gives the files that `pact_consumer` wrote of them: one for each case, so
    /// that none writes over what another says.
    ///
    /// # Panics
    /// If the consumer does not cope with an interaction, calls something else, or leaves something out.
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
            // Dropped, even by a panic, the mock says what was asked of it that should not have been, and what was not.
            Exercise::Calls(exercise) => {
                let mock = builder.start_mock_server(None, None);
                let url = mock.url().as_str().trim_end_matches('/').to_owned();
                exercise(Link { url }).await;
            }
            Exercise::Handles(exercise) => {
                for message in builder.messages() {
                    let contents = message.contents.contents.value().unwrap();
                    let news = News::of(&contents);
                    exercise(news.clone()).await;
                    // The library writes messages that nobody looked at, too.
                    assert!(
                        news.was_read(),
                        "{:?} was never handed to the consumer",
                        message.description
                    );
                }
            }
        }
        read_only_file(&folder)
    }
}

/// Calls that can be made again, against whatever address.
pub(crate) struct Calling<'a> {
    pact: &'a Pact,
    interactions: &'a [AnyInteraction],
    exercise: &'a Calls,
}

impl Calling<'_> {
    /// A pact of each call alone.
    pub(crate) fn pacts(&self) -> Vec<Found> {
        let Pact { consumer, provider, .. } = self.pact;
        let alone = |interaction: &AnyInteraction| {
            let file = json!({
                "consumer": { "name": consumer },
                "provider": { "name": provider },
                "interactions": [interaction.as_v4().unwrap().to_json()],
                "metadata": { "pactSpecification": { "version": "4.0" } },
            });
            let file_name = format!("{consumer}-{provider}.json");
            let document = Document::parse(&file_name, file.to_string().as_bytes()).unwrap();
            Found {
                file: file_name,
                document,
            }
        };
        self.interactions.iter().map(alone).collect()
    }

    /// Lets the consumer make them; panics if it makes something else of the answers than it should.
    pub(crate) async fn make(&self, link: Link) {
        (self.exercise)(link).await;
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
