use std::sync::Arc;

use seam::{TransportFailure, launch::Entrusted};

#[seam::contract(name = "till")]
pub trait Till: Send + Sync {
    #[write]
    async fn pay(&self, cents: i64) -> Result<i64, TransportFailure>;
}

// Whoever else holds the bank could charge it past every door.
fn entrusted(bank: Arc<dyn Till>, stand_in: Arc<dyn Till>) -> Entrusted<dyn Till> {
    Entrusted::new(bank, stand_in)
}

fn main() {}
