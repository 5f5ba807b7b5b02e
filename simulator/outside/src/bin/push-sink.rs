//! The push endpoint of the outside world, as a process. Its HTTP API stands at `outside::PushSink`.

use std::process::ExitCode;

use clap::Parser;
use outside::{NodeError, Options, PushSink, announce, bind, exit_code, stopped};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), NodeError> {
    let options = Options::parse();
    let listener = bind(options.listen, "LISTEN")?;
    let sink = PushSink::start(listener, options.data().as_deref())?;
    announce("push-sink", &[("listen", sink.address())])?;
    stopped().await
}
