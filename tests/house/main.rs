//! The walls that ARCHITECTURE.md promises, read from manifests and source text, and the number of times that a
//! dependency is compiled, as cargo reports it.

mod builds;
mod code_walls;
mod crate_walls;
mod inspection;
mod places;
mod scenarios;
mod sql;
mod table_walls;
mod tidy;
mod tokens;
mod workspace;
