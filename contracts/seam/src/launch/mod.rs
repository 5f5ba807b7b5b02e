//! A dark launch: a second implementation of a contract runs beside the first, is compared with it, and takes over
//! step by step.
//!
//! [`Launch`] takes the *control* (the implementation in use) and the *candidate*, and gives back the contract:
//! `Arc<dyn Trait>` in, `Arc<dyn Trait>` out, no call site touched. Reads and writes each have a [`Stage`] and two
//! dials: the share of keys whose calls go to both sides, and the share that the candidate answers. A key is always in
//! the same bucket, so cohorts only grow as a dial grows, after a restart too.
//!
//! The caller gets the answer of the first side and waits for no other. The second side runs detached, within
//! [`Limits`]: a call that finds no permit is shed and counted, one that hangs is cut off, one that panics is caught.
//!
//! Writes go to both sides only if they are [`Isolated`]: built with doors to the outside world that stay shut
//! during a shadow call, so nobody is charged twice. A [`Journal`] holds each write until both sides have it; a key of
//! which one side lacks writes is answered by the other, until [`Launch::repair`].
//!
//! [`Launch::gate`] says promote, hold or roll back, with the evidence since the last step.
//!
//! [`Launch::turn`] turns stages and dials, and writes them to the source. `Admin` (with the feature `http`) does that
//! over HTTP for operators with a token, and shows them the [`Status`].
//!
//! Settings come from a [`Source`]: a [`WatchedFile`], or with the feature `open-feature` the flags of an OpenFeature
//! provider (`Flags`).
//!
//! # Limits
//!
//! - The candidate gets each call as the control did. Ids that a side generates are not translated in later calls: they
//!   must follow from the arguments, or come from a neighbour, whose answers are lent.
//! - A key whose writes begin to go to both sides has its earlier ones on the control alone: copy them before the
//!   candidate serves it.
//! - Keys of which a side lacks writes are known to one process. Several processes of one service each have a file, a
//!   journal and dials of their own, so let each key's calls go to one of them.
//! - Who edits the file of a [`WatchedFile`] at the very moment at which an operator turns the launch may lose the
//!   edit: between the last look at the file and its replacement no lock holds an editor back.
//! - Writes of one key that are made at the same time reach the second side in the order of the first side's answers,
//!   which need not be that of its commits.
//!
//! ```
//! use seam::launch::{Claim, Decision, Dial, Fixed, Lane, Launch, Settings, Stage};
//! use std::sync::Arc;
//! # use seam::TransportFailure;
//!
//! #[seam::contract(name = "stock")]
//! pub trait Stock: Send + Sync {
//!     #[read(key = sku)]
//!     async fn count(&self, sku: String) -> Result<u32, TransportFailure>;
//! }
//! # struct Module(u32);
//! # #[seam::async_trait]
//! # impl Stock for Module {
//! #     async fn count(&self, _sku: String) -> Result<u32, TransportFailure> { Ok(self.0) }
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! let (module, service): (Arc<dyn Stock>, Arc<dyn Stock>) = (Arc::new(Module(3)), Arc::new(Module(4)));
//!
//! let reads = Lane::new(Stage::Shadow, "100 %".parse()?, Dial::NONE);
//! let source = Fixed::new(Settings { reads, ..Settings::default() });
//! let launch = Launch::reads(module, service)?.begin("stock", Arc::new(source))?;
//! let stock = launch.service();
//!
//! assert_eq!(stock.count("tea".into()).await, Ok(3)); // the module's answer
//! # tokio::time::sleep(std::time::Duration::from_millis(1)).await;
//! assert_eq!(launch.groups()[0].path, "/count/Ok"); // the service's differs, and so there is no promotion
//! assert_eq!(launch.gate(&Claim::default()).decision, Decision::Hold);
//! # Ok::<(), seam::launch::Refused>(())
//! # }).unwrap();
//! ```

#[cfg(feature = "http")]
mod admin;
mod ambient;
mod behind;
mod carry;
mod dial;
mod edit;
mod evidence;
mod file;
mod file_journal;
#[cfg(feature = "open-feature")]
mod flags;
mod gate;
mod groups;
mod handle;
mod inner;
mod isolated;
mod journal;
mod limits;
mod lock;
mod metrics;
mod observer;
mod position;
mod recorder;
mod refused;
mod repair;
mod second;
mod settings;
mod source;
mod stage;
mod status;
mod verdict;

#[cfg(feature = "http")]
pub use admin::{ADMIN_BODY, ADMIN_PATH, Admin, CLAIM_HEADER, Problem, Reconciled};
pub use dial::Dial;
pub use file::WatchedFile;
pub use file_journal::FileJournal;
#[cfg(feature = "open-feature")]
pub use flags::{FLAGS_TIME, Flags};
pub use gate::{Claim, Decision, Evidence, Judgement};
pub use groups::{Group, Sample};
pub use handle::{Launch, Setup, Watch};
pub use isolated::{Doors, Effect, Entrusted, Isolated, Turn};
pub use journal::{Entry, Journal, MemoryJournal};
pub use limits::Limits;
pub use metrics::metrics_of;
pub use observer::{JsonLines, Observer};
pub use position::Position;
pub use recorder::{Observation, Seen};
pub use refused::Refused;
pub use repair::Repaired;
pub use settings::{Lane, Settings};
pub use source::{Fixed, Source};
pub use stage::{Side, Stage};
pub use status::{Lacking, MethodStatus, Operated, Status};
pub use verdict::Class;
