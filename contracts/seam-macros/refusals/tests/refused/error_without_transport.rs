#[seam::contract(name = "stock")]
pub trait Stock: Send + Sync {
    #[read]
    async fn count(&self, sku: String) -> Result<u32, Missing>;

    #[read]
    async fn size(&self, sku: String) -> Result<u32, Missing>;
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("there is no such product")]
pub struct Missing;

fn main() {}
