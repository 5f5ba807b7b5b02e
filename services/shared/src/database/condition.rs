use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use seam::time::Instant;

use super::{Database, DatabaseError, Tx, connect};
use crate::{Next, Round};

/// Time for which a commit proves that the database can be written.
const PROVEN: Duration = Duration::from_secs(5);
/// Shortest pause between two inspections of the file.
const INSPECT_EVERY: Duration = Duration::from_secs(60);
/// Pause between two inspections, as a multiple of the time that one takes: at most 1 % of one disk's time.
const SHARE: u32 = 100;
/// Length of the text that a probe writes: more than a page, so that it needs room that is not reserved already.
const PROBE: usize = 8 * 1024;

/// The evidence of what a database can do, as its writer, its probes and its inspections leave it.
#[derive(Debug, Default)]
pub(super) struct Condition {
    evidence: Mutex<Evidence>,
    /// Held by the one probe under way.
    probing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Evidence {
    /// Time of the last commit; `None` if work has failed since.
    committed: Option<Instant>,
    /// Time of the last inspection, and the time that it took.
    inspected: Option<(Instant, Duration)>,
    damage: Option<DatabaseError>,
}

impl Condition {
    /// Notes that a transaction was committed.
    pub(super) fn committed(&self) {
        self.evidence().committed = Some(Instant::now());
    }

    /// Notes that some work failed, whatever the reason: the next check has to find out.
    pub(super) fn doubted(&self) {
        self.evidence().committed = None;
    }

    /// Notes the end of an inspection that began then.
    pub(super) fn inspected(&self, begun: Instant, found: Result<(), DatabaseError>) {
        let mut evidence = self.evidence();
        evidence.inspected = Some((Instant::now(), begun.elapsed()));
        evidence.damage = found.err();
    }

    fn is_proven(&self) -> bool {
        let committed = self.evidence().committed;
        committed.is_some_and(|at| at.elapsed() < PROVEN)
    }

    fn until_inspection(&self) -> Duration {
        let inspected = self.evidence().inspected;
        inspected.map_or(Duration::ZERO, |(at, took)| {
            INSPECT_EVERY.max(took * SHARE).saturating_sub(at.elapsed())
        })
    }

    fn evidence(&self) -> MutexGuard<'_, Evidence> {
        self.evidence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database {
    /// Succeeds if the database can be read and written, and is the one that was opened.
    ///
    /// Without a commit in the last 5 s, or after work that failed, it makes one: a probe, which leaves nothing behind
    /// and which [`Database::stats`] does not count. Damage is known from the last [`Database::inspect`].
    pub async fn check(&self) -> Result<(), DatabaseError> {
        if let Some(file) = self.file() {
            file.check()?;
        }
        if let Some(damage) = self.condition().evidence().damage.clone() {
            return Err(damage);
        }
        sqlx::query("SELECT 1").execute(self.readers()).await?;
        let _one_at_a_time = self.condition().probing.lock().await;
        if self.condition().is_proven() {
            return Ok(());
        }
        self.probe(|tx| Box::pin(probe(tx))).await
    }

    /// Reads the whole file on SQLite and looks for damage; [`Database::check`] fails from then on if there is any.
    /// Takes about 3 s for each gigabyte. Succeeds at once on PostgreSQL.
    pub async fn inspect(&self) -> Result<(), DatabaseError> {
        let begun = Instant::now();
        let found = connect::inspect(self.address()).await;
        self.condition().inspected(begun, found.clone());
        found
    }
}

/// Writes more than a page and takes it away again.
async fn probe(tx: &mut Tx) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO write_probes (filling) VALUES ($1)")
        .bind("x".repeat(PROBE))
        .execute(tx.connection())
        .await?;
    sqlx::query("DELETE FROM write_probes").execute(tx.connection()).await?;
    Ok(())
}

/// Inspects the file every minute, or less often if that takes long.
pub(crate) struct Inspection {
    pub(crate) db: Database,
}

#[seam::async_trait]
impl Round for Inspection {
    async fn round(&self) -> Result<Next, String> {
        let wait = self.db.condition().until_inspection();
        if !wait.is_zero() {
            return Ok(Next::After(wait));
        }
        if let Err(error) = self.db.inspect().await {
            tracing::error!(module = self.db.module(), %error, "database inspected");
        }
        Ok(Next::After(self.db.condition().until_inspection()))
    }
}
