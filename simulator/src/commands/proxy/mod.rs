//! `seam proxy`: fault proxies behind Toxiproxy's HTTP API, and endpoints of its own for faults that Toxiproxy lacks.

mod answers;
mod faults;
mod metrics;
mod toxiproxy;

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Router;
use clap::Args;
use listener::{Hooks, Limits};
use seam::chance;
use serde_json::Value;
use tokio::{
    net::{TcpListener, lookup_host},
    sync::{Mutex, MutexGuard},
};

use super::{output, session};
use crate::{exit, proxies::Proxies};

/// Version of Toxiproxy whose API this is.
const TOXIPROXY: &str = "2.12.0";

const HOOKS: Hooks = Hooks {
    refuse: answers::refused,
    notice: |notice| output::note(&format!("seam proxy: {notice}")),
};

/// Serve proxies with faults, by Toxiproxy's API, until Ctrl-C. Prints the address of the API when it can be used.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "The API is described at /openapi.json. Options may have one dash, as those of Toxiproxy's server.\n\
        Exit codes: 0 it was up until it was told to stop, 2 could not run."
)]
pub(crate) struct ProxyArgs {
    /// The host that the API listens on
    #[arg(long, default_value = "localhost")]
    host: String,
    /// The port that the API listens on; 0 takes a free one
    #[arg(long, default_value_t = 8474)]
    port: u16,
    /// Toxiproxy's configuration: a JSON file with a list of proxies to begin with
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The OpenAPI document, as JSON, of what is behind a proxy of the configuration: faults may then name its
    /// operations and violate its schemas. Once for each proxy
    #[arg(long, value_name = "PROXY=FILE", value_parser = described, requires = "config")]
    openapi: Vec<(String, PathBuf)>,
    /// The number that all random choices come from; drawn at random where not given
    #[arg(long)]
    seed: Option<u64>,
}

/// Spells the options of a command line of `seam proxy` as `seam` does, where they have one dash, as those of
/// Toxiproxy's server.
pub(crate) fn spelled(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.collect();
    if words.get(1).is_some_and(|command| command == "proxy") {
        for word in &mut words[2..] {
            let name = word.to_str().and_then(|word| word.strip_prefix('-')?.split('=').next());
            if name.is_some_and(|name| ["host", "port", "config", "openapi", "seed"].contains(&name)) {
                let mut longer = OsString::from("-");
                longer.push(&word);
                *word = longer;
            }
        }
    }
    words
}

/// The proxies, as all requests share them.
#[derive(Clone)]
struct Desk(Arc<Mutex<Proxies>>);

impl Desk {
    async fn open(&self) -> MutexGuard<'_, Proxies> {
        self.0.lock().await
    }
}

/// Runs `seam proxy` and returns the exit code, one of [`crate::exit`]. Prints the API's address to stdout.
pub(crate) async fn run(args: ProxyArgs) -> u8 {
    match attempt(&args).await {
        Ok(()) => exit::PASS,
        Err(error) => output::could_not_run("proxy", &error),
    }
}

async fn attempt(args: &ProxyArgs) -> Result<(), String> {
    let mut interrupt = session::interrupt()?;
    let listener = listen(&args.host, args.port).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let seed = args.seed.unwrap_or_else(|| chance::below(1_000_000));
    let mut proxies = Proxies::new(seed);
    if let Some(file) = &args.config {
        let populated = proxies.populate(json_of(file)?).await;
        populated.map_err(|error| format!("{}: {error}", file.display()))?;
    }
    for (name, file) in &args.openapi {
        let proxy = proxies
            .get(name)
            .map_err(|error| format!("--openapi {name}: {error}"))?;
        let described = proxy.describe(json_of(file)?);
        described.map_err(|error| format!("--openapi {name}={}: {error}", file.display()))?;
    }
    for proxy in proxies.all() {
        let (name, listen, upstream) = (proxy.name(), proxy.listen(), proxy.upstream());
        output::note(&format!("{name}: {listen} -> {upstream}"));
    }
    output::print_line(&format!("http://{address}"))?;
    output::note(&format!("the API is up; seed {seed}; Ctrl-C ends it"));
    let desk = Desk(Arc::new(Mutex::new(proxies)));
    let stop = interrupt.received();
    listener::serve(listener, router(desk.clone()), Limits::default(), HOOKS, stop).await;
    desk.open().await.close().await;
    Ok(())
}

/// Reads the name of a proxy and of the file that describes its upstream.
fn described(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((proxy, file)) if !proxy.is_empty() && !file.is_empty() => Ok((proxy.to_owned(), file.into())),
        _ => Err("wanted PROXY=FILE, such as orders=orders.json".to_owned()),
    }
}

fn json_of(file: &Path) -> Result<Value, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read(file).map_err(|error| failed(&error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&error))
}

fn router(desk: Desk) -> Router {
    toxiproxy::routes()
        .merge(faults::routes())
        .merge(metrics::routes())
        .fallback(answers::no_endpoint)
        .method_not_allowed_fallback(answers::no_method)
        .layer(axum::middleware::from_fn(answers::no_browsers))
        .with_state(desk)
}

/// Listens on a host's first address, of version 4 if it has one, as clients of `localhost` do.
async fn listen(host: &str, port: u16) -> Result<TcpListener, String> {
    let failed = |error: std::io::Error| {
        format!("the API can't listen on {host}:{port}: {error}; give a free address with --host and --port")
    };
    let host_alone = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = lookup_host((host_alone, port)).await.map_err(failed)?.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    let first = first.ok_or_else(|| format!("the host {host} has no address"))?;
    TcpListener::bind(first).await.map_err(failed)
}
