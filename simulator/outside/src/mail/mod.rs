mod api;
mod lines;
mod mailbox;
mod session;

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

pub use mailbox::Message;

use crate::{
    NodeError,
    host::{Host, complain},
};
use mailbox::Mailbox;

/// Largest number of connections served at once; further ones wait to be accepted.
const CONNECTIONS: usize = 256;

/// A mail server that accepts every message, keeps it, and shows it over HTTP.
///
/// # SMTP (a subset of RFC 5321, without TLS or authentication)
///
/// EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP, VRFY, QUIT, with PIPELINING, SIZE, 8BITMIME and SMTPUTF8. Limits: 1
/// MiB and 100 recipients per message, 4 KiB per command line, 256 connections, 5 minutes of silence, 100,000
/// messages in all (452 beyond). A recipient `refused@…` is refused for good (550).
///
/// A message whose `Message-ID` the recipient already has is counted but not kept again, as in a mailbox with
/// duplicate suppression (RFC 7352). The reply 250 after the data means that the message is kept.
///
/// # HTTP
///
/// `GET /messages`, or `GET /messages?to=address`: the kept [`Message`]s, oldest first, as a JSON array. `GET
/// /health/live`.
#[derive(Debug)]
pub struct MailSink {
    smtp: SocketAddr,
    http: SocketAddr,
    _host: Host,
}

impl MailSink {
    /// Serves on both listeners until dropped, with the messages in the folder `data`; without a folder, it starts
    /// empty.
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

    /// Returns the address of the SMTP server.
    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp
    }

    /// Returns the address of the HTTP API, which shows the messages.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }
}

async fn serve(listener: tokio::net::TcpListener, mailbox: Arc<Mailbox>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut complained: Option<Instant> = None;
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Probably out of file descriptors; those of ended sessions become free again.
                if complained.is_none_or(|last| last.elapsed() >= Duration::from_secs(1)) {
                    complained = Some(Instant::now());
                    complain(&format!("no SMTP connection can be accepted: {error}"));
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let mailbox = Arc::clone(&mailbox);
        tokio::spawn(async move {
            // A broken connection ends its session; every acknowledged message is kept already.
            let _ = session::serve(stream, &mailbox).await;
            drop(permit);
        });
    }
}
