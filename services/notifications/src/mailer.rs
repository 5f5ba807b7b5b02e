use std::time::Duration;

use commerce::Contact;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor,
    address::AddressError,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::PoolConfig,
};
use shared::StartError;

use crate::domain::Message;

/// Where our mail comes from.
const SENDER: &str = "orders@shop.example";

/// Connections to the mail server at the most.
const CONNECTIONS: u32 = 8;

/// Hands mail over by SMTP (RFC 5321), without TLS: the server is inside the cluster.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
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
    pub(crate) fn new(host: &str, port: u16, patience: Duration) -> Result<Self, StartError> {
        let sender = SENDER
            .parse()
            .map_err(|error: AddressError| StartError::Other(error.to_string()))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .timeout(Some(patience))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS))
            .build();
        Ok(Self { transport, sender })
    }

    /// Answers once the server has taken the mail. Repeated, it is the same mail: its Message-ID derives from the notification.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), NotTaken> {
        let mail = self.compose(message)?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(NotTaken::Refused(status_of(&error))),
            Err(error) => Err(NotTaken::Unavailable(format!("mail server: {}", status_of(&error)))),
        }
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
fn status_of(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("SMTP reply {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None => "no connection".to_owned(),
    }
}
