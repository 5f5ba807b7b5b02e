use std::sync::Arc;

use commerce::{Inventory, http};
use seam::{
    equivalence::{Instance, Suite},
    http::InProcess,
};
use shared::{Environment, server};

use crate::equivalence::{
    Ground,
    ground::Fresh,
    models::{InventoryModel, log},
    reach::Served,
};

/// Inventory inside the monolith, and extracted from it and reached through it: for a caller of the monolith, the same.
pub fn inventory_in_and_out_of_the_monolith() -> Suite<InventoryModel> {
    super::suite("extraction", InventoryModel::default())
        .subject("in the monolith", || async {
            let fresh = monolith_on(&Ground::Sqlite, None).await?;
            through_the_monolith(fresh).await
        })
        .subject("extracted", || async {
            let own = Ground::Sqlite.fresh("inventory", &[]).await?;
            let module = inventory::open(
                &own.environment,
                inventory::Needs {
                    orders_feed: log::silent(),
                },
            )
            .await;
            let module = module.map_err(|error| error.to_string())?;
            let served = Served::begin(own.environment, vec![module.mount()]).await?;
            let fresh = monolith_on(&Ground::Sqlite, Some(&served.base)).await?;
            let instance = through_the_monolith(fresh).await?.keeping(own.folder);
            Ok::<_, String>(instance.closed_by(served.end()))
        })
}

/// Nothing outside is there: inventory needs nothing of it.
async fn monolith_on(ground: &Ground, inventory: Option<&str>) -> Result<Fresh, String> {
    let mut settings = vec![
        ("PROVIDER_URL", "http://127.0.0.1:9"),
        ("PUSH_URL", "http://127.0.0.1:9"),
        ("SMTP_ADDRESS", "127.0.0.1:9"),
    ];
    settings.extend(inventory.map(|url| ("INVENTORY_URL", url)));
    ground.fresh("monolith", &settings).await
}

async fn through_the_monolith(fresh: Fresh) -> Result<Instance<dyn Inventory>, String> {
    let Fresh { environment, folder } = fresh;
    let mounted = monolith::open(environment.clone()).await;
    let mounted: Arc<[_]> = mounted.map_err(|error| error.to_string())?.into();
    let router = server::router(&environment, &mounted);
    let feed = Arc::new(http::feed::Client::new("inventory", InProcess::new(router.clone())));
    let client = http::inventory::Client::new(InProcess::new(router));
    let instance = Instance::new(Arc::new(client) as Arc<dyn Inventory>).keeping(folder);
    let instance = instance.closed_by(closed(environment, mounted));
    Ok(instance.with_effects(move || {
        let feed = Arc::clone(&feed);
        async move { log::read(&*feed).await }
    }))
}

async fn closed(environment: Environment, mounted: Arc<[shared::Mounted]>) {
    // What does not end in time goes away with its folder.
    let _ = environment.tasks.stop(std::time::Duration::from_secs(5)).await;
    drop(mounted);
}
