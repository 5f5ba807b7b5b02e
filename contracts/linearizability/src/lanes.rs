use std::{collections::BTreeMap, fmt::Debug};

use crate::operation::Numbered;

/// The longest line, in characters.
const WIDTH: usize = 120;
const MARGIN: usize = "caller ".len();

/// Draws operations as lanes, with time running down: a line for each invocation and each response, or one for
/// both if nothing happened in between. A caller has several lanes if calls of its own overlap, as a pending
/// one and a later one do.
pub(crate) fn lanes<C: Debug, R: Debug>(shown: &[Numbered<C, R>], until: u64, culprit: usize) -> Vec<String> {
    let lanes = Lanes::of(shown, until);
    let mut lines = vec![lanes.header()];
    let mut running = vec![' '; lanes.callers.len()];
    for Event { kind, at } in events(shown, until) {
        let Numbered { number, operation } = &shown[at];
        let (now, then) = match kind {
            Kind::Call if shown[at].answered_by(until).is_none() => ('┬', '┊'),
            Kind::Call => ('┬', '│'),
            Kind::Answer | Kind::Both if *number == culprit => ('✗', ' '),
            Kind::Answer => ('┴', ' '),
            Kind::Both => ('●', ' '),
        };
        running[lanes.lane[at]] = now;
        let mut line = format!("{:MARGIN$}{}#{number}", "", lanes.row(&running));
        if kind != Kind::Answer {
            line += &format!(" {:?}", operation.call);
        }
        if let (Kind::Answer | Kind::Both, Some(reply)) = (kind, operation.reply()) {
            line += &format!(" -> {reply:?}");
        }
        lines.push(cut_off(line));
        running[lanes.lane[at]] = then;
    }
    lines
}

struct Lanes {
    /// The caller of each lane, from left to right.
    callers: Vec<usize>,
    /// The lane of each operation.
    lane: Vec<usize>,
}

impl Lanes {
    fn of<C, R>(shown: &[Numbered<C, R>], until: u64) -> Self {
        // The time at which each lane of a caller becomes free. Lanes of pending operations never do.
        let mut taken: BTreeMap<usize, Vec<Option<u64>>> = BTreeMap::new();
        let mut places = Vec::new();
        for operation in shown {
            let lanes = taken.entry(operation.operation.caller).or_default();
            let is_free = |end: &Option<u64>| end.is_some_and(|end| end < operation.operation.invoked);
            let nth = lanes.iter().position(is_free).unwrap_or(lanes.len());
            let end = operation.answered_by(until);
            match lanes.get_mut(nth) {
                Some(lane) => *lane = end,
                None => lanes.push(end),
            }
            places.push((operation.operation.caller, nth));
        }
        let mut lanes = Vec::new();
        for (caller, ends) in &taken {
            lanes.extend((0..ends.len()).map(|nth| (*caller, nth)));
        }
        let lane = places
            .iter()
            .map(|place| lanes.partition_point(|lane| lane < place))
            .collect();
        Self {
            callers: lanes.into_iter().map(|(caller, _)| caller).collect(),
            lane,
        }
    }

    fn header(&self) -> String {
        let width = self.width();
        let callers: String = self.callers.iter().map(|caller| format!("{caller:<width$}")).collect();
        format!("caller {callers}┬ call  ┴ answer  ● both  ┊ no answer by now  ✗ unexplained")
    }

    fn row(&self, running: &[char]) -> String {
        let width = self.width();
        running.iter().map(|glyph| format!("{glyph:<width$}")).collect()
    }

    fn width(&self) -> usize {
        let longest = self.callers.iter().map(|caller| caller.to_string().len()).max();
        longest.unwrap_or(0) + 1
    }
}

struct Event {
    kind: Kind,
    /// The position of the operation.
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Call,
    Answer,
    Both,
}

fn events<C, R>(shown: &[Numbered<C, R>], until: u64) -> Vec<Event> {
    let mut all = Vec::new();
    for (at, operation) in shown.iter().enumerate() {
        all.push((operation.operation.invoked, Kind::Call, at));
        all.extend(operation.answered_by(until).map(|end| (end, Kind::Answer, at)));
    }
    all.sort_unstable();
    let mut events: Vec<Event> = Vec::new();
    for (_, kind, at) in all {
        match events.last_mut() {
            Some(last) if last.at == at => last.kind = Kind::Both,
            _ => events.push(Event { kind, at }),
        }
    }
    events
}

fn cut_off(line: String) -> String {
    if line.chars().count() <= WIDTH {
        return line;
    }
    let kept: String = line.chars().take(WIDTH - 1).collect();
    kept + "…"
}
