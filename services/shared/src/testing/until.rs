use std::time::Duration;

use seam::time::Instant;

/// Longest wait for a value.
const LONGEST: Duration = Duration::from_secs(20);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Calls `look` until it returns a value. Panics after 20 s, with `wanted` in the message.
pub async fn until<T>(wanted: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONGEST;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {LONGEST:?}: {wanted}");
        tokio::time::sleep(PAUSE).await;
    }
}
