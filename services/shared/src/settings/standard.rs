//! Settings that several services have.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use super::{Secret, Setting};
use crate::events::nats::Broker;

/// Address and port to serve HTTP on.
pub static LISTEN: Setting<SocketAddr> = Setting {
    name: "LISTEN",
    help: "address and port to serve HTTP on; port 0 takes a free one",
    form: "an address and port such as 127.0.0.1:8080",
    default: Some("127.0.0.1:0"),
    parse: |text| text.parse().ok(),
};

/// File for the bound address.
pub static ADDRESS_FILE: Setting<PathBuf> = Setting {
    name: "ADDRESS_FILE",
    help: "file to write the bound address to, once it is listening",
    form: "a path in a folder that exists",
    default: None,
    parse: |text| Some(PathBuf::from(text)),
};

/// Address of the database.
pub static DATABASE_URL: Setting<String> = Setting {
    name: "DATABASE_URL",
    help: "the database; {module} stands for the module's name",
    form: "sqlite:///folder/{module}.db or postgres://{module}:password@host:5432/database",
    default: Some("sqlite://data/{module}.db"),
    parse: |text| (text.starts_with("sqlite:") || text.starts_with("postgres")).then(|| text.to_owned()),
};

/// Addresses of the broker.
pub static NATS_URL: Setting<String> = Setting {
    name: "NATS_URL",
    help: "broker that carries events between services (NATS JetStream); without it they go over HTTP",
    form: "an address such as nats://127.0.0.1:4222, or several with commas between",
    default: None,
    parse: |text| Broker::new(text, "seam").is_ok().then(|| text.to_owned()),
};

/// First part of the names on the broker.
pub static NATS_PREFIX: Setting<String> = Setting {
    name: "NATS_PREFIX",
    help: "first part of the names of streams and subjects; platforms on one broker need different ones",
    form: "1 to 64 letters, digits, - and _",
    default: Some("seam"),
    parse: |text| Broker::new("nats://127.0.0.1", text).is_ok().then(|| text.to_owned()),
};

/// Filter of the log.
pub static LOG: Setting<String> = Setting {
    name: "LOG",
    help: "filter of the log, in the syntax of tracing",
    form: "a level (error, warn, info, debug, trace) or target=level pairs, separated by commas",
    default: Some("info"),
    parse: |text| crate::telemetry::is_filter(text).then(|| text.to_owned()),
};

/// Base URL of the orders service.
pub static ORDERS_URL: Setting<String> = url("ORDERS_URL", "base URL of the orders service");
/// Base URL of the payments service.
pub static PAYMENTS_URL: Setting<String> = url("PAYMENTS_URL", "base URL of the payments service");
/// Base URL of the inventory service.
pub static INVENTORY_URL: Setting<String> = url("INVENTORY_URL", "base URL of the inventory service");
/// Base URL of the notifications service.
pub static NOTIFICATIONS_URL: Setting<String> = url("NOTIFICATIONS_URL", "base URL of the notifications service");
/// Base URL of a candidate for the orders module.
pub static ORDERS_CANDIDATE_URL: Setting<String> = url("ORDERS_CANDIDATE_URL", CANDIDATE);
/// Base URL of a candidate for the payments module.
pub static PAYMENTS_CANDIDATE_URL: Setting<String> = url("PAYMENTS_CANDIDATE_URL", CANDIDATE);
/// Base URL of a candidate for the inventory module.
pub static INVENTORY_CANDIDATE_URL: Setting<String> = url("INVENTORY_CANDIDATE_URL", CANDIDATE);
/// Base URL of a candidate for the notifications module.
pub static NOTIFICATIONS_CANDIDATE_URL: Setting<String> = url("NOTIFICATIONS_CANDIDATE_URL", CANDIDATE);

const CANDIDATE: &str = "base URL of a service that is launched in the dark, beside the module";

/// File with the settings of a dark launch.
pub static LAUNCH_FILE: Setting<String> = Setting {
    name: "LAUNCH_FILE",
    help: "stages and dials of a module that has a candidate; {module} stands for the module's name",
    form: "a path in a folder that exists; the file is made, with all off, if there is none",
    default: Some("data/{module}.launch.toml"),
    parse: |text| Some(text.to_owned()),
};

/// Pause before a mismatch of a dark launch counts as confirmed.
pub static LAUNCH_CONFIRM_MS: Setting<Duration> = milliseconds(
    "LAUNCH_CONFIRM_MS",
    "time after which a mismatch of the same shape counts as confirmed in a dark launch, in ms",
    "60000",
);

/// Permitted delay of a candidate.
pub static LAUNCH_SLACK_MS: Setting<Duration> = milliseconds(
    "LAUNCH_SLACK_MS",
    "time that a candidate may take longer than 1.5 times the module before its launch calls it slower, in ms",
    "1",
);

/// Part of a new database in a handover.
pub static STANDS_BY: Setting<bool> = Setting {
    name: "STANDS_BY",
    help: "whether a new database stands by, for a service that is to take over: it charges nobody until told to act",
    form: "true or false",
    default: Some("false"),
    parse: |text| text.parse().ok(),
};

/// Token of the operators.
pub static ADMIN_TOKEN: Setting<Secret> = Setting {
    name: "ADMIN_TOKEN",
    help: "token of the operators; without one nothing below /admin is served",
    form: "16 to 1000 visible ASCII characters",
    default: None,
    // Any text, since one that is refused would be shown: who uses it checks it.
    parse: |text| Some(Secret::new(text)),
};

/// Base URL of the payment provider.
pub static PROVIDER_URL: Setting<String> = url("PROVIDER_URL", "base URL of the payment provider");
/// Base URL for push messages.
pub static PUSH_URL: Setting<String> = url("PUSH_URL", "base URL that push messages are posted to");

/// Address of the mail server.
pub static SMTP_ADDRESS: Setting<(String, u16)> = Setting {
    name: "SMTP_ADDRESS",
    help: "mail server for outgoing mail (SMTP, no TLS)",
    form: "host:port such as 127.0.0.1:25",
    default: None,
    parse: |text| {
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty()).then_some((host.to_owned(), port.parse().ok()?))
    },
};

/// Time limit of a call to another service.
pub static CALL_TIMEOUT_MS: Setting<Duration> = milliseconds(
    "CALL_TIMEOUT_MS",
    "time limit of a call to another service, in ms",
    "2000",
);

/// Most attempts at a call to another service.
pub static CALL_ATTEMPTS: Setting<u32> = Setting {
    name: "CALL_ATTEMPTS",
    help: "most attempts at a call to another service that gets no answer and may be repeated; 1: no retries",
    form: "a whole number, 1 to 10",
    default: Some("3"),
    parse: |text| whole(text, 1..=10),
};

/// Share of calls to another service that may be repeated.
pub static RETRY_PERCENT: Setting<u32> = Setting {
    name: "RETRY_PERCENT",
    help: "retries per 100 calls to another service, beside RETRY_RATE",
    form: "a whole number, 0 to 100",
    default: Some("20"),
    parse: |text| whole(text, 0..=100),
};

/// Steady rate of retries to another service.
pub static RETRY_RATE: Setting<u32> = Setting {
    name: "RETRY_RATE",
    help: "retries per second to another service, beside RETRY_PERCENT",
    form: "a whole number, 0 to 1000",
    default: Some("10"),
    parse: |text| whole(text, 0..=1_000),
};

/// Most calls to another service at once.
pub static CALL_PERMITS: Setting<usize> = Setting {
    name: "CALL_PERMITS",
    help: "most calls to another service at once; more are refused, and not sent",
    form: "a whole number, 1 to 100000",
    default: Some("256"),
    parse: |text| text.parse().ok().filter(|most| (1..=100_000).contains(most)),
};

/// Attempts without an answer that open the circuit to another service.
pub static BREAKER_FAILURES: Setting<u32> = Setting {
    name: "BREAKER_FAILURES",
    help: "attempts in a row without an answer, after which calls to a service are refused",
    form: "a whole number, 1 to 1000000",
    default: Some("5"),
    parse: |text| whole(text, 1..=1_000_000),
};

/// Time for which an open circuit refuses calls.
pub static BREAKER_OPEN_MS: Setting<Duration> = milliseconds(
    "BREAKER_OPEN_MS",
    "time for which calls to a service that does not answer are refused, in ms",
    "1000",
);

/// Largest number of requests at once.
pub static REQUESTS: Setting<usize> = Setting {
    name: "REQUESTS",
    help: "most requests at once, those that wait for events included; more are refused (503)",
    form: "a whole number, 1 to 1000000; health and statistics are always answered",
    default: Some("512"),
    parse: |text| text.parse().ok().filter(|most| (1..=1_000_000).contains(most)),
};

/// Term of the lease on a claimed idempotency key.
pub static LEASE_MS: Setting<Duration> = milliseconds(
    "LEASE_MS",
    "time until a claim on an idempotency key may be taken over, in ms",
    "10000",
);

/// Time limit for going down.
pub static DRAIN_MS: Setting<Duration> = milliseconds(
    "DRAIN_MS",
    "time for requests and tasks to end when the process is told to stop, in ms",
    "10000",
);

/// Time limit of a request's head.
pub static HEAD_MS: Setting<Duration> = milliseconds(
    "HEAD_MS",
    "time for the whole head of a request, in ms; a slower connection is closed",
    "10000",
);

/// Time limit of silence in a request's body.
pub static BODY_MS: Setting<Duration> = milliseconds(
    "BODY_MS",
    "time in which a byte of a body must come, and after which BODY_RATE counts, in ms",
    "10000",
);

/// Slowest rate of a request's body, in bytes per second.
pub static BODY_RATE: Setting<u64> = Setting {
    name: "BODY_RATE",
    help: "smallest mean rate of a request's body, in bytes per second",
    form: "a whole number of bytes, 1 to 1000000000",
    default: Some("4096"),
    parse: |text| text.parse().ok().filter(|rate| (1..=1_000_000_000).contains(rate)),
};

/// Time limit of silence between requests.
pub static IDLE_MS: Setting<Duration> = milliseconds(
    "IDLE_MS",
    "silence after which a kept connection is closed, in ms; give clients less",
    "60000",
);

/// Largest number of connections.
pub static CONNECTIONS: Setting<usize> = Setting {
    name: "CONNECTIONS",
    help: "most connections at once; a new one takes the place of the longest silent one",
    form: "a whole number, 1 to 1000000; never more than the limit of descriptors allows",
    default: Some("1000"),
    parse: |text| text.parse().ok().filter(|most| (1..=1_000_000).contains(most)),
};

/// Largest number of bytes of request bodies in memory.
pub static BODY_BYTES: Setting<usize> = Setting {
    name: "BODY_BYTES",
    help: "most bytes of all requests' bodies in memory at once; requests beyond are refused (503)",
    form: "a whole number of bytes, 1 to 1000000000000",
    default: Some("67108864"),
    parse: |text| text.parse().ok().filter(|most| (1..=1_000_000_000_000).contains(most)),
};

const fn url(name: &'static str, help: &'static str) -> Setting<String> {
    Setting {
        name,
        help,
        form: "a base URL such as http://127.0.0.1:8080",
        default: None,
        parse: |text| {
            seam::http::Socket::new(text, seam::http::SocketLimits::default())
                .is_ok()
                .then(|| text.to_owned())
        },
    }
}

fn whole(text: &str, range: RangeInclusive<u32>) -> Option<u32> {
    text.parse().ok().filter(|number| range.contains(number))
}

const fn milliseconds(name: &'static str, help: &'static str, default: &'static str) -> Setting<Duration> {
    Setting {
        name,
        help,
        form: "a whole number of milliseconds, 1 to 3600000",
        default: Some(default),
        parse: |text| {
            text.parse()
                .ok()
                .filter(|millis| (1..=3_600_000).contains(millis))
                .map(Duration::from_millis)
        },
    }
}
