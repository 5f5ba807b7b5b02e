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

mod ambient;
mod behind;
mod carry;
mod dial;
mod evidence;
mod file;
mod file_journal;
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
mod recorder;
mod refused;
mod repair;
mod second;
mod settings;
mod source;
mod stage;
mod verdict;

pub use dial::Dial;
pub use file::WatchedFile;
pub use file_journal::FileJournal;
pub use gate::{Claim, Decision, Evidence, Judgement};
pub use groups::{Group, Sample};
pub use handle::{Launch, Setup, Watch};
pub use isolated::{Doors, Effect, Entrusted, Isolated, Turn};
pub use journal::{Entry, Journal, MemoryJournal};
pub use limits::Limits;
pub use observer::{JsonLines, Observer};
pub use recorder::{Observation, Seen};
pub use refused::Refused;
pub use repair::Repaired;
pub use settings::{Lane, Settings};
pub use source::{Fixed, Source};
pub use stage::{Side, Stage};
pub use verdict::Class;
