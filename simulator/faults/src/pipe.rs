use std::{
    collections::VecDeque,
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::{ReadHalf, WriteHalf},
    time::{Instant, sleep_until},
};

use crate::{
    Effect,
    http::{Exchange, Side},
    plan::{ActId, Mark, Way},
    stream::{Item, Stage, What},
};

/// Size of a connection's first buffer, in bytes. Most connections carry small messages; a read that fills the
/// buffer makes it grow up to `LARGEST_BUFFER`, beyond which throughput on loopback no longer rises.
const SMALLEST_BUFFER: usize = 16 * 1024;
const LARGEST_BUFFER: usize = 256 * 1024;
/// Most bytes that wait in one direction.
const ROOM: usize = 1024 * 1024;

/// One direction of a connection. All of its state is here, so that [`Pipe::run`] may be dropped at any time and
/// called again.
#[derive(Debug)]
pub(crate) struct Pipe<'a> {
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    read: &'a AtomicU64,
    bytes: &'a AtomicU64,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are read and not yet written, while there are no stages.
    unwritten: std::ops::Range<usize>,
    queue: VecDeque<Item>,
    queued: usize,
    stages: Vec<Acting>,
    room: usize,
    is_held: bool,
    /// Marks of the faults that hold what comes, which has not come yet.
    holding: Vec<Mark>,
    /// Marks of the faults that the next byte meets.
    unmet: Vec<Mark>,
    exchange: Option<(Arc<Exchange>, Side)>,
    state: State,
}

/// A stage, and the fault that it belongs to.
#[derive(Debug)]
struct Acting {
    id: ActId,
    mark: Mark,
    stage: Box<dyn Stage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// Everything is read, and some of it is queued.
    Draining,
    Ended,
}

/// Reason for which a direction, and with it the connection, ends before its time.
#[derive(Debug)]
pub(crate) enum Break {
    /// A side broke.
    Broken,
    /// A fault ends both sides in order.
    Closed,
}

impl From<io::Error> for Break {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

impl<'a> Pipe<'a> {
    /// Begins with the counters of the bytes that are read and of those that are written.
    pub(crate) fn new(from: ReadHalf<'a>, to: WriteHalf<'a>, [read, bytes]: [&'a AtomicU64; 2]) -> Self {
        Self {
            from,
            to,
            read,
            bytes,
            buffer: vec![0; SMALLEST_BUFFER],
            unwritten: 0..0,
            queue: VecDeque::new(),
            queued: 0,
            stages: Vec::new(),
            room: ROOM,
            is_held: false,
            holding: Vec::new(),
            unmet: Vec::new(),
            exchange: None,
            state: State::Reading,
        }
    }

    /// Has all that is read from now on sorted into requests or replies.
    pub(crate) fn join(&mut self, exchange: &Arc<Exchange>, side: Side) {
        self.exchange = Some((Arc::clone(exchange), side));
    }

    /// Takes the effects that act from now on. The stages of those that acted before go on; if one has gone, what
    /// waited goes on at once.
    pub(crate) fn apply(&mut self, way: &Way) {
        let now = Instant::now();
        let mut before = std::mem::take(&mut self.stages);
        self.is_held = false;
        self.holding.clear();
        self.unmet = way.unmet().to_vec();
        self.room = ROOM;
        for act in way.acts() {
            match &act.effect {
                Effect::Timeout(timeout) if !timeout.lose => {
                    self.is_held = true;
                    self.holding.push(act.mark.clone());
                }
                Effect::Bandwidth(bandwidth) => self.room = self.room.min(bandwidth.room()),
                _ => {}
            }
            match before.iter().position(|acting| acting.id == act.id) {
                Some(place) => self.stages.push(before.swap_remove(place)),
                None => self.stages.extend(act.effect.stage(act.key).map(|stage| Acting {
                    id: act.id.clone(),
                    mark: act.mark.clone(),
                    stage,
                })),
            }
        }
        if !before.is_empty() {
            self.hurry();
        }
        let stays = |gone: &Acting| self.stages.iter().any(|acting| acting.id.0 == gone.id.0);
        let is_over = before.iter().any(|gone| gone.stage.ends_connection() && !stays(gone));
        if is_over && self.state != State::Ended {
            self.push(Item {
                due: now,
                what: What::Close,
            });
        }
        if !self.unwritten.is_empty() && self.is_worked_on() {
            // Read before the effects began, so they don't act on it.
            let bytes = Bytes::copy_from_slice(&self.buffer[self.unwritten.clone()]);
            self.unwritten = 0..0;
            self.push(Item::data(now, bytes));
        }
        if !self.queue.is_empty() || !self.unwritten.is_empty() {
            self.hold();
        }
    }

    /// Notes that the faults that hold this direction have something to hold.
    fn hold(&mut self) {
        self.holding.drain(..).for_each(|mark| mark.fire());
    }

    /// Waits for ever, and sees if anything comes: bytes, or the sender's end.
    async fn held(&mut self) {
        if !self.holding.is_empty() && self.from.peek(&mut [0]).await.is_ok() {
            self.hold();
        }
        pending().await
    }

    /// Lets what waits go on at once.
    pub(crate) fn hurry(&mut self) {
        let now = Instant::now();
        self.queue.iter_mut().for_each(|item| item.due = now);
    }

    /// Passes on until the end of the sender. The other direction may continue.
    pub(crate) async fn run(&mut self, mut seen: impl FnMut(&[u8])) -> Result<(), Break> {
        while self.state != State::Ended {
            if self.is_held {
                self.held().await;
            } else if !self.is_worked_on() && self.queue.is_empty() {
                self.copy(&mut seen).await?;
            } else {
                self.step(&mut seen).await?;
            }
        }
        Ok(())
    }

    fn is_worked_on(&self) -> bool {
        !self.stages.is_empty() || self.exchange.is_some()
    }

    /// Copies until the end, with no effect in the way.
    async fn copy(&mut self, seen: &mut impl FnMut(&[u8])) -> io::Result<()> {
        loop {
            while !self.unwritten.is_empty() {
                let written = self.to.write(&self.buffer[self.unwritten.clone()]).await?;
                self.written(written)?;
                self.unwritten.start += written;
            }
            let last = self.unwritten.end;
            if last == self.buffer.len() && last < LARGEST_BUFFER {
                self.buffer = vec![0; (last * 4).min(LARGEST_BUFFER)];
            }
            self.unwritten = 0..0;
            let read = self.from.read(&mut self.buffer).await?;
            if read == 0 {
                self.end().await;
                return Ok(());
            }
            self.arrived(read, seen);
            self.unwritten = 0..read;
        }
    }

    /// Notes that so many bytes were read.
    fn arrived(&mut self, read: usize, seen: &mut impl FnMut(&[u8])) {
        self.read.fetch_add(read as u64, Relaxed);
        self.unmet.drain(..).for_each(|mark| mark.meet());
        seen(&self.buffer[..read]);
    }

    /// Writes what is due, or reads on if there is room.
    async fn step(&mut self, seen: &mut impl FnMut(&[u8])) -> Result<(), Break> {
        let may_read = self
            .exchange
            .as_ref()
            .is_none_or(|(exchange, side)| exchange.may_read(*side));
        let reads = self.state == State::Reading && self.queued < self.room && may_read;
        let gets_ready = self.state == State::Reading && self.queued < self.room && self.exchange.is_some();
        let most = self.buffer.len().min(self.room);
        let reset = self
            .stages
            .iter()
            .filter_map(|acting| Some((acting.stage.resets_at()?, &acting.mark)));
        let reset = reset.min_by_key(|(at, _)| *at);
        // What waits for the reset is due with it, and must not pass in the same moment.
        let passes = |item: &Item| reset.is_none_or(|(at, _)| item.due < at);
        let may_write = self.queue.front().is_some_and(passes);
        tokio::select! {
            biased;
            mark = reset_at(reset), if reset.is_some() => {
                mark.fire();
                return Err(Break::Broken);
            }
            written = pass_on(&mut self.to, self.queue.front()), if may_write => {
                let written = written?;
                self.advance(written).await?;
            }
            read = self.from.read(&mut self.buffer[..most]), if reads => {
                let read = read?;
                let what = if read == 0 {
                    self.state = State::Draining;
                    What::End
                } else {
                    self.arrived(read, seen);
                    What::Data(Bytes::copy_from_slice(&self.buffer[..read]))
                };
                let items = match &self.exchange {
                    Some((exchange, side)) => exchange.feed(*side, what),
                    None => vec![Item { due: Instant::now(), what }],
                };
                items.into_iter().for_each(|item| self.enqueue(item));
            }
            items = get_ready(self.exchange.as_ref()), if gets_ready => {
                items.into_iter().for_each(|item| self.enqueue(item));
            }
        }
        Ok(())
    }

    /// Takes the first `written` bytes of the queue, or the end that heads it, off.
    async fn advance(&mut self, written: usize) -> Result<(), Break> {
        match self.queue.front_mut().map(|item| &mut item.what) {
            Some(What::Data(bytes)) => {
                let _ = bytes.split_to(written);
                let is_whole = bytes.is_empty();
                self.queued -= written;
                self.written(written)?;
                if is_whole {
                    self.queue.pop_front();
                }
            }
            Some(What::End) => self.end().await,
            Some(What::Close) => return Err(Break::Closed),
            None => {}
        }
        Ok(())
    }

    fn enqueue(&mut self, item: Item) {
        let mut items = vec![item];
        for acting in &mut self.stages {
            let mut passed = Vec::with_capacity(items.len());
            let mut acted = false;
            for item in items {
                acted |= acting.stage.pass(item, &mut passed);
            }
            if acted {
                acting.mark.fire();
            }
            items = passed;
        }
        for item in items {
            self.push(item);
        }
    }

    fn push(&mut self, item: Item) {
        if matches!(item.what, What::Close) {
            self.state = State::Draining;
        }
        self.queued += item.length();
        self.queue.push_back(item);
    }

    fn written(&self, written: usize) -> io::Result<()> {
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes.fetch_add(written as u64, Relaxed);
        Ok(())
    }

    /// Ends the receiver's side. Fails if that is gone already; this direction has ended all the same.
    async fn end(&mut self) {
        self.state = State::Ended;
        let _ = self.to.shutdown().await;
    }
}

/// Waits for the time of a reset, and returns the mark of its fault.
async fn reset_at(reset: Option<(Instant, &Mark)>) -> &Mark {
    let Some((at, mark)) = reset else {
        return pending().await;
    };
    if at > Instant::now() {
        sleep_until(at).await;
    }
    mark
}

/// Waits for items that the other direction's reading brings.
async fn get_ready(exchange: Option<&(Arc<Exchange>, Side)>) -> Vec<Item> {
    let Some((exchange, side)) = exchange else {
        return pending().await;
    };
    exchange.ready(*side).await;
    exchange.take_ready(*side)
}

/// Waits until the item is due, then writes some of it; returns how many bytes.
async fn pass_on(to: &mut WriteHalf<'_>, item: Option<&Item>) -> io::Result<usize> {
    let Some(item) = item else {
        return pending().await;
    };
    if item.due > Instant::now() {
        sleep_until(item.due).await;
    }
    match &item.what {
        What::Data(bytes) => to.write(bytes).await,
        What::End | What::Close => Ok(0),
    }
}
