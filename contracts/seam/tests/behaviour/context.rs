use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use seam::{
    Context, Trace,
    http::{extract, header, inject},
};
use tokio::time::{Instant, advance};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The headers that carry a context.
const FIELDS: [&str; 6] = [
    "x-request-id",
    "x-correlation-id",
    "x-causation-id",
    "traceparent",
    "x-seam-deadline-ms",
    "x-seam-caller",
];

fn visible() -> impl Strategy<Value = String> {
    "[!-~]{1,128}"
}

fn contexts() -> impl Strategy<Value = Context> {
    let trace = (1_u128.., 1_u64.., any::<bool>()).prop_map(|(trace, span, sampled)| {
        format!("00-{trace:032x}-{span:016x}-{:02x}", u8::from(sampled))
            .parse()
            .unwrap()
    });
    let ids = (visible(), visible(), prop::option::of(visible()), visible());
    (ids, trace, any::<bool>()).prop_map(|((request_id, correlation_id, causation_id, caller), trace, shadow)| {
        Context {
            request_id,
            correlation_id,
            causation_id,
            trace,
            deadline: None,
            caller,
            shadow,
        }
    })
}

fn headers(fields: &[(&'static str, &[u8])]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_bytes(value).unwrap()))
        .collect()
}

proptest! {
    #[test]
    fn a_context_is_the_same_after_the_headers(context in contexts(), stale in contexts()) {
        let mut headers = HeaderMap::new();
        inject(&stale, &mut headers);
        inject(&context, &mut headers);
        prop_assert_eq!(extract(&headers), context);
    }

    #[test]
    fn no_header_makes_reading_fail_and_what_is_read_can_be_sent_on(
        value in prop::collection::vec(b' '..=0xff, 0..200),
    ) {
        prop_assume!(HeaderValue::from_bytes(&value).is_ok());
        let context = extract(&headers(&FIELDS.map(|name| (name, value.as_slice()))));
        let mut again = HeaderMap::new();
        inject(&context, &mut again);
        prop_assert_eq!(Context { deadline: None, ..extract(&again) }, Context { deadline: None, ..context });
    }

    #[test]
    fn no_text_but_a_traceparent_reads_as_one(text in "\\PC*") {
        prop_assert!(text.parse::<Trace>().is_err());
    }
}

#[test]
fn a_deadline_travels_as_what_remains_of_it() {
    let paused = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    paused.block_on(async {
        let context = Context::root("x").within(Duration::from_millis(250));
        advance(Duration::from_millis(50)).await;
        let mut sent = HeaderMap::new();
        inject(&context, &mut sent);
        assert_eq!(sent[header::DEADLINE_MS], "200");
        advance(Duration::from_secs(5)).await;
        assert_eq!(
            extract(&sent).deadline,
            Some(Instant::now() + Duration::from_millis(200))
        );
    });
}

#[test]
fn malformed_fields_are_replaced_as_if_absent() {
    let long = [b'a'; 129];
    let malformed: [&[u8]; 4] = [b"", b"two words", "é".as_bytes(), &long];
    for value in malformed {
        let context = extract(&headers(&FIELDS.map(|name| (name, value))));
        assert_eq!(context.request_id.len(), 36, "a fresh UUID");
        assert_eq!(context.correlation_id, context.request_id);
        assert_eq!((context.causation_id, context.deadline), (None, None));
        assert_eq!(context.caller, Context::ANONYMOUS);
        assert!(!context.shadow);
    }
}

#[test]
fn ids_that_no_header_can_hold_are_not_sent() {
    let context = Context {
        request_id: "line\nbreak".into(),
        ..Context::root("two words")
    };
    let mut sent = HeaderMap::new();
    inject(&context, &mut sent);
    assert_eq!((sent.get(header::REQUEST_ID), sent.get(header::CALLER)), (None, None));
}

#[test]
fn the_correlation_id_defaults_to_the_request_id() {
    let context = extract(&headers(&[("x-request-id", b"r-1")]));
    assert_eq!(
        (context.request_id.as_str(), context.correlation_id.as_str()),
        ("r-1", "r-1")
    );
}

#[test]
fn a_traceparent_is_read_and_written_as_w3c_says() {
    let trace: Trace = TRACEPARENT.parse().unwrap();
    assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(trace.span_id(), "00f067aa0ba902b7");
    assert!(trace.is_sampled());
    assert_eq!(trace.to_string(), TRACEPARENT);
    let not_sampled: Trace = TRACEPARENT.replace("-01", "-00").parse().unwrap();
    assert!(!not_sampled.is_sampled());
    // A later version may say more; flags that version 00 does not know are not passed on.
    let later = format!("cc{}-what-the-future-holds", &TRACEPARENT[2..]).replace("-01-", "-ff-");
    assert_eq!(later.parse(), Ok(trace));
}

#[test]
fn every_digit_of_a_new_trace_is_its_own() {
    let (one, other) = (Trace::begin().trace_id(), Trace::begin().trace_id());
    for half in [0..16, 16..32] {
        assert_ne!(one[half.clone()], other[half.clone()], "{half:?} of {one} and {other}");
    }
}

#[test]
fn a_malformed_traceparent_is_none() {
    let malformed = [
        String::new(),
        TRACEPARENT.to_uppercase(),
        TRACEPARENT.replacen("00-", "ff-", 1),
        format!("{TRACEPARENT}-more"),
        format!("{TRACEPARENT} "),
        TRACEPARENT[..54].to_owned(),
        TRACEPARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
        TRACEPARENT.replace("00f067aa0ba902b7", &"0".repeat(16)),
        TRACEPARENT.replace("4bf9", "+bf9"),
        TRACEPARENT.replace('-', "_"),
    ];
    for text in malformed {
        assert!(text.parse::<Trace>().is_err(), "{text:?}");
    }
}

#[tokio::test]
async fn a_context_belongs_to_its_task() {
    let context = Context::root("somebody");
    let (inside, spawned) = context
        .clone()
        .scope(async {
            (
                Context::try_current(),
                tokio::spawn(async { Context::try_current() }).await.unwrap(),
            )
        })
        .await;
    assert_eq!(inside, Some(context));
    assert_eq!(spawned, None);
    assert_eq!(Context::try_current(), None);
    assert_eq!(Context::current().caller, Context::ANONYMOUS);
    assert_ne!(Context::current().request_id, Context::current().request_id);
}

#[tokio::test]
async fn a_child_is_the_same_request_in_another_span() {
    let parent = Context {
        causation_id: Some("e-1".into()),
        shadow: true,
        ..Context::root("somebody")
    };
    let child = parent.child();
    assert_eq!(child.trace.trace_id(), parent.trace.trace_id());
    assert_ne!(child.trace.span_id(), parent.trace.span_id());
    assert_eq!(
        Context {
            trace: parent.trace,
            ..child
        },
        parent
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_only_comes_nearer() {
    let context = Context::root("x").within(Duration::from_secs(2));
    assert_eq!(
        context.clone().within(Duration::from_secs(9)).remaining(),
        Some(Duration::from_secs(2))
    );
    assert_eq!(
        context.clone().within(Duration::MAX).remaining(),
        Some(Duration::from_secs(2))
    );
    let nearer = context.within(Duration::from_secs(1));
    assert_eq!(nearer.remaining(), Some(Duration::from_secs(1)));
    advance(Duration::from_secs(3)).await;
    assert_eq!(nearer.remaining(), Some(Duration::ZERO));
}
