//! Nodes as containers of a Docker engine on this machine. Nothing else in `seam` knows Docker.
//!
//! A run has a network of its own, a bridge. The proxies of the links stay in `seam` and listen at the bridge's
//! address, which every container of the network reaches; `seam` reaches a container at its own address there. So every
//! fault of a link works as on the backend `local`, and a node that is started again with another address is found by
//! those that call it. The bridge passes nothing from one container to another, so that a node reaches others over its
//! links alone. Both ends need the engine's network to be one of this machine: Linux, and no engine elsewhere.
//!
//! A node is one container over all its starts, with a volume for `${data}`. A cargo binary runs in an image that holds
//! nothing else (`image`): static, not as root, with a root file system that it can't write.
//!
//! All that the engine holds for a run has labels that say which (`labels`). The reaper removes by them when `seam` is
//! gone, for whatever reason; `leftovers` removes what a reaper that was killed too has left.

mod archive;
mod container;
mod engine;
mod exec;
mod image;
mod known;
mod labels;
mod leftovers;
mod network;
mod refusals;
mod runner;

pub(super) use leftovers::remove_runs;
pub(super) use runner::Containers;

pub(crate) use engine::{Engine, found as engine};
pub(crate) use leftovers::remove_leftovers;
