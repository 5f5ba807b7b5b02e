//! What the module keeps, in SQL. One text of each query serves both engines.

pub(crate) mod products;
pub(crate) mod reservations;
