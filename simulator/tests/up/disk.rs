use std::path::Path;

use simulator::{
    backend::{Folder, up},
    progress::Silent,
    topology::Topology,
};

use crate::{
    life::options,
    seam::{Shop, until},
};

/// A worker that adds a line to `lines` for ever, and makes a folder `refused` when it can't.
const WRITER: &str = "trap '' XFSZ; while :; do echo line >> $0/lines || mkdir -p $0/refused; sleep 0.01; done";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_os = "linux")]
async fn a_node_with_a_full_disk_can_not_write_and_goes_on_when_there_is_room() {
    let shop = Shop::new(&format!(
        "name = 'shop'\n[node.writer]\ncommand = ['sh', '-c', \"{WRITER}\", '${{data}}']\nports = []\n"
    ));
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let running = up(&topology, &options(), &Silent).await.unwrap();
    let data = running.folder().join("data/writer");
    let length = |file: &Path| file.metadata().map_or(0, |file| file.len());
    let (lines, refused) = (data.join("lines"), data.join("refused"));
    until(|| (length(&lines) > 0).then_some(()));
    let before = refused.exists();

    running.fill_disk("writer", true).await.unwrap();
    until(|| refused.exists().then_some(()));
    let full = length(&lines);
    std::fs::remove_dir(&refused).unwrap();
    until(|| refused.exists().then_some(()));
    let still = length(&lines);
    running.fill_disk("writer", false).await.unwrap();
    until(|| (length(&lines) > still).then_some(()));

    assert_eq!((before, full), (false, still));
    assert!(running.fill_disk("nobody", true).await.is_err());
    running.kill("writer").await.unwrap();
    let dead = running.fill_disk("writer", true).await.unwrap_err().to_string();
    assert!(dead.contains("does not run"), "{dead}");
    running.down(Folder::Remove).await;
}
