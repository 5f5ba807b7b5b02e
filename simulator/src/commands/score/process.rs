use std::time::Duration;

use bytes::Bytes;
use http::Request;
use seam::{
    http::{Socket, SocketLimits, Transport},
    meter::ProcessFigures,
    time,
};
use serde::Serialize;

/// Calls that are not counted: they open the connection and warm both sides.
const WARMING: u32 = 10;

/// A process in which modules run, as it was measured.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) url: String,
    pub(super) figures: ProcessFigures,
    pub(super) hop: Hop,
}

/// The time of a call over HTTP to a process that has nothing to do for it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Hop {
    pub(super) calls: u32,
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
}

impl Process {
    /// Reads the figures of the process at `url`, and measures the hop to it by this many calls, one after the other.
    ///
    /// # Errors
    /// When it does not answer, or has no figures.
    pub(super) async fn measure(url: &str, calls: u32) -> Result<Self, String> {
        let limits = SocketLimits {
            answer: Duration::from_secs(5),
            ..SocketLimits::default()
        };
        let socket = Socket::new(url, limits).map_err(|error| error.to_string())?;
        let answer = get(&socket, "/meters")
            .await
            .map_err(|error| format!("{url} does not answer: {error}; start the process there, or leave --url out"))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!(
                "{url}/meters answered {status}, wanted 200 with the figures of its meters; is it a process whose \
                 neighbours are metered (seam::meter)?"
            ));
        }
        let figures = serde_json::from_slice(answer.body()).map_err(|error| {
            format!("{url}/meters answered something else than the figures of seam::meter::ProcessFigures: {error}")
        })?;
        let hop = hop(&socket, calls)
            .await
            .map_err(|error| format!("{url} answers no more: {error}"))?;
        Ok(Self {
            url: url.to_owned(),
            figures,
            hop,
        })
    }
}

async fn hop(socket: &Socket, calls: u32) -> Result<Hop, String> {
    let mut times = Vec::new();
    for number in 0..WARMING + calls {
        let begun = time::monotonic();
        // Any status will do: the time to say that there is no such path is that of a hop too.
        get(socket, "/health/live").await?;
        if number >= WARMING {
            times.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
    Ok(Hop {
        calls,
        p50_us: at(50),
        p99_us: at(99),
    })
}

async fn get(socket: &Socket, path: &str) -> Result<http::Response<Bytes>, String> {
    let request = Request::get(path)
        .body(Bytes::new())
        .map_err(|error| error.to_string())?;
    socket.send(request).await.map_err(|error| error.reason)
}
