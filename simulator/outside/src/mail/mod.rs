mod api;
mod lines;
mod mailbox;
mod session;

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::sync::Semaphore;

pub use mailbox::Message;

use crate::{NodeError, host::Host};
use mailbox::Mailbox;

/// Connections served at once; further ones wait to be accepted.
const CONNECTIONS: usize = 256;

/// A mail server that takes every message, keeps it, and shows it over HTTP.
///
/// # SMTP (a subset of RFC 5321, without TLS or authentication)
///
/// EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP, VRFY, QUIT, with PIPELINING, SIZE, 8BITMIME and SMTPUTF8. Limits: 1 MiB a message, 100
/// recipients a message, 4 KiB a command line, 256 connections, 5 minutes of silence, 100,000 messages in all (452 beyond).
/// A recipient `refused@…` is refused for good (550).
///
/// A message whose `Message-ID` the recipient has already is counted and not kept again, as a mailbox with duplicate suppression does
/// (RFC 7352). "250" after the data means kept.
///
/// # HTTP
///
/// `GET /messages`, or `GET /messages?to=address`: the kept [`Message`]s, oldest first, as a JSON array. `GET /health/live`.
#[derive(Debug)]
pub struct MailSink {
    smtp: SocketAddr,
    http: SocketAddr,
    _host: Host,
}

impl MailSink {
    /// Serves on both listeners until dropped, with the messages that `data` holds.
    pub fn start(smtp: TcpListener, http: TcpListener, data: Option<&Path>) -> Result<Self, NodeError> {
        let mailbox = Arc::new(Mailbox::open(data)?);
        let addresses = (smtp.local_addr()?, http.local_addr()?);
        let host = Host::new()?;
        host.serve(http, api::router(Arc::clone(&mailbox)))?;
        host.run(smtp, |smtp| serve(smtp, mailbox))?;
        Ok(Self {
            smtp: addresses.0,
            http: addresses.1,
            _host: host,
        })
    }

    /// Where it takes mail.
    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp
    }

    /// Where messages can be read.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }
}

async fn serve(listener: tokio::net::TcpListener, mailbox: Arc<Mailbox>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: those of ended sessions come back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let mailbox = Arc::clone(&mailbox);
        tokio::spawn(async move {
            // A connection that breaks ends its session; nothing was acknowledged that is not kept.
            let _ = session::serve(stream, &mailbox).await;
            drop(permit);
        });
    }
}
