use std::sync::Arc;

use axum::{Router, routing::MethodRouter};
use commerce::http::Operation;

use crate::Mounted;

/// Routes of the server itself, each with its description in the OpenAPI document.
pub(super) struct Described {
    pub(super) router: Router<Arc<[Mounted]>>,
    pub(super) operations: Vec<Arc<Operation>>,
}

impl Described {
    pub(super) fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
        }
    }

    /// Adds a route at the operation's path.
    pub(super) fn serve(mut self, operation: Operation, handler: MethodRouter<Arc<[Mounted]>>) -> Self {
        let handler = handler.fallback(commerce::http::method_not_allowed);
        self.router = self.router.route(operation.path(), handler);
        self.operations.push(Arc::new(operation));
        self
    }

    /// Adds the routes of another part of the server.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        self
    }
}

impl Mounted {
    /// Routes of the process that belong to no module, each with its description in the OpenAPI document.
    pub fn described(name: &'static str, routes: impl IntoIterator<Item = (Operation, MethodRouter)>) -> Self {
        let mut mounted = Self::routes(name, Router::new());
        for (operation, handler) in routes {
            mounted.router = mounted.router.route(operation.path(), handler);
            mounted.operations.push(Arc::new(operation));
        }
        mounted
    }
}
