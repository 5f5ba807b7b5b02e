//! Traits that `#[seam::contract]` refuses stand under `tests/refused`, each beside the message of the compiler.
