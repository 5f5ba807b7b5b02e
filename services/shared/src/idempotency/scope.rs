use seam::Context;

/// What an idempotency key belongs to: keys of other callers and other operations have nothing to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Whose key it is.
    pub caller: String,
    /// The command, such as `create_order`, with what it is about where that is part of the route: `refund_payment/{id}`.
    pub operation: String,
    /// The key itself.
    pub key: String,
}

impl Scope {
    /// The scope of the caller in `Context::current()`. Take it outside of a spawned task, or inside its scope.
    pub fn current(operation: impl Into<String>, key: impl ToString) -> Self {
        Self {
            caller: Context::current().caller,
            operation: operation.into(),
            key: key.to_string(),
        }
    }
}

/// The right to complete a claimed key, until the lease runs out and somebody else takes it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What was claimed.
    pub scope: Scope,
    pub(super) owner: String,
}

impl Ticket {
    pub(super) fn new(scope: &Scope) -> Self {
        Self {
            scope: scope.clone(),
            owner: uuid::Uuid::now_v7().to_string(),
        }
    }
}
