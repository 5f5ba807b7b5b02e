use std::{fmt, sync::Arc, time::Duration};

use commerce::{EventFeed, FeedError, RecordedEvent};
use tokio::sync::watch;

type Named = Option<Arc<dyn EventFeed>>;

/// The log of a module that is opened later, for modules that read each other's. Readers wait until it is named.
pub(crate) struct DeferredFeed {
    feed: watch::Receiver<Named>,
}

/// Where the log of a [`DeferredFeed`] goes.
#[must_use = "until it is set, every reader waits"]
pub(crate) struct FeedSlot {
    feed: watch::Sender<Named>,
}

impl DeferredFeed {
    /// The log, and the slot that names it.
    pub(crate) fn with_slot() -> (FeedSlot, Arc<dyn EventFeed>) {
        let (sender, feed) = watch::channel(None);
        (FeedSlot { feed: sender }, Arc::new(Self { feed }))
    }
}

impl FeedSlot {
    /// Names the log: readers that wait go to it now.
    pub(crate) fn set(self, feed: Arc<dyn EventFeed>) {
        self.feed.send_replace(Some(feed));
    }
}

#[seam::async_trait]
impl EventFeed for DeferredFeed {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
        let mut named = self.feed.clone();
        let feed = match named.wait_for(Option::is_some).await {
            Ok(feed) => feed.as_ref().map(Arc::clone),
            Err(_) => None,
        };
        let unset = || FeedError::Unreadable("the module was never opened".to_owned());
        feed.ok_or_else(unset)?.read_events(after, limit, wait).await
    }
}

impl fmt::Debug for DeferredFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeferredFeed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Empty;

    #[seam::async_trait]
    impl EventFeed for Empty {
        async fn read_events(&self, _: i64, _: u32, _: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    async fn a_reader_waits_until_the_log_is_named() {
        let (slot, feed) = DeferredFeed::with_slot();
        let reader = tokio::spawn(async move { feed.read_events(0, 1, Duration::ZERO).await });
        tokio::task::yield_now().await;
        assert!(!reader.is_finished());

        slot.set(Arc::new(Empty));

        assert_eq!(reader.await.unwrap(), Ok(Vec::new()));
    }

    #[tokio::test]
    async fn a_reader_hears_that_the_log_will_never_be_named() {
        let (slot, feed) = DeferredFeed::with_slot();

        drop(slot);

        let answer = feed.read_events(0, 1, Duration::ZERO).await;
        assert_eq!(
            answer,
            Err(FeedError::Unreadable("the module was never opened".to_owned()))
        );
    }
}
