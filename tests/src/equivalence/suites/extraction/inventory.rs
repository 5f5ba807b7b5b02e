use std::sync::Arc;

use commerce::{Inventory, http};
use inventory::Dependencies;
use seam::equivalence::{Instance, Suite};

use super::{Found, NOBODY, NOBODYS_URL, Way, extracted::Extracted, in_every_way};
use crate::equivalence::{
    Storage,
    models::{InventoryModel, log},
    suites::inventory::suite,
};

const FOUND: Found<dyn Inventory> = Found {
    name: "inventory",
    endpoint: |platform| &platform.inventory,
    client: |router| Arc::new(http::inventory::Client::new(router)),
};

/// The suite of Inventory inside the monolith, and extracted from it.
pub fn inventory_in_and_out_of_the_monolith() -> Suite<InventoryModel> {
    in_every_way(suite("inventory extraction"), open)
}

/// Starts without an outside world: Inventory calls nothing in it.
async fn open(way: Way) -> Result<Instance<dyn Inventory>, String> {
    let extracted = if way.extracted { Some(extracted().await?) } else { None };
    let mut settings = vec![
        ("PROVIDER_URL", NOBODYS_URL),
        ("PUSH_URL", NOBODYS_URL),
        ("SMTP_ADDRESS", NOBODY),
    ];
    settings.extend(extracted.as_ref().map(|extracted| extracted.at("INVENTORY_URL")));
    let (instance, feed) = FOUND.in_monolith(way, &settings).await?;
    let instance = Extracted::end_after(extracted, instance);
    Ok(instance.with_effects(move || {
        let feed = Arc::clone(&feed);
        async move { log::read(&*feed).await }
    }))
}

async fn extracted() -> Result<Extracted, String> {
    let own = Storage::Sqlite.environment("inventory", &[]).await?;
    let orders_feed = log::silent();
    let module = inventory::open(&own.environment, Dependencies { orders_feed }).await;
    Extracted::serve(own, module).await
}
