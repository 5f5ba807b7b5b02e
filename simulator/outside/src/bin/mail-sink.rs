//! The mail server of the outside world, as a process. Its API stands at `outside::MailSink`.

use std::process::ExitCode;

use clap::Parser;
use outside::{MailOptions, MailSink, NodeError, announce, bind, exit_code, stopped};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), NodeError> {
    let options = MailOptions::parse();
    let smtp = bind(options.listen, "LISTEN")?;
    let http = bind(options.listen_http, "LISTEN_HTTP")?;
    let sink = MailSink::start(smtp, http, options.data().as_deref())?;
    announce(
        "mail-sink",
        &[("listen", sink.smtp_address()), ("listen_http", sink.http_address())],
    )?;
    stopped().await
}
