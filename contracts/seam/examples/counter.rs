//! From a trait to a printed counterexample: an HTTP client that takes numbers through a double, as JavaScript does.
#![expect(clippy::unwrap_used, reason = "an example that can't go on stops")]
#![expect(clippy::cast_possible_truncation, reason = "it is the defect")]

use axum::{Json, Router, http::Request, routing::post};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use seam::equivalence::{Cell, Failure, Fake, Instance, Model, Suite};
use seam::http::{InProcess, Transport};
use seam::{BoxFuture, Carrier, Contract, TransportFailure};
use serde_json::{Value, from_slice, from_value, to_vec};

#[seam::contract(name = "counter")]
trait Counter: Send + Sync {
    #[write]
    async fn add(&self, amount: i64) -> Result<i64, TransportFailure>;
    #[read]
    async fn total(&self) -> Result<i64, TransportFailure>;
}

#[derive(Clone, Debug, PartialEq)]
struct Total(i64);
impl Model for Total {
    type Contract = dyn Counter;
    fn next_call(&self) -> BoxedStrategy<CounterCall> {
        let add = any::<i64>().prop_map(|amount| CounterCall::Add { amount });
        prop_oneof![add, Just(CounterCall::Total {})].boxed()
    }
    fn apply(&mut self, call: &CounterCall) -> CounterReply {
        if let CounterCall::Add { amount } = call {
            self.0 = self.0.wrapping_add(*amount);
            return CounterReply::Add(Ok(self.0));
        }
        CounterReply::Total(Ok(self.0))
    }
    fn reachable() -> Vec<Cell> {
        vec![Cell::new("any", "add", "ok"), Cell::new("any", "total", "ok")]
    }
}

struct Client(InProcess<Router>);
impl Carrier<dyn Counter> for Client {
    fn carry(&self, call: CounterCall) -> BoxFuture<'_, CounterReply> {
        Box::pin(async move {
            let request = Request::post("/").header("content-type", "application/json");
            let request = request.body(to_vec(&call).unwrap().into()).unwrap();
            match self.0.send(request).await {
                Ok(response) => from_value(through_doubles(from_slice(response.body()).unwrap())).unwrap(),
                Err(failure) => <dyn Counter>::failed(&call, failure),
            }
        })
    }
}

fn main() -> Result<(), Failure> {
    let suite = Suite::new("counter", Total(0)).subject("over http", || async {
        let service = Fake::begin(Total(0));
        let answer = async move |Json(call): Json<CounterCall>| Json(service.dispatch(call).await);
        let client = Client(InProcess::new(Router::new().route("/", post(answer))));
        Ok::<_, String>(Instance::new(<dyn Counter>::via(std::sync::Arc::new(client))))
    });
    suite.run().map(|report| eprintln!("{report}"))
}

/// The defect: beyond 2^53 a double has no room for every whole number.
fn through_doubles(mut reply: Value) -> Value {
    for number in reply.as_object_mut().into_iter().flat_map(|reply| reply.values_mut()) {
        number["Ok"] = Value::from(number["Ok"].as_f64().unwrap() as i64);
    }
    reply
}
