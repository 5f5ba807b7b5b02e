use commerce::{Money, OrderId, Timestamp};
use serde::Serialize;

use crate::DatabaseError;

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
