use std::time::Duration;

use tokio::time::Instant;

const LONGEST: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until there is a value; panics after 20 s with what was wanted.
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
