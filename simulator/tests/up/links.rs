//! Faults of links: each link and each front door has its own.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use faults::{Effect, Fault, Selector, Timeout};
use rustix::process::{Pid, test_kill_process};
use simulator::{
    backend::{Folder, up},
    progress::Silent,
    topology::Topology,
};

use crate::{
    life::{options, two_servers},
    seam::get,
};

/// The status line of a GET, if it comes within 300 ms.
fn soon(address: std::net::SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    stream.read(&mut [0; 8]).is_ok_and(|read| read > 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_on_a_front_door_meets_those_from_outside_and_no_other_link() {
    let shop = two_servers();
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let running = up(&topology, &options(), &Silent).await.unwrap();
    let [front_door] = topology.links_called("outside -> store").unwrap().try_into().unwrap();
    let [link] = topology.links_called("web -> store").unwrap().try_into().unwrap();
    let address = running.address("store").unwrap();
    let silence = Fault::new("silence", Selector::default(), Effect::Timeout(Timeout::default())).unwrap();

    running.faults(&front_door).unwrap().lay(silence).unwrap();
    let silent = !soon(address);
    let record = running.faults(&front_door).unwrap().record();
    running.faults(&front_door).unwrap().lift("silence").unwrap();

    assert!(silent, "the fault holds the answer back");
    assert_eq!(record.tallies["silence"].met, 1, "{record:?}");
    assert_eq!(get(address, "/").as_deref(), Some("HTTP/1.0 200 OK"));
    assert!(running.faults(&link).unwrap().record().tallies.is_empty());
    running.down(Folder::Remove).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topology_goes_down_under_a_fault() {
    let shop = two_servers();
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let running = up(&topology, &options(), &Silent).await.unwrap();
    let pids: Vec<u32> = running.nodes().iter().filter_map(|node| node.pid).collect();
    for link in topology.links_called("* -> store").unwrap() {
        let silence = Fault::new("silence", Selector::default(), Effect::Timeout(Timeout::default())).unwrap();
        running.faults(&link).unwrap().lay(silence).unwrap();
    }
    assert!(!soon(running.address("store").unwrap()));

    running.down(Folder::Remove).await;

    assert_eq!(pids.len(), 2);
    for pid in pids {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        assert!(test_kill_process(pid).is_err(), "{pid:?} is gone");
    }
}
