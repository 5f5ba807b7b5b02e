use std::{future::Future, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::Method,
    response::Response,
    routing::{MethodFilter, on},
};
use seam::{Context, original};

use super::{
    failure::Failure,
    fallback::method_not_allowed,
    incoming::Incoming,
    operation::Operation,
    reply::{Success, respond},
};
use crate::{Error, error::NoConflict};

/// The routes of one contract: a router together with its description, so that the two can't drift apart.
pub(crate) struct Routes<S: ?Sized> {
    router: Router<Arc<S>>,
    operations: Vec<Arc<Operation>>,
}

impl<S: ?Sized + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
        }
    }

    /// Adds a route: `handler` reads the request, calls the implementation and makes the reply.
    pub(crate) fn serve<F, Fut>(self, operation: Operation, handler: F) -> Self
    where
        F: Fn(Arc<S>, Incoming) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Success, Failure>> + Send + 'static,
    {
        self.serve_at(operation.path, operation, handler)
    }

    /// Adds a route as [`Self::serve`] does, at `path`, one of the paths that the operation's template stands for.
    pub(crate) fn serve_at<F, Fut>(mut self, path: &str, operation: Operation, handler: F) -> Self
    where
        F: Fn(Arc<S>, Incoming) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Success, Failure>> + Send + 'static,
    {
        let operation = Arc::new(operation);
        self.operations.push(operation.clone());
        let filter = filter(&operation.method);
        let endpoint = move |State(service): State<Arc<S>>, request: Request| {
            run(operation.clone(), service, handler.clone(), request)
        };
        self.router = self.router.route(path, on(filter, endpoint));
        self
    }

    /// Makes the router over an implementation.
    pub(crate) fn over(self, service: Arc<S>) -> Router {
        self.router
            .method_not_allowed_fallback(method_not_allowed)
            .with_state(service)
    }

    pub(crate) fn operations(self) -> Vec<Arc<Operation>> {
        self.operations
    }
}

async fn run<S: ?Sized, F, Fut>(operation: Arc<Operation>, service: Arc<S>, handler: F, request: Request) -> Response
where
    F: Fn(Arc<S>, Incoming) -> Fut,
    Fut: Future<Output = Result<Success, Failure>>,
{
    let context = Context::try_current().unwrap_or_else(|| seam::http::extract(request.headers()));
    let work = async {
        let incoming = Incoming::read(request, &operation).await?;
        if operation.method != Method::GET && context.remaining().is_some_and(|left| left.is_zero()) {
            return Err(too_late());
        }
        handler(service, incoming).await
    };
    let (result, original) = original::capture(context.clone().scope(work)).await;
    let mut response = respond(result, original, &context);
    if let Some(retirement) = operation.retired {
        retirement.announce(response.headers_mut());
    }
    response
}

/// Refuses a command that nobody waits for any more, before it has an effect.
fn too_late() -> Failure {
    let error: Error<NoConflict> = Error::ServiceUnavailable {
        service: "this service".to_owned(),
        reason: "the caller's deadline was past before the request was begun".to_owned(),
    };
    error.into()
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::PUT => MethodFilter::PUT,
        Method::POST => MethodFilter::POST,
        _ => MethodFilter::GET,
    }
}
