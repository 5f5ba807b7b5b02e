use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use commerce::Contact;
use lettre::{
    Message as Mail,
    address::AddressError,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{Error, client::AsyncSmtpConnection, extension::ClientId},
};
use shared::StartError;
use tokio::net::TcpStream;

use crate::domain::Message;

/// Where our mail comes from.
const SENDER: &str = "orders@shop.example";

/// Connections that are kept open between mails.
const IDLE: usize = 8;

/// Hands mail over by SMTP (RFC 5321), without TLS: the server is inside the cluster.
///
/// # Why not lettre's pool
///
/// Its async transport limits the time to connect and nothing after that: a server that falls silent would hold a mail for ever. And a mail
/// that is cut off from outside gives its connection back to the pool in the middle of a conversation, where the next mail would take
/// the answer to the last one for its own. Here a connection belongs to one mail at a time and comes back only after a mail that went through.
pub(crate) struct Mailer {
    server: (String, u16),
    sender: Mailbox,
    patience: Duration,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

/// Why a channel did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    /// It never will.
    #[error("refused: {0}")]
    Refused(String),
    /// It may later.
    #[error("not available: {0}")]
    Unavailable(String),
}

impl Mailer {
    /// A mail takes no longer than `patience`, connecting included.
    pub(crate) fn new(host: &str, port: u16, patience: Duration) -> Result<Self, StartError> {
        let sender = SENDER
            .parse()
            .map_err(|error: AddressError| StartError::Other(error.to_string()))?;
        Ok(Self {
            server: (host.to_owned(), port),
            sender,
            patience,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Answers once the server has taken the mail. Repeated, it is the same mail: its Message-ID derives from the notification.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), NotTaken> {
        let mail = self.compose(message)?;
        match tokio::time::timeout(self.patience, self.hand_over(&mail)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NotTaken::Unavailable("mail server: no answer in time".to_owned())),
        }
    }

    async fn hand_over(&self, mail: &Mail) -> Result<(), NotTaken> {
        let text = mail.formatted();
        if let Some(mut connection) = self.with_idle(Vec::pop) {
            match connection.send(mail.envelope(), &text).await {
                Ok(_) => {
                    self.keep(connection);
                    return Ok(());
                }
                Err(error) if error.status().is_some() => return Err(reason(&error)),
                // It was closed while it lay idle, and so were the others, most likely.
                Err(_) => self.with_idle(Vec::clear),
            }
        }
        let mut connection = self.connect().await?;
        let sent = connection.send(mail.envelope(), &text).await;
        sent.map_err(|error| reason(&error))?;
        self.keep(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, NotTaken> {
        let stream = async {
            let stream = TcpStream::connect((self.server.0.as_str(), self.server.1)).await?;
            // lettre writes a mail and its end apart: the end would wait until the mail is acknowledged, 40 ms as a rule.
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        };
        let stream = stream.await.map_err(|_| no_connection())?;
        let connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &ClientId::default()).await;
        connection.map_err(|error| reason(&error))
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        self.with_idle(|idle| {
            if idle.len() < IDLE && !connection.has_broken() {
                idle.push(connection);
            }
        });
    }

    fn with_idle<T>(&self, change: impl FnOnce(&mut Vec<AsyncSmtpConnection>) -> T) -> T {
        change(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn compose(&self, message: &Message) -> Result<Mail, NotTaken> {
        let header = |name: &'static str, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
        Mail::builder()
            .message_id(Some(format!("<{}@shop.example>", message.id)))
            .from(self.sender.clone())
            .to(recipient(&message.contact)?)
            .subject(message.change.subject())
            .raw_header(header("X-Order-Id", message.change.order_id.to_string()))
            .raw_header(header("X-Notification-Kind", kind_name(message)))
            .header(ContentType::TEXT_PLAIN)
            .body(message.change.text())
            .map_err(|_| NotTaken::Refused("the mail can't be composed".to_owned()))
    }
}

fn recipient(contact: &Contact) -> Result<Mailbox, NotTaken> {
    // The parser's error would quote the address.
    contact
        .email
        .parse()
        .map_err(|_| NotTaken::Refused("the address can't be written in a mail".to_owned()))
}

fn kind_name(message: &Message) -> String {
    let name = serde_json::to_value(message.change.kind).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

/// The reply code or the kind of failure: a server's text may quote the address.
fn reason(error: &Error) -> NotTaken {
    match error.status().map(u16::from) {
        // The mailbox, its size, its name, the message. Other codes of 5xx speak of how we talk to the server, not of this mail.
        Some(code @ 550..=554) => NotTaken::Refused(format!("SMTP reply {code}")),
        Some(code) => NotTaken::Unavailable(format!("mail server: SMTP reply {code}")),
        None => no_connection(),
    }
}

fn no_connection() -> NotTaken {
    NotTaken::Unavailable("mail server: no connection".to_owned())
}
