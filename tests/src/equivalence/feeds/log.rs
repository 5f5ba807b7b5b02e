use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use commerce::{EventFeed, FeedError, Invalid, RecordedEvent};

use super::{Adapter, Cut, Site, databases::Databases, history::event, process::End, site::Port, with_the_change};
use crate::{Nats, equivalence::Storage};

/// The result of reading a feed.
pub type Answer = Result<Vec<RecordedEvent>, FeedError>;

/// A module's log with every adapter connected, for tests that read it directly.
pub struct Log {
    site: Arc<Site>,
    feeds: Vec<(&'static str, Arc<dyn EventFeed>)>,
    events: Vec<RecordedEvent>,
    _databases: Databases,
}

impl Log {
    /// Creates a log of `length` events, appended in one commit.
    pub async fn with(
        length: usize,
        adapters: &[Adapter],
        storage: &Storage,
        broker: Option<&Arc<Nats>>,
    ) -> Result<Self, String> {
        let databases = Databases::new(storage)?;
        let site = Arc::new(Site::new(databases.database("module").await?, broker));
        site.start(Port::New).await?;
        let feed = |adapter: &Adapter| Ok((adapter.name, (adapter.connect)(&site, &Arc::new(Cut::default()))?));
        let feeds = adapters.iter().map(feed).collect::<Result<_, String>>()?;
        let log = Self {
            site,
            feeds,
            events: Vec::new(),
            _databases: databases,
        };
        log.append(length).await?;
        let events = log.site.log().await?;
        let log = Self { events, ..log };
        for (name, feed) in &log.feeds {
            // A log behind a broker arrives later.
            let shows = async || {
                let shown = feed.read_events((log.head() - 1).max(0), 1, Duration::ZERO).await;
                shown.is_ok_and(|shown| shown.events.len() == length.min(1))
            };
            let deadline = Instant::now() + Duration::from_secs(20);
            while !shows().await {
                if Instant::now() > deadline {
                    return Err(format!("{name} does not show the log's end in 20 s"));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(log)
    }

    /// Appends `count` events in one commit. [`promised`](Self::promised) does not cover them.
    pub async fn append(&self, count: usize) -> Result<(), String> {
        let aggregates = (0..7_u8).cycle();
        let events = aggregates
            .zip(0..count)
            .map(|(aggregate, number)| event(aggregate, &format!("e{number}")));
        let events = events.collect();
        let store = self.site.stores().into_iter().next().ok_or("the module does not run")?;
        let appended = self.site.spawn(with_the_change(store, events, true))?.await;
        appended
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())?;
        Ok(())
    }

    /// The last position.
    pub fn head(&self) -> i64 {
        self.events.last().map_or(0, |last| last.position)
    }

    /// The result that the port promises for a read that need not wait.
    pub fn promised(&self, after: i64, limit: u32) -> Answer {
        if after < 0 {
            return Err(Invalid::new("after", after, "a position: a whole number from 0").into());
        }
        if !(1..=1_000).contains(&limit) {
            return Err(Invalid::new("limit", limit, "1 to 1000").into());
        }
        let later = self.events.iter().filter(|recorded| recorded.position > after);
        Ok(later.take(limit as usize).cloned().collect())
    }

    /// Reads through all adapters concurrently; returns each one's name and result.
    pub async fn read(&self, after: i64, limit: u32, wait: Duration) -> Vec<(&'static str, Answer)> {
        let mut asked = Vec::new();
        for (name, feed) in &self.feeds {
            let feed = Arc::clone(feed);
            asked.push((
                *name,
                tokio::spawn(async move { Ok(feed.read_events(after, limit, wait).await?.events) }),
            ));
        }
        let mut answers = Vec::new();
        for (name, asked) in asked {
            let panicked = |error: tokio::task::JoinError| Err(FeedError::Unreadable(error.to_string()));
            answers.push((name, asked.await.unwrap_or_else(panicked)));
        }
        answers
    }

    /// Stops the module.
    pub async fn end(&self) {
        self.site.end(End::Clean).await;
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Log({} events)", self.events.len())
    }
}
