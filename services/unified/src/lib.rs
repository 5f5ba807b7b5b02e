//! Nothing but a manifest, which switches on the features of dependencies that the suites switch on.
//!
//! With it `cargo build -p orders` makes the binary that the suites run, and compiles no dependency a second time.
