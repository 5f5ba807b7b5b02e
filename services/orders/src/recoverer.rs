use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use shared::{Next, Round};

use crate::creation::Creation;

/// How many requests are gone on with at a time.
const AT_ONCE: usize = 8;

/// Goes on with orders that were left half made: by a crash, by a caller that went away, or because Inventory did not answer.
pub(crate) struct Recoverer {
    pub(crate) creation: Arc<Creation>,
    /// How often to look for claims whose lease ran out unnoticed.
    pub(crate) look_every: Duration,
}

#[seam::async_trait]
impl Round for Recoverer {
    async fn round(&self) -> Result<Next, String> {
        let left_over = self.creation.left_over().await.map_err(|error| error.to_string())?;
        let outcomes: Vec<_> = stream::iter(left_over)
            .map(|expired| self.creation.resume(expired))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        match outcomes.into_iter().find_map(Result::err) {
            Some(error) => Err(error.to_string()),
            None => Ok(Next::After(self.look_every)),
        }
    }
}
