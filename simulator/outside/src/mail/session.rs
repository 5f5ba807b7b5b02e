use std::{io, time::Duration};

use tokio::{
    io::{AsyncWriteExt, BufReader, BufWriter},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    lines::{Line, read_line},
    mailbox::{DeliveryError, Mailbox},
};

const COMMAND_LIMIT: usize = 4 * 1024;
const MESSAGE_LIMIT: usize = 1024 * 1024;
const RECIPIENT_LIMIT: usize = 100;
/// Longest silence of a peer; RFC 5321 section 4.5.3.2.7 asks for at least 5 minutes.
const SILENCE_LIMIT: Duration = Duration::from_secs(300);

/// Serves one connection until the peer quits or hangs up.
pub(super) async fn serve(stream: TcpStream, mailbox: &Mailbox) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (input, output) = stream.into_split();
    let mut session = Session {
        input: BufReader::new(input),
        output: BufWriter::new(output),
        greeted: false,
        sender: None,
        recipients: Vec::new(),
    };
    session.reply("220 outside ready").await?;
    loop {
        // Replies to pipelined commands are sent together, once the peer waits for them.
        if session.input.buffer().is_empty() {
            session.output.flush().await?;
        }
        let next = match session.next(COMMAND_LIMIT).await? {
            Line::End => return Ok(()),
            Line::TooLong => session.reply("500 line too long").await.map(|()| Next::Command)?,
            Line::Whole(line) => session.command(&line, mailbox).await?,
        };
        if next == Next::Quit {
            return session.output.flush().await;
        }
    }
}

/// A message, or the reason why it is refused.
enum Received {
    Whole(Vec<u8>),
    TooLong,
    /// RFC 5321 section 2.3.8 forbids a CR alone: one server takes it for a line end and another does not, and what
    /// follows is a line of the message to one of them and a command to the other.
    BareCr,
}

#[derive(PartialEq, Eq)]
enum Next {
    Command,
    Quit,
}

struct Session {
    input: BufReader<OwnedReadHalf>,
    output: BufWriter<OwnedWriteHalf>,
    greeted: bool,
    sender: Option<String>,
    recipients: Vec<String>,
}

impl Session {
    async fn command(&mut self, line: &[u8], mailbox: &Mailbox) -> io::Result<Next> {
        let Some(text) = line
            .strip_suffix(b"\r\n")
            .and_then(|text| std::str::from_utf8(text).ok())
            .filter(|text| !text.contains('\r'))
        else {
            self.reply("500 wanted a line of UTF-8 ended by CRLF").await?;
            return Ok(Next::Command);
        };
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let reply = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.greet();
                "250-outside\r\n250-PIPELINING\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250 SMTPUTF8"
            }
            "HELO" => {
                self.greet();
                "250 outside"
            }
            "MAIL" => self.mail(rest),
            "RCPT" => self.rcpt(rest),
            "DATA" if self.recipients.is_empty() => "503 no valid recipient",
            "DATA" => return self.data(mailbox).await.map(|()| Next::Command),
            "RSET" => {
                self.reset();
                "250 ok"
            }
            "NOOP" => "250 ok",
            "VRFY" => "252 send it and see",
            "QUIT" => {
                self.reply("221 bye").await?;
                return Ok(Next::Quit);
            }
            "EXPN" | "HELP" | "AUTH" | "STARTTLS" | "BDAT" => "502 not implemented",
            _ => "500 unknown command",
        };
        self.reply(reply).await?;
        Ok(Next::Command)
    }

    fn greet(&mut self) {
        self.greeted = true;
        self.reset();
    }

    fn reset(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn mail(&mut self, rest: &str) -> &'static str {
        if !self.greeted || self.sender.is_some() {
            return "503 wanted EHLO first, and one MAIL a message";
        }
        let Some((address, parameters)) = path(rest, "FROM:") else {
            return "501 wanted MAIL FROM:<address>";
        };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" if value.parse().is_ok_and(|size: usize| size <= MESSAGE_LIMIT) => {}
                "SIZE" => return "552 message over 1048576 bytes",
                "BODY" | "SMTPUTF8" => {}
                _ => return "555 unknown parameter of MAIL",
            }
        }
        self.sender = Some(address.to_owned());
        "250 ok"
    }

    fn rcpt(&mut self, rest: &str) -> &'static str {
        if self.sender.is_none() {
            return "503 wanted MAIL first";
        }
        let Some((address, parameters)) = path(rest, "TO:") else {
            return "501 wanted RCPT TO:<address>";
        };
        let Some((local, domain)) = address.rsplit_once('@') else {
            return "501 wanted an address with @";
        };
        if local.is_empty() || domain.is_empty() || address.len() > 254 {
            return "501 wanted local@domain of at most 254 characters";
        }
        if !parameters.trim().is_empty() {
            return "555 unknown parameter of RCPT";
        }
        if local.eq_ignore_ascii_case("refused") {
            return "550 5.1.1 no such mailbox";
        }
        if self.recipients.len() >= RECIPIENT_LIMIT {
            return "452 too many recipients";
        }
        self.recipients.push(address.to_owned());
        "250 ok"
    }

    async fn data(&mut self, mailbox: &Mailbox) -> io::Result<()> {
        self.reply("354 end with CRLF.CRLF").await?;
        self.output.flush().await?;
        let message = self.message().await?;
        let sender = self.sender.take().unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        let reply = match message {
            Received::TooLong => "552 message over 1048576 bytes",
            Received::BareCr => "554 5.6.0 a CR without LF, wanted lines ended by CRLF",
            Received::Whole(message) => match mailbox.deliver(&sender, &recipients, &message) {
                Ok(()) => "250 kept",
                Err(DeliveryError::Capacity) => "452 mailbox full",
                Err(DeliveryError::Journal(_)) => "451 could not write the message down",
            },
        };
        self.reply(reply).await
    }

    /// Reads a message to its end and removes the transparency dots.
    async fn message(&mut self) -> io::Result<Received> {
        let mut message = Vec::new();
        let (mut over, mut bare_cr) = (false, false);
        // Only CRLF ends a line here: a bare LF before the dot would let a message be smuggled into another.
        let mut at_line_start = true;
        loop {
            let line = match self.next(MESSAGE_LIMIT).await? {
                Line::End => return Err(io::ErrorKind::UnexpectedEof.into()),
                Line::TooLong => {
                    over = true;
                    continue;
                }
                Line::Whole(line) => line,
            };
            if at_line_start && line == b".\r\n" {
                return Ok(match (over, bare_cr) {
                    (true, _) => Received::TooLong,
                    (false, true) => Received::BareCr,
                    (false, false) => Received::Whole(message),
                });
            }
            bare_cr |= line.strip_suffix(b"\r\n").unwrap_or(&line).contains(&b'\r');
            let content = if at_line_start {
                line.strip_prefix(b".").unwrap_or(&line)
            } else {
                &line
            };
            over |= message.len() + content.len() > MESSAGE_LIMIT;
            if over {
                message.clear();
            } else {
                message.extend_from_slice(content);
            }
            at_line_start = line.ends_with(b"\r\n");
        }
    }

    async fn next(&mut self, limit: usize) -> io::Result<Line> {
        tokio::time::timeout(SILENCE_LIMIT, read_line(&mut self.input, limit)).await?
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes()).await?;
        self.output.write_all(b"\r\n").await
    }
}

/// Splits the address in brackets after `keyword` from the parameters that follow.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, tail) = rest.split_at_checked(keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    tail.trim_start().strip_prefix('<')?.split_once('>')
}
