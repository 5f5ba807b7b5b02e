//! Bugs of the services that the shipped scenarios have to find, one each.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Module,
        "an authorisation that is not answered counts as refused",
        "scenarios",
        ("scenarios", "provider_slow"),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: r#"            Err(ProviderError::Refused(reason)) => Err(Charged::Failed { reason }),
            Err(error) => Err(unknown(&error, None)),"#,
            replace: r#"            Err(ProviderError::Refused(reason) | ProviderError::NoAnswer(reason)) =>
                Err(Charged::Failed { reason }),"#,
        }],
    ),
    bug(
        Layer::Module,
        "a capture that is not answered counts as refused",
        "scenarios",
        ("scenarios", "provider_charges_then_fails"),
        &[Edit {
            file: "services/payments/src/charging.rs",
            find: r#"            Err(ProviderError::Refused(reason)) => Err(Charged::LetGo { reason }),
            Err(error) => Err(unknown(&error, Some(&hold))),"#,
            replace: r#"            Err(ProviderError::Refused(reason) | ProviderError::NoAnswer(reason)) =>
                Err(Charged::LetGo { reason }),"#,
        }],
    ),
    bug(
        Layer::Module,
        "keys at the provider are those of one process",
        "scenarios",
        ("scenarios", "payments_killed_after_charge"),
        &[
            Edit {
                file: "services/payments/src/domain.rs",
                find: r#"write!(f, "{payment}:authorize")"#,
                replace: r#"write!(f, "{payment}:authorize:{}", std::process::id())"#,
            },
            Edit {
                file: "services/payments/src/domain.rs",
                find: r#"write!(f, "{payment}:capture")"#,
                replace: r#"write!(f, "{payment}:capture:{}", std::process::id())"#,
            },
        ],
    ),
    bug(
        Layer::Store,
        "an event that was read counts as done",
        "scenarios",
        ("scenarios", "events_duplicated_and_reordered"),
        &[Edit {
            file: "services/shared/src/events/watermark.rs",
            find: "self.positions().open.insert(position, false);",
            replace: "self.positions().open.insert(position, true);",
        }],
    ),
    bug(
        Layer::Module,
        "a page of events is taken in the order in which it comes",
        "scenarios",
        ("scenarios", "events_duplicated_and_reordered"),
        &[Edit {
            file: "services/shared/src/events/reader.rs",
            find: "events.sort_by_key(|event| event.position);",
            replace: "events.sort_by_key(|event| event.position < 0);",
        }],
    ),
    bug(
        Layer::Module,
        "a feed that could not be read once is not read again",
        "scenarios",
        ("scenarios", "partition_orders_payments"),
        &[Edit {
            file: "services/shared/src/events/reader.rs",
            find: "                self.read_later(&error);",
            replace: r#"                if error.to_string().is_empty() {
                    self.read_later(&error);
                }
                self.reading = Some(Box::pin(std::future::pending()));"#,
        }],
    ),
    bug(
        Layer::Module,
        "an event that meets a database without room can never be handled",
        "scenarios",
        ("scenarios", "bad_day"),
        &[Edit {
            file: "services/shared/src/events/handler.rs",
            find: r#"handler of an event");
            Self::Unavailable(reason)"#,
            replace: r#"handler of an event");
            Self::Poison(reason)"#,
        }],
    ),
    bug(
        Layer::Store,
        "a database that others have locked is an internal error",
        "scenarios",
        ("scenarios", "database_locked"),
        &[Edit {
            file: "services/shared/src/database/error.rs",
            find: r#"    code == "55P03" ||"#,
            replace: r#"    code == "55P03" && code.len() < 5 &&"#,
        }],
    ),
    bug(
        Layer::Store,
        "a commit that failed is acknowledged",
        "scenarios",
        ("scenarios", "disk_full"),
        &[Edit {
            file: "services/shared/src/database/writer.rs",
            find: r#"                self.tx = None;
                settle(done, Some(&failure));"#,
            replace: r#"                self.tx = None;
                tracing::warn!(%failure, "commit failed");
                settle(done, None);"#,
        }],
    ),
    bug(
        Layer::Module,
        "a reader that starts again passes events over",
        "scenarios",
        ("scenarios", "rolling_restart"),
        &[Edit {
            file: "services/shared/src/events/pump.rs",
            find: "self.reader.follow(log, position);",
            replace: "self.reader.follow(log, if position > 0 { position + 3 } else { 0 });",
        }],
    ),
    bug(
        Layer::Client,
        "a mail server that is away refuses mails for good",
        "scenarios",
        ("scenarios", "mail_down"),
        &[Edit {
            file: "services/notifications/src/mailer.rs",
            find: r#"ChannelError::Unavailable("mail server: can't connect"#,
            replace: r#"ChannelError::Refused("mail server: can't connect"#,
        }],
    ),
    bug(
        Layer::Module,
        "repeated attempts at the provider have no budget",
        "scenarios",
        ("scenarios", "thundering_retry"),
        &[Edit {
            file: "services/payments/src/dispatch.rs",
            find: "self.pace.take(due.attempts)",
            replace: "self.pace.take(0)",
        }],
    ),
    bug(
        Layer::Module,
        "a mail is another one for each process that sends it",
        "scenarios",
        ("scenarios", "two_monoliths"),
        &[Edit {
            file: "services/notifications/src/mailer.rs",
            find: r#"format!("<{}@shop.example>", message.id)"#,
            replace: r#"format!("<{}.{}@shop.example>", message.id, std::process::id())"#,
        }],
    ),
    bug(
        Layer::Module,
        "a key is another one for each request",
        "scenarios",
        ("scenarios", "lost_replies"),
        &[Edit {
            file: "services/shared/src/idempotency/scope.rs",
            find: "key: key.to_string(),",
            replace: r#"key: format!("{}/{}", key.to_string(), Context::current().request_id),"#,
        }],
    ),
];
