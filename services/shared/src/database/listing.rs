use commerce::{Page, PageRequest};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{Database, DatabaseError};

/// The two queries behind a paged list, each with the same text argument, or both without one.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Counts all rows: one BIGINT. `$1` is the argument, if there is one.
    pub count: &'static str,
    /// Selects the rows of a page, in a stable order. `$1` is the argument, then follow LIMIT and OFFSET; without
    /// an argument those are `$1` and `$2`.
    pub rows: &'static str,
}

impl Listing {
    /// Reads one page. On SQLite the total and the rows are of the same moment; on PostgreSQL the total may be a
    /// commit older.
    pub async fn page<T>(
        self,
        db: &Database,
        argument: Option<&str>,
        request: PageRequest,
        item: impl Fn(&AnyRow) -> Result<T, DatabaseError>,
    ) -> Result<Page<T>, DatabaseError> {
        let mut snapshot = db.readers().begin().await?;
        let (total, rows) = self.read(&mut snapshot, argument, request).await?;
        snapshot.commit().await?;
        let items = rows.iter().map(item).collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            page: request.page,
            page_size: request.page_size,
            total,
        })
    }

    async fn read(
        self,
        connection: &mut AnyConnection,
        argument: Option<&str>,
        request: PageRequest,
    ) -> Result<(i64, Vec<AnyRow>), DatabaseError> {
        let mut count = sqlx::query(self.count);
        let mut rows = sqlx::query(self.rows);
        if let Some(argument) = argument {
            count = count.bind(argument);
            rows = rows.bind(argument);
        }
        let total = count.fetch_one(&mut *connection).await?.try_get(0)?;
        let rows = rows
            .bind(i64::from(request.page_size))
            .bind(request.offset())
            .fetch_all(&mut *connection)
            .await?;
        Ok((total, rows))
    }
}
