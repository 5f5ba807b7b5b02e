//! `seam provide`: brings providers up and keeps them up for the verifier of any Pact tool, with addresses for states and messages.

use std::io::{self, Write};

use clap::Args;
use futures::future::try_join_all;
use serde_json::json;
use tokio::net::TcpListener;
use verifier::{Provider, serve};

use crate::{
    backend::Folder,
    exit,
    interrupt::Interrupt,
    providers::{Providers, Stage, StageArgs},
};

/// Bring providers up for the verifier of any Pact tool, until Ctrl-C. Says where each is, where it changes its states, and where it gives its
/// messages, one provider a line.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit codes: 0 it was up until it was told to stop, 2 could not run.")]
pub(crate) struct ProvideArgs {
    /// The provider, as pacts name it; every provider of the file where not given
    service: Option<String>,
    #[command(flatten)]
    stage: StageArgs,
    /// The lines as JSON
    #[arg(long)]
    json: bool,
}

/// Does what `seam provide` is told, and returns the exit code, one of [`crate::exit`]. Prints the addresses to stdout, all else to stderr.
pub(crate) async fn run(args: ProvideArgs) -> u8 {
    match attempt(&args).await {
        Ok(()) => exit::PASS,
        Err(error) => exit::could_not_run("provide", &error),
    }
}

async fn attempt(args: &ProvideArgs) -> Result<(), String> {
    let mut interrupt = Interrupt::listen().map_err(|error| format!("no signal handler: {error}"))?;
    let providers = Providers::load(&args.stage.providers).map_err(|error| error.to_string())?;
    let names: Vec<&str> = match &args.service {
        Some(service) => vec![service],
        None => providers.provider.keys().map(String::as_str).collect(),
    };
    let stage = Stage::up(&args.stage, &providers, names.iter().copied(), &mut interrupt).await?;
    let served = tokio::select! {
        served = serve_all(args, &names, &stage) => served,
        () = interrupt.received() => Ok(()),
    };
    let folder = if served.is_ok() { Folder::Remove } else { Folder::Keep };
    stage.down(folder).await;
    served
}

/// Serves until it is dropped.
async fn serve_all(args: &ProvideArgs, names: &[&str], stage: &Stage<'_>) -> Result<(), String> {
    let world = stage.world()?;
    let asker = stage.asker(&world);
    let failed = |error: io::Error| format!("an address for states and messages can't be served: {error}");
    let mut desks = Vec::new();
    for name in names {
        if let Some(provider) = stage.provider(name, &world, &asker)? {
            let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
            let desk = listener.local_addr().map_err(failed)?;
            say(args, name, provider.url(), &format!("http://{desk}"));
            desks.push(async move { serve(listener, &provider).await });
        }
    }
    try_join_all(desks).await.map(drop).map_err(failed)
}

fn say(args: &ProvideArgs, name: &str, url: &str, desk: &str) {
    let (states, messages) = (format!("{desk}/states"), format!("{desk}/messages"));
    let line = if args.json {
        json!({ "provider": name, "provider_url": url, "state_url": states, "message_url": messages }).to_string()
    } else {
        format!("{name} --provider-url {url} --state-url {states} --message-url {messages}")
    };
    let mut stdout = io::stdout().lock();
    // A reader that has gone away does not take the providers down.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
