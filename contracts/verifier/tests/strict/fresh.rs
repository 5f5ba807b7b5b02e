//! Tests that need a process of their own: a test of this binary is run again as a child, in which nothing else
//! has happened.

use std::{
    io::ErrorKind::WouldBlock,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures::{FutureExt, future::LocalBoxFuture};
use ledger::document::ProviderState;
use pact_verifier::{FilterInfo, PactSource};
use serde_json::json;
use verifier::{Filter, Message, Provider, ProviderError, Selection, Values, Verdict, verify};

use crate::shop::{PROVIDER, by_itself, file, found, provider, shows_the_order};

const PATIENCE: Duration = Duration::from_secs(60);

/// Provider of another team, for which no HTTP client was built.
struct Plain(String);

impl Provider for Plain {
    fn url(&self) -> &str {
        &self.0
    }

    fn set_up<'a>(&'a self, _state: &'a ProviderState) -> LocalBoxFuture<'a, Result<Values, ProviderError>> {
        async { Ok(Values::new()) }.boxed_local()
    }

    fn tear_down<'a>(
        &'a self,
        _state: &'a ProviderState,
        _values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<(), ProviderError>> {
        async { Ok(()) }.boxed_local()
    }

    fn message<'a>(
        &'a self,
        _description: &'a str,
        _states: &'a [ProviderState],
        _values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, ProviderError>> {
        async { Err("it sends none".to_owned().into()) }.boxed_local()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_anybody_wrote_is_verified() {
    let server = provider().await;
    let pact = found(&file("shop", &[shows_the_order(json!({}))]));
    let selection = Selection::new(PROVIDER, &[pact], Filter::default(), "here");

    let strict = verify(&selection, &Plain(server.uri()), None).await;

    assert_eq!(strict.verdict(), Verdict::Pass, "{strict:?}");
}

/// The hole: its public entry point tells of its run.
#[tokio::test(flavor = "multi_thread")]
async fn pact_verifier_alone_verifies_it_too() {
    let server = provider().await;
    let pact = file("shop", &[shows_the_order(json!({}))]);

    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;

    assert!(alone.result);
}

#[test]
fn nobody_has_to_choose_tls_before_a_verification() {
    let mut child = alone("a_provider_that_anybody_wrote_is_verified").spawn().unwrap();

    ends(&mut child, || {});
}

#[test]
fn no_connection_goes_out_of_the_machine() {
    assert_eq!(connections_out("a_provider_that_anybody_wrote_is_verified"), 0);
    let told = connections_out("pact_verifier_alone_verifies_it_too");
    assert!(told >= 1, "pact_verifier connects to its analytics service");
}

/// Number of connections that a test wants to make to another machine, counted by the proxy that it is told to
/// use.
fn connections_out(test: &str) -> usize {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let mut child = through(alone(test), proxy.local_addr().unwrap()).spawn().unwrap();
    let mut seen = 0;
    ends(&mut child, || seen += hung_up_on(&proxy));
    seen + hung_up_on(&proxy)
}

fn through(mut command: Command, proxy: SocketAddr) -> Command {
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        let url = format!("http://{proxy}");
        command.env(name, &url).env(name.to_lowercase(), &url);
    }
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    // With it, pact_verifier is silent; ours has to be without it.
    command.env_remove("PACT_DO_NOT_TRACK");
    command
}

fn hung_up_on(proxy: &TcpListener) -> usize {
    let mut seen = 0;
    loop {
        match proxy.accept() {
            Ok(_) => seen += 1,
            Err(error) if error.kind() == WouldBlock => return seen,
            Err(error) => panic!("{error}"),
        }
    }
}

/// This binary, with one test and no other.
fn alone(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("fresh::{test}")]);
    command.stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

/// Waits until the child has passed its test.
#[expect(clippy::disallowed_methods, reason = "the pause between two looks, with a deadline")]
fn ends(child: &mut Child, mut meanwhile: impl FnMut()) {
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        meanwhile();
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it did not end within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let said = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert!(status.success() && said.contains("1 passed"), "{said}");
}
