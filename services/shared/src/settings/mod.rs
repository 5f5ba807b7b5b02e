//! Configuration from environment variables. Each is declared, listed by `--help`, and refused by name if its value
//! is wrong.

mod declarations;
mod declared;
mod load;
mod secret;
pub mod standard;

pub use declarations::Declarations;
pub use declared::{Declared, Setting, optional, required};
pub use load::{Settings, SettingsError};
pub use secret::Secret;
