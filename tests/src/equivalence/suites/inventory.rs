use std::sync::Arc;

use commerce::Inventory;
use seam::equivalence::{Instance, Suite};

use super::{cases, rules::allowed_by};
use crate::equivalence::{
    Reach, Storage,
    models::{InventoryModel, log},
};

/// The suite of Inventory: a subject for each reach, compared with its event log.
pub fn inventory(storage: &Storage, reaches: &[Reach]) -> Suite<InventoryModel> {
    reaches.iter().fold(suite("inventory"), |suite, reach| {
        let (storage, reach) = (storage.clone(), *reach);
        suite.subject(reach.name(), move || open_inventory(storage.clone(), reach))
    })
}

/// The suite of Inventory, without subjects.
pub(crate) fn suite(name: &str) -> Suite<InventoryModel> {
    allowed_by("inventory", Suite::new(name, InventoryModel::default())).cases(cases::INVENTORY)
}

/// Opens an inventory module on this storage.
pub async fn open_inventory(storage: Storage, reach: Reach) -> Result<Instance<dyn Inventory>, String> {
    let test = storage.environment("inventory", &[]).await?;
    let dependencies = inventory::Dependencies {
        orders_feed: log::silent(),
    };
    let module = inventory::open(&test.environment, dependencies).await;
    let module = module.map_err(|error| error.to_string())?;
    let feed = Arc::clone(&module.feed);
    let client = |transport| Arc::new(commerce::http::inventory::Client::new(transport)) as _;
    let instance = reach.instance(test, module, client).await?;
    Ok(instance.with_effects(move || {
        let feed = Arc::clone(&feed);
        async move { log::read(&*feed).await }
    }))
}
