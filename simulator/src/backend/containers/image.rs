//! Images: those of cargo binaries, which are made here, and those of others, which are pulled.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use futures::TryStreamExt;
use rustix::fs::{FlockOperation, flock};
use testcontainers::bollard::{
    Docker, body_full,
    query_parameters::{CreateImageOptions, CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions},
};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    archive::{Access, Archive},
    engine::{REFUSED, failure, said, status},
    known::{self, Marks},
    labels,
    runner::DATA,
};
use crate::{
    backend::{Event, UpError},
    progress::Progress,
    topology::{Node, Topology},
};

/// Repository of the images that are made here. The tag is derived from their content.
const REPOSITORY: &str = "seam-node";
/// User of the programs in them: nobody whom a system has.
pub(super) const USER: u32 = 65_532;
/// Changes whenever an image of the same binary would have another form.
const FORM: &[u8] = b"2";

/// Images of a topology's nodes.
#[derive(Debug)]
pub(super) struct Images {
    /// Reference of each node's image, by the node's name.
    of_nodes: BTreeMap<String, String>,
    /// Folders of cargo's binaries, each held against whoever would remove images that were made of them.
    held: Vec<(PathBuf, File)>,
    /// References of the images that were made of binaries.
    made: BTreeSet<String>,
}

impl Images {
    /// Makes, finds or pulls the image of each node. `executable` gives the binary that cargo built for a node.
    ///
    /// # Errors
    /// When there is none for a node.
    pub(super) async fn prepare(
        docker: &Docker,
        topology: &Topology,
        executable: impl Fn(&str) -> Option<PathBuf>,
        progress: &dyn Progress<Event>,
    ) -> Result<Self, UpError> {
        let mut images = Self {
            of_nodes: BTreeMap::new(),
            held: Vec::new(),
            made: BTreeSet::new(),
        };
        let mut known: BTreeMap<PathBuf, String> = BTreeMap::new();
        for node in topology.nodes() {
            let reference = match (&node.image, executable(&node.name)) {
                (Some(image), _) => {
                    pull(docker, node, &image.name, progress).await?;
                    image.name.clone()
                }
                (None, Some(file)) => match known.get(&file) {
                    Some(reference) => reference.clone(),
                    None => {
                        images.hold(&file)?;
                        let reference = make(docker, &file, progress).await?;
                        images.made.insert(reference.clone());
                        known.insert(file, reference.clone());
                        reference
                    }
                },
                (None, None) => continue,
            };
            images.of_nodes.insert(node.name.clone(), reference);
        }
        Ok(images)
    }

    /// Reference of the image of a node.
    pub(super) fn of(&self, node: &str) -> Option<&str> {
        self.of_nodes.get(node).map(String::as_str)
    }

    /// Removes the images of earlier contents of these binaries, unless another run may be about to use one: then that
    /// one does it.
    pub(super) async fn remove_earlier(&self, docker: &Docker) {
        for (folder, lock) in &self.held {
            if flock(lock, FlockOperation::NonBlockingLockExclusive).is_err() {
                continue;
            }
            let folder = folder.display().to_string();
            for (reference, labels) in listed(docker, labels::BUILT_IN, Some(&folder)).await {
                let binary = labels.get(labels::BINARY);
                let tag = format!("{REPOSITORY}/{}:", binary.map(String::as_str).unwrap_or_default());
                let has_newer = self.made.iter().any(|made| made.starts_with(&tag));
                if has_newer && !self.made.contains(&reference) {
                    remove(docker, &reference).await;
                }
            }
            let _ = flock(lock, FlockOperation::LockShared);
        }
    }

    fn hold(&mut self, file: &Path) -> Result<(), UpError> {
        let folder = folder_of(file).to_owned();
        if self.held.iter().any(|(held, _)| *held == folder) {
            return Ok(());
        }
        let path = folder.join(".seam-images");
        let open = || -> io::Result<File> {
            let lock = File::options().create(true).truncate(false).write(true).open(&path)?;
            flock(&lock, FlockOperation::LockShared)?;
            Ok(lock)
        };
        let lock = open().map_err(|source| UpError::RunFolder {
            folder: folder.clone(),
            source,
        })?;
        self.held.push((folder, lock));
        Ok(())
    }
}

/// References and labels of the images that have a label.
async fn listed(docker: &Docker, label: &str, value: Option<&str>) -> Vec<(String, labels::Labels)> {
    let options = ListImagesOptionsBuilder::default()
        .filters(&labels::filter(label, value))
        .build();
    let images = docker.list_images(Some(options)).await.unwrap_or_default();
    let named = images.into_iter().flat_map(|image| {
        let labels = image.labels;
        image.repo_tags.into_iter().map(move |tag| (tag, labels.clone()))
    });
    named.filter(|(tag, _)| tag.starts_with(REPOSITORY)).collect()
}

async fn remove(docker: &Docker, reference: &str) {
    // Refused while a container has it.
    let _ = docker.remove_image(reference, None::<RemoveImageOptions>, None).await;
}

/// Removes the images of binaries whose folder is gone.
pub(super) async fn remove_lost(docker: &Docker) {
    let here = labels::mounts();
    for (reference, labels) in listed(docker, labels::BUILT_IN, None).await {
        let folder = labels.get(labels::BUILT_IN).map(Path::new);
        let is_ours = labels.get(labels::MOUNTS) == Some(&here);
        if is_ours && folder.is_some_and(|folder| !folder.exists()) {
            remove(docker, &reference).await;
        }
    }
}

/// Makes the image of a binary, unless there is one of the same content. Returns its reference.
async fn make(docker: &Docker, file: &Path, progress: &dyn Progress<Event>) -> Result<String, UpError> {
    let began = Instant::now();
    let other = |reason: String| UpError::Engine {
        doing: format!("make an image of {}", file.display()),
        reason,
        mend: REFUSED,
    };
    // Two that make it at once would leave one without a name.
    let folder = folder_of(file).to_owned();
    let _alone = spawn_blocking(move || alone(&folder)).await;
    let marks = Marks::of(file).map_err(|error| other(error.to_string()))?;
    if let Some(reference) = known::recall(file, &marks)
        && docker.inspect_image(&reference).await.is_ok()
    {
        return Ok(reference);
    }
    let path = file.to_owned();
    let read = spawn_blocking(move || fs::read(path)).await;
    let content = read.map_err(|error| other(error.to_string()))?;
    let content = content.map_err(|error| other(error.to_string()))?;
    if !is_static(&content) {
        return Err(other(
            "it is no static program of Linux, and its image holds nothing but itself".to_owned(),
        ));
    }
    let image = Image::of(file, &content);
    let reference = format!("{}:{}", image.repository, image.tag);
    if docker.inspect_image(&reference).await.is_err() {
        let archive = archive(&content).map_err(other)?;
        let made = docker.create_image(Some(image.options()), Some(body_full(archive.into())), None);
        let made = made.try_for_each(async |_| Ok(())).await;
        made.map_err(|error| other(said(&error)))?;
        progress.report(&Event::Image {
            binary: image.binary,
            took: began.elapsed(),
        });
    }
    known::note(file, marks, &reference);
    Ok(reference)
}

/// Image of a binary, as it is to be.
struct Image {
    binary: String,
    repository: String,
    /// Derived from the content and the labels: with another folder it is another image.
    tag: String,
    labels: [(&'static str, String); 3],
}

impl Image {
    fn of(file: &Path, content: &[u8]) -> Self {
        let binary = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let labels = [
            (labels::BINARY, binary.clone()),
            (labels::BUILT_IN, folder_of(file).display().to_string()),
            (labels::MOUNTS, labels::mounts()),
        ];
        let mut hashed = [FORM, format!("{labels:?}").as_bytes()].concat();
        hashed.extend_from_slice(Uuid::new_v5(&Uuid::NAMESPACE_OID, content).as_bytes());
        Self {
            repository: format!("{REPOSITORY}/{}", binary.to_lowercase()),
            tag: Uuid::new_v5(&Uuid::NAMESPACE_OID, &hashed).simple().to_string(),
            binary,
            labels,
        }
    }

    fn options(&self) -> CreateImageOptions {
        let mut changes = vec![
            "ENTRYPOINT [\"/node\"]".to_owned(),
            format!("USER {USER}:{USER}"),
            "WORKDIR /".to_owned(),
        ];
        changes.extend(
            self.labels
                .iter()
                .map(|(name, value)| format!("LABEL {name}={value:?}")),
        );
        let options = CreateImageOptionsBuilder::default()
            .from_src("-")
            .repo(&self.repository);
        options.tag(&self.tag).changes(changes).build()
    }
}

/// Folder in which cargo put a binary.
fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}

/// Waits until nobody else makes an image of a file in this folder, and keeps others from it until dropped.
fn alone(folder: &Path) -> io::Result<File> {
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(".seam-image"))?;
    flock(&lock, FlockOperation::LockExclusive)?;
    Ok(lock)
}

/// Files of an image: the program, and a folder for its data that is its own.
fn archive(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut archive = Archive::default();
    let of_root = |mode| Access { owner: 0, mode };
    archive.folder(
        DATA,
        Access {
            owner: USER,
            mode: 0o700,
        },
    )?;
    archive.folder("/tmp", of_root(0o1777))?;
    archive.folder("/fail-points", of_root(0o755))?;
    archive.file("/node", of_root(0o755), content)?;
    Ok(archive.finish())
}

/// True for an ELF file that names no interpreter, which would load its libraries.
fn is_static(content: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    let bytes = |at: usize, length: usize| content.get(at..at.checked_add(length)?);
    let half = |at| bytes(at, 2).map(|it| usize::from(u16::from_le_bytes([it[0], it[1]])));
    let word = |at| bytes(at, 4).and_then(|it| it.try_into().ok()).map(u32::from_le_bytes);
    let long = |at| bytes(at, 8).and_then(|it| it.try_into().ok()).map(u64::from_le_bytes);
    // Little-endian with 64 bits; nothing else is built by cargo for a machine that has an engine of today.
    if !content.starts_with(b"\x7fELF\x02\x01") {
        return false;
    }
    let headers = || {
        let (first, size, count) = (usize::try_from(long(32)?).ok()?, half(54)?, half(56)?);
        let kinds = (0..count).map(|number| word(first.checked_add(number.checked_mul(size)?)?));
        kinds.collect::<Option<Vec<u32>>>()
    };
    headers().is_some_and(|kinds| !kinds.is_empty() && !kinds.contains(&INTERPRETER))
}

/// Pulls an image that the engine does not have.
///
/// # Errors
/// When it can't be pulled.
async fn pull(docker: &Docker, node: &Node, image: &str, progress: &dyn Progress<Event>) -> Result<(), UpError> {
    match docker.inspect_image(image).await {
        Ok(_) => return Ok(()),
        Err(error) if status(&error) == Some(404) => {}
        Err(error) => return Err(failure(format!("look for the image {image}"), &error)),
    }
    progress.report(&Event::Pulling {
        image: image.to_owned(),
    });
    // Without a tag the engine would pull all that there are.
    let is_whole = image.contains('@') || image.rsplit('/').next().is_some_and(|last| last.contains(':'));
    let whole = if is_whole {
        image.to_owned()
    } else {
        format!("{image}:latest")
    };
    let options = CreateImageOptionsBuilder::default().from_image(&whole).build();
    let pulled = docker.create_image(Some(options), None, None);
    pulled
        .try_for_each(async |_| Ok(()))
        .await
        .map_err(|error| UpError::NoImage {
            node: node.name.clone(),
            image: image.to_owned(),
            reason: said(&error),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_an_interpreter_is_not_static_and_neither_is_a_script() {
        assert!(!is_static(b"#!/bin/sh\n"));
        assert!(!is_static(b"\x7fELF\x02\x01"), "cut off");
        let mut program = vec![0; 64 + 56];
        program[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (program[32], program[54], program[56], program[64]) = (64, 56, 1, 1);
        assert!(is_static(&program));
        program[64] = 3;
        assert!(!is_static(&program));
        let own = fs::read("/proc/self/exe").unwrap_or_default();
        assert!(!is_static(&own), "the test itself is linked to the C library");
    }
}
