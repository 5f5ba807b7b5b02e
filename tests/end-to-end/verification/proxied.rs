//! Verdicts over sockets are those in process: a proxy changes the replies of real providers on their way.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, header::CONTENT_TYPE};
use ledger::{
    document::{Document, Interaction, Kind},
    source::FoundPact,
};
use serde_json::{Map, json};
use tests::{Addresses, Provided};
use tokio::{net::TcpListener, task::JoinHandle};
use verifier::{
    Filter, HttpProvider, Message, Outcome, Selection, Verdict,
    mutate::{HttpReply, Mutant, Reply, Subject},
    verify,
};

use super::{committed, draw::Draw, pacts_in};

/// Number of mutants, several for each interaction.
const SAMPLE: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_real_provider_answers_is_judged_through_a_proxy_as_it_is_in_process() {
    let seed = std::env::var("SEAM_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("repeat with SEAM_SEED={seed}");
    let pacts = pacts_in(&committed());
    let providers: BTreeSet<&str> = pacts.iter().map(|found| found.document.provider()).collect();
    let provided = Provided::up(providers.len()).unwrap();
    let interactions: Vec<(&FoundPact, &Interaction)> = pacts
        .iter()
        .flat_map(|found| found.document.interactions().iter().map(move |one| (found, one)))
        // A log from its first event on has thousands of mutants, each as long as everything that happened in
        // this run.
        .filter(|(_, one)| !one.description.ends_with("a log from the first"))
        .collect();
    let mut draw = Draw::from(seed);
    let (mut killed, mut survived, mut messages) = (0, 0, 0);

    for _ in 0..SAMPLE {
        let (found, interaction) = interactions[draw.below(interactions.len())];
        let pact = alone(found, interaction);
        let subject = Arc::new(Subject::load(&pact, &pact.document.interactions()[0]).unwrap());
        let at = provided.of(pact.document.provider()).unwrap();
        let proxy = Proxy::before(at, subject.clone(), draw.below(usize::MAX)).await;

        let verdict = proxy.verified(at, &pact).await;

        let mutant = proxy
            .sent()
            .unwrap_or_else(|| panic!("{}: nothing was answered", interaction.description));
        let is_killed = !subject.judge(&mutant.reply).await.unwrap().is_empty();
        let wanted = if is_killed { Verdict::Fail } else { Verdict::Pass };
        let (operator, place) = (mutant.operator.name(), mutant.place());
        assert_eq!(
            verdict, wanted,
            "{}: '{}': {operator}: {place}",
            pact.file, interaction.description
        );
        *if is_killed { &mut killed } else { &mut survived } += 1;
        messages += usize::from(interaction.kind == Kind::AsyncMessage);
    }

    assert!(
        killed > 0 && survived > 0 && messages > 0,
        "{killed} {survived} {messages}"
    );
}

fn alone(found: &FoundPact, interaction: &Interaction) -> FoundPact {
    let file = json!({
        "consumer": { "name": found.document.consumer() },
        "provider": { "name": found.document.provider() },
        "interactions": [interaction.raw],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    });
    FoundPact {
        file: found.file.clone(),
        document: Document::parse(&found.file, file.to_string().as_bytes()).unwrap(),
    }
}

/// A proxy that changes the replies in one place. It stops when it is dropped.
struct Proxy {
    url: String,
    sent: Arc<Mutex<Option<Mutant>>>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Way {
    provider_url: String,
    message_url: String,
    subject: Arc<Subject>,
    /// Selects, modulo their number, the mutant that replaces a reply.
    number: usize,
    sent: Arc<Mutex<Option<Mutant>>>,
}

const MESSAGES: &str = "/of-the-proxy/messages";

impl Proxy {
    async fn before(at: &Addresses, subject: Arc<Subject>, number: usize) -> Self {
        let sent = Arc::default();
        let way = Way {
            provider_url: at.provider_url.clone(),
            message_url: at.message_url.clone(),
            subject,
            number,
            sent: Arc::clone(&sent),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(hand_on).with_state(way);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, sent, serving }
    }

    /// The verdict of `verify` on the provider behind the proxy; provider states bypass the proxy.
    async fn verified(&self, at: &Addresses, pact: &FoundPact) -> Verdict {
        let messages = format!("{}{MESSAGES}", self.url);
        let provider = HttpProvider::new(&self.url, Some(at.state_url.clone()), Some(messages)).unwrap();
        let name = pact.document.provider();
        let selection = Selection::new(name, std::slice::from_ref(pact), Filter::default(), "pacts");
        let verification = verify(&selection, &provider, None).await;
        let sent = self.sent();
        let is_empty = sent.as_ref().is_some_and(|mutant| mutant.reply.body().is_empty());
        for (_, checked) in verification.results() {
            let is_judged = !matches!(checked.outcome, Outcome::Failed { .. });
            // A message without contents leaves nothing to be matched.
            let is_no_message = checked.kind == Kind::AsyncMessage && is_empty;
            let (what, outcome) = (&checked.description, &checked.outcome);
            assert!(is_judged || is_no_message, "{what}: {outcome:?}, answered {sent:?}");
        }
        verification.verdict()
    }

    fn sent(&self) -> Option<Mutant> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hand_on(State(way): State<Way>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let is_message = head.uri.path() == MESSAGES;
    let place = head.uri.path_and_query().map_or("/", |place| place.as_str());
    let url = if is_message {
        way.message_url.clone()
    } else {
        format!("{}{place}", way.provider_url)
    };
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let method = head.method.clone();
    let mut headers = head.headers.clone();
    headers.remove("host");
    let sent = reqwest::Client::new().request(method, url).headers(headers).body(body);
    let answer = sent.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    assert!(!is_message || status == 200, "{}", String::from_utf8_lossy(&body));
    let reply = if is_message {
        message(&headers, body)
    } else {
        http_reply(status, &headers, body)
    };
    let mutants = way.subject.mutants_of(&reply);
    let mutant = mutants[way.number % mutants.len()].clone();
    let response = response(&mutant.reply);
    *way.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(mutant);
    response
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(CONTENT_TYPE)?.to_str().ok()?.to_owned())
}

fn message(headers: &HeaderMap, contents: Bytes) -> Reply {
    Reply::Message(Message {
        contents,
        content_type: content_type(headers).unwrap(),
        // Our providers' messages have no metadata.
        metadata: Map::new(),
    })
}

/// The content type is the only header that the pacts here promise.
fn http_reply(status: u16, headers: &HeaderMap, body: Bytes) -> Reply {
    let named = |value| ("content-type".to_owned(), value);
    Reply::Http(HttpReply {
        status,
        headers: content_type(headers).map(named).into_iter().collect(),
        body,
    })
}

fn response(reply: &Reply) -> Response {
    let builder = match reply {
        Reply::Http(reply) => {
            let builder = Response::builder().status(reply.status);
            let named = reply.headers.iter();
            named.fold(builder, |builder, (name, value)| builder.header(name, value))
        }
        Reply::Message(message) => Response::builder().header(CONTENT_TYPE, &message.content_type),
    };
    builder.body(Body::from(reply.body().clone())).unwrap()
}
