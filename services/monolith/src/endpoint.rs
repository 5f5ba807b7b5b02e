use std::{fmt, sync::Arc};

use axum::Router;
use commerce::{EventFeed, http::feed};
use seam::{Contract, http::Socket};
use shared::{
    Environment, Module, Mounted, SettingsError, StartError, passed_on,
    settings::{Declared, Setting},
};

/// A module as its neighbours and the server of this process reach it, wherever it runs.
pub struct Endpoint<C: ?Sized> {
    /// Implementation of the contract: the module itself, or a client of it.
    pub service: Arc<C>,
    /// The module's event log, or a client of it.
    pub feed: Arc<dyn EventFeed>,
    /// Routes of the module. Those of an extracted module are passed on to it, so that the API stays complete.
    pub mounted: Mounted,
}

/// A kind of module: everything that the monolith has to know about one before it is opened.
pub(crate) struct Kind<C: ?Sized> {
    /// Name of the module and of its contract.
    pub(crate) name: &'static str,
    /// URL of the module where it is a service of its own; absent if it runs here.
    pub(crate) url: &'static Setting<String>,
    /// URL of a service that is launched in the dark beside the module; absent if there is none.
    pub(crate) candidate: &'static Setting<String>,
    /// Settings that the module reads where it runs here.
    pub(crate) settings: &'static [Declared],
    /// Client of the contract over HTTP.
    pub(crate) client: fn(Arc<Socket>) -> Arc<C>,
    /// Routes of the contract over HTTP.
    pub(crate) router: fn(Arc<C>) -> Router,
}

impl<C: Contract + ?Sized> Kind<C> {
    /// The endpoint of the module: at its URL if that is set, otherwise here, opened by `open`.
    pub(crate) async fn endpoint(
        &self,
        env: &Environment,
        open: impl Future<Output = Result<Module<C>, StartError>>,
    ) -> Result<Endpoint<C>, StartError> {
        match env.socket(self.url)? {
            Some(socket) => Ok(self.extracted(env, socket)?),
            None => Ok(open.await?.into()),
        }
    }

    fn extracted(&self, env: &Environment, socket: Arc<Socket>) -> Result<Endpoint<C>, SettingsError> {
        let service = (self.client)(Arc::clone(&socket));
        let feed: Arc<dyn EventFeed> = Arc::new(feed::Client::new(self.name, Arc::clone(&socket)));
        // Their failures become answers of this process, and the address of the module is nobody's business outside.
        let router = (self.router)(passed_on(Arc::clone(&service)));
        let routes = router.merge(feed::router(self.name, passed_on(feed)));
        Ok(Endpoint {
            service: env.link(service)?,
            feed: env.feed(self.name, socket),
            mounted: Mounted::routes(self.name, routes),
        })
    }
}

impl<C: ?Sized> From<Module<C>> for Endpoint<C> {
    fn from(module: Module<C>) -> Self {
        Self {
            mounted: module.mount(),
            service: module.service,
            feed: module.feed,
        }
    }
}

impl<C: ?Sized> fmt::Debug for Endpoint<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("mounted", &self.mounted)
            .finish_non_exhaustive()
    }
}
