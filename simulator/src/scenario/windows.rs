use std::{cell::Cell, pin::pin, time::Duration};

use futures::future::{Either, select};
use seam::Histogram;

use super::{
    Scenario,
    check::{During, How},
    log_window::LogWindow,
};
use crate::steps::{Client, Edge, LogPart, World};

/// The pause between two looks for a part of a log whose moment comes by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The parts of the run that single claims look at, opened and closed as phases begin and faults come and go.
pub(super) struct Windows<'a> {
    world: &'a dyn World,
    client: &'a Client<'a>,
    all: Vec<Watched<'a>>,
}

/// What a claim looks at.
enum Window<'a> {
    /// Requests, as the client counts them: the number of its window.
    Requests(usize),
    /// Lines of a node's log.
    Lines(LogWindow<'a>),
}

/// The part that one claim looks at.
struct Watched<'a> {
    /// The claim, by its number from 0.
    check: usize,
    during: &'a During,
    window: Window<'a>,
    /// Layings of its fault that stand. On several nodes they may overlap.
    standing: Cell<u64>,
}

impl<'a> Windows<'a> {
    /// Opens those that begin with the run.
    pub(super) fn new(scenario: &'a Scenario, world: &'a dyn World, client: &'a Client<'a>) -> Self {
        let watched = |(check, claim): (usize, &'a super::Check)| {
            let during = claim.during.as_ref()?;
            let edge = match during {
                During::Steady | During::Healed(..) => Edge::Ended,
                During::Faults | During::Fault(_) => Edge::Started,
            };
            let window = match &claim.how {
                How::Latency { step, .. } | How::Errors { step, .. } => {
                    Window::Requests(client.watch(step.as_deref(), edge))
                }
                How::Log { node, .. } => Window::Lines(LogWindow::new(world, node, edge)),
                How::Probe { .. } | How::Command(_) => return None,
            };
            Some(Watched {
                check,
                during,
                window,
                standing: Cell::default(),
            })
        };
        let all: Vec<Watched<'a>> = scenario.checks.iter().enumerate().filter_map(watched).collect();
        let windows = Self { world, client, all };
        for it in windows.all.iter().filter(|it| *it.during == During::Steady) {
            windows.open(it, Duration::ZERO);
        }
        windows
    }

    /// Does a work, and meanwhile opens the parts of logs whose moment comes some time after a fault was lifted.
    pub(super) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(self.keep_time())).await {
            Either::Left((done, _)) => done,
            Either::Right(((), work)) => work.await,
        }
    }

    /// Returns at once if no such part is wanted, else never.
    async fn keep_time(&self) {
        let waits = |it: &Watched<'_>| {
            let is_later = matches!(it.during, During::Healed(_, after) if !after.is_zero());
            is_later && matches!(it.window, Window::Lines(_))
        };
        if !self.all.iter().any(waits) {
            return;
        }
        loop {
            for it in &self.all {
                if let Window::Lines(lines) = &it.window {
                    lines.open_if_due();
                }
            }
            self.world.pause(LOOK_AGAIN).await;
        }
    }

    /// Notes that a fault is about to be laid.
    pub(super) fn faults_begin(&self) {
        for it in &self.all {
            match it.during {
                During::Steady => self.close(it),
                During::Faults => self.open(it, Duration::ZERO),
                During::Fault(_) | During::Healed(..) => {}
            }
        }
    }

    /// Notes that the fault of this name was laid.
    pub(super) fn laid(&self, fault: &str) {
        for it in self.of(fault) {
            it.standing.set(it.standing.get() + 1);
            match it.during {
                During::Fault(_) => self.open(it, Duration::ZERO),
                // What is wanted comes after its last laying.
                During::Healed(..) => self.forget(it),
                During::Steady | During::Faults => {}
            }
        }
    }

    /// Notes that the fault of this name was lifted. It stands until no laying of it does.
    pub(super) fn lifted(&self, fault: &str) {
        for it in self.of(fault) {
            it.standing.set(it.standing.get().saturating_sub(1));
            match it.during {
                During::Fault(_) if it.standing.get() == 0 => self.close(it),
                During::Healed(_, after) if it.standing.get() == 0 => self.open(it, *after),
                _ => {}
            }
        }
    }

    /// The parts that begin or end with the fault of this name.
    fn of(&self, fault: &str) -> impl Iterator<Item = &Watched<'a>> {
        self.all.iter().filter(move |it| match it.during {
            During::Fault(name) | During::Healed(name, _) => name == fault,
            During::Steady | During::Faults => false,
        })
    }

    /// The latencies of the requests that a claim is about, and the number of those that failed; `None` for a claim
    /// about the whole run.
    pub(super) fn seen_by(&self, check: usize) -> Option<(Histogram, u64)> {
        match self.all.iter().find(|it| it.check == check)?.window {
            Window::Requests(window) => Some(self.client.counted(window)),
            Window::Lines(_) => None,
        }
    }

    /// The parts of a log that a claim is about; `None` for a claim about the whole run.
    pub(super) fn parts_of(&self, check: usize) -> Option<Vec<LogPart>> {
        match &self.all.iter().find(|it| it.check == check)?.window {
            Window::Requests(_) => None,
            Window::Lines(lines) => Some(lines.parts()),
        }
    }

    fn open(&self, it: &Watched<'_>, after: Duration) {
        match &it.window {
            Window::Requests(window) => self.client.open(*window, after),
            Window::Lines(lines) => lines.open(after),
        }
    }

    fn close(&self, it: &Watched<'_>) {
        match &it.window {
            Window::Requests(window) => self.client.close(*window),
            Window::Lines(lines) => lines.close(),
        }
    }

    fn forget(&self, it: &Watched<'_>) {
        match &it.window {
            Window::Requests(window) => self.client.forget(*window),
            Window::Lines(lines) => lines.forget(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::ready, path::Path};

    use futures::{FutureExt, future::LocalBoxFuture};
    use serde_json::Value;

    use super::*;
    use crate::steps::{Expectation, NoAnswer, Origin, Purpose, Request, Response, World};

    /// A world whose clock is set by hand, and in which every request is answered at once.
    struct Toy(Cell<Duration>);

    impl World for Toy {
        fn node_of(&self, role: &str) -> Result<String, String> {
            Ok(role.to_owned())
        }

        fn now(&self) -> Duration {
            self.0.get()
        }

        fn pause(&self, _: Duration) -> LocalBoxFuture<'_, ()> {
            ready(()).boxed_local()
        }

        fn send<'a>(
            &'a self,
            _: &'a str,
            _: &'a Request,
            _: Duration,
        ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>> {
            let answer = Response {
                status: 200,
                body: Value::Null,
                replayed: false,
            };
            ready(Ok(answer)).boxed_local()
        }
    }

    fn ask(client: &Client<'_>) {
        let request = Request::get("/".to_owned());
        let expectation = Expectation::status(&[200], Duration::from_secs(1));
        let origin = Origin {
            purpose: Purpose::Journey,
            name: "order",
            path: "/",
            journey: Some(1),
            intended: client.now(),
        };
        let asked = client.ask("shop", &request, &expectation, &origin).now_or_never();
        asked.expect("nothing to wait for").expect("an answer");
    }

    type Happens = fn(&Windows<'_>, &Client<'_>);

    /// The numbers of requests while the fault stands and after it was lifted, when these things happen at these
    /// milliseconds.
    fn seen(story: &[(u64, Happens)]) -> [u64; 2] {
        let text = "name = 'shop'\nabout = 'It.'\ntopology = 'shop'\n[workload]\ncount = 9\nconcurrency = 1\n\
             [[step]]\nname = 'order'\nnode = 'shop'\npath = '/'\n\
             [[fault]]\nname = 'twice'\nkind = 'kill'\nany_of = ['shop', 'bank']\nat = 0.1\nevery = '1s'\ntimes = 2\n\
             [[invariant]]\nname = 'a'\nerrors = { below = 0.1 }\nduring = { fault = 'twice' }\n\
             [[invariant]]\nname = 'b'\nerrors = { below = 0.1 }\nduring = { healed = 'twice' }\n";
        let scenario = Scenario::parse(text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{error}"));
        let toy = Toy(Cell::default());
        let client = Client::new(&toy, &scenario.repeat, Duration::from_secs(1));
        let windows = Windows::new(&scenario, &toy, &client);
        for (ms, what) in story {
            toy.0.set(Duration::from_millis(*ms));
            what(&windows, &client);
        }
        [0, 1].map(|check| windows.seen_by(check).expect("it has a window").0.count())
    }

    #[test]
    fn of_layings_that_overlap_the_fault_stands_from_the_first_to_the_last() {
        let laid: Happens = |windows, _| windows.laid("twice");
        let lifted: Happens = |windows, _| windows.lifted("twice");
        let asks: Happens = |_, client| ask(client);
        let other: Happens = |windows, _| windows.lifted("another");
        let mut story = vec![
            (0, laid),
            (500, asks),
            (1_000, laid),
            (2_000, asks),
            (2_500, other),
            (3_000, lifted),
            (3_500, asks),
        ];
        assert_eq!(seen(&story), [3, 0], "the second laying stands");
        story.extend([(4_000, lifted), (5_000, asks)]);
        assert_eq!(seen(&story), [3, 1]);
        story.extend([(6_000, laid), (6_500, asks)]);
        assert_eq!(seen(&story), [4, 0], "it is laid once more");
        story.extend([(7_000, lifted), (8_000, asks)]);
        assert_eq!(seen(&story), [4, 1]);
    }
}
