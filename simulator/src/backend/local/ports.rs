use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering::Relaxed},
    },
};

/// Lowest port that is given to a node.
const LOWEST: u16 = 15_000;

/// Finds a free port of loopback. Nothing reserves it, but a clash is unlikely: it lies below the range from
/// which the system assigns ports, and every process starts its search elsewhere.
///
/// # Errors
/// When no port is free.
pub(super) fn free_port() -> io::Result<u16> {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(first(process::id())));
    let above = *ABOVE;
    for _ in LOWEST..above {
        let port = NEXT
            .fetch_update(Relaxed, Relaxed, |port| {
                Some(if port + 1 >= above { LOWEST } else { port + 1 })
            })
            .unwrap_or(LOWEST);
        if is_free(port) {
            return Ok(port);
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AddrInUse,
        format!("no port from {LOWEST} to {above} is free"),
    ))
}

pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// First port of the range from which the system assigns ports.
static ABOVE: LazyLock<u16> = LazyLock::new(|| {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let lowest = range
        .split_whitespace()
        .next()
        .and_then(|lowest| lowest.parse().ok())
        .unwrap_or(32_768);
    if lowest > LOWEST + 1_000 { lowest } else { 32_768 }
});

/// First port that the process of this id tries, far from those of processes with neighbouring ids.
fn first(process: u32) -> u16 {
    let spread = process.wrapping_mul(2_654_435_761) >> 16;
    LOWEST + u16::try_from(spread % u32::from(*ABOVE - LOWEST)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_listens_on_is_not_given() {
        let given = free_port().unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, given)).unwrap();
        assert!(!is_free(given));
        assert!((0..50).all(|_| free_port().unwrap() != given));
    }

    #[test]
    fn neighbouring_processes_begin_far_apart() {
        assert!(first(4_000).abs_diff(first(4_001)) > 500);
        assert!((LOWEST..*ABOVE).contains(&first(u32::MAX)));
    }
}
