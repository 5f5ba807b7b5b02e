//! Helpers that the suites of the outside world share.

use std::net::TcpListener;

/// A listener on a free port of the loopback interface.
pub(crate) fn free() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}
