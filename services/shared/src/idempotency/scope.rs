use seam::Context;
use sqlx::{Any, any::AnyArguments, query::Query};

/// A statement whose parameters are being bound.
pub(super) type Statement = Query<'static, Any, AnyArguments>;

/// Namespace of an idempotency key. Keys of other callers and of other operations are independent of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Caller that chose the key.
    pub caller: String,
    /// The command, such as `create_order`, with its subject where that is part of the route: `refund_payment/{id}`.
    pub operation: String,
    /// The key itself.
    pub key: String,
}

impl Scope {
    /// The scope of the caller in `Context::current()`. A spawned task has no context of its own: take the scope
    /// before, or within [`Context::scope`].
    pub fn current(operation: impl Into<String>, key: impl ToString) -> Self {
        Self {
            caller: Context::current().caller,
            operation: operation.into(),
            key: key.to_string(),
        }
    }

    /// Binds the parameters `$1` to `$3` of [`of_scope`].
    pub(super) fn bind(&self, query: Statement) -> Statement {
        query.bind(&self.caller).bind(&self.operation).bind(&self.key)
    }
}

/// The condition for the one row of a scope, as a literal for `concat!`.
macro_rules! of_scope {
    () => {
        " WHERE caller = $1 AND operation = $2 AND key = $3"
    };
}
pub(super) use of_scope;
