//! Keys of which one side lacks writes, for a moment or until a repair.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::sync::oneshot;

use crate::launch::{Side, dial::Bucket};

/// The buckets in which one side lacks writes. That side answers no call about their keys until it has them.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    lags: Mutex<HashMap<Bucket, Lag>>,
    control: AtomicUsize,
    candidate: AtomicUsize,
}

#[derive(Debug)]
struct Lag {
    /// The side that lacks writes.
    side: Side,
    /// Writes on their way to that side.
    queued: usize,
    /// Writes that are left to a repair. While there are any, later ones join them, or else they would overtake.
    parked: usize,
    /// The end of the last queued write.
    tail: Option<oneshot::Receiver<()>>,
}

/// A place in the queue of a bucket. Dropped, it lets the next one go.
#[derive(Debug)]
pub(crate) struct Place {
    previous: Option<oneshot::Receiver<()>>,
    _mine: oneshot::Sender<()>,
}

impl Place {
    /// Waits until all earlier writes of the bucket are through or given up.
    pub(crate) async fn turn(&mut self) {
        if let Some(previous) = self.previous.take() {
            // An error is the end of the previous place.
            let _ = previous.await;
        }
    }
}

impl Behind {
    fn lags(&self) -> MutexGuard<'_, HashMap<Bucket, Lag>> {
        self.lags.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, side: Side) -> &AtomicUsize {
        match side {
            Side::Control => &self.control,
            Side::Candidate => &self.candidate,
        }
    }

    /// The number of buckets in which `side` lacks writes.
    pub(crate) fn buckets(&self, side: Side) -> usize {
        self.count(side).load(SeqCst)
    }

    /// The side to answer a call: the one that was chosen, unless it lacks writes.
    pub(crate) fn first(&self, bucket: Bucket, chosen: Side) -> Side {
        if self.buckets(chosen) == 0 {
            return chosen;
        }
        let is_behind = self.lags().get(&bucket).is_some_and(|lag| lag.side == chosen);
        if is_behind { chosen.other() } else { chosen }
    }

    /// Chooses the first side of a write to both, and takes the other one for behind from now on.
    pub(crate) fn enter(&self, bucket: Bucket, chosen: Side) -> Side {
        let mut lags = self.lags();
        let lag = self.lag(&mut lags, bucket, chosen.other());
        lag.queued += 1;
        lag.side.other()
    }

    fn lag<'l>(&self, lags: &'l mut HashMap<Bucket, Lag>, bucket: Bucket, side: Side) -> &'l mut Lag {
        lags.entry(bucket).or_insert_with(|| {
            self.count(side).fetch_add(1, SeqCst);
            Lag {
                side,
                queued: 0,
                parked: 0,
                tail: None,
            }
        })
    }

    /// Takes the next place in the queue, which decides the order of writes on the other side.
    pub(crate) fn place(&self, bucket: Bucket) -> Place {
        let (sender, receiver) = oneshot::channel();
        let previous = self.lags().get_mut(&bucket).and_then(|lag| lag.tail.replace(receiver));
        Place {
            previous,
            _mine: sender,
        }
    }

    pub(crate) fn is_parked(&self, bucket: Bucket) -> bool {
        self.lags().get(&bucket).is_some_and(|lag| lag.parked > 0)
    }

    /// Returns `true` if writes of this bucket are on their way.
    pub(crate) fn is_queued(&self, bucket: Bucket) -> bool {
        self.lags().get(&bucket).is_some_and(|lag| lag.queued > 0)
    }

    /// Ends a queued write: the other side has it, or it is left to a repair.
    pub(crate) fn leave(&self, bucket: Bucket, parked: bool) {
        self.change(bucket, |lag| {
            lag.queued = lag.queued.saturating_sub(1);
            lag.parked += usize::from(parked);
        });
    }

    /// Parks a write that an earlier process has left.
    pub(crate) fn park(&self, bucket: Bucket, side: Side) {
        self.lag(&mut self.lags(), bucket, side).parked += 1;
    }

    /// Ends a parked write, which has been repaired.
    pub(crate) fn repaired(&self, bucket: Bucket) {
        self.change(bucket, |lag| lag.parked = lag.parked.saturating_sub(1));
    }

    fn change(&self, bucket: Bucket, change: impl FnOnce(&mut Lag)) {
        let mut lags = self.lags();
        let Some(lag) = lags.get_mut(&bucket) else { return };
        change(lag);
        if lag.queued == 0 && lag.parked == 0 {
            self.count(lag.side).fetch_sub(1, SeqCst);
            lags.remove(&bucket);
        }
    }
}
