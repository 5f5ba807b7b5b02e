//! Configuration from environment variables that are declared, listed by `--help`, and refused by name when they are wrong.

mod declarations;
mod declared;
mod load;
pub mod standard;

pub use declarations::Declarations;
pub use declared::{Declared, Setting, optional, required};
pub use load::{Settings, SettingsError};
