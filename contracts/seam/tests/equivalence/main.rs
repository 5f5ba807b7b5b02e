//! Implementations that differ from their model are found, and what was found is told well.

fn main() {}
