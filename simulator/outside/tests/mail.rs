//! The mail sink over real sockets: lettre as the sender, bare SMTP for the corners.

mod support;

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use outside::MailSink;
use support::free;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn sink() -> MailSink {
    MailSink::start(free(), free(), None).expect("the sink starts")
}

async fn messages(sink: &MailSink, query: &str) -> Vec<outside::Message> {
    let url = format!("http://{}/messages{query}", sink.http_address());
    let body = reqwest::get(url)
        .await
        .expect("the sink answers")
        .bytes()
        .await
        .expect("a body");
    serde_json::from_slice(&body).expect("messages")
}

fn transport(sink: &MailSink) -> AsyncSmtpTransport<Tokio1Executor> {
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(sink.smtp_address().port())
        .build()
}

fn mail(id: &str, to: &str, body: &str) -> Message {
    Message::builder()
        .message_id(Some(id.to_owned()))
        .from("shop@example.com".parse().expect("an address"))
        .to(to.parse().expect("an address"))
        .subject("Your order")
        .body(body.to_owned())
        .expect("a message")
}

/// Sends the whole input at once and returns the code of each reply.
async fn converse(sink: &MailSink, input: &[u8]) -> Vec<String> {
    let mut stream = TcpStream::connect(sink.smtp_address()).await.expect("the sink accepts");
    stream.write_all(input).await.expect("the sink reads");
    let mut replies = String::new();
    stream
        .read_to_string(&mut replies)
        .await
        .expect("the sink answers and hangs up");
    replies
        .lines()
        .filter(|line| line.as_bytes().get(3) == Some(&b' '))
        .map(|line| line[..3].to_owned())
        .collect()
}

#[tokio::test]
async fn a_mail_is_kept_as_it_was_sent() {
    let sink = sink();

    transport(&sink)
        .send(mail("<1@shop>", "ann@example.com", "hello\n.dotted\n..twice"))
        .await
        .expect("it is taken");

    let kept = messages(&sink, "?to=ann@example.com").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].id.as_str(), kept[0].subject.as_str()),
        ("<1@shop>", "Your order")
    );
    assert_eq!(kept[0].body.trim_end(), "hello\n.dotted\n..twice");
    assert_eq!(messages(&sink, "?to=bob@example.com").await, []);
}

#[tokio::test]
async fn the_same_message_twice_is_kept_once_for_each_recipient() {
    let sink = sink();
    let transport = transport(&sink);

    for to in ["ann@example.com", "ann@example.com", "bob@example.com"] {
        transport
            .send(mail("<1@shop>", to, "hello"))
            .await
            .expect("it is taken");
    }

    let counts: Vec<_> = messages(&sink, "")
        .await
        .into_iter()
        .map(|message| (message.to, message.deliveries))
        .collect();
    assert_eq!(
        counts,
        [("ann@example.com".to_owned(), 2), ("bob@example.com".to_owned(), 1)]
    );
}

#[tokio::test]
async fn a_refused_recipient_is_a_permanent_error_and_nothing_is_kept() {
    let sink = sink();

    let error = transport(&sink)
        .send(mail("<1@shop>", "Refused@example.com", "hello"))
        .await
        .expect_err("refused");

    assert!(error.is_permanent(), "{error}");
    assert_eq!(messages(&sink, "").await, []);
}

#[tokio::test]
async fn messages_without_an_id_are_all_kept_and_told_apart_across_a_restart() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let message = b"HELO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\r\nhi\r\n.\r\nQUIT\r\n";
    for restart in 0..2 {
        let sink = MailSink::start(free(), free(), Some(folder.path())).expect("the sink starts");
        converse(&sink, message).await;
        converse(&sink, message).await;

        let kept = messages(&sink, "").await;

        let ids: std::collections::BTreeSet<&str> = kept.iter().map(|message| message.id.as_str()).collect();
        assert_eq!((kept.len(), ids.len()), (2 * (restart + 1), 2 * (restart + 1)));
    }
}

#[tokio::test]
async fn commands_sent_all_at_once_are_answered_in_order() {
    let sink = sink();

    let replies = converse(
        &sink,
        b"EHLO me\r\nMAIL FROM:<a@b> SIZE=100\r\nRCPT TO:<refused@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\
          Subject: x\r\n\r\nhi\r\n.\r\nNOOP\r\nQUIT\r\n",
    )
    .await;

    assert_eq!(replies, ["220", "250", "250", "550", "250", "354", "250", "250", "221"]);
    assert_eq!(messages(&sink, "").await.len(), 1);
}

#[tokio::test]
async fn commands_out_of_order_or_malformed_are_refused_and_the_conversation_goes_on() {
    let sink = sink();
    let mut input = b"MAIL FROM:<a@b>\r\nHELO me\r\nRCPT TO:<c@d>\r\nDATA\r\nMAIL FROM:a@b\r\n\
        MAIL FROM:<a@b> SIZE=2000000\r\nWHAT\r\nAUTH PLAIN\r\nNOOP\n\xff\r\n"
        .to_vec();
    input.extend(std::iter::repeat_n(b'x', 10_000));
    input.extend(b"\r\nRSET\r\nQUIT\r\n");

    let replies = converse(&sink, &input).await;

    assert_eq!(
        replies,
        [
            "220", "503", "250", "503", "503", "501", "552", "500", "502", "500", "500", "500", "250", "221"
        ]
    );
}

#[tokio::test]
async fn a_bare_line_feed_does_not_end_a_message() {
    let sink = sink();

    converse(
        &sink,
        b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\r\none\n.\nMAIL FROM:<evil@b>\r\n.\r\nQUIT\r\n",
    )
    .await;

    let kept = messages(&sink, "").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].body, "one\n.\nMAIL FROM:<evil@b>\n");
}

#[tokio::test]
async fn a_bare_carriage_return_is_refused_in_a_message_and_in_a_command() {
    let sink = sink();
    for message in ["x\r.\rQUIT\r\n", "\r\r\n", "x\n\ry\r\n", "x\ry\n\r\n"] {
        let input = format!(
            "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\r\n{message}.\r\nNOOP x\rQUIT\r\nNOOP\r\nQUIT\r\n"
        );

        let replies = converse(&sink, input.as_bytes()).await;

        assert_eq!(
            replies,
            ["220", "250", "250", "250", "354", "554", "500", "250", "221"],
            "{message:?}"
        );
    }
    assert_eq!(messages(&sink, "").await, []);
}

#[tokio::test]
async fn a_message_over_one_mebibyte_is_read_to_its_end_and_refused() {
    let sink = sink();
    let mut input = b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n".to_vec();
    for _ in 0..20_000 {
        input.extend(b"0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
    }
    input.extend(b".\r\nNOOP\r\nQUIT\r\n");

    let replies = converse(&sink, &input).await;

    assert_eq!(replies, ["220", "250", "250", "250", "354", "552", "250", "221"]);
    assert_eq!(messages(&sink, "").await, []);
}
