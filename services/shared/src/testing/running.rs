use std::{path::Path, time::Duration};

use commerce::DomainEvent;

use crate::{DatabaseError, Environment, Module, Settings, settings::Declared};

/// An environment for a module that reads the settings `declared`, with these values. Its databases are SQLite files in `folder`:
/// new ones, or those that are there.
pub fn environment(folder: &Path, declared: &[Declared], settings: &[(&str, &str)]) -> Environment {
    let url = format!("sqlite://{}/{{module}}.db", folder.display());
    let pairs = settings.iter().copied().chain([("DATABASE_URL", url.as_str())]);
    Environment::new(Settings::from_pairs(declared, pairs).unwrap())
}

/// Stops the module in the middle of whatever it does, as when its process ends: the database stays, everything in memory goes.
pub async fn stop<T: ?Sized>(environment: &Environment, module: &Module<T>) {
    environment.tasks.stop(Duration::from_secs(5)).await.unwrap();
    module.database.close().await;
}

/// The module's own log, oldest first.
pub async fn events<T: ?Sized>(module: &Module<T>) -> Vec<DomainEvent> {
    let events = module.feed.read_events(0, 1_000, Duration::ZERO).await.unwrap();
    events.into_iter().map(|recorded| recorded.event).collect()
}

/// How many commits the module has made, with the one that this makes: what a reader sees may be counted a moment later, but whatever was
/// committed before a write is counted before it.
pub async fn commits<T: ?Sized>(module: &Module<T>) -> u64 {
    let nothing: Result<(), DatabaseError> = module.database.write(|_| Box::pin(async { Ok(()) })).await;
    nothing.unwrap();
    module.database.stats().commits
}
