//! What the module keeps, in SQL. One text of each query serves both engines.

pub(crate) mod orders;
pub(crate) mod refunds;
pub(crate) mod releases;
