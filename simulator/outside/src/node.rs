use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;

use crate::JournalError;

/// Command line of a node with one address. A flag wins over its environment variable.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Options {
    /// Address to serve HTTP on, host:port; port 0 takes a free one [env: LISTEN] [default: 127.0.0.1:0]
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Folder for all acknowledged data; without it the data ends with the process [env: DATA]
    #[arg(long)]
    pub data: Option<PathBuf>,
}

/// Command line of the mail sink. A flag wins over its environment variable.
#[derive(Clone, Debug, Parser)]
#[command(version, about = "A mail server that keeps every message and shows it over HTTP")]
pub struct MailOptions {
    /// Address to serve SMTP on, host:port; port 0 takes a free one [env: LISTEN] [default: 127.0.0.1:0]
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Address to serve the HTTP API on [env: LISTEN_HTTP] [default: 127.0.0.1:0]
    #[arg(long)]
    pub listen_http: Option<SocketAddr>,
    /// Folder for all acknowledged data; without it the data ends with the process [env: DATA]
    #[arg(long)]
    pub data: Option<PathBuf>,
}

/// Command line of the database locker. A flag wins over its environment variable.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    about = "Holds the write lock of an SQLite database for a while, when it is asked to over HTTP"
)]
pub struct LockerOptions {
    /// Address to serve HTTP on, host:port; port 0 takes a free one [env: LISTEN] [default: 127.0.0.1:0]
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// File of the database; it need not be there yet
    #[arg(long)]
    pub database: PathBuf,
}

impl Options {
    /// Returns the data folder, from the flag or the environment; `None` if neither is set.
    pub fn data(&self) -> Option<PathBuf> {
        data(self.data.as_ref())
    }
}

impl MailOptions {
    /// Returns the data folder, from the flag or the environment; `None` if neither is set.
    pub fn data(&self) -> Option<PathBuf> {
        data(self.data.as_ref())
    }
}

/// Failure to start a node.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// An environment variable is malformed.
    #[error("{name} is {value:?}, wanted host:port such as 127.0.0.1:0")]
    Address {
        /// Name of the variable.
        name: String,
        /// Value of the variable.
        value: String,
    },
    /// The address could not be bound.
    #[error("can't listen on {address}: {source}; give a free address, or port 0")]
    Listen {
        /// Address that was asked for.
        address: SocketAddr,
        /// Cause given by the system.
        source: io::Error,
    },
    /// The runtime could not use a socket or stdout.
    #[error("can't serve: {0}")]
    Io(#[from] io::Error),
    /// The data folder could not be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Listens on the address in the flag, else in the environment variable `name`, else on a free port of the loopback
/// interface.
pub fn bind(flag: Option<SocketAddr>, name: &str) -> Result<TcpListener, NodeError> {
    let address = match (flag, std::env::var(name)) {
        (Some(address), _) => address,
        (None, Ok(value)) => value.parse().map_err(|_| NodeError::Address {
            name: name.to_owned(),
            value,
        })?,
        (None, Err(_)) => SocketAddr::from(([127, 0, 0, 1], 0)),
    };
    TcpListener::bind(address).map_err(|source| NodeError::Listen { address, source })
}

/// Prints one JSON line on stdout with the addresses: the node serves on them from now on.
pub fn announce(node: &str, addresses: &[(&str, SocketAddr)]) -> Result<(), NodeError> {
    let mut line = serde_json::Map::new();
    line.insert("node".to_owned(), node.into());
    for (name, address) in addresses {
        line.insert((*name).to_owned(), address.to_string().into());
    }
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", serde_json::Value::Object(line))?;
    Ok(stdout.flush()?)
}

/// Returns when the process is told to stop, by SIGINT or SIGTERM.
pub async fn stopped() -> Result<(), NodeError> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Returns exit code 0 if the node was told to stop; 2 if it could not run, with the reason on stderr.
pub fn exit_code(result: Result<(), NodeError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed, nobody is left to tell.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn data(flag: Option<&PathBuf>) -> Option<PathBuf> {
    flag.cloned().or_else(|| {
        std::env::var_os("DATA")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    })
}
