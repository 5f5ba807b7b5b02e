use std::{collections::BTreeMap, fmt, sync::Arc};

use futures::future::join_all;
use seam::TransportFailure;
use seam::handover::{
    Aggregate, Duty, Handover, HandoverError, Key, Layout, Outline, Range, Release, SetLayout, Summary, Taken,
};
use sqlx::{AnyConnection, Row};
use tokio::sync::OnceCell;

use super::{
    Set,
    catalogue::Catalogue,
    digest,
    read::{self, Wanted},
    take::{self, TakeError},
};
use crate::{Database, DatabaseError, DutyKeeper, Engine};

/// Most aggregates that one call reads or stores.
const MOST: u32 = 2_000;

/// The data of a module, as the contract `seam::handover` has it. A clone is another handle.
#[derive(Clone)]
pub struct HandoverStore {
    db: Database,
    sets: &'static [Set],
    worker: Option<OnDuty>,
    catalogue: Arc<OnceCell<Catalogue>>,
}

/// The duty of a module, and the way to wake what does its work.
#[derive(Clone)]
struct OnDuty {
    duty: DutyKeeper,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl HandoverStore {
    /// The data of these sets. Whether the database has their tables shows with the first call.
    pub fn new(db: Database, sets: &'static [Set]) -> Self {
        Self {
            db,
            sets,
            worker: None,
            catalogue: Arc::default(),
        }
    }

    /// The data, of a module whose duty to act can be moved. `wake` is called when there may be more to do: rows were
    /// taken, or the duty was. It must not block.
    #[must_use]
    pub fn on_duty(self, duty: DutyKeeper, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let worker = OnDuty {
            duty,
            wake: Arc::new(wake),
        };
        Self {
            worker: Some(worker),
            ..self
        }
    }

    fn worker(&self) -> Result<&OnDuty, HandoverError> {
        let missing = || HandoverError::NoDuty(self.db.module().to_owned());
        self.worker.as_ref().ok_or_else(missing)
    }

    async fn catalogue(&self) -> Result<&Catalogue, DatabaseError> {
        let read = || async {
            let mut connection = self.db.readers().acquire().await?;
            Catalogue::read(&mut connection, self.db.engine(), self.sets).await
        };
        self.catalogue.get_or_try_init(read).await
    }

    fn set(&self, name: &str) -> Result<&'static Set, HandoverError> {
        let found = self.sets.iter().find(|set| set.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.sets.iter().map(|set| set.name).collect();
            HandoverError::UnknownSet {
                set: name.to_owned(),
                known: known.join(", "),
            }
        })
    }

    /// The set of the range, whose keys have the form of the set's.
    fn set_of(&self, range: &Range) -> Result<&'static Set, HandoverError> {
        let set = self.set(&range.set)?;
        for key in range.after.iter().chain(&range.until) {
            check(set, key)?;
        }
        Ok(set)
    }

    async fn outlines(&self, set: &Set, range: &Range) -> Result<Vec<Aggregate>, DatabaseError> {
        let catalogue = self.catalogue().await?;
        let engine = self.db.engine();
        let mut snapshot = self.db.readers().begin().await?;
        isolate(&mut snapshot, engine).await?;
        let found = read::aggregates(&mut snapshot, engine, catalogue, set, Wanted::In(range)).await?;
        snapshot.commit().await?;
        Ok(found)
    }

    /// The part of the range that the first `limit` aggregates make up.
    async fn part(&self, set: &Set, range: Range, limit: u32) -> Result<Range, DatabaseError> {
        let mut connection = self.db.readers().acquire().await?;
        let keys = read::keys(&mut connection, self.db.engine(), set, &range, limit).await?;
        let cut = u32::try_from(keys.len()).is_ok_and(|found| found == limit);
        Ok(match keys.into_iter().next_back() {
            Some(last) if cut => Range {
                until: Some(last),
                ..range
            },
            _ => range,
        })
    }

    /// Tells whether this side acts on rows of its own, and never took part in a handover. Rows from elsewhere would
    /// end that unasked.
    async fn is_at_work(&self) -> Result<bool, DatabaseError> {
        let Some(worker) = &self.worker else {
            return Ok(false);
        };
        if worker.duty.duty().await? != (Duty { epoch: 0, acts: true }) {
            return Ok(false);
        }
        let mut connection = self.db.readers().acquire().await?;
        for set in self.sets {
            let range = Range::all(set.name);
            if !read::keys(&mut connection, self.db.engine(), set, &range, 1)
                .await?
                .is_empty()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn schema(&self) -> Result<BTreeMap<String, i64>, DatabaseError> {
        let rows = sqlx::query("SELECT chain, MAX(version) AS version FROM applied_migrations GROUP BY chain")
            .fetch_all(self.db.readers())
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("chain")?, row.try_get("version")?)))
            .collect()
    }
}

/// Has all statements of the transaction see one moment, as those of SQLite do anyway.
async fn isolate(connection: &mut AnyConnection, engine: Engine) -> Result<(), DatabaseError> {
    if engine == Engine::Postgres {
        sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            .execute(connection)
            .await?;
    }
    Ok(())
}

fn check(set: &Set, key: &Key) -> Result<(), HandoverError> {
    if key.0.len() == set.root.of.len() {
        return Ok(());
    }
    Err(HandoverError::Malformed {
        set: set.name.to_owned(),
        what: "a key".to_owned(),
        seen: format!("{} values", key.0.len()),
        wanted: format!("those of {}", set.root.of.join(", ")),
    })
}

pub(crate) fn failed(error: &DatabaseError) -> HandoverError {
    tracing::error!(%error, "rows can't be handed over");
    if let DatabaseError::OutcomeUnknown { .. } = error {
        return TransportFailure::new("database", error.for_anybody()).into();
    }
    HandoverError::Database(error.for_anybody().to_owned())
}

#[seam::async_trait]
impl Handover for HandoverStore {
    async fn layout(&self) -> Result<Layout, HandoverError> {
        let catalogue = self.catalogue().await.map_err(|error| failed(&error))?;
        let tables = |set: &Set| {
            let names = |table| catalogue.of(table).iter().map(|column| column.name.clone()).collect();
            set.tables()
                .map(|table| (table.name.to_owned(), names(table)))
                .collect()
        };
        let sets = self.sets.iter().map(|set| SetLayout {
            name: set.name.to_owned(),
            tables: tables(set),
        });
        Ok(Layout {
            module: self.db.module().to_owned(),
            schema: self.schema().await.map_err(|error| failed(&error))?,
            sets: sets.collect(),
        })
    }

    async fn summarize(&self, range: Range, limit: u32) -> Result<Summary, HandoverError> {
        let set = self.set_of(&range)?;
        let work = async {
            let range = self.part(set, range, limit.clamp(1, MOST)).await?;
            let found = self.outlines(set, &range).await?;
            let rows = found.iter().flat_map(|aggregate| aggregate.rows.values());
            let rows: usize = rows.map(Vec::len).sum();
            let outlines: Vec<Outline> = found.into_iter().map(|aggregate| aggregate.outline).collect();
            Ok(Summary {
                range,
                aggregates: outlines.len() as u64,
                rows: rows as u64,
                digest: digest::of_range(&outlines),
            })
        };
        work.await.map_err(|error: DatabaseError| failed(&error))
    }

    async fn outline(&self, range: Range) -> Result<Vec<Outline>, HandoverError> {
        let set = self.set_of(&range)?;
        let part = self
            .part(set, range.clone(), MOST)
            .await
            .map_err(|error| failed(&error))?;
        if let (Some(first), true) = (&part.until, part != range) {
            return Err(HandoverError::TooMany {
                set: range.set,
                most: MOST,
                first: first.clone(),
            });
        }
        let found = self.outlines(set, &range).await.map_err(|error| failed(&error))?;
        Ok(found.into_iter().map(|aggregate| aggregate.outline).collect())
    }

    async fn give(&self, set: String, keys: Vec<Key>) -> Result<Vec<Aggregate>, HandoverError> {
        let set = self.set(&set)?;
        few(set, keys.len(), keys.first())?;
        keys.iter().try_for_each(|key| check(set, key))?;
        let work = async {
            let catalogue = self.catalogue().await?;
            let engine = self.db.engine();
            let mut snapshot = self.db.readers().begin().await?;
            isolate(&mut snapshot, engine).await?;
            let mut given = Vec::with_capacity(keys.len());
            for key in &keys {
                given.extend(read::aggregates(&mut snapshot, engine, catalogue, set, Wanted::Is(key)).await?);
            }
            snapshot.commit().await?;
            Ok(given)
        };
        work.await.map_err(|error: DatabaseError| failed(&error))
    }

    async fn take(&self, set: String, aggregates: Vec<Aggregate>) -> Result<Vec<Taken>, HandoverError> {
        let set = self.set(&set)?;
        few(
            set,
            aggregates.len(),
            aggregates.first().map(|aggregate| &aggregate.outline.key),
        )?;
        if self.is_at_work().await.map_err(|error| failed(&error))? {
            return Err(HandoverError::Acts);
        }
        let catalogue = self.catalogue().await.map_err(|error| failed(&error))?;
        // All are checked before the first one is stored.
        let checked = aggregates
            .into_iter()
            .map(|aggregate| {
                check(set, &aggregate.outline.key)?;
                take::checked(set, catalogue, aggregate)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let writes = checked.into_iter().map(|checked| {
            let catalogue = catalogue.clone();
            let write = self
                .db
                .write(move |tx| Box::pin(async move { take::take(tx, &catalogue, set, checked).await }));
            async move {
                match write.await {
                    Ok(taken) => Ok(taken),
                    Err(TakeError::Apart | TakeError::Database(DatabaseError::Unique { .. })) => Ok(Taken::Refused),
                    Err(TakeError::Database(DatabaseError::Check { constraint })) => {
                        tracing::warn!(set = set.name, constraint, "an aggregate can't be taken");
                        Ok(Taken::Refused)
                    }
                    Err(TakeError::Database(error)) => Err(failed(&error)),
                }
            }
        });
        // Together, so that they share commits; each of them is whole or not at all.
        let taken = join_all(writes).await.into_iter().collect();
        if let Some(worker) = &self.worker {
            (worker.wake)();
        }
        taken
    }

    async fn duty(&self) -> Result<Duty, HandoverError> {
        self.worker()?.duty.duty().await.map_err(|error| failed(&error))
    }

    async fn stand_by(&self, epoch: i64) -> Result<Release, HandoverError> {
        self.worker()?.duty.stand_by(epoch).await
    }

    async fn act(&self, release: Release) -> Result<Duty, HandoverError> {
        let worker = self.worker()?;
        let duty = worker.duty.act(release).await?;
        (worker.wake)();
        Ok(duty)
    }
}

fn few(set: &Set, seen: usize, first: Option<&Key>) -> Result<(), HandoverError> {
    match first {
        Some(first) if seen > MOST as usize => Err(HandoverError::TooMany {
            set: set.name.to_owned(),
            most: MOST,
            first: first.clone(),
        }),
        _ => Ok(()),
    }
}

impl fmt::Debug for HandoverStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandoverStore")
            .field("module", &self.db.module())
            .finish_non_exhaustive()
    }
}
