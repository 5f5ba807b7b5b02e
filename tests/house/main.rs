//! The walls that ARCHITECTURE.md promises, read from manifests and source text, and how often a dependency is compiled, asked of cargo.

mod builds;
mod code_walls;
mod crate_walls;
mod inspection;
mod places;
mod sql;
mod table_walls;
mod tokens;
mod workspace;
