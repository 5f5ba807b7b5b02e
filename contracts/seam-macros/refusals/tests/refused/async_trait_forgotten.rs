#[seam::contract(name = "stock")]
pub trait Stock: Send + Sync {
    #[read]
    async fn count(&self, sku: String) -> Result<u32, NoAnswer>;
}

struct Shop;

impl Stock for Shop {
    async fn count(&self, _: String) -> Result<u32, NoAnswer> {
        Ok(3)
    }
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
