use std::{fmt, sync::Arc, time::Duration};

use async_nats::{
    ConnectOptions, Event, ServerAddr,
    jetstream::{Context, ContextBuilder},
};
use tokio::sync::{OnceCell, watch};

/// Time for the broker to answer, or to be reached again.
const PATIENCE: Duration = Duration::from_secs(3);
/// Silence after which the connection is tried with a ping; two without an answer are a lost connection.
const PING: Duration = Duration::from_secs(3);
/// Longest pause between two attempts to reach the broker.
const PAUSE: Duration = Duration::from_millis(500);

/// A process's connection to a NATS broker, made when it is first used. A clone is another handle on the same one.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    servers: Vec<ServerAddr>,
    prefix: String,
    link: OnceCell<Link>,
}

struct Link {
    context: Context,
    /// True while the broker is connected.
    connected: watch::Receiver<bool>,
}

impl Broker {
    /// A broker at these addresses, separated by commas, such as `nats://127.0.0.1:4222`. Platforms with different
    /// prefixes share a broker and meet nowhere in it.
    ///
    /// Fails if an address is of another form, or the prefix is not a word of letters, digits, `-` and `_`.
    pub fn new(url: &str, prefix: &str) -> Result<Self, String> {
        let servers: Result<Vec<ServerAddr>, _> = url.split(',').map(|one| one.trim().parse()).collect();
        let servers = servers.map_err(|error| format!("an address of the broker can't be read: {error}"))?;
        if let Some(other) = servers.iter().find(|one| one.scheme() != "nats") {
            return Err(format!(
                "the broker's address begins with {:?}, wanted nats",
                other.scheme()
            ));
        }
        if !is_word(prefix) {
            return Err(format!("the prefix is {prefix:?}, wanted letters, digits, - and _"));
        }
        Ok(Self(Arc::new(Inner {
            servers,
            prefix: prefix.to_owned(),
            link: OnceCell::new(),
        })))
    }

    /// Name of the stream with a module's log.
    pub(super) fn stream(&self, module: &str) -> String {
        format!("{}-{module}", self.0.prefix)
    }

    /// Subjects of a module's events: the kind of an event, such as `OrderCreated`, or `*` for all.
    pub(super) fn subject(&self, module: &str, kind: &str) -> String {
        format!("{}.{module}.{kind}", self.0.prefix)
    }

    /// The connection, once it stands; waits for it 3 s at most.
    pub(super) async fn context(&self) -> Result<Context, String> {
        let link = self.link().await?;
        let mut connected = link.connected.clone();
        match tokio::time::timeout(PATIENCE, connected.wait_for(|is| *is)).await {
            Ok(Ok(_)) => Ok(link.context.clone()),
            _ => Err("the broker does not answer".to_owned()),
        }
    }

    /// Resolves when the connection is lost.
    pub(super) async fn lost(&self) {
        if let Some(link) = self.0.link.get() {
            let mut connected = link.connected.clone();
            // An error: the client is gone, and its connection with it.
            let _ = connected.wait_for(|is| !*is).await;
        }
    }

    async fn link(&self) -> Result<&Link, String> {
        let connect = || async {
            let (says, connected) = watch::channel(false);
            let options = ConnectOptions::new()
                .name("seam")
                .retry_on_initial_connect()
                // Addresses are those of the setting: one that the broker tells would lead past a proxy.
                .ignore_discovered_servers()
                .connection_timeout(PATIENCE)
                .ping_interval(PING)
                .reconnect_delay_callback(|attempts| {
                    let exponent = u32::try_from(attempts.min(6)).unwrap_or(6);
                    (Duration::from_millis(5) * 2_u32.pow(exponent)).min(PAUSE)
                })
                .event_callback(move |event| {
                    match event {
                        Event::Connected => drop(says.send_replace(true)),
                        Event::Disconnected | Event::Closed => drop(says.send_replace(false)),
                        _ => {}
                    }
                    async {}
                });
            let client = options.connect(self.0.servers.as_slice()).await;
            let client = client.map_err(|error| format!("the broker can't be reached: {error}"))?;
            let context = ContextBuilder::new()
                .timeout(PATIENCE)
                .ack_timeout(PATIENCE)
                .backpressure_on_inflight(true)
                .build(client);
            Ok(Link { context, connected })
        };
        self.0.link.get_or_try_init(connect).await
    }
}

fn is_word(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    !text.is_empty() && text.len() <= 64 && text.chars().all(fits)
}

impl fmt::Debug for Broker {
    /// Without the addresses, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({})", self.0.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_prefix_of_another_form_is_refused_with_the_form() {
        for (url, prefix, wanted) in [
            ("tls://broker:4222", "seam", "wanted nats"),
            ("nats://one:4222,http://two:80", "seam", "http"),
            ("nats://one:4222", "se.am", "wanted letters"),
            ("nats://one:4222", "", "wanted letters"),
        ] {
            let refused = Broker::new(url, prefix).unwrap_err();
            assert!(refused.contains(wanted), "{url} {prefix}: {refused}");
        }
        let several = Broker::new("nats://one:4222, nats://name:word@two:4223", "a-b_1").unwrap();
        assert_eq!(several.stream("orders"), "a-b_1-orders");
        assert_eq!(format!("{several:?}"), "Broker(a-b_1)");
    }
}
