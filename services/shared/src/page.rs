use commerce::{Page, PageRequest};
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Database, DatabaseError};

/// The two queries behind a list, each with the same one text argument or none.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// How many there are: one BIGINT. `$1` is the argument, if there is one.
    pub count: &'static str,
    /// The rows of a page, in a stable order. `$1` is the argument, then come LIMIT and OFFSET; without an argument those are `$1` and `$2`.
    pub rows: &'static str,
}

impl Listing {
    /// One page. The total is of the same moment as the rows on SQLite, and may be a commit older on PostgreSQL.
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
