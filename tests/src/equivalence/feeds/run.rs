use std::{collections::BTreeSet, sync::Arc, time::Duration};

use commerce::{DomainEvent, RecordedEvent};
use shared::DatabaseError;
use tokio::task::JoinHandle;

use super::{
    Adapter, Cut, History, Site, Step, Subject, Tally,
    consumer::Consumer,
    databases::Databases,
    history::{Write, aggregate_id, event},
    process::End,
    recorder::token_of,
    site::Port,
    violation::{Property, Violation},
};
use crate::equivalence::Storage;

type Found<T> = Result<T, Vec<Violation>>;

/// A history in progress.
struct Run<'a> {
    subject: &'a Subject,
    site: Arc<Site>,
    consumers: Vec<Consumer>,
    batch: u32,
    /// Tokens of events whose write was confirmed, and of those whose outcome is unknown.
    kept: BTreeSet<String>,
    unknown: BTreeSet<String>,
    tokens: usize,
    tally: Tally,
    _databases: Databases,
}

/// Applies a history to the subject and lets everything settle.
pub(super) async fn run(subject: &Subject, storage: &Storage, history: &History) -> Found<Tally> {
    let mut run = Run::begin(subject, storage, history.batch).await?;
    for step in &history.steps {
        run.step(step).await?;
    }
    run.settle().await?;
    run.cure().await?;
    run.lists().await?;
    run.end().await
}

impl<'a> Run<'a> {
    async fn begin(subject: &'a Subject, storage: &Storage, batch: u32) -> Found<Self> {
        let databases = Databases::new(storage).map_err(stuck)?;
        let site = Arc::new(Site::new(
            databases.database("module").await.map_err(stuck)?,
            subject.broker.as_ref(),
        ));
        site.start(Port::New).await.map_err(stuck)?;
        let mut consumers = Vec::new();
        for adapter in &subject.adapters {
            let url = databases.database(adapter.name).await.map_err(stuck)?;
            consumers.push(Consumer::new(*adapter, &site, url, batch, subject.apply));
        }
        let mut run = Self {
            subject,
            site,
            consumers,
            batch,
            kept: BTreeSet::new(),
            unknown: BTreeSet::new(),
            tokens: 0,
            tally: Tally::default(),
            _databases: databases,
        };
        for consumer in &mut run.consumers {
            consumer.start().await?;
        }
        Ok(run)
    }

    async fn step(&mut self, step: &Step) -> Found<()> {
        match step {
            Step::Write(writes) => {
                let begun = self.write(writes)?;
                self.hear(begun).await?;
            }
            Step::Settle => self.settle().await?,
            Step::StopConsumers(end) => self.end_consumers(*end).await?,
            Step::RestartConsumers(end) => {
                self.end_consumers(*end).await?;
                for consumer in &mut self.consumers {
                    consumer.start().await?;
                }
            }
            Step::RestartModule(end, port, writes) => {
                let begun = self.write(writes)?;
                self.site.end(*end).await;
                self.site.start(*port).await.map_err(stuck)?;
                self.hear(begun).await?;
                self.tally.module_restarts += 1;
            }
            Step::RestartBroker => {
                if let Some(channel) = self.site.channel() {
                    channel.nats.kill().await;
                    channel.nats.revive().await;
                    self.tally.broker_restarts += 1;
                }
            }
            Step::Cut(bytes) => self.consumers.iter().for_each(|consumer| consumer.cut.arm(*bytes)),
            Step::Harm(aggregate, point, harm) => {
                let aggregate = aggregate_id(*aggregate).to_string();
                let scripts = self.consumers.iter().map(|consumer| &consumer.script);
                scripts.for_each(|script| script.arm(aggregate.clone(), *point, *harm));
            }
            Step::Cure => self.cure().await?,
        }
        Ok(())
    }

    /// Starts writes of the module concurrently.
    fn write(&mut self, writes: &[Write]) -> Found<Vec<Writing>> {
        let stores = self.site.stores();
        let mut begun = Vec::new();
        for (write, store) in writes.iter().zip(stores.iter().cycle()) {
            let tokens: Vec<_> = (self.tokens..)
                .take(write.aggregates.len())
                .map(|number| format!("e{number}"))
                .collect();
            self.tokens += tokens.len();
            let poison = write.poison.and_then(|databases| tokens.iter().cycle().nth(databases));
            if let Some(poison) = poison {
                let scripts = self.consumers.iter().map(|consumer| &consumer.script);
                scripts.for_each(|script| script.spoil(poison.clone()));
            }
            let events = write
                .aggregates
                .iter()
                .zip(&tokens)
                .map(|(aggregate, token)| event(*aggregate, token));
            let work = (self.subject.commit)(store.clone(), events.collect(), write.keep);
            let outcome = self.site.spawn(work).map_err(stuck)?;
            begun.push(Writing {
                tokens,
                outcome,
                keep: write.keep,
            });
        }
        Ok(begun)
    }

    /// Waits until the outcome of each write is known, or can never be known.
    async fn hear(&mut self, begun: Vec<Writing>) -> Found<()> {
        let mut heard = Vec::new();
        for Writing { tokens, outcome, keep } in begun {
            match outcome.await {
                Ok(Ok(events)) => heard.extend(events.into_iter().map(|event| event.event_id)),
                _ if !keep => {
                    self.tally.rolled_back += tokens.len() as u64;
                    continue;
                }
                // The module ended meanwhile.
                _ => {
                    self.unknown.extend(tokens);
                    continue;
                }
            }
            self.kept.extend(tokens);
        }
        if heard.is_empty() {
            return Ok(());
        }
        let log = self.site.log().await.map_err(stuck)?;
        let heard = log.iter().filter(|recorded| heard.contains(&recorded.event.event_id));
        self.site
            .note_committed(heard.map(|recorded| recorded.position).max().unwrap_or(0));
        Ok(())
    }

    async fn end_consumers(&mut self, end: End) -> Found<()> {
        for consumer in &mut self.consumers {
            consumer.end(end).await?;
            self.tally.consumer_restarts += 1;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Found<()> {
        self.module().await?;
        for consumer in &mut self.consumers {
            consumer.settle(self.subject.patience).await?;
        }
        Ok(())
    }

    async fn cure(&mut self) -> Found<()> {
        self.settle().await?;
        let log = self.site.log().await.map_err(stuck)?;
        for consumer in &mut self.consumers {
            self.tally.poisoned += consumer.script.poison(&log).len() as u64;
            consumer.cure(self.subject.patience).await?;
        }
        Ok(())
    }

    /// Checks the module's log: what was committed and nothing else, with each aggregate's versions in order.
    async fn module(&self) -> Found<()> {
        let log = self.site.log().await.map_err(stuck)?;
        let there: BTreeSet<_> = log
            .iter()
            .map(|recorded| token_of(&recorded.event).to_owned())
            .collect();
        let lost: Vec<_> = self.kept.difference(&there).collect();
        let strange: Vec<_> = there
            .iter()
            .filter(|token| !self.kept.contains(*token) && !self.unknown.contains(*token))
            .collect();
        let mut found = Vec::new();
        if !lost.is_empty() {
            found.push(Violation::new(
                Property::NothingLost,
                "module",
                format!("not in the log: {lost:?}"),
            ));
        }
        if !strange.is_empty() {
            let what = format!("in the log, and their writes were rolled back: {strange:?}");
            found.push(Violation::new(Property::OnlyCommitted, "module", what));
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }

    /// Checks that every reader sees the log as it is, in small batches and in one.
    async fn lists(&self) -> Found<()> {
        let log = self.site.log().await.map_err(stuck)?;
        let head = log.last().map_or(0, |last| last.position);
        for adapter in &self.subject.adapters {
            for limit in [self.batch, 1_000] {
                let shown = list(adapter, &self.site, limit, head).await;
                let shown = shown.map_err(|reason| vec![Violation::new(Property::SameList, adapter.name, reason)])?;
                if let Some(what) = difference(&shown, &log) {
                    let what = format!("in the list by {limit}, {what}");
                    return Err(vec![Violation::new(Property::SameList, adapter.name, what)]);
                }
            }
        }
        Ok(())
    }

    async fn end(mut self) -> Found<Tally> {
        let log = self.site.log().await.map_err(stuck)?;
        let mut tally = self.tally;
        tally.events = log.len() as u64;
        for consumer in &mut self.consumers {
            consumer.end(End::Clean).await?;
            let (handed, struck) = consumer.script.counts();
            let (full, woken) = consumer.batches();
            tally.struck += struck;
            tally.crashes += consumer.crashes;
            tally.cuts += consumer.cut.made();
            tally.full_batches += full;
            tally.woken += woken;
            tally.again += handed.saturating_sub(tally.events);
        }
        self.site.end(End::Clean).await;
        Ok(tally)
    }
}

/// A write that was started.
struct Writing {
    tokens: Vec<String>,
    outcome: JoinHandle<Result<Vec<DomainEvent>, DatabaseError>>,
    keep: bool,
}

async fn list(adapter: &Adapter, site: &Arc<Site>, limit: u32, head: i64) -> Result<Vec<RecordedEvent>, String> {
    let feed = (adapter.connect)(site, &Arc::new(Cut::default()))?;
    let mut shown: Vec<RecordedEvent> = Vec::new();
    loop {
        let after = shown.last().map_or(0, |last| last.position);
        if after >= head {
            return Ok(shown);
        }
        let read = feed.read_events(after, limit, Duration::from_secs(10)).await;
        let read = read.map_err(|error| error.to_string())?.events;
        // The read waited for 10 s or went backwards: the loop would never end.
        if read.last().is_none_or(|last| last.position <= after) {
            return Err(format!(
                "after {after} it shows {read:?}, and the log goes on to {head}"
            ));
        }
        shown.extend(read);
    }
}

fn difference(shown: &[RecordedEvent], log: &[RecordedEvent]) -> Option<String> {
    let length = shown.len().max(log.len());
    let databases = (0..length).find(|databases| shown.get(*databases) != log.get(*databases))?;
    let (shown, log) = (shown.get(databases), log.get(databases));
    Some(format!("number {databases} is {shown:?}, and in the log {log:?}"))
}

fn stuck(what: impl Into<String>) -> Vec<Violation> {
    vec![Violation::new(Property::Progress, "module", what)]
}
