//! Traits that `#[seam::contract]` refuses stand under `tests/refused`, each beside the message of the compiler.
//! Launches that do not compile, because both sides could act, stand under `tests/refused_launches`.
