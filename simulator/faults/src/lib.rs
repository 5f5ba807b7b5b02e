//! Proxy that owns the stable address of every link, and the faults that are laid on it.
//!
//! A [`Proxy`] listens on an address of its own and forwards every connection to an [`Upstream`], which may appear,
//! move and disappear while the proxy stays. The proxy knows bytes, the beginnings of HTTP requests, and time, but
//! no service. Several proxies may share one upstream: each caller of a node then has a path of its own.
//!
//! With no fault laid, forwarding changes nothing: bytes stay in order, a half-closed connection stays half open,
//! and a reset arrives as a reset. A connection that can't be forwarded, because the upstream is absent or refuses,
//! is reset.
//!
//! # Faults
//!
//! A [`Fault`] is a small value: a name, a [`Selector`] of the traffic it is laid on, and an [`Effect`]. The
//! [`Faults`] of a proxy lay, change and lift it, and keep a [`Record`] of what it did.
//!
//! ```
//! use std::time::Duration;
//!
//! use faults::{Effect, Fault, Faults, Proxy, Reset, Selector, Upstream, Which};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let faults = Faults::new(42, "orders->payments");
//! let upstream = Upstream::at("127.0.0.1:8080".parse()?);
//! let proxy = Proxy::listen_with("127.0.0.1:0".parse()?, upstream, faults).await?;
//!
//! let on = Selector { connections: Which::Probability(0.1), ..Selector::default() };
//! let after = Duration::from_millis(50);
//! proxy.faults().lay(Fault::new("flaky", on, Effect::Reset(Reset { after, on_bytes: false }))?)?;
//! // ... traffic ...
//! proxy.faults().lift("flaky")?;
//! println!("{:?}", proxy.faults().record().tallies["flaky"]);
//! # Ok(())
//! # }
//! ```
//!
//! All effects, in the order of their evaluation. `after`, `delay` and `jitter` are durations, which files have as
//! text with a unit: `250ms`.
//!
//! | effect | fields (default) | does | bytes |
//! |---|---|---|---|
//! | [`refuse`](Refuse) | | closes the address to new connections | none lost |
//! | [`accept_then_close`](AcceptThenClose) | | ends new connections, in order | none reach the upstream |
//! | [`reset`](Reset) | `after` (0s), `on_bytes` (false) | resets both sides | those held are lost |
//! | [`timeout`](Timeout) | `after` (never), `lose` (false) | passes nothing, then ends in order | held, then lost |
//! | [`cut`](Cut) | `after_bytes`, `at_once` (false) | ends in order after so many bytes | those after it are lost |
//! | [`corrupt`](Corrupt) | `every` (bytes) | changes one byte of each run | none lost or added |
//! | [`slice`](Slice) | `size`, `variation` (0) in bytes, `delay` (0s) | passes small pieces | none lost |
//! | [`bandwidth`](Bandwidth) | `bytes_per_second` | limits the rate of each direction | none lost |
//! | [`latency`](Latency) | `delay`, `jitter` (0s), `distribution` (uniform) | delays bytes | none lost |
//! | [`slow_close`](SlowClose) | `delay` | delays the end of a direction | none lost |
//! | [`reorder`](Reorder) | `within` | lets requests of two connections change places | none lost |
//! | [`delay_request`](Delay) | as `latency` | delays requests | none lost |
//! | [`redeliver`](Redeliver) | `parameter` (after) | asks for what was acknowledged again | none lost |
//! | [`answer`](Answer) | `status`, `headers` (none), `body` (empty) | answers | none reach the upstream |
//! | [`duplicate`](Duplicate) | | sends requests twice | the second reply is dropped |
//! | [`drop_reply`](DropReply) | | ends in order once the upstream has replied | the reply is lost |
//! | [`delay_reply`](Delay) | as `latency` | delays replies after the upstream acted | none lost |
//! | [`withhold_items`](WithholdItems) | `items`, `next`, `position` (/position) | ends pages earlier | come later |
//! | [`reorder_items`](ReorderItems) | `items` | swaps neighbours in pages | none lost |
//! | [`duplicate_items`](DuplicateItems) | `items`, `probability` (1) | repeats items of pages | none lost |
//! | [`alter_json`](AlterJson) | `at`, one of `add`, `set`, `remove` | changes a field of JSON | that field's |
//! | [`violate_schema`](ViolateSchema) | | breaks one constraint of the document's schema | some change |
//! | [`corrupt_body`](CorruptBody) | `every` (bytes) | changes one byte of content in each run | none lost or added |
//! | [`truncate_body`](TruncateBody) | `after_bytes` | cuts content off, then ends in order | those after it are lost |
//!
//! - *Connections.* `refuse` and `accept_then_close` leave open connections as they are. All others take hold on
//!   open ones too; what they count, such as bytes and time, begins when they are laid.
//! - *Selection.* `on.direction` is `both`, `to_upstream` or `to_client`; `refuse`, `accept_then_close` and `reset`
//!   without `on_bytes` act on whole connections and take `both` only. `on.connections` is `all`,
//!   `{ probability = p }`, `{ nth = n }` or `{ first = n }`; `refuse` takes `all` only. `on.for` is a duration after
//!   which the fault is lifted.
//! - *Requests.* The effects from `reorder` on act on HTTP/1 requests and their replies. `on.http` chooses them by
//!   `method`, `path` (`/orders/{id}`), `operation`, `headers` and `caller`, and `on.http.requests` by number or
//!   chance, as `on.connections` does. They take `both` for a direction, and no probability for connections.
//! - *Order.* The order of evaluation is that of the table, whatever the order of laying: `bandwidth` limits the
//!   pieces that `slice` made, and `latency` delays what `bandwidth` let pass. The effects on requests come first
//!   of all on their bytes, so `cut` counts what they leave. Of several faults with the same effect, the one that
//!   was laid first acts on a direction of a connection, or on a request, and the others are recorded as masked;
//!   so are effects on a reply that `answer` or `drop_reply` takes away.
//! - *Chains.* Faults made by [`Faults::chained`] have another order for the effects on bytes: that of laying, and
//!   all act, several of one kind too; none is masked. Links of topologies have the order of the table; `seam
//!   proxy`, whose clients are those of Toxiproxy, has chains. Effects on requests have the order of the table in
//!   both.
//! - *Chance.* Every choice follows from the seed, the link, the connection, the request and the fault's name by
//!   [`draw`]. One more fault or connection changes no other choice.
//! - *Changes.* Laying, changing and lifting are atomic, take hold on open connections, and never wait for traffic.
//!   Once an effect is lifted or changed, all bytes that waited in its direction go on at once and in order. An
//!   effect that goes on, while others are laid or lifted, keeps its state.
//! - *HTTP/1.* Requests are told apart only on connections under a fault on requests. An open connection joins at
//!   its next request that begins after a reply. Bytes pass as they were sent, body pieces as they come, pipelined
//!   replies in order; a client is not read further while 256 replies are awaited or wait for it. A head of more than
//!   64 KiB or 128 headers is not taken for HTTP/1. Everything else, such as HTTP/2, TLS, and web sockets after their
//!   101, passes as bytes, and the fault is recorded as unfit for the connection.
//! - *Operations.* With an OpenAPI document of the upstream ([`Operations`], [`Faults::described`],
//!   [`Faults::describe`]), `on.http.operation` is an `operationId` of it, and `violate_schema` breaks the schema that
//!   it has for a reply. Without one, both are refused when they are laid, and so is an operation that the document
//!   lacks.
//! - *Pages.* `withhold_items`, `reorder_items` and `duplicate_items` hold a reply until it is whole, as `alter_json`
//!   and `violate_schema` do, and rewrite the list of items in its JSON that `items`, a JSON pointer, leads to. All
//!   other bytes stay, but for the length that frames the body: `content-length` tells the new one, and a body in
//!   chunks becomes one chunk. A reply that is not JSON, is compressed, has more than 4 MiB, ends early or has no
//!   such list passes unchanged and is recorded as unfit, and so is a page with too few items. A reader bears all
//!   three, and `redeliver`, if it sorts each page by position and passes over what it has had.
//! - *Protocols.* The effects before `reorder` act on bytes, so they may be laid on any protocol over TCP. The
//!   reply that begins server-sent events, and the request that asks for a web socket, are HTTP/1 requests and
//!   replies like others. Server-sent events and web sockets then pass as bytes: `latency`, `slice` and `bandwidth`
//!   delay their messages, `timeout` leaves them silent, `cut`, `reset` and `accept_then_close` make clients connect
//!   again. On HTTP/2 an effect acts on all streams of the connection at once. On TLS, `corrupt` breaks the
//!   connection with a failed record instead of changing content, and `cut` counts encrypted bytes.
//!
//! # Adding a fault
//!
//! An effect is one file in `src/effects`.
//!
//! 1. Write the struct of its fields, with the units, limits and promise in its docs, `deny_unknown_fields`, and a
//!    `check` that returns the first field outside of its limits.
//! 2. If it acts on the bytes or the end of one direction, implement `Stage` (`src/stream.rs`): `pass` takes one
//!    item and appends what goes on in its place, with the time before which it must not. A stage never waits, so
//!    it can always be interrupted. It keeps items in order, and passes on every byte that it does not mean to
//!    lose. It returns true when it acted, which is what is recorded as fired. Amounts come from `Draws`, so they
//!    follow from the seed. If it acts on whole connections instead, `src/forward.rs` carries it out and fires its
//!    mark. If it acts on HTTP/1 requests, `src/http` does: the request's `Chosen` says if the effect acts on it, and
//!    the `Route` of a request or reply takes its bytes. If it rewrites the JSON of whole replies, name it in
//!    `src/effects/rewritten.rs`, which gives it the text.
//! 3. Name it in `Effect` (`src/effects/mod.rs`) at its place in the order of evaluation: the compiler leads to
//!    each match.
//! 4. Prove it in `tests/suite` on real sockets: the effect, on an open connection too, and that lifting restores
//!    it. If it loses no byte, add it to `lossless.rs`.
//! 5. Add its line to the table above, and one of all its fields to `model.rs`.

mod complaint;
mod counters;
mod door;
mod draw;
mod effects;
mod fault;
mod faults;
mod forward;
mod http;
mod json;
mod operations;
mod pipe;
mod plan;
mod proxy;
mod record;
mod requests;
mod selector;
mod stream;
mod units;
mod upstream;

pub use counters::Counts;
pub use draw::draw;
pub use effects::{
    AcceptThenClose, AlterJson, Answer, Bandwidth, Corrupt, CorruptBody, Cut, Delay, Distribution, DropReply,
    Duplicate, DuplicateItems, Effect, Latency, Redeliver, Refuse, Reorder, ReorderItems, Reset, Slice, SlowClose,
    Timeout, TruncateBody, ViolateSchema, WithholdItems,
};
pub use fault::{Fault, InvalidFault};
pub use faults::{Faults, LaidFault, LayError, MOST_FAULTS};
pub use operations::{NoOperations, Operations};
pub use proxy::Proxy;
pub use record::{Decision, KEPT_DECISIONS, KEPT_TALLIES, Outcome, Record, Tally};
pub use requests::Requests;
pub use selector::{Direction, Selector, Which};
pub use units::{DURATION, parse as parse_duration, show as show_duration};
pub use upstream::{Upstream, unless_to_itself};
