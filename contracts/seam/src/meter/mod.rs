//! Meters of contracts: the calls that cross a seam of a process, so that the price of a split is known beforehand.
//!
//! A [`Metered`] carrier stands round a service, in this process or elsewhere. A process keeps all of its meters in
//! one [`Meters`] and shows their [`ProcessFigures`], which `seam score` reads.
//!
//! Memory is bounded: each method has one [`Histogram`](crate::Histogram) of its times, and each meter remembers the
//! last 4,096 requests and as many events.

mod distinct;
mod figures;
mod metered;
mod process;
mod times;

pub use figures::{MeterFigures, MethodFigures, ModuleFigures, ProcessFigures, TimeFigures};
pub use metered::Metered;
pub use process::{Meters, ModuleMeter};
