use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Timestamp};

/// Envelope of every reply: either `data` or `error` is set, and the other one is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApiResponse<T> {
    /// The result; null if the request failed.
    pub data: Option<T>,
    /// The failure; null if the request succeeded.
    pub error: Option<ErrorBody>,
    /// Id of the request; in a repeated reply, the id of the first request.
    pub request_id: String,
    /// Time of the reply; in a repeated reply, the time of the first reply.
    pub timestamp: Timestamp,
}

/// A failure, for programs and for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// For programs: code of the failure.
    pub code: ErrorCode,
    /// For people: the value seen, the value wanted, the remedy. Its wording may change.
    pub message: String,
    /// For programs: the fields of the failure. For `CONFLICT` one of the schemas named `...Conflict`, for
    /// `INVALID_INPUT` an `Invalid`.
    #[schema(value_type = Option<Object>)]
    pub details: serde_json::Value,
}
