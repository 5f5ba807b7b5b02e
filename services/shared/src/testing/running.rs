use std::{path::Path, time::Duration};

use commerce::DomainEvent;
use seam::handover::Handover;
use sqlx::Row;

use crate::{DatabaseError, Environment, Module, Settings, settings::Declared};

/// Makes an environment for a module that reads the settings `declared`, with these values. Its databases are SQLite
/// files in `folder`: new ones, or those that are there.
pub fn environment(folder: &Path, declared: &[Declared], settings: &[(&str, &str)]) -> Environment {
    let url = format!("sqlite://{}/{{module}}.db", folder.display());
    let pairs = settings.iter().copied().chain([("DATABASE_URL", url.as_str())]);
    Environment::new(Settings::from_pairs(declared, pairs).unwrap())
}

/// Stops the module in the middle of its work, as the end of its process would: the database stays, all memory is
/// lost.
pub async fn stop<T: ?Sized>(environment: &Environment, module: &Module<T>) {
    environment.tasks.stop(Duration::from_secs(5)).await.unwrap();
    module.database.close().await;
}

/// Reads the module's own event log, oldest event first.
pub async fn events<T: ?Sized>(module: &Module<T>) -> Vec<DomainEvent> {
    let batch = module.feed.read_events(0, 1_000, Duration::ZERO).await.unwrap();
    batch.events.into_iter().map(|recorded| recorded.event).collect()
}

/// Names of the module's tables, on SQLite, whose rows stay when the others are handed over to another database.
pub async fn not_handed_over<T: ?Sized>(module: &Module<T>) -> Vec<String> {
    let layout = module.handover.as_ref().unwrap().layout().await.unwrap();
    let given: Vec<&String> = layout.sets.iter().flat_map(|set| set.tables.keys()).collect();
    let tables =
        sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            .fetch_all(module.database.readers())
            .await
            .unwrap();
    let names = tables.iter().map(|row| row.get::<String, _>(0));
    names.filter(|name| !given.contains(&name)).collect()
}

/// Commits a no-op and returns the number of commits including it. The no-op is a barrier: a reader may see a
/// commit a moment before it is counted, but every commit before a write is counted before it.
pub async fn commits<T: ?Sized>(module: &Module<T>) -> u64 {
    let nothing: Result<(), DatabaseError> = module.database.write(|_| Box::pin(async { Ok(()) })).await;
    nothing.unwrap();
    module.database.stats().commits
}
