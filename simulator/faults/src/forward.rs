use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    Faults, Upstream,
    complaint::{complain, is_out_of_files},
    counters::Counters,
    faults::Set,
    http::{Exchange, Side, begins_request},
    pipe::{Break, Pipe},
    plan::{Age, Decided, IsReset, Plan},
};

/// Time for which a side that was ended in order may still send; closing before would reset it.
const LINGERING: Duration = Duration::from_secs(1);

/// The faults of one connection, as they change.
pub(crate) struct Watched {
    sets: watch::Receiver<Arc<Set>>,
    decided: Decided,
    plan: Plan,
}

/// End of a connection.
enum End {
    /// Both sides have ended by themselves.
    Done,
    /// Both sides are to be reset.
    Reset,
    /// Both sides are to be ended in order.
    Close,
}

/// Forwards one connection until both sides have ended it, one side breaks, or a fault ends it.
pub(crate) async fn forward(mut client: TcpStream, upstream: &Upstream, counters: &Counters, mut watched: Watched) {
    if let Some(act) = watched.plan.accept_then_close() {
        act.mark.fire();
        return end_in_order(&mut client).await;
    }
    let mut server = match dial(upstream, &mut watched).await {
        Ok(Some(server)) => server,
        Ok(None) => {
            counters.refused.fetch_add(1, Relaxed);
            // A reset, not an orderly end, which the client could read as an empty reply.
            let _ = client.set_zero_linger();
            return;
        }
        Err(IsReset::Yes) => {
            let _ = client.set_zero_linger();
            return;
        }
        Err(IsReset::No) => return end_in_order(&mut client).await,
    };
    let _ = client.set_nodelay(true);
    match carry(&mut client, &mut server, counters, &mut watched).await {
        End::Done => {}
        End::Reset => {
            // A reset on one side arrives as a reset on the other.
            let _ = client.set_zero_linger();
            let _ = server.set_zero_linger();
        }
        End::Close => {
            tokio::join!(end_in_order(&mut client), end_in_order(&mut server));
        }
    }
}

impl Watched {
    /// Decides about a connection that was accepted now; its number is taken here.
    pub(crate) fn new(faults: &Faults) -> Self {
        let mut sets = faults.subscribe();
        let mut decided = Decided::new(faults, faults.next_connection());
        let set = Arc::clone(&sets.borrow_and_update());
        let plan = decided.plan(&set, Age::New);
        Self { sets, decided, plan }
    }

    /// Waits until other faults are laid and the plan follows them; or, with the result, until a fault ends the
    /// connection.
    async fn next(&mut self) -> Option<IsReset> {
        let ending = async {
            match self.plan.ending() {
                Some((at, is_reset, act)) => {
                    if at > Instant::now() {
                        sleep_until(at).await;
                    }
                    act.mark.fire();
                    is_reset
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            changed = self.sets.changed() => {
                if changed.is_err() {
                    // The faults are gone, so none changes any more.
                    std::future::pending::<()>().await;
                }
            }
            is_reset = ending => return Some(is_reset),
        }
        let set = Arc::clone(&self.sets.borrow_and_update());
        self.plan = self.decided.plan(&set, Age::Open);
        None
    }
}

/// Connects to the upstream, unless a fault ends the connection before that.
async fn dial(upstream: &Upstream, watched: &mut Watched) -> Result<Option<TcpStream>, IsReset> {
    let mut dialled = pin!(async {
        let server = match upstream.connect().await? {
            Ok(server) => server,
            Err(error) => {
                if is_out_of_files(&error) {
                    complain("no upstream can be dialled", &error);
                }
                return None;
            }
        };
        server.set_nodelay(true).ok()?;
        Some(server)
    });
    loop {
        tokio::select! {
            biased;
            ended = watched.next() => {
                if let Some(is_reset) = ended {
                    return Err(is_reset);
                }
            }
            server = &mut dialled => return Ok(server),
        }
    }
}

async fn carry(client: &mut TcpStream, server: &mut TcpStream, counters: &Counters, watched: &mut Watched) -> End {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let mut upwards = Pipe::new(
        from_client,
        to_server,
        [&counters.bytes_from_client, &counters.bytes_to_upstream],
    );
    let mut downwards = Pipe::new(
        from_server,
        to_client,
        [&counters.bytes_from_upstream, &counters.bytes_to_client],
    );
    let at_message_start = AtomicBool::new(true);
    let mut exchange: Option<Arc<Exchange>> = None;
    let mut is_new = true;
    loop {
        if exchange.is_none() && !watched.plan.requests.is_empty() {
            let open = (!is_new).then(|| at_message_start.load(SeqCst));
            let begun = exchange.insert(watched.decided.exchange(open));
            upwards.join(begun, Side::ToUpstream);
            downwards.join(begun, Side::ToClient);
        }
        is_new = false;
        if let Some(exchange) = &exchange
            && exchange.lay(watched.plan.requests.clone())
        {
            upwards.hurry();
            downwards.hurry();
        }
        upwards.apply(&watched.plan.to_upstream);
        downwards.apply(&watched.plan.to_client);
        let both = async {
            tokio::try_join!(
                upwards.run(|piece| count_request(piece, &at_message_start, &counters.requests)),
                downwards.run(|_| at_message_start.store(true, SeqCst)),
            )
        };
        tokio::select! {
            biased;
            ended = watched.next() => match ended {
                Some(IsReset::Yes) => return End::Reset,
                Some(IsReset::No) => return End::Close,
                None => {}
            },
            result = both => return match result {
                Ok(_) => End::Done,
                Err(Break::Broken) => End::Reset,
                Err(Break::Closed) => End::Close,
            },
        }
    }
}

fn count_request(piece: &[u8], at_message_start: &AtomicBool, requests: &AtomicU64) {
    if at_message_start.swap(false, SeqCst) && begins_request(piece) {
        requests.fetch_add(1, Relaxed);
    }
}

/// Ends a side such that it reads everything that was written to it, and then an end of stream.
async fn end_in_order(side: &mut TcpStream) {
    if side.shutdown().await.is_err() {
        return;
    }
    let _ = timeout(LINGERING, async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(1..) = side.read(&mut buffer).await {}
    })
    .await;
}
