//! Configuration from environment variables that are declared, listed by `--help`, and refused by name when they are wrong.

mod declared;
mod load;
pub mod standard;

pub use declared::{Declared, Setting, optional, required};
pub use load::{Settings, SettingsError};
