//! What a stranger starts with: files that `seam` makes and describes, and what it leaves behind.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod example;
#[path = "../cases/flawed.rs"]
mod flawed;
mod folder;
mod init;
mod left_behind;
mod nameless;
mod schemas;
mod score;
mod score_names;
mod subset;
mod validator;
