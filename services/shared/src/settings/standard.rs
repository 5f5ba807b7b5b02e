//! The variables that the services share.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::Setting;

/// Where to listen.
pub static LISTEN: Setting<SocketAddr> = Setting {
    name: "LISTEN",
    help: "address and port to serve HTTP on; port 0 takes a free one",
    form: "an address and port such as 127.0.0.1:8080",
    default: Some("127.0.0.1:0"),
    parse: |text| text.parse().ok(),
};

/// Where to write the bound address.
pub static ADDRESS_FILE: Setting<PathBuf> = Setting {
    name: "ADDRESS_FILE",
    help: "file to write the bound address to, once it is listening",
    form: "a path in a folder that exists",
    default: None,
    parse: |text| Some(PathBuf::from(text)),
};

/// The database.
pub static DATABASE_URL: Setting<String> = Setting {
    name: "DATABASE_URL",
    help: "the database; {module} stands for the module's name",
    form: "sqlite:///folder/{module}.db or postgres://{module}:password@host:5432/database",
    default: Some("sqlite://data/{module}.db"),
    parse: |text| (text.starts_with("sqlite:") || text.starts_with("postgres")).then(|| text.to_owned()),
};

/// What to log.
pub static LOG: Setting<String> = Setting {
    name: "LOG",
    help: "what to log, as a tracing filter",
    form: "a level (error, warn, info, debug, trace) or target=level pairs, separated by commas",
    default: Some("info"),
    parse: |text| crate::telemetry::is_filter(text).then(|| text.to_owned()),
};

/// Where Orders is.
pub static ORDERS_URL: Setting<String> = url("ORDERS_URL", "where the orders service is");
/// Where Payments is.
pub static PAYMENTS_URL: Setting<String> = url("PAYMENTS_URL", "where the payments service is");
/// Where Inventory is.
pub static INVENTORY_URL: Setting<String> = url("INVENTORY_URL", "where the inventory service is");
/// Where Notifications is.
pub static NOTIFICATIONS_URL: Setting<String> = url("NOTIFICATIONS_URL", "where the notifications service is");
/// Where the payment provider is.
pub static PROVIDER_URL: Setting<String> = url("PROVIDER_URL", "where the payment provider is");
/// Where push messages go.
pub static PUSH_URL: Setting<String> = url("PUSH_URL", "where push messages are posted");

/// Where mail goes.
pub static SMTP_ADDRESS: Setting<(String, u16)> = Setting {
    name: "SMTP_ADDRESS",
    help: "where mail is handed over (SMTP, no TLS)",
    form: "host:port such as 127.0.0.1:25",
    default: None,
    parse: |text| {
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty()).then_some((host.to_owned(), port.parse().ok()?))
    },
};

/// How long a call to another service may take.
pub static CALL_TIMEOUT_MS: Setting<Duration> = milliseconds(
    "CALL_TIMEOUT_MS",
    "how long a call to another service may take, in ms",
    "2000",
);

/// How long a claim on an idempotency key is held.
pub static LEASE_MS: Setting<Duration> = milliseconds(
    "LEASE_MS",
    "how long a claim on an idempotency key is held, in ms",
    "10000",
);

/// How long going down may take.
pub static DRAIN_MS: Setting<Duration> = milliseconds(
    "DRAIN_MS",
    "how long requests and tasks may take to end when the process is told to stop, in ms",
    "10000",
);

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
