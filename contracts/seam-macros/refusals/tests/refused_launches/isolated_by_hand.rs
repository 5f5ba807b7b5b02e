use std::sync::Arc;

use seam::{TransportFailure, launch::Isolated};

#[seam::contract(name = "till")]
pub trait Till: Send + Sync {
    #[write]
    async fn pay(&self, cents: i64) -> Result<i64, TransportFailure>;
}

// Without doors: only `Isolated::pair` hands them out.
fn isolated(control: Arc<dyn Till>, candidate: Arc<dyn Till>) -> Isolated<dyn Till> {
    Isolated { control, candidate, lanes: Arc::default() }
}

fn main() {}
