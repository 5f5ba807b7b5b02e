//! Bugs of the notifications module that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "greylisting loses the mail",
        "tests of notifications",
        (
            "lib",
            "mailer::tests::only_a_reply_about_the_mailbox_or_the_message_is_a_refusal_for_good",
        ),
        &[Edit {
            file: "services/notifications/src/mailer.rs",
            find: "550..=554 =>",
            replace: "450..=554 =>",
        }],
    ),
    bug(
        Layer::Module,
        "every SMTP reply 5xx refuses the mail for good",
        "tests of notifications",
        (
            "lib",
            "mailer::tests::only_a_reply_about_the_mailbox_or_the_message_is_a_refusal_for_good",
        ),
        &[Edit {
            file: "services/notifications/src/mailer.rs",
            find: "550..=554 =>",
            replace: "500..=599 =>",
        }],
    ),
    bug(
        Layer::Module,
        "a mail that is refused for its content is sent for ever",
        "tests of notifications",
        (
            "lib",
            "mailer::tests::only_a_reply_about_the_mailbox_or_the_message_is_a_refusal_for_good",
        ),
        &[Edit {
            file: "services/notifications/src/mailer.rs",
            find: "550..=554 =>",
            replace: "550..=553 =>",
        }],
    ),
    bug(
        Layer::Module,
        "a mail server that turns everybody away has refused the mail",
        "tests of notifications",
        (
            "lib",
            "mailer::tests::each_reply_at_each_place_of_a_conversation_is_a_refusal_or_is_tried_again",
        ),
        &[Edit {
            file: "services/notifications/src/mailer.rs",
            find: "connection.map_err(|error| error.status().map_or_else(no_connection, |code| \
                       later(code.into())))",
            replace: "connection.map_err(|error| reason(&error))",
        }],
    ),
    bug(
        Layer::Module,
        "a push endpoint that can not be found has refused the message",
        "tests of notifications",
        (
            "lib",
            "pusher::tests::each_status_is_a_message_that_was_sent_or_refused_or_is_tried_again",
        ),
        &[Edit {
            file: "services/notifications/src/pusher.rs",
            find: "            | StatusCode::GONE",
            replace: "            | StatusCode::NOT_FOUND\n            \
                          | StatusCode::GONE",
        }],
    ),
    bug(
        Layer::Module,
        "a push endpoint that is busy has refused the message",
        "tests of notifications",
        (
            "lib",
            "pusher::tests::each_status_is_a_message_that_was_sent_or_refused_or_is_tried_again",
        ),
        &[Edit {
            file: "services/notifications/src/pusher.rs",
            find: "            | StatusCode::GONE",
            replace: "            | StatusCode::TOO_MANY_REQUESTS\n            \
                          | StatusCode::GONE",
        }],
    ),
    bug(
        Layer::Module,
        "with both channels down the failed mail is remembered as its outcome",
        "tests of notifications",
        (
            "notifications",
            "events::after_both_channels_were_down_the_mail_does_not_wait_for_the_push_service",
        ),
        &[Edit {
            file: "services/notifications/src/dispatcher.rs",
            find: "if !waits(email) && push.is_some_and(waits) {",
            replace: "if push.is_some_and(waits) {",
        }],
    ),
    bug(
        Layer::Module,
        "a mail that was accepted is sent again while push is down",
        "tests of notifications",
        (
            "notifications",
            "events::while_the_push_service_is_down_the_mail_goes_out_once",
        ),
        &[
            Edit {
                file: "services/notifications/src/dispatcher.rs",
                find: "Some(outcome) => outcome,",
                replace: "Some(Err(outcome)) => Err(outcome),",
            },
            Edit {
                file: "services/notifications/src/dispatcher.rs",
                find: "                None => self.mailer.send(message).await,",
                replace: "                _ => self.mailer.send(message).await,",
            },
        ],
    ),
    bug(
        Layer::Module,
        "a push message stands for the mail that could not be sent",
        "tests of notifications",
        (
            "notifications",
            "events::a_push_message_does_not_stand_for_the_mail_that_waits",
        ),
        &[Edit {
            file: "services/notifications/src/dispatcher.rs",
            find: "let email = settled(email, \"mail\", &mut refusal)?;",
            replace: "let stands = matches!(push, Some(Ok(())));\n        \
                          let email = settled(email, \"mail\", &mut refusal)\n            \
                          .or_else(|reason| stands.then_some(Delivery::Pending).ok_or(reason))?;",
        }],
    ),
    bug(
        Layer::Module,
        "of two refusals the last is told",
        "tests of notifications",
        (
            "notifications",
            "events::of_two_channels_that_refuse_a_message_the_mail_server_gives_the_reason",
        ),
        &[Edit {
            file: "services/notifications/src/dispatcher.rs",
            find: "refusal.get_or_insert_with(|| format!(\"{channel}: {reason}\"));",
            replace: "*refusal = Some(format!(\"{channel}: {reason}\"));",
        }],
    ),
    bug(
        Layer::Module,
        "an order that has arrived is told as on its way",
        "tests of notifications",
        (
            "lib",
            "domain::tests::each_kind_of_news_has_a_subject_and_a_text_of_its_own",
        ),
        &[Edit {
            file: "services/notifications/src/domain.rs",
            find: "\"Your order has arrived\"",
            replace: "\"Your order is on its way\"",
        }],
    ),
    bug(
        Layer::Module,
        "a refund heard of before its order is dropped",
        "tests of notifications",
        (
            "notifications",
            "events::a_refund_heard_of_before_its_order_waits_for_it",
        ),
        &[Edit {
            file: "services/notifications/src/notifier.rs",
            find: "contact.ok_or_else(|| HandlerError::Unavailable(missing()))",
            replace: "contact.ok_or_else(|| HandlerError::Poison(missing()))",
        }],
    ),
    bug(
        Layer::Module,
        "a mail whose connection broke after the mail was handed over counts as sent",
        "tests of notifications",
        (
            "notifications",
            "events::a_mail_server_that_falls_silent_holds_a_mail_no_longer_than_the_limit",
        ),
        &[Edit {
            file: "services/notifications/src/mailer.rs",
            find: "            Err(_) => Err(ChannelError::Unavailable(format!(\n                \
                       \"mail server: no reply within {:?}\",\n                \
                       self.limit\n            \
                       ))),",
            replace: "            Err(_) => Ok(()),",
        }],
    ),
    bug(
        Layer::Module,
        "a refused mail of a command counts as sent",
        "tests of notifications",
        (
            "notifications",
            "commands::a_refused_recipient_is_a_conflict_that_is_remembered",
        ),
        &[
            Edit {
                file: "services/notifications/src/sending.rs",
                find: "Delivery::Refused => Err(",
                replace: "Delivery::Refused if notification.push.is_some() => Err(",
            },
            Edit {
                file: "services/notifications/src/sending.rs",
                find: "Delivery::Sent | Delivery::Pending =>",
                replace: "_ =>",
            },
        ],
    ),
];
