use std::sync::Arc;

use seam::{
    Direct, Via,
    original::{Original, capture, mark, shield},
};

use crate::samples::{Echo, Silence};

fn original(request_id: &str) -> Original {
    Original {
        request_id: request_id.to_owned(),
        at_micros: 5,
    }
}

/// Repeats what was said before to somebody else.
struct Repeating;

#[seam::async_trait]
impl Echo for Repeating {
    async fn say(&self, text: String) -> Result<String, Silence> {
        mark(original(&text));
        Ok(text)
    }
}

#[tokio::test]
async fn a_mark_passes_through_carriers() {
    let echo = Via(Direct::<dyn Echo>(Arc::new(Repeating)));
    let (reply, heard) = capture(echo.say("r-1".into())).await;
    assert_eq!(reply, Ok("r-1".into()));
    assert_eq!(heard, Some(original("r-1")));
}

#[tokio::test]
async fn without_a_mark_nothing_is_heard() {
    assert_eq!(capture(async { 1 }).await, (1, None));
}

#[tokio::test]
async fn the_last_mark_counts() {
    let twice = async {
        mark(original("first"));
        mark(original("second"));
    };
    assert_eq!(capture(twice).await.1, Some(original("second")));
}

#[tokio::test]
async fn a_mark_inside_an_inner_capture_or_shield_is_not_heard_outside() {
    let calling_another = async {
        let inner = capture(async { mark(original("inner")) }).await.1;
        shield(async { mark(original("shielded")) }).await;
        inner
    };
    let (inner, outer) = capture(calling_another).await;
    assert_eq!(inner, Some(original("inner")));
    assert_eq!(outer, None);
}

#[tokio::test]
async fn a_mark_that_nobody_listens_to_does_no_harm() {
    mark(original("unheard"));
    assert_eq!(capture(async {}).await.1, None);
}
