//! A provider that is served for other tools gets from them the verdict that it gets here.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use futures::future::{FutureExt, LocalBoxFuture};
use ledger::document::ProviderState;
use pact_verifier::{FilterInfo, PactSource};
use reqwest::Client;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use verifier::{Filter, HttpProvider, Message, Provider, ProviderError, Selection, Values, Verdict, serve, verify};
use wiremock::MockServer;

use crate::shop::{PROVIDER, by_itself_at, file, found, provider, shows_the_order, tells_of_payment};

/// The shop's provider, with one state that hands back a number and a message that needs it.
struct Shop {
    server: MockServer,
    url: String,
    torn_down: Mutex<Vec<Values>>,
}

impl Shop {
    async fn open() -> Self {
        let server = provider().await;
        Self {
            url: server.uri(),
            server,
            torn_down: Mutex::default(),
        }
    }

    fn torn_down(&self) -> Vec<Values> {
        self.torn_down.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Provider for Shop {
    fn url(&self) -> &str {
        &self.url
    }

    fn set_up<'a>(&'a self, state: &'a ProviderState) -> LocalBoxFuture<'a, Result<Values, ProviderError>> {
        let values = match state.name.as_str() {
            "an order" => Ok(Map::from_iter([("order_id".to_owned(), json!(1))])),
            other => Err(format!("nobody knows how to make '{other}'").into()),
        };
        async { values }.boxed_local()
    }

    fn tear_down<'a>(
        &'a self,
        _: &'a ProviderState,
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<(), ProviderError>> {
        self.torn_down
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(values.clone());
        async { Ok(()) }.boxed_local()
    }

    fn message<'a>(
        &'a self,
        description: &'a str,
        _: &'a [ProviderState],
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, ProviderError>> {
        let paid = values.get("order_id");
        let paid = paid.ok_or_else(|| format!("no order for '{description}'").into());
        let message = paid.map(|paid| Message {
            contents: json!({ "paid": paid }).to_string().into(),
            content_type: "application/json".to_owned(),
            metadata: Map::from_iter([("topic".to_owned(), json!("payments"))]),
        });
        async { message }.boxed_local()
    }
}

fn needs(state: &str, more: Value) -> Value {
    let mut needs = json!({ "providerStates": [{ "name": state, "params": { "for": "shop" } }] });
    needs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    needs
}

/// Asks for the order of whatever number the state hands back.
fn by_number(state: &str) -> Value {
    let path = json!({ "type": "ProviderState", "expression": "/orders/${order_id}" });
    let request = json!({ "method": "GET", "path": "/orders/7", "generators": { "path": path } });
    shows_the_order(needs(state, json!({ "request": request })))
}

/// Verdicts on the shop itself and on the shop behind its two addresses, and whether pact_verifier passes it
/// there.
async fn three_ways(shop: &Shop, pact: &Value) -> (Verdict, Verdict, bool) {
    let found = [found(pact)];
    let selection = Selection::new(PROVIDER, &found, Filter::default(), "here");
    let itself = verify(&selection, shop, None).await.verdict();
    let asked = async |desk: SocketAddr| {
        let at = |place: &str| Some(format!("http://{desk}{place}"));
        let provider = HttpProvider::new(shop.url(), at("/states"), at("/messages")).unwrap();
        let behind = verify(&selection, &provider, None).await.verdict();
        let source = PactSource::String(pact.to_string());
        let other = by_itself_at(*shop.server.address(), desk, source, FilterInfo::None).await;
        (behind, other.result)
    };
    let (behind, other) = while_served(shop, asked).await;
    (itself, behind, other)
}

async fn while_served<T>(shop: &Shop, asked: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let desk = listener.local_addr().unwrap();
    tokio::select! {
        stopped = serve(listener, shop) => panic!("it stopped: {stopped:?}"),
        said = asked(desk) => said,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_green_for_every_tool_with_the_values_of_its_states() {
    let shop = Shop::open().await;
    let topic = json!({ "metadata": { "topic": "payments" } });
    let kept = [
        by_number("an order"),
        tells_of_payment(needs("an order", topic)),
        shows_the_order(json!({ "description": "show an order that is always there" })),
    ];
    let pact = file("shop", &kept);

    let verdicts = three_ways(&shop, &pact).await;

    assert_eq!(verdicts, (Verdict::Pass, Verdict::Pass, true));
    let torn_down = shop.torn_down();
    assert_eq!(torn_down.len(), 6, "two interactions, three ways");
    for values in torn_down {
        assert_eq!(values["order_id"], 1, "{values:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_red_for_every_tool() {
    let mut lost = by_number("an order");
    lost["response"]["status"] = json!(404);
    let other_topic = json!({ "metadata": { "topic": "refunds" } });
    let without_order = json!({ "providerStates": [] });
    for broken in [
        lost,
        by_number("a lost order"),
        tells_of_payment(needs("an order", other_topic)),
        tells_of_payment(without_order),
    ] {
        let shop = Shop::open().await;

        let verdicts = three_ways(&shop, &file("shop", std::slice::from_ref(&broken))).await;

        assert_eq!(verdicts, (Verdict::Fail, Verdict::Fail, false), "{broken:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_or_has_no_answer_says_why() {
    let shop = Shop::open().await;
    let malformed = "; wanted {\"";
    for (place, body, status, reason) in [
        ("states", "{", 400, malformed),
        ("states", r#"{"params": {}}"#, 400, malformed),
        ("states", r#"{"state": "an order", "action": "pause"}"#, 400, malformed),
        ("messages", r#"{"providerStates": []}"#, 400, malformed),
        (
            "states",
            r#"{"state": "a lost order"}"#,
            500,
            "nobody knows how to make 'a lost order'",
        ),
        ("messages", r#"{"description": "news"}"#, 500, "no order for 'news'"),
    ] {
        let asked = async |desk| {
            let asked = Client::new().post(format!("http://{desk}/{place}")).body(body).send();
            let answer = asked.await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let (seen, said) = while_served(&shop, asked).await;
        assert_eq!(seen, status, "{body}: {said}");
        assert!(said.contains(reason), "{body}: {said}");
    }
    assert!(shop.torn_down().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_interaction_was_handed_is_nothing_to_one_without_states() {
    let shop = Shop::open().await;
    let asked = async |desk| {
        let mut answers = Vec::new();
        for (place, body) in [
            ("states", r#"{"state": "an order"}"#),
            ("messages", r#"{"description": "news"}"#),
            ("states", r#"{"state": "a lost order"}"#),
            ("states", r#"{"state": ""}"#),
            ("messages", r#"{"description": "news"}"#),
        ] {
            let asked = Client::new().post(format!("http://{desk}/{place}")).body(body).send();
            answers.push(asked.await.unwrap().status().as_u16());
        }
        answers
    };

    assert_eq!(while_served(&shop, asked).await, [200, 200, 500, 200, 500]);
}
