//! Removal of what the engine holds for runs, by their labels.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::Path,
    time::Duration,
};

use futures::future::join_all;
use testcontainers::bollard::{
    Docker,
    query_parameters::{
        ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
        RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder,
    },
};
use tokio::time::sleep;

use super::{engine, image, labels};
use crate::backend::kept;

/// File in the folder of a run whose containers are kept on purpose.
pub(super) const KEPT: &str = "containers.kept";

/// Looks for things of a run until there are none: the engine may still be making one that a dead `seam` asked for.
const LOOKS: usize = 50;
/// Looks in a row that have to find nothing.
const EMPTY_LOOKS: usize = 2;
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Things of the engine that have the labels of runs.
#[derive(Debug, Default)]
struct Things {
    containers: Vec<(String, labels::Labels)>,
    networks: Vec<(String, labels::Labels)>,
    volumes: Vec<(String, labels::Labels)>,
}

impl Things {
    /// The things of this run, or of all.
    async fn of(docker: &Docker, run: Option<&str>) -> Self {
        let filter = labels::filter(labels::RUN, run);
        let containers = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filter)
            .build();
        let networks = ListNetworksOptionsBuilder::default().filters(&filter).build();
        let volumes = ListVolumesOptionsBuilder::default().filters(&filter).build();
        let listed = futures::join!(
            docker.list_containers(Some(containers)),
            docker.list_networks(Some(networks)),
            docker.list_volumes(Some(volumes)),
        );
        let named = |name: Option<String>, labels: Option<labels::Labels>| Some((name?, labels.unwrap_or_default()));
        let containers = listed.0.unwrap_or_default().into_iter();
        let networks = listed.1.unwrap_or_default().into_iter();
        let volumes = listed.2.ok().and_then(|listed| listed.volumes).unwrap_or_default();
        Self {
            containers: containers.filter_map(|it| named(it.id, it.labels)).collect(),
            networks: networks.filter_map(|it| named(it.id, it.labels)).collect(),
            volumes: volumes
                .into_iter()
                .filter_map(|it| named(Some(it.name), Some(it.labels)))
                .collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty()
    }

    /// Removes all of them, as far as the engine lets go: a network, and a volume, only without its containers.
    async fn remove(&self, docker: &Docker) {
        let with_all = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let containers = self.containers.iter();
        join_all(containers.map(|(id, _)| docker.remove_container(id, Some(with_all.clone())))).await;
        let forced = RemoveVolumeOptionsBuilder::default().force(true).build();
        let networks = join_all(self.networks.iter().map(|(id, _)| docker.remove_network(id)));
        let volumes = self.volumes.iter();
        let volumes = join_all(volumes.map(|(name, _)| docker.remove_volume(name, Some(forced.clone()))));
        futures::join!(networks, volumes);
    }
}

/// Removes all that the engine holds for a run. Returns when it holds nothing more, or after 5 s.
pub(super) async fn remove_run(docker: &Docker, run: &str) {
    let mut empty = 0;
    for _ in 0..LOOKS {
        let things = Things::of(docker, Some(run)).await;
        if things.is_empty() {
            empty += 1;
            if empty == EMPTY_LOOKS || engine::answers(docker).await.is_err() {
                return;
            }
        } else {
            empty = 0;
            things.remove(docker).await;
            continue;
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Removes all that the engine holds for these runs, if it can be reached.
pub(in crate::backend) async fn remove_runs(runs: &BTreeSet<String>) {
    if runs.is_empty() {
        return;
    }
    if let Ok(docker) = engine::connect().await {
        join_all(runs.iter().map(|run| remove_run(&docker, run))).await;
    }
}

/// Removes what the engine holds for runs that are over, but for what is kept on purpose as long as the run's folder is
/// there; and images of binaries whose folder is gone. Returns the ids of those runs; none where no engine answers.
pub(crate) async fn remove_leftovers() -> Vec<String> {
    match engine::connect().await {
        Ok(docker) => remove_over(&docker).await,
        Err(_) => Vec::new(),
    }
}

pub(super) async fn remove_over(docker: &Docker) -> Vec<String> {
    let here = labels::mounts();
    let things = Things::of(docker, None).await;
    let all = things.containers.iter().chain(&things.networks).chain(&things.volumes);
    let runs: BTreeMap<&String, Option<&String>> = all
        .filter(|(_, labels)| labels.get(labels::MOUNTS) == Some(&here))
        .filter_map(|(_, labels)| Some((labels.get(labels::RUN)?, labels.get(labels::FOLDER))))
        .collect();
    let over = runs
        .into_iter()
        .filter(|(_, folder)| folder.is_none_or(|folder| is_over(Path::new(folder))));
    let over: Vec<String> = over.map(|(run, _)| run.clone()).collect();
    join_all(over.iter().map(|run| remove_run(docker, run))).await;
    image::remove_lost(docker).await;
    over
}

/// True for the folder of a run that nobody goes on with and whose containers nobody wants to keep.
fn is_over(folder: &Path) -> bool {
    match File::open(folder) {
        // Whoever makes a run holds its folder as long as it lasts.
        Ok(opened) => matches!(kept::hold(opened), Ok(Some(_))) && !folder.join(KEPT).exists(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}
