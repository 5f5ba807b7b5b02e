//! `seam provide`: brings providers up and keeps them up for the verifier of any Pact tool, with addresses for states
//! and messages.

use std::io;

use clap::Args;
use futures::future::try_join_all;
use serde_json::json;
use tokio::net::TcpListener;
use verifier::{Provider, serve};

use super::{arguments::ProvidersArgs, output, session};
use crate::{backend::Folder, exit, interrupt::Interrupted, providers::Stage};

/// Bring providers up for the verifier of any Pact tool, until Ctrl-C. Prints the addresses of each provider in one
/// line: its own, the one that changes its states, and the one that gives its messages.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit codes: 0 it was up until it was told to stop, 2 could not run.")]
pub(crate) struct ProvideArgs {
    /// The provider, as pacts name it; every provider of the file where not given
    service: Option<String>,
    #[command(flatten)]
    providers: ProvidersArgs,
    /// Print the lines as JSON
    #[arg(long)]
    json: bool,
}

/// Runs `seam provide` and returns the exit code, one of [`crate::exit`]. Prints the addresses to stdout.
pub(crate) async fn run(args: ProvideArgs) -> u8 {
    match attempt(&args).await {
        Ok(()) => exit::PASS,
        Err(error) => output::could_not_run("provide", &error),
    }
}

async fn attempt(args: &ProvideArgs) -> Result<(), String> {
    let mut interrupt = session::interrupt()?;
    let providers = args.providers.load()?;
    let names: Vec<String> = match &args.service {
        Some(service) => vec![service.clone()],
        None => providers.provider.keys().cloned().collect(),
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (session, stage) = args.providers.up(providers, &names, &mut interrupt).await?;
    let served = match interrupt.or(serve_all(args, &names, &stage)).await {
        Ok(served) => served,
        Err(Interrupted) => Ok(()),
    };
    let folder = if served.is_ok() { Folder::Remove } else { Folder::Keep };
    session.down(folder, &mut interrupt).await;
    served
}

/// Serves states and messages until it is dropped.
async fn serve_all(args: &ProvideArgs, names: &[&str], stage: &Stage) -> Result<(), String> {
    let failed = |error: io::Error| format!("an address for states and messages can't be served: {error}");
    let mut services = Vec::new();
    for name in names {
        if let Some(provider) = stage.provider(name) {
            let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            output::print_line(&line(args, name, provider.url(), &format!("http://{address}")))?;
            services.push(async move { serve(listener, &provider).await });
        }
    }
    try_join_all(services).await.map(drop).map_err(failed)
}

fn line(args: &ProvideArgs, name: &str, url: &str, service: &str) -> String {
    let (states, messages) = (format!("{service}/states"), format!("{service}/messages"));
    if args.json {
        json!({ "provider": name, "provider_url": url, "state_url": states, "message_url": messages }).to_string()
    } else {
        format!("{name} --provider-url {url} --state-url {states} --message-url {messages}")
    }
}
