use std::fmt;

use commerce::{Money, OrderId, Timestamp};
use serde::Serialize;
use sqlx::{Row, any::AnyRow};

use crate::{
    Database, DatabaseError,
    row::{instant, money, parsed},
};

/// Start of a stored refusal; its reason follows.
const REFUSED: &str = "refused: ";

/// Work that a module has given up, because whoever it needs refuses it for good. A person has to look at the reason.
///
/// `GET /v2/given-up` lists all such work of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GivenUp {
    /// Kind of work, such as `refund`.
    pub kind: &'static str,
    /// Id of the work within its kind.
    pub id: String,
    /// The order that it belongs to.
    pub order_id: OrderId,
    /// The money that it is about.
    pub amount: Money,
    /// Reason of the refusal, as it was given.
    pub reason: String,
    /// Number of retries that a person has asked for so far.
    pub retries: i64,
    /// Time at which it was given up.
    pub given_up_at: Timestamp,
}

impl GivenUp {
    /// Lists the work of this kind that `query` finds. Its columns are `payment_id`, which is the id of the work,
    /// `order_id`, `amount`, `currency`, `outcome` (a printed [`WorkOutcome`]), `retries` and `settled_at`.
    pub async fn list(db: &Database, kind: &'static str, query: &'static str) -> Result<Vec<Self>, DatabaseError> {
        let rows = sqlx::query(query).fetch_all(db.readers()).await?;
        rows.iter().map(|row| Self::read(kind, row)).collect()
    }

    fn read(kind: &'static str, row: &AnyRow) -> Result<Self, DatabaseError> {
        let outcome: String = row.try_get("outcome")?;
        let reason = outcome.strip_prefix(REFUSED);
        Ok(Self {
            kind,
            id: row.try_get("payment_id")?,
            order_id: parsed(row, "order_id")?,
            amount: money(row, "amount")?,
            reason: reason
                .ok_or_else(|| DatabaseError::corrupt("outcome", "it is no refusal"))?
                .to_owned(),
            retries: row.try_get("retries")?,
            given_up_at: instant(row, "settled_at")?,
        })
    }
}

/// End of work that may be given up. It is stored as it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkOutcome {
    /// Nothing is left to do; the text says why.
    Done(&'static str),
    /// It was refused for good, for this reason. Prints as `refused: ` and the reason.
    Refused(String),
}

impl fmt::Display for WorkOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(how) => f.write_str(how),
            Self::Refused(reason) => write!(f, "{REFUSED}{reason}"),
        }
    }
}

/// One kind of work that a module may give up, as the server shows it and as a person decides on it.
#[seam::async_trait]
pub trait GivingUp: Send + Sync + 'static {
    /// Kind of the work in paths, such as `refund`.
    fn kind(&self) -> &'static str;

    /// Lists the work that was given up, oldest first, at most 1,000.
    async fn list(&self) -> Result<Vec<GivenUp>, DatabaseError>;

    /// Has the work tried again, without waiting for the result. `false`, and no change, if it is not given up.
    async fn retry(&self, id: &str) -> Result<bool, DatabaseError>;

    /// Notes that a person has settled the work elsewhere: it leaves the list and is never tried again. `false`, and no
    /// change, if it is not given up.
    async fn resolve(&self, id: &str) -> Result<bool, DatabaseError>;
}
