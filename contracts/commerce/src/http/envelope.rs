use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Timestamp};

/// What every reply of every route is wrapped in: either `data` or `error`, the other one null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApiResponse<T> {
    /// What was asked for.
    pub data: Option<T>,
    /// Why there is no `data`.
    pub error: Option<ErrorBody>,
    /// The request that is answered; in a replay, the one that was answered first.
    pub request_id: String,
    /// When it was answered; in a replay, when it was answered first.
    pub timestamp: Timestamp,
}

/// A failure, for programs and for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// For programs: which failure.
    pub code: ErrorCode,
    /// For people: what was seen, what was wanted, what to do. Its wording may change.
    pub message: String,
    /// For programs: the parts of the failure. For `CONFLICT` one of the schemas named `...Conflict`, for `INVALID_INPUT` an `Invalid`.
    #[schema(value_type = Option<Object>)]
    pub details: serde_json::Value,
}
