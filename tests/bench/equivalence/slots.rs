//! A contract that is cheap to serve, so that the benchmark measures the way to it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, Router, routing::post};
use http::Request;
use proptest::prelude::*;
use seam::{
    BoxFuture, Carrier, Contract, Direct, TransportFailure, Wire,
    equivalence::{Cell, Fake, Instance, Model},
    http::{InProcess, Socket, SocketLimits, Transport},
};
use tests::equivalence::Reqwest;
use tokio::net::TcpListener;

#[seam::contract(name = "slots")]
pub(crate) trait SlotsContract: Send + Sync {
    #[write(key = slot)]
    async fn put(&self, slot: u8, value: i64) -> Result<Option<i64>, NoAnswer>;
    #[read(key = slot)]
    async fn get(&self, slot: u8) -> Result<Option<i64>, NoAnswer>;
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error(transparent)]
pub(crate) struct NoAnswer(#[from] TransportFailure);

impl seam::ContractError for NoAnswer {
    fn transport(&self) -> Option<&TransportFailure> {
        Some(&self.0)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Slots(BTreeMap<u8, i64>);

impl Model for Slots {
    type Contract = dyn SlotsContract;

    fn next_call(&self) -> BoxedStrategy<SlotsContractCall> {
        (0..4_u8, any::<i64>(), any::<bool>())
            .prop_map(|(slot, value, write)| match write {
                true => SlotsContractCall::Put { slot, value },
                false => SlotsContractCall::Get { slot },
            })
            .boxed()
    }

    fn apply(&mut self, call: &SlotsContractCall) -> SlotsContractReply {
        match *call {
            SlotsContractCall::Put { slot, value } => SlotsContractReply::Put(Ok(self.0.insert(slot, value))),
            SlotsContractCall::Get { slot } => SlotsContractReply::Get(Ok(self.0.get(&slot).copied())),
        }
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "put", "ok"), ("any", "get", "ok")])
    }
}

type Open = fn() -> BoxFuture<'static, Instance<dyn SlotsContract>>;

/// Every way to reach a service, with the number of cases to run on it.
pub(crate) const SUBJECTS: &[(&str, u32, Open)] = &[
    ("direct", 4_000, || Box::pin(async { via(Direct(service())) })),
    ("wire", 4_000, || Box::pin(async { via(Wire(service())) })),
    ("router", 4_000, || {
        Box::pin(async { via(Client(InProcess::new(router()))) })
    }),
    ("tcp", 600, || {
        Box::pin(over_tcp(|base| {
            Arc::new(Socket::new(base, SocketLimits::default()).expect("a base URL"))
        }))
    }),
    ("tcp, reqwest", 600, || {
        Box::pin(over_tcp(|base| Arc::new(Reqwest::to(base.to_owned()))))
    }),
];

fn service() -> Arc<dyn SlotsContract> {
    Fake::begin(Slots::default())
}

fn via(carrier: impl Carrier<dyn SlotsContract> + 'static) -> Instance<dyn SlotsContract> {
    Instance::new(<dyn SlotsContract>::via(Arc::new(carrier)))
}

fn router() -> Router {
    let service = service();
    let answer = async move |Json(call): Json<SlotsContractCall>| Json(service.dispatch(call).await);
    Router::new().route("/", post(answer))
}

async fn over_tcp(transport: impl FnOnce(&str) -> Arc<dyn Transport> + 'static) -> Instance<dyn SlotsContract> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("it is bound"));
    let serving = tokio::spawn(async { axum::serve(listener, router()).await });
    via(Client(transport(&base))).closed_by(async move { serving.abort() })
}

struct Client<T>(T);

impl<T: Transport> Carrier<dyn SlotsContract> for Client<T> {
    fn carry(&self, call: SlotsContractCall) -> BoxFuture<'_, SlotsContractReply> {
        Box::pin(async move {
            let body = serde_json::to_vec(&call).expect("a call has a JSON form");
            let request = Request::post("/")
                .header("content-type", "application/json")
                .body(body.into());
            match self.0.send(request.expect("it is a request")).await {
                Ok(reply) => serde_json::from_slice(reply.body()).expect("the server answers with replies"),
                Err(failure) => <dyn SlotsContract>::failed(&call, failure),
            }
        })
    }
}
