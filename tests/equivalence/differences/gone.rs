//! The fate of a call whose caller goes away.

use std::pin::pin;

use shared::testing::until;
use tests::equivalence::{Reach, Storage, suites::open_orders};
use tokio::sync::{Semaphore, watch};

use super::*;
use crate::asking::give_up_after;

/// The point that a call reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Nowhere,
    Begun,
    Dropped,
    Done,
}

/// Reports that the call was dropped, unless it has finished.
struct Told(watch::Sender<Came>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.send_if_modified(|came| {
            let dropped = *came == Came::Begun;
            if dropped {
                *came = Came::Dropped;
            }
            dropped
        });
    }
}

/// A fake of Orders whose calls wait at the gate and report the point that they reach.
fn gated(gate: &Arc<Semaphore>, came: &watch::Sender<Came>) -> Arc<dyn Orders> {
    let (gate, came) = (Arc::clone(gate), came.clone());
    does(move |call| {
        let (gate, told) = (Arc::clone(&gate), Told(came.clone()));
        Box::pin(async move {
            told.0.send_replace(Came::Begun);
            let _open = gate.acquire().await;
            told.0.send_replace(Came::Done);
            <dyn Orders>::failed(&call, TransportFailure::new("nobody", "there is nothing to tell"))
        })
    })
}

/// Starts a call, drops it half way, opens the gate, and returns the point that the call reached.
async fn dropped(reach: impl AsyncFnOnce(Arc<dyn Orders>) -> Arc<dyn Orders>) -> Came {
    let (gate, came) = (Arc::new(Semaphore::new(0)), watch::Sender::new(Came::Nowhere));
    let mut seen = came.subscribe();
    let orders = reach(gated(&gate, &came)).await;
    let deadline = Duration::from_secs(10);
    {
        let mut call = pin!(orders.create_order(tea()));
        tokio::select! {
            answer = &mut call => panic!("the gate is shut: {answer:?}"),
            begun = tokio::time::timeout(deadline, seen.wait_for(|came| *came == Came::Begun)) => {
                begun.expect("it begins within 10 s").unwrap();
            }
        }
    }
    gate.add_permits(1);
    let over = seen.wait_for(|came| matches!(came, Came::Dropped | Came::Done));
    *tokio::time::timeout(deadline, over)
        .await
        .expect("it ends within 10 s")
        .unwrap()
}

fn served(orders: Arc<dyn Orders>) -> axum::Router {
    let environment = Environment::new(Settings::from_pairs(&[], []).unwrap());
    let mounted = Mounted::routes("orders", http::orders::router(orders));
    server::router(&environment, &vec![mounted].into())
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_its_call_in_process_and_not_on_a_server() {
    let direct = dropped(async |orders| orders).await;
    let bare = dropped(async |orders| over_http(orders)).await;
    let server = dropped(async |orders| {
        let client = http::orders::Client::new(InProcess::new(served(orders)));
        Arc::new(client) as Arc<dyn Orders>
    });
    let tcp = dropped(async |orders| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, served(orders)).await });
        let socket = Socket::new(&base, SocketLimits::default()).unwrap();
        Arc::new(http::orders::Client::new(socket)) as Arc<dyn Orders>
    });

    assert_eq!(
        [direct, bare, server.await, tcp.await],
        [Came::Dropped, Came::Dropped, Came::Done, Came::Done]
    );
}

#[tokio::test]
async fn an_order_whose_caller_went_away_appears_though_nobody_asks_for_it_again() {
    let instance = open_orders(Storage::Sqlite, Reach::Router).await.unwrap();
    let orders = instance.service();

    // After the first poll the request belongs to the server.
    give_up_after(1, orders.create_order(tea())).await;

    until("the order is there", async || orders.get_order(id()).await.ok()).await;
    instance.close().await;
}
