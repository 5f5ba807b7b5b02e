use std::{collections::BTreeMap, sync::Arc, time::Duration};

use commerce::{EventFeed, RecordedEvent};
use uuid::Uuid;

use super::{
    dead_letters::{self, Applied, DeadLetterState, Letter},
    processor::{Finished, Processor},
};
use crate::{Backoff, DatabaseError};

/// Events per read. An event may be as large as an order of a hundred lines with the longest texts: a reply with a
/// thousand of those is larger than a client accepts, and would be requested again for ever.
const PAGE: u32 = 100;

/// Reads the feed again, from the last applied event of the aggregate to the one that came too early, until the
/// missing events between them appear.
///
/// The events found become parked letters, durably, before any of them is applied: the watermark has passed their
/// positions already, so a crash would lose them otherwise.
pub(super) async fn rescan(
    processor: Processor,
    feed: Arc<dyn EventFeed>,
    aggregate: String,
    after: Applied,
    until: i64,
) -> Finished {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
    loop {
        tokio::select! {
            () = processor.tasks.stopping() => return Finished::Stopped,
            () = tokio::time::sleep(backoff.pause()) => {}
        }
        let found = match missing(&*feed, processor.log, &aggregate, after, until).await {
            Ok(found) => found,
            Err(error) => {
                let subscription = &processor.watermark.name;
                tracing::warn!(%subscription, %error, "search for a missing event failed, will be tried again");
                continue;
            }
        };
        if found.is_empty() {
            continue;
        }
        return match processor.insist("missing events", || keep(&processor, &found)).await {
            Some(letters) => Finished::Found(aggregate, letters),
            None => Finished::Stopped,
        };
    }
}

/// Reads the events of the aggregate that follow `after` without a gap, as far as the feed shows them.
async fn missing(
    feed: &dyn EventFeed,
    log: Uuid,
    aggregate: &str,
    after: Applied,
    until: i64,
) -> Result<Vec<RecordedEvent>, commerce::FeedError> {
    let mut seen = BTreeMap::new();
    let mut position = after.position;
    while position < until {
        let page = feed.read_events(position, PAGE, Duration::ZERO).await?;
        let Some(last) = page.events.last().map(|last| last.position) else {
            break;
        };
        // The subscription is about to notice it, and ends this search.
        if page.log != log {
            return Ok(Vec::new());
        }
        position = last;
        let own = page
            .events
            .into_iter()
            .filter(|one| one.position < until && one.event.aggregate_id == aggregate);
        seen.extend(own.map(|one| (one.event.version, one)));
    }
    let mut found = Vec::new();
    let mut next = after.version + 1;
    while let Some(event) = seen.remove(&next) {
        found.push(event);
        next += 1;
    }
    Ok(found)
}

async fn keep(processor: &Processor, found: &[RecordedEvent]) -> Result<Vec<Letter>, DatabaseError> {
    let found = found.to_vec();
    let (watermark, log) = (Arc::clone(&processor.watermark), processor.log);
    processor
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mut letters = Vec::new();
                for event in &found {
                    let letter = Letter::new(event, DeadLetterState::Parked, None);
                    dead_letters::put(tx, &watermark.name, log, event, &letter, "was missing from the feed", 0).await?;
                    letters.push(letter);
                }
                Ok(letters)
            })
        })
        .await
}
