#[seam::contract(name = "stock")]
pub trait Stock: Send + Sync {
    #[read(key = sku, idempotent)]
    async fn count(&self, sku: String) -> Result<u32, NoAnswer>;

    #[write(idempotent)]
    async fn clear(&self, sku: String) -> Result<u32, NoAnswer>;

    #[write(key = sku, repeatable)]
    async fn fill(&self, sku: String) -> Result<u32, NoAnswer>;
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub seam::TransportFailure);

impl From<seam::TransportFailure> for NoAnswer {
    fn from(failure: seam::TransportFailure) -> Self {
        Self(failure)
    }
}

impl seam::ContractError for NoAnswer {
    fn transport(&self) -> Option<&seam::TransportFailure> {
        Some(&self.0)
    }
}

fn main() {}
