//! The walls that ARCHITECTURE.md promises, read from manifests and source text, nothing is run.

mod code_walls;
mod crate_walls;
mod inspection;
mod sql;
mod table_walls;
mod tokens;
mod workspace;
