use std::{collections::BTreeMap, sync::Arc, time::Duration};

use commerce::{EventFeed, RecordedEvent};

use super::{
    attempt::{Desk, Finished},
    dead_letters::{self, Applied, DeadLetterState, Letter},
};
use crate::{Backoff, DatabaseError};

/// How many events are asked for at once. An event may be as large as an order of a hundred lines with the longest texts: a reply with a
/// thousand of those is over what a client takes, and would be asked for again for ever.
const PAGE: u32 = 100;

/// Reads the feed again, from the last applied event of the aggregate to the one that came too early, until it shows what lies between.
///
/// What it finds becomes parked letters, durably, before anything is applied: their positions are behind the subscription's own.
pub(super) async fn rescan(
    desk: Desk,
    feed: Arc<dyn EventFeed>,
    aggregate: String,
    after: Applied,
    until: i64,
) -> Finished {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
    loop {
        tokio::select! {
            () = desk.tasks.stopping() => return Finished::Stopped,
            () = tokio::time::sleep(backoff.pause()) => {}
        }
        let found = match missing(&*feed, &aggregate, after, until).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(subscription = %desk.window.name, %error, "feed could not be read again for a missing event");
                continue;
            }
        };
        if found.is_empty() {
            continue;
        }
        return match desk.insist("missing events", || keep(&desk, &found)).await {
            Some(letters) => Finished::Found(aggregate, letters),
            None => Finished::Stopped,
        };
    }
}

/// The events that follow `after` without a gap, as far as they are there.
async fn missing(
    feed: &dyn EventFeed,
    aggregate: &str,
    after: Applied,
    until: i64,
) -> Result<Vec<RecordedEvent>, commerce::FeedError> {
    let mut seen = BTreeMap::new();
    let mut position = after.position;
    while position < until {
        let page = feed.read_events(position, PAGE, Duration::ZERO).await?;
        let Some(last) = page.last().map(|last| last.position) else {
            break;
        };
        position = last;
        let own = page
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

async fn keep(desk: &Desk, found: &[RecordedEvent]) -> Result<Vec<Letter>, DatabaseError> {
    let found = found.to_vec();
    let window = Arc::clone(&desk.window);
    desk.db
        .write(move |tx| {
            Box::pin(async move {
                let mut letters = Vec::new();
                for event in &found {
                    let letter = Letter::new(event, DeadLetterState::Parked, None);
                    dead_letters::put(tx, &window.name, event, &letter, "was missing from the feed", 0).await?;
                    letters.push(letter);
                }
                Ok(letters)
            })
        })
        .await
}
