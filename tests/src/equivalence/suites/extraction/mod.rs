//! A module inside the monolith, and extracted from it: its neighbours and the callers of the monolith see no
//! difference.

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

use crate::equivalence::{Storage, storage::TestEnvironment};

pub use self::{
    inventory::inventory_in_and_out_of_the_monolith, notifications::notifications_in_and_out_of_the_monolith,
    orders::orders_in_and_out_of_the_monolith, payments::payments_in_and_out_of_the_monolith,
};

/// An address where nobody listens, for required settings that these tests never use.
const NOBODY: &str = "127.0.0.1:9";
const NOBODYS_URL: &str = "http://127.0.0.1:9";

/// The place where a module runs, and its caller.
#[derive(Clone, Copy, Debug)]
struct Way {
    name: &'static str,
    /// True if the module runs in a server of its own, named to the monolith by URL; false if it runs inside.
    extracted: bool,
    /// True for callers of the monolith's API; false for the module's neighbours inside the monolith.
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

/// The module of one contract, inside a monolith.
struct Found<C: ?Sized> {
    name: &'static str,
    endpoint: fn(&Platform) -> &Endpoint<C>,
    client: fn(InProcess<Router>) -> Arc<C>,
}

impl<C: seam::Contract + ?Sized> Found<C> {
    /// Opens a monolith with these settings, and finds the module in it and its log, each reached as `way`
    /// says.
    async fn in_monolith(
        &self,
        way: Way,
        settings: &[(&str, &str)],
    ) -> Result<(Instance<C>, Arc<dyn EventFeed>), String> {
        let TestEnvironment { environment, folder } = Storage::Sqlite.environment("monolith", settings).await?;
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
    // Whatever does not stop in time goes away with its folder.
    let _ = environment.tasks.stop(Duration::from_secs(5)).await;
    drop(mounted);
}
