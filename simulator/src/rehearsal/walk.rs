use std::{
    cell::{Cell, RefCell},
    future::Future,
    time::Duration,
};

use seam::{
    chance::draw,
    handover::CopyReport,
    launch::{Decision, Dial, Lane, Position, Side},
};

use super::{
    Event, Operators, Plan,
    answer::{Answer, answered, since},
    file::StepKind,
    plan::Step,
    report::{KillReport, Notes, Outcome, StepReport},
};
use crate::{
    progress::Progress,
    steps::{Fault, FaultKind, Target, World},
};

/// The pause between two looks at the gate.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The way through the steps of a plan.
pub(crate) struct Walk<'a> {
    pub(super) plan: &'a Plan,
    pub(super) seed: u64,
    pub(super) world: &'a dyn World,
    pub(super) operators: &'a dyn Operators,
    progress: &'a dyn Progress<Event>,
    /// True plants every defect, one after the other, in place of the one that the seed chooses.
    pub(super) every_defect: bool,
    pub(super) notes: RefCell<Notes>,
    begun: Duration,
    duty: Cell<Side>,
    /// True while the duty moves: what the other side does from then on has to come back before the move is over.
    is_moving: Cell<bool>,
    /// True once there is something to keep current.
    is_filled: Cell<bool>,
    /// True while the candidate may still be refused because of what was done to it.
    pub(super) is_shaken: Cell<bool>,
}

/// The end of the walk before its last step; the step's report says why.
pub(super) struct Ended;

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub(crate) fn new(
        plan: &'a Plan,
        seed: u64,
        (world, operators): (&'a dyn World, &'a dyn Operators),
        progress: &'a dyn Progress<Event>,
        every_defect: bool,
    ) -> Self {
        Self {
            plan,
            seed,
            world,
            operators,
            progress,
            every_defect,
            notes: RefCell::default(),
            begun: world.now(),
            duty: Cell::new(Side::Control),
            is_moving: Cell::new(false),
            is_filled: Cell::new(false),
            is_shaken: Cell::new(false),
        }
    }

    /// Everything that was noted so far.
    pub(crate) fn notes(&self) -> Notes {
        self.notes.take()
    }

    /// Goes the whole way, or as far as the gate lets it.
    pub(crate) async fn run(&self) {
        if self.whole().await.is_ok() {
            self.notes.borrow_mut().is_complete = true;
        }
    }

    /// Keeps the side current that does not act, for as long as it is polled: from the old side to the new one, and
    /// once the new one acts in both directions, since what comes in at the old side is still to be done.
    pub(crate) async fn keep_current(&self) {
        loop {
            self.world.pause(self.plan.copy_every).await;
            if !self.is_filled.get() {
                continue;
            }
            self.copy(Side::Control).await.ok();
            if self.duty.get() == Side::Candidate || self.is_moving.get() {
                self.copy(Side::Candidate).await.ok();
            }
        }
    }

    async fn whole(&self) -> Result<(), Ended> {
        let steps = &self.plan.steps;
        self.visit(0, None).await?;
        self.is_filled.set(true);
        self.plant().await;
        // The first step has nothing before it.
        let back = 1 + self.drawn("roll back", steps.len() as u64 - 1);
        let kill = self.drawn_kill();
        for index in 1..steps.len() {
            let killed = kill.as_ref().filter(|(step, _)| *step == index);
            self.visit(index, killed.map(|(_, role)| role.as_str())).await?;
            if self.plan.rolls_back && index == back {
                if let Some(last) = self.notes.borrow_mut().steps.last_mut() {
                    last.outcome = Outcome::WentBack;
                }
                self.visit(index - 1, None).await?;
                self.visit(index, None).await?;
            }
        }
        Ok(())
    }

    /// Draws a position below a bound of at least 1.
    pub(super) fn drawn(&self, purpose: &str, bound: u64) -> usize {
        usize::try_from(draw(self.seed, &format!("rehearsal/{purpose}"), 0) % bound.max(1)).unwrap_or(0)
    }

    /// The step in which a node is killed, with its role.
    fn drawn_kill(&self) -> Option<(usize, String)> {
        let kill = self.plan.kill.as_ref()?;
        let is_fit = |step: &Step| !matches!(step.kind, StepKind::Backfill | StepKind::Switch);
        let fit: Vec<usize> = (0..self.plan.steps.len())
            .filter(|index| is_fit(&self.plan.steps[*index]))
            .collect();
        let step = fit[self.drawn("kill in step", fit.len() as u64)];
        let role = &kill.roles[self.drawn("kill", kill.roles.len() as u64)];
        Some((step, role.clone()))
    }

    /// Takes a step, and waits until the gate lets it end.
    async fn visit(&self, index: usize, kill: Option<&str>) -> Result<(), Ended> {
        let step = &self.plan.steps[index];
        self.progress.report(&Event::Begun(step.to_string()));
        let mut report = self.blank(index);
        let deadline = self.world.now() + step.within;
        let (outcome, answer) = self.taken(step, kill, deadline).await;
        report.outcome = outcome;
        report.reasons = answer.reasons;
        report.judgement = answer.judgement;
        report.copied = answer.copied;
        report.answered = answer.answered;
        report.ended_ms = self.now_ms();
        self.progress.report(&Event::Over(report.clone()));
        self.notes.borrow_mut().steps.push(report);
        if outcome == Outcome::RolledBack && index > 0 {
            // Whatever comes of it, the rehearsal has failed.
            let before = &self.plan.steps[index - 1];
            let _ = self.arrive(before, self.world.now() + before.within).await;
        }
        if outcome == Outcome::Promoted {
            Ok(())
        } else {
            Err(Ended)
        }
    }

    fn blank(&self, index: usize) -> StepReport {
        let step = &self.plan.steps[index];
        let notes = self.notes.borrow();
        StepReport {
            step: step.to_string(),
            number: index + 1,
            visit: 1 + notes.steps.iter().filter(|other| other.number == index + 1).count(),
            began_ms: self.now_ms(),
            ended_ms: 0,
            served: step.lane.share_served(),
            duty: step.duty,
            outcome: Outcome::Failed,
            reasons: Vec::new(),
            judgement: None,
            answered: [0; 2],
            copied: None,
        }
    }

    async fn taken(&self, step: &Step, kill: Option<&str>, deadline: Duration) -> (Outcome, Answer) {
        let mut ready = self.arrive(step, deadline).await;
        let mut deadline = deadline;
        if let (Ok(()), Some(role)) = (&ready, kill) {
            self.kill(role, step).await;
            // The outage is the rehearsal's own: neither its time nor what was compared meanwhile counts.
            deadline = self.world.now() + step.within;
            ready = self.arrive(step, deadline).await;
        }
        if let Err(reason) = ready {
            return (Outcome::Failed, Answer::hold(vec![reason]));
        }
        let mut base = self
            .patiently(deadline, || self.operators.status())
            .await
            .map_or([0; 2], |it| answered(&it));
        let mut last = Answer::hold(vec!["the gate was not asked in time".to_owned()]);
        while self.world.now() < deadline {
            match self.answer(step, &mut base).await {
                Ok(answer) => {
                    last = answer;
                    match last.decision {
                        Decision::Promote => return (Outcome::Promoted, last),
                        Decision::RollBack => return (Outcome::RolledBack, last),
                        Decision::Hold => {}
                    }
                }
                Err(reason) => last = Answer::hold(vec![reason]),
            }
            self.world.pause(LOOK_AGAIN).await;
        }
        (Outcome::Held, last)
    }

    /// Brings the platform into the state of a step, in which nothing was compared yet.
    async fn arrive(&self, step: &Step, deadline: Duration) -> Result<(), String> {
        if self.duty.get() != step.duty {
            let from = step.duty.other();
            self.is_moving.set(true);
            let moved = self
                .patiently(deadline, || async {
                    let switched = self.operators.switch(from).await?;
                    let refused = || format!("the {from} side acts still: the sides differ\n{}", switched.report);
                    switched.acts.map(drop).ok_or_else(refused)
                })
                .await;
            self.is_moving.set(false);
            moved?;
            self.duty.set(step.duty);
        }
        self.turn(step.lane, deadline).await?;
        if self.is_shaken.get() && step.kind != StepKind::Complete && step.lane.shadowed > Dial::NONE {
            self.first_comparison(deadline).await?;
            self.is_shaken.set(false);
            self.turn(step.lane, deadline).await?;
        }
        Ok(())
    }

    /// Turns reads to a lane, and lets a new step begin there even if they are in it.
    pub(super) async fn turn(&self, lane: Lane, deadline: Duration) -> Result<(), String> {
        self.patiently(deadline, || async {
            let mut status = self.operators.status().await?;
            let to = |lane: Lane, position: Position| Position {
                reads: lane,
                ..position
            };
            if status.position.reads == lane && lane.shadowed > Dial::NONE {
                let less = Dial::new(lane.shadowed.hundred_thousandths() - 1).unwrap_or_default();
                let aside = Lane { shadowed: less, ..lane };
                status = self.operators.turn(&status, to(aside, status.position)).await?;
            }
            let position = to(lane, status.position);
            self.operators.turn(&status, position).await.map(drop)
        })
        .await
    }

    /// Waits until both sides have answered a call: a caller's circuit that opened is closed by then.
    pub(super) async fn first_comparison(&self, deadline: Duration) -> Result<(), String> {
        self.patiently(deadline, || async {
            let status = self.operators.status().await?;
            let compared = status.methods.iter().any(|method| method.compared() > 0);
            compared
                .then_some(())
                .ok_or_else(|| "the candidate answered nothing yet".to_owned())
        })
        .await
    }

    async fn answer(&self, step: &Step, base: &mut [u64; 2]) -> Result<Answer, String> {
        match step.kind {
            StepKind::Backfill => {
                let report = self.copy(Side::Control).await?;
                Ok(Answer::of_copy(report, step.rows))
            }
            StepKind::Switch => {
                self.copy(Side::Control).await?;
                // What the old side has that the new one lacks is on its way there: this one goes back.
                let report = self.copy(Side::Candidate).await?;
                Ok(Answer::of_copy(report, step.rows))
            }
            StepKind::Shadow | StepKind::Serve | StepKind::ReverseShadow => {
                let status = self.operators.status().await?;
                Ok(Answer::of_gate(status, step, *base))
            }
            StepKind::Complete => {
                let status = self.operators.status().await?;
                let now = answered(&status);
                let since = since(now, *base);
                if since[0] > 0 {
                    // Those that were on their way when the launch was turned.
                    *base = now;
                }
                Ok(Answer::of_complete(since, self.plan.claim.needed()))
            }
        }
    }

    pub(super) async fn copy(&self, from: Side) -> Result<CopyReport, String> {
        let copied = self.operators.copy(from).await;
        let mut notes = self.notes.borrow_mut();
        let copies = &mut notes.copies[usize::from(from == Side::Candidate)];
        copies.runs += 1;
        match &copied {
            Ok(report) => {
                copies.carried += report.copied();
                copies.last = Some(report.clone());
                copies.last_ms = Some(self.now_ms());
            }
            Err(_) => copies.failed += 1,
        }
        copied
    }

    async fn kill(&self, role: &str, step: &Step) {
        let lasts = self.plan.kill.as_ref().map(|kill| kill.lasts);
        let node = self.world.node_of(role).unwrap_or_else(|_| role.to_owned());
        let fault = Fault {
            name: format!("rehearsal: kill {node}"),
            kind: FaultKind::Kill,
            target: Target::Node(node.clone()),
            links: Vec::new(),
            point: None,
        };
        let at_ms = self.now_ms();
        let killed = async {
            self.world
                .lay(&fault)
                .await
                .map_err(|error| format!("it was not killed: {error}"))?;
            self.is_shaken.set(true);
            let [low, high] = lasts.map_or([Duration::ZERO; 2], |lasts| [lasts.low, lasts.high]);
            let spread = u64::try_from((high - low).as_millis()).unwrap_or(0);
            let more = self.drawn("kill lasts", spread + 1) as u64;
            self.world.pause(low + Duration::from_millis(more)).await;
            let lifted = self.world.lift(&fault).await;
            lifted.map_err(|reason| format!("it did not come back: {reason}"))
        };
        let problem = killed.await.err();
        let report = KillReport {
            node,
            step: step.to_string(),
            at_ms,
            ready_ms: problem.is_none().then(|| self.now_ms()),
            problem,
        };
        self.progress.report(&Event::Killed(report.clone()));
        self.notes.borrow_mut().kills.push(report);
    }

    /// Tries until it succeeds or the time is over, which it does at least once.
    pub(super) async fn patiently<T, F: Future<Output = Result<T, String>>>(
        &self,
        deadline: Duration,
        attempt: impl Fn() -> F,
    ) -> Result<T, String> {
        loop {
            match attempt().await {
                Err(_) if self.world.now() + LOOK_AGAIN < deadline => self.world.pause(LOOK_AGAIN).await,
                done => return done,
            }
        }
    }

    pub(super) async fn pause(&self) {
        self.world.pause(LOOK_AGAIN).await;
    }

    pub(super) fn report(&self, event: &Event) {
        self.progress.report(event);
    }

    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.world.now().saturating_sub(self.begun).as_millis()).unwrap_or(u64::MAX)
    }
}
