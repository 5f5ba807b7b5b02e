//! The benchmark of the platform.
fn main() {}
