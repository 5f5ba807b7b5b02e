//! A module inside the monolith, and extracted from it: for its neighbours and for callers of the monolith, the same.

mod extracted;
mod inventory;
mod neighbours;
mod notifications;
mod orders;
mod payments;

use std::{sync::Arc, time::Duration};

use axum::Router;
use commerce::{EventFeed, http};
use monolith::{Endpoint, Platform};
use seam::{
    equivalence::{Instance, Model, Suite},
    http::InProcess,
};
use shared::{Environment, Mounted, server};

use crate::equivalence::{Ground, ground::Fresh};

pub use self::{
    inventory::inventory_in_and_out_of_the_monolith, notifications::notifications_in_and_out_of_the_monolith,
    orders::orders_in_and_out_of_the_monolith, payments::payments_in_and_out_of_the_monolith,
};

/// Where nobody listens: for what a monolith has to be told and never needs here.
const NOBODY: &str = "127.0.0.1:9";
const NOBODYS_URL: &str = "http://127.0.0.1:9";

/// Where a module runs, and who calls it.
#[derive(Clone, Copy, Debug)]
struct Way {
    name: &'static str,
    /// In a server of its own, named to the monolith by its URL; otherwise inside.
    extracted: bool,
    /// As callers of the monolith's API; otherwise as the module's neighbours inside the monolith.
    through_api: bool,
}

impl Way {
    const ALL: [Self; 4] = [
        Self::new("inside", false, false),
        Self::new("inside through the API", false, true),
        Self::new("extracted", true, false),
        Self::new("extracted through the API", true, true),
    ];

    const fn new(name: &'static str, extracted: bool, through_api: bool) -> Self {
        Self {
            name,
            extracted,
            through_api,
        }
    }
}

fn in_every_way<M, Opening>(suite: Suite<M>, open: fn(Way) -> Opening) -> Suite<M>
where
    M: Model,
    Opening: Future<Output = Result<Instance<M::Contract>, String>> + Send + 'static,
{
    let ways = Way::ALL.into_iter();
    ways.fold(suite, |suite, way| suite.subject(way.name, move || open(way)))
}

/// How the module of one contract is found in a monolith.
struct Found<C: ?Sized> {
    name: &'static str,
    endpoint: fn(&Platform) -> &Endpoint<C>,
    client: fn(InProcess<Router>) -> Arc<C>,
}

impl<C: seam::Contract + ?Sized> Found<C> {
    /// Opens a monolith that was told `settings`: the module in it, called this way, and its log, read this way.
    async fn in_monolith(
        &self,
        way: Way,
        settings: &[(&str, &str)],
    ) -> Result<(Instance<C>, Arc<dyn EventFeed>), String> {
        let Fresh { environment, folder } = Ground::Sqlite.fresh("monolith", settings).await?;
        let platform = Platform::assemble(&environment).await;
        let platform = platform.map_err(|error| error.to_string())?;
        let endpoint = (self.endpoint)(&platform);
        let (mut service, mut feed) = (Arc::clone(&endpoint.service), Arc::clone(&endpoint.feed));
        let mounted: Arc<[Mounted]> = platform.into_mounted().into();
        if way.through_api {
            let router = server::router(&environment, &mounted);
            service = (self.client)(InProcess::new(router.clone()));
            feed = Arc::new(http::feed::Client::new(self.name, InProcess::new(router)));
        }
        let instance = Instance::new(service).keeping(folder);
        Ok((instance.closed_by(closed(environment, mounted)), feed))
    }
}

async fn closed(environment: Environment, mounted: Arc<[Mounted]>) {
    // What does not end in time goes away with its folder.
    let _ = environment.tasks.stop(Duration::from_secs(5)).await;
    drop(mounted);
}
