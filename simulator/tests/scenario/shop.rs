use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use futures::{FutureExt, future::LocalBoxFuture};
use serde_json::{Value, json};
use simulator::{
    steps::{
        Errand, Fault, LinkCounts, LinkTraffic, LogPart, Matches, Met, NoAnswer, NotLaid, Request, Response, Support,
        Target, World,
    },
    topology::LogPattern,
};

/// The defect that is planted in a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    None,
    /// Every first answer to an order gets lost, after it was done; every second is "in flight".
    LosesAnswers,
    /// The charge of every order for an even amount is booked twice.
    ChargesTwice,
    /// The bank never books anything.
    BooksNothing,
    /// Orders are never decided.
    NeverDecides,
    /// The bank can't be killed: it is tried and fails.
    CannotBeKilled,
    /// The bank is nothing that could be killed.
    RefusesFaults,
    /// The bank is nothing that could be killed, and that is known before.
    BearsNoFaults,
    /// Nothing passes any link.
    IdleLinks,
    /// Chance spares all that passes a link.
    LuckyLinks,
    /// Nothing has to do with the bank while a fault of it stands, unless it is laid for the second time.
    LonelyBank,
    /// Orders are put off while the bank is dead; each answer takes 2 ms.
    PutsOff,
    /// Every order was placed before, in another run.
    HasSeenItAll,
    /// Each answer takes 10 ms.
    Slow,
    /// The bank never comes back, and nobody hears of it.
    NeverBack,
    /// The bank does not come back.
    StaysDead,
    /// Orders are refused with a 400.
    RefusesOrders,
    /// Thanks are answered with a 500.
    FailsAtTheEnd,
}

/// A shop and its bank, in process: no clock but the real one, no socket.
pub(crate) struct Shop {
    defect: Defect,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked: Vec<(String, Request)>,
    orders: BTreeMap<String, (u64, Value)>,
    charges: Vec<Value>,
    dead: BTreeSet<String>,
    killed: Vec<String>,
    laid: Vec<String>,
}

impl Shop {
    pub(crate) fn with(defect: Defect) -> Self {
        Self {
            defect,
            begun: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// All requests so far, with the role that was asked.
    pub(crate) fn asked(&self) -> Vec<(String, Request)> {
        self.state().asked.clone()
    }

    pub(crate) fn killed(&self) -> Vec<String> {
        self.state().killed.clone()
    }

    /// The names of the faults that were laid, in order.
    pub(crate) fn laid(&self) -> Vec<String> {
        self.state().laid.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the state")
    }

    fn answer(&self, role: &str, request: &Request) -> Result<Response, NoAnswer> {
        let mut state = self.state();
        state.asked.push((role.to_owned(), request.clone()));
        if state.dead.contains(role) {
            return Err(NoAnswer("connection refused".to_owned()));
        }
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (role, request.method.as_str(), path.as_slice()) {
            ("shop", "PUT", ["products", _]) => ok(200, json!({})),
            ("shop", "POST", ["orders"]) => self.order(&mut state, request),
            ("shop", "GET", ["orders", id]) => match state.orders.get(*id) {
                Some((_, order)) => ok(200, order.clone()),
                None => ok(404, json!({"error": "no such order"})),
            },
            ("shop", "POST", ["thanks", _]) if self.defect == Defect::FailsAtTheEnd => ok(500, json!({"error": "no"})),
            ("shop", "POST", ["thanks", _]) => ok(200, Value::Null),
            ("bank", "GET", [charges]) => ok(200, json!({ "items": page(&state.charges, charges) })),
            _ => ok(404, json!({"error": "no such path"})),
        }
    }

    fn order(&self, state: &mut State, request: &Request) -> Result<Response, NoAnswer> {
        if self.defect == Defect::RefusesOrders {
            return ok(400, json!({"error": "we are closed"}));
        }
        if self.defect == Defect::PutsOff && !state.dead.is_empty() {
            return ok(409, json!({"error": "in flight"}));
        }
        let id = request.headers["Idempotency-Key"].clone();
        let body = request.body.clone().unwrap_or_default();
        let known = state.orders.get(&id).map_or(0, |(times, _)| *times);
        let status = match &body["card"] {
            _ if self.defect == Defect::NeverDecides => "pending",
            card if card == "good" => "paid",
            _ => "refused",
        };
        let order = json!({"id": id, "status": status, "amount": body["amount"], "note": body["note"]});
        state.orders.insert(id.clone(), (known + 1, order.clone()));
        if known == 0 && status == "paid" && self.defect != Defect::BooksNothing {
            let twice = self.defect == Defect::ChargesTwice && body["amount"].as_u64().is_some_and(|it| it % 2 == 0);
            let charge = json!({"order_id": id, "amount": body["amount"]});
            state
                .charges
                .extend(std::iter::repeat_n(charge, if twice { 2 } else { 1 }));
        }
        match known {
            0 if self.defect == Defect::LosesAnswers => Err(NoAnswer("connection reset".to_owned())),
            1 if self.defect == Defect::LosesAnswers => ok(409, json!({"error": "in flight"})),
            _ => Ok(Response {
                status: 201,
                body: order,
                replayed: known > 0 || self.defect == Defect::HasSeenItAll,
            }),
        }
    }
}

impl World for Shop {
    fn node_of(&self, role: &str) -> Result<String, String> {
        match role {
            "shop" | "bank" => Ok(format!("the-{role}")),
            _ => Err("there are: bank, shop".to_owned()),
        }
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()> {
        tokio::time::sleep(time).boxed_local()
    }

    fn send<'a>(
        &'a self,
        role: &'a str,
        request: &'a Request,
        _: Duration,
    ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>> {
        async move {
            match self.defect {
                Defect::Slow => tokio::time::sleep(Duration::from_millis(10)).await,
                Defect::PutsOff => tokio::time::sleep(Duration::from_millis(2)).await,
                _ => tokio::task::yield_now().await,
            }
            self.answer(role, request)
        }
        .boxed_local()
    }

    fn log_matches(
        &self,
        node: &str,
        pattern: &LogPattern,
        _: Option<&[LogPart]>,
        first: usize,
    ) -> Result<Matches, String> {
        let lines: &[&str] = if node == "shop" {
            &["open", "lunch at noon", "closed"]
        } else {
            &[]
        };
        let matching = || lines.iter().filter(|line| pattern.matches(line));
        Ok(Matches {
            lines: lines.len() as u64,
            matching: matching().count(),
            first: matching().take(first).map(ToString::to_string).collect(),
        })
    }

    fn run<'a>(&'a self, errand: &'a Errand) -> LocalBoxFuture<'a, Result<(), String>> {
        async move {
            match errand.words[0].as_str() {
                "true" => Ok(()),
                "sleep" => std::future::pending().await,
                other => Err(format!("{other} ended with exit status 1")),
            }
        }
        .boxed_local()
    }

    fn support(&self, _: &Fault) -> Support {
        match self.defect {
            Defect::BearsNoFaults => Support::Refused("this bank is a painting".to_owned()),
            _ => Support::Approximated("it is a toy".to_owned()),
        }
    }

    fn traffic(&self, fault: &Fault) -> Vec<LinkTraffic> {
        let Target::Link(link) = &fault.target else {
            return Vec::new();
        };
        let (met, fired) = match self.defect {
            Defect::IdleLinks => (0, 0),
            Defect::LuckyLinks => (7, 0),
            _ => (7, 7),
        };
        vec![LinkTraffic {
            link: link.clone(),
            met,
            fired,
            spared: met - fired,
            ..LinkTraffic::default()
        }]
    }

    fn met(&self, fault: &Fault) -> Option<Met> {
        let alone = self.defect == Defect::LonelyBank && !fault.name.ends_with("(2)");
        Some(Met::Traffic {
            connections: 0,
            requests: if alone { 0 } else { 3 },
        })
    }

    fn links(&self) -> Vec<LinkCounts> {
        vec![LinkCounts {
            link: "outside -> bank".to_owned(),
            connections: 2,
            requests: 9,
        }]
    }

    fn ready_again<'a>(&'a self, node: &'a str) -> LocalBoxFuture<'a, ()> {
        async move {
            let is_back = || {
                let state = self.state();
                state.killed.iter().any(|killed| killed == node) && state.dead.is_empty()
            };
            while !is_back() {
                tokio::task::yield_now().await;
            }
        }
        .boxed_local()
    }

    fn lay<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), NotLaid>> {
        async move {
            match self.defect {
                Defect::CannotBeKilled => return Err(NotLaid::Failed("it wears armour".to_owned())),
                Defect::RefusesFaults => return Err(NotLaid::Refused("this bank has no process".to_owned())),
                _ => {}
            }
            self.state().laid.push(fault.name.clone());
            let Target::Node(node) = &fault.target else {
                return Ok(());
            };
            let mut state = self.state();
            state.dead.insert(node.trim_start_matches("the-").to_owned());
            state.killed.push(node.to_owned());
            Ok(())
        }
        .boxed_local()
    }

    fn lift<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), String>> {
        async move {
            if self.defect == Defect::NeverBack {
                std::future::pending::<()>().await;
            }
            if self.defect == Defect::StaysDead {
                return Err("it exited with status 1".to_owned());
            }
            let Target::Node(node) = &fault.target else {
                return Ok(());
            };
            self.state().dead.remove(node.trim_start_matches("the-"));
            Ok(())
        }
        .boxed_local()
    }
}

fn ok(status: u16, body: Value) -> Result<Response, NoAnswer> {
    Ok(Response {
        status,
        body,
        replayed: false,
    })
}

/// Seven charges a page, counted from 1.
fn page(charges: &[Value], path: &str) -> Vec<Value> {
    let number: usize = path
        .rsplit_once("page=")
        .and_then(|(_, page)| page.parse().ok())
        .expect("a page is asked for");
    charges.iter().skip((number - 1) * 7).take(7).cloned().collect()
}
