//! The payment provider of the outside world, as a process. Its HTTP API stands at `outside::PaymentProvider`.

use std::process::ExitCode;

use clap::Parser;
use outside::{NodeError, Options, PaymentProvider, announce, bind, exit_code, stopped};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), NodeError> {
    let options = Options::parse();
    let listener = bind(options.listen, "LISTEN")?;
    let provider = PaymentProvider::start(listener, options.data().as_deref()).await?;
    announce("payment-provider", &[("listen", provider.address())])?;
    stopped().await
}
