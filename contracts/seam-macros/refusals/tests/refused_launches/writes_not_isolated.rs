use std::sync::Arc;

use seam::{TransportFailure, launch::{Launch, MemoryJournal}};

#[seam::contract(name = "till")]
pub trait Till: Send + Sync {
    #[write]
    async fn pay(&self, cents: i64) -> Result<i64, TransportFailure>;
}

// Both tills may charge the same bank, so no write may go to both.
fn launched(control: Arc<dyn Till>, candidate: Arc<dyn Till>) {
    let _ = Launch::isolated((control, candidate), Arc::new(MemoryJournal::default()));
}

fn main() {}
