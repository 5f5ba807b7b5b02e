use std::{fmt, sync::Arc, time::Duration};

use seam::handover::{Duty, HandoverError, Release};
use sqlx::{AnyConnection, Row};
use tokio::{
    sync::{OwnedRwLockReadGuard, RwLock},
    time::timeout,
};

use crate::{Database, DatabaseError, Tx};

/// Time for what is under way to end when a side is told to stand by.
const DRAIN: Duration = Duration::from_secs(30);

/// The duty of a module's database to act, as [`seam::handover::Duty`] has it. A clone is another handle; all parts of
/// a module in one process share one.
///
/// A database without a row acts: it never took part in a handover. One that takes rows stands by from then on.
///
/// # Limits
///
/// [`DutyKeeper::stand_by`] waits for the work of this process. Other processes on the same database begin nothing new
/// from that moment, and what they had begun ends within their time limits.
#[derive(Clone)]
pub struct DutyKeeper {
    db: Database,
    under_way: Arc<RwLock<()>>,
}

/// The permission to act for as long as it is held. What may be done by one side alone asks for a reference to it.
#[derive(Debug)]
pub struct Acting {
    _under_way: OwnedRwLockReadGuard<()>,
}

const READ: &str = "SELECT epoch, acts FROM duty";

impl DutyKeeper {
    /// The duty that is stored in this database.
    pub fn new(db: Database) -> Self {
        Self {
            db,
            under_way: Arc::default(),
        }
    }

    /// Has a database that never took part in a handover stand by from now on.
    pub async fn stand_by_if_new(&self) -> Result<(), DatabaseError> {
        self.db
            .write(|tx| Box::pin(async move { stand_by_at_first(tx).await }))
            .await
    }

    /// Reads the duty as it was committed last.
    pub async fn duty(&self) -> Result<Duty, DatabaseError> {
        read(&mut *self.db.readers().acquire().await?).await
    }

    /// Takes the permission to act. `None` if this side stands by.
    pub async fn acting(&self) -> Result<Option<Acting>, DatabaseError> {
        // First the lock, then the row: whoever tells this side to stand by writes the row first, then takes the lock.
        let under_way = Arc::clone(&self.under_way).read_owned().await;
        let duty = self.duty().await?;
        Ok(duty.acts.then_some(Acting { _under_way: under_way }))
    }

    /// Ends to act up to this epoch, and waits until every [`Acting`] of this process is dropped.
    pub async fn stand_by(&self, epoch: i64) -> Result<Release, HandoverError> {
        let wanted = Duty { epoch, acts: false };
        self.become_that(wanted).await?;
        match timeout(DRAIN, self.under_way.write()).await {
            Ok(_nothing) => Ok(Release { epoch }),
            Err(_) => Err(HandoverError::Busy(DRAIN.as_secs())),
        }
    }

    /// Begins to act in the epoch that the other side has given away.
    pub async fn act(&self, release: Release) -> Result<Duty, HandoverError> {
        let wanted = Duty {
            epoch: release.epoch,
            acts: true,
        };
        self.become_that(wanted).await?;
        Ok(wanted)
    }

    async fn become_that(&self, wanted: Duty) -> Result<(), HandoverError> {
        let stored: Result<Duty, DatabaseError> = self
            .db
            .write(move |tx| Box::pin(async move { store(tx, wanted).await }))
            .await;
        let known = stored.map_err(|error| crate::handover::failed(&error))?;
        if known == wanted {
            return Ok(());
        }
        Err(HandoverError::Epoch {
            seen: wanted.epoch,
            known,
        })
    }
}

/// Has a database that takes rows stand by, unless it has its part in a handover already.
pub(crate) async fn stand_by_at_first(tx: &mut Tx) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO duty (one, epoch, acts) VALUES (1, 0, 0) ON CONFLICT DO NOTHING")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Stores the duty if its epoch is a new one, and returns the one that holds then.
async fn store(tx: &mut Tx, wanted: Duty) -> Result<Duty, DatabaseError> {
    // Epoch 0 is the time before the first handover, which is over.
    if wanted.epoch < 1 {
        return read(tx.connection()).await;
    }
    sqlx::query(
        "INSERT INTO duty (one, epoch, acts) VALUES (1, $1, $2)
         ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, acts = excluded.acts
         WHERE duty.epoch < excluded.epoch",
    )
    .bind(wanted.epoch)
    .bind(i64::from(wanted.acts))
    .execute(tx.connection())
    .await?;
    read(tx.connection()).await
}

async fn read(connection: &mut AnyConnection) -> Result<Duty, DatabaseError> {
    let row = sqlx::query(READ).fetch_optional(connection).await?;
    let Some(row) = row else {
        return Ok(Duty { epoch: 0, acts: true });
    };
    Ok(Duty {
        epoch: row.try_get("epoch")?,
        acts: row.try_get::<i64, _>("acts")? != 0,
    })
}

impl fmt::Debug for DutyKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DutyKeeper")
            .field("module", &self.db.module())
            .finish_non_exhaustive()
    }
}
