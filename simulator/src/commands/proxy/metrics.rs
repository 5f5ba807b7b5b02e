//! Counters in Prometheus' text format: Toxiproxy's own, those of connections, and the tallies of faults.

use std::fmt::Write;

use ::faults::{Counts, Tally};
use axum::{
    Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};

use super::Desk;
use crate::proxies::{Named, Proxies};

const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A counter by direction, with the bytes on the stream to the upstream and on the one to the client.
type Bytes = (&'static str, &'static str, fn(&Counts) -> [u64; 2]);
/// A number of a proxy.
type Number = (&'static str, &'static str, &'static str, fn(&Counts) -> u64);
/// A number of a fault.
type Tallied = (&'static str, fn(&Tally) -> u64);

const BYTES: [Bytes; 2] = [
    (
        "toxiproxy_proxy_received_bytes_total",
        "Bytes read by a proxy.",
        |counts| [counts.bytes_from_client, counts.bytes_from_upstream],
    ),
    ("toxiproxy_proxy_sent_bytes_total", "Bytes sent by a proxy.", |counts| {
        [counts.bytes_to_upstream, counts.bytes_to_client]
    }),
];
const NUMBERS: [Number; 4] = [
    (
        "seam_proxy_connections_total",
        "counter",
        "Connections accepted.",
        |counts| counts.connections,
    ),
    (
        "seam_proxy_connections_open",
        "gauge",
        "Connections that are open.",
        |counts| counts.open,
    ),
    (
        "seam_proxy_connections_refused_total",
        "counter",
        "Connections reset because the upstream refused.",
        |counts| counts.refused,
    ),
    (
        "seam_proxy_requests_total",
        "counter",
        "HTTP/1 requests seen.",
        |counts| counts.requests,
    ),
];
const OUTCOMES: [Tallied; 5] = [
    ("met", |tally| tally.met),
    ("fired", |tally| tally.fired),
    ("not_drawn", |tally| tally.not_drawn),
    ("masked", |tally| tally.masked),
    ("unfit", |tally| tally.unfit),
];

pub(super) fn routes() -> Router<Desk> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(desk): State<Desk>) -> Response {
    let text = text(&*desk.open().await);
    ([(CONTENT_TYPE, FORMAT)], text).into_response()
}

fn text(proxies: &Proxies) -> String {
    let mut text = String::new();
    let counts: Vec<(&Named, Counts)> = proxies.all().map(|proxy| (proxy, proxy.counts())).collect();
    for (name, help, read) in BYTES {
        head(&mut text, name, "counter", help);
        for (proxy, counts) in &counts {
            for (direction, bytes) in ["upstream", "downstream"].into_iter().zip(read(counts)) {
                let labels = [
                    ("direction", direction),
                    ("listener", proxy.listen()),
                    ("proxy", proxy.name()),
                    ("upstream", proxy.upstream()),
                ];
                sample(&mut text, name, &labels, bytes);
            }
        }
    }
    for (name, kind, help, read) in NUMBERS {
        head(&mut text, name, kind, help);
        for (proxy, counts) in &counts {
            sample(&mut text, name, &[("proxy", proxy.name())], read(counts));
        }
    }
    let name = "seam_fault_decisions_total";
    head(
        &mut text,
        name,
        "counter",
        "Connections or requests that a fault met, and what came of it.",
    );
    for (proxy, _) in &counts {
        for (fault, tally) in &proxy.record().tallies {
            for (outcome, read) in OUTCOMES {
                let labels = [("fault", fault.as_str()), ("outcome", outcome), ("proxy", proxy.name())];
                sample(&mut text, name, &labels, read(tally));
            }
        }
    }
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text can't fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: u64) {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let labels: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
        .collect();
    let _ = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
}
