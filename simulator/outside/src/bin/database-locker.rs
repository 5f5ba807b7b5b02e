//! Somebody who holds the write lock of a database of others, as a process. Its HTTP API stands at
//! `outside::DatabaseLocker`.

use std::process::ExitCode;

use clap::Parser;
use outside::{DatabaseLocker, LockerOptions, NodeError, announce, bind, exit_code, stopped};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), NodeError> {
    let options = LockerOptions::parse();
    let listener = bind(options.listen, "LISTEN")?;
    let locker = DatabaseLocker::start(listener, options.database)?;
    announce("database-locker", &[("listen", locker.address())])?;
    stopped().await
}
