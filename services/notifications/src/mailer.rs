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

use crate::{channel::ChannelError, domain::Message};

/// The sender's address of every mail.
const SENDER: &str = "orders@shop.example";

/// Limit of idle connections kept open for the next mail.
const IDLE: usize = 8;

/// Sends mail by SMTP (RFC 5321), without TLS: the server is inside the cluster.
///
/// # Why not lettre's pool
///
/// Its async transport limits the time to connect and nothing after that, so a server that falls silent would hold
/// a mail for ever. And a mail that is cancelled from outside returns its connection to the pool in the middle of a
/// conversation, where the next mail would read the reply to the last one as its own. Here a connection belongs to
/// one mail at a time and is kept only after a mail that was accepted.
pub(crate) struct Mailer {
    server: (String, u16),
    sender: Mailbox,
    limit: Duration,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl Mailer {
    /// Creates a mailer for the server at `host:port`. A mail takes at most `limit`, connecting included.
    pub(crate) fn new(host: &str, port: u16, limit: Duration) -> Result<Self, StartError> {
        let sender = SENDER
            .parse()
            .map_err(|error: AddressError| StartError::Other(error.to_string()))?;
        Ok(Self {
            server: (host.to_owned(), port),
            sender,
            limit,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Returns once the server has accepted the mail. A repetition sends the same mail: its Message-ID derives from
    /// the notification.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), ChannelError> {
        let mail = self.compose(message)?;
        match tokio::time::timeout(self.limit, self.submit(&mail)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ChannelError::Unavailable(format!(
                "mail server: no reply within {:?}",
                self.limit
            ))),
        }
    }

    async fn submit(&self, mail: &Mail) -> Result<(), ChannelError> {
        let text = mail.formatted();
        if has_bare_line_end(&text) {
            return Err(ChannelError::Refused("a line end of the mail is not CRLF".to_owned()));
        }
        if let Some(mut connection) = self.with_idle(Vec::pop) {
            match connection.send(mail.envelope(), &text).await {
                Ok(_) => {
                    self.keep(connection);
                    return Ok(());
                }
                Err(error) if error.status().is_some() => return Err(reason(&error)),
                // The server closed it while it was idle, and most likely the others too.
                Err(_) => self.with_idle(Vec::clear),
            }
        }
        let mut connection = self.connect().await?;
        let sent = connection.send(mail.envelope(), &text).await;
        sent.map_err(|error| reason(&error))?;
        self.keep(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, ChannelError> {
        let stream = async {
            let stream = TcpStream::connect((self.server.0.as_str(), self.server.1)).await?;
            // lettre writes a mail and its end separately. With Nagle's algorithm the end would wait for the peer's
            // delayed acknowledgement of the mail, usually 40 ms.
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        };
        let stream = stream.await.map_err(|_| no_connection())?;
        let connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &ClientId::default()).await;
        // Whatever the greeting or the reply to EHLO says, it is about the session: 554 there means that this server
        // takes no mail now, not that it refuses this one (RFC 5321 section 3.1).
        connection.map_err(|error| error.status().map_or_else(no_connection, |code| later(code.into())))
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

    fn compose(&self, message: &Message) -> Result<Mail, ChannelError> {
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
            .map_err(|_| ChannelError::Refused("the mail can't be composed from this order and contact".to_owned()))
    }
}

fn recipient(contact: &Contact) -> Result<Mailbox, ChannelError> {
    // The parser's error would quote the address.
    contact
        .email
        .parse()
        .map_err(|_| ChannelError::Refused("the contact's e-mail address is not valid in a mail".to_owned()))
}

/// True if a CR or an LF stands alone. A server that takes one for a line end reads what follows as commands, so no
/// such mail leaves this process, whatever composed it (RFC 5321 section 2.3.8).
fn has_bare_line_end(text: &[u8]) -> bool {
    let mut last = 0;
    let bare = text.iter().any(|&byte| {
        let is_bare = (byte == b'\n') != (last == b'\r');
        last = byte;
        is_bare
    });
    bare || last == b'\r'
}

fn kind_name(message: &Message) -> String {
    let name = serde_json::to_value(message.change.kind).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

/// Turns an SMTP error into a reason that quotes only the reply code: the server's text may contain the address.
fn reason(error: &Error) -> ChannelError {
    error.status().map_or_else(no_connection, |code| refusal(code.into()))
}

/// Sorts the code of an SMTP reply that refuses a mail.
fn refusal(code: u16) -> ChannelError {
    match code {
        // These codes concern the mailbox or the message. Other 5xx codes concern the session, so another attempt
        // may succeed.
        550..=554 => ChannelError::Refused(format!("SMTP reply {code}")),
        _ => later(code),
    }
}

fn later(code: u16) -> ChannelError {
    ChannelError::Unavailable(format!("mail server: SMTP reply {code}"))
}

fn no_connection() -> ChannelError {
    ChannelError::Unavailable("mail server: can't connect, or the connection broke".to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn a_line_end_that_is_not_crlf_is_seen_wherever_it_stands() {
        for whole in ["", "x", "\r\n", "x\r\n\r\ny\r\n"] {
            assert!(!has_bare_line_end(whole.as_bytes()), "{whole:?}");
        }
        for bare in [
            "\r", "\n", "x\ry", "x\ny", "x\r\r\n", "x\r\n\n", "x\r\n\ry", "x\n\r", "x\r",
        ] {
            assert!(has_bare_line_end(bare.as_bytes()), "{bare:?}");
        }
    }

    #[test]
    fn only_a_reply_about_the_mailbox_or_the_message_is_a_refusal_for_good() {
        // Greylisting answers 450 or 451; 502, 503 and 530 are about the session.
        let refused = (400..600).filter(|code| matches!(refusal(*code), ChannelError::Refused(_)));

        assert_eq!(refused.collect::<Vec<u16>>(), [550, 551, 552, 553, 554]);
    }

    /// Places of a conversation, in the order of the server's replies.
    const PLACES: [&str; 6] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"];

    /// A mail server for one connection, which replies with this code at this place and as it should elsewhere.
    async fn server(place: &'static str, code: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            for (at, fine) in PLACES.iter().zip([220, 250, 250, 250, 354, 250]) {
                let mut line = String::new();
                while *at != "greeting" && !is_whole(at, &line) {
                    line.clear();
                    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let reply = if *at == place { code } else { fine };
                if stream.write_all(format!("{reply} said\r\n").as_bytes()).await.is_err() {
                    return;
                }
            }
        });
        port
    }

    /// True if the line ends what the client has to say at a place.
    fn is_whole(place: &str, line: &str) -> bool {
        match place {
            // After a refusal the client has nothing more to say.
            "end" => line == ".\r\n" || line == "QUIT\r\n",
            _ => line.ends_with("\r\n"),
        }
    }

    async fn send(port: u16) -> Result<(), ChannelError> {
        let mailer = Mailer::new("127.0.0.1", port, Duration::from_secs(10)).unwrap();
        mailer.send(&Message::sample()).await
    }

    #[tokio::test]
    async fn each_reply_at_each_place_of_a_conversation_is_a_refusal_or_is_tried_again() {
        for place in PLACES {
            for code in [
                421, 450, 451, 452, 455, 500, 501, 502, 503, 530, 535, 550, 551, 552, 553, 554, 555,
            ] {
                let sent = send(server(place, code).await).await;

                // Before a mail is named, a reply is about the session, and in its place nothing is refused for good.
                let about_the_mail = !matches!(place, "greeting" | "EHLO") && (550..=554).contains(&code);
                let wanted = if about_the_mail {
                    ChannelError::Refused(format!("SMTP reply {code}"))
                } else {
                    later(code)
                };
                assert_eq!(sent, Err(wanted), "{place} {code}");
            }
        }
    }

    #[tokio::test]
    async fn a_conversation_without_a_refusal_is_a_mail_that_was_sent() {
        assert_eq!(send(server("nowhere", 0).await).await, Ok(()));
    }
}
