//! What a stranger starts with: files that `seam` makes and describes, and what it leaves behind.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod folder;
mod left_behind;
