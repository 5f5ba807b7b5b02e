use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use shared::telemetry::{JsonLines, is_filter};
use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn all(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[test]
fn every_line_in_a_request_carries_the_ids_of_the_request() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(JsonLines::new(lines.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let request = tracing::info_span!("request", request_id = "r", trace_id = "t");
        let inner = tracing::info_span!(parent: &request, "inner", attempt = 2);
        inner.in_scope(|| tracing::warn!(ok = false, "line\nbreak \"quoted\""));
        tracing::info!("outside");
    });

    let [within, outside] = &lines.all()[..] else {
        panic!("{:?}", lines.all())
    };
    assert_eq!((&within["request_id"], &within["trace_id"]), (&"r".into(), &"t".into()));
    assert_eq!((&within["attempt"], &within["ok"]), (&2.into(), &false.into()));
    assert_eq!(
        (&within["level"], &within["message"]),
        (&"WARN".into(), &"line\nbreak \"quoted\"".into())
    );
    assert!(within["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(outside["request_id"].is_null());
}

#[test]
fn a_filter_that_means_nothing_is_told_from_one_that_does() {
    assert!(is_filter("info,sqlx=warn"));
    assert!(!is_filter("info,sqlx=loud"));
}
