#[seam::contract(name = "stock")]
pub trait Stock: Send + Sync {}

fn main() {}
