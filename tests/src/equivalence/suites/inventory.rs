use std::sync::Arc;

use commerce::Inventory;
use seam::equivalence::{Instance, Suite};

use super::{cases, rules::allowed_by};
use crate::equivalence::{
    Ground, Reach,
    models::{InventoryModel, log},
};

/// Inventory on this ground, reached in these ways, beside its event log.
pub fn inventory(ground: &Ground, reaches: &[Reach]) -> Suite<InventoryModel> {
    reaches.iter().fold(suite("inventory"), |suite, reach| {
        let (ground, reach) = (ground.clone(), *reach);
        suite.subject(reach.name(), move || open_inventory(ground.clone(), reach))
    })
}

/// A suite without subjects, of Inventory.
pub(crate) fn suite(name: &str) -> Suite<InventoryModel> {
    allowed_by("inventory", Suite::new(name, InventoryModel::default())).cases(cases::INVENTORY)
}

/// An inventory module on this ground, reached this way.
pub async fn open_inventory(ground: Ground, reach: Reach) -> Result<Instance<dyn Inventory>, String> {
    let fresh = ground.fresh("inventory", &[]).await?;
    let dependencies = inventory::Dependencies {
        orders_feed: log::silent(),
    };
    let module = inventory::open(&fresh.environment, dependencies).await;
    let module = module.map_err(|error| error.to_string())?;
    let feed = Arc::clone(&module.feed);
    let client = |transport| Arc::new(commerce::http::inventory::Client::new(transport)) as _;
    let instance = reach.instance(fresh, module, client).await?;
    Ok(instance.with_effects(move || {
        let feed = Arc::clone(&feed);
        async move { log::read(&*feed).await }
    }))
}
