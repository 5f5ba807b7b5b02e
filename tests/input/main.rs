//! Bad input, sent to running services.
