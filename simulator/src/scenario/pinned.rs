use std::time::Duration;

use toml::{Table, Value};

use super::{
    FaultPlan, Scenario,
    draw::Lot,
    fault_plan::{Hits, Lasts},
    moment::Moment,
};
use crate::steps::FaultKind;

/// The part of a run that a pinned scenario keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pin<'a> {
    /// The seed of the run.
    pub(crate) seed: u64,
    /// Numbers of faults among those of [`Scenario::faults_of`], from 0, in their order.
    pub(crate) faults: &'a [usize],
    /// Journeys in all; 0 where the workload is a program.
    pub(crate) count: u64,
}

impl Scenario {
    /// The text of this scenario with the choices of one run in place of draws: these faults with their moments and
    /// lengths, no `[explore]`, and the seed. `text` is that of the scenario; comments in it are lost.
    ///
    /// # Errors
    /// When the text is not that of this scenario.
    pub(crate) fn pinned(&self, text: &str, pin: Pin<'_>) -> Result<String, String> {
        let mut file: Table = text
            .parse()
            .map_err(|error| format!("the scenario is no TOML: {error}"))?;
        let explore = file.remove("explore").unwrap_or(Value::Table(Table::new()));
        let own = tables(file.remove("fault").as_ref());
        let candidates = tables(explore.get("fault"));
        let plans = self.settled(pin.seed);
        let mut faults = Vec::new();
        for number in pin.faults {
            let plan = plans
                .get(*number)
                .ok_or_else(|| format!("there is no fault {number}"))?;
            let named = |table: &&Table| table.get("name").and_then(Value::as_str) == Some(&plan.name);
            let table = match plan.drawn {
                true => candidates.iter().find(named),
                false => own.get(*number),
            };
            let table = table.ok_or_else(|| format!("the scenario has no fault {:?}", plan.name))?;
            faults.push(Value::Table(plan.pinned(table.clone())));
        }
        if !faults.is_empty() {
            file.insert("fault".to_owned(), Value::Array(faults));
        }
        file.insert("seed".to_owned(), whole(pin.seed));
        if let Some(workload) = file.get_mut("workload").and_then(Value::as_table_mut)
            && pin.count > 0
        {
            workload.insert("count".to_owned(), whole(pin.count));
        }
        toml::to_string_pretty(&file).map_err(|error| format!("the pinned scenario can't be written: {error}"))
    }

    /// The faults of a run from this seed, all with every choice made.
    pub(crate) fn settled(&self, seed: u64) -> Vec<FaultPlan> {
        let count = self.workload.count;
        let plans = (0..).zip(self.faults_of(seed));
        let settled = |(number, plan): (u64, FaultPlan)| match plan.drawn {
            true => plan,
            false => plan.settled(Lot::of_entry(seed, number), count),
        };
        plans.map(settled).collect()
    }
}

impl FaultPlan {
    /// The table of this fault in a file, with its choices in it; all else stays as it is.
    fn pinned(&self, mut table: Table) -> Table {
        let mut set = |key: &str, value: Value| {
            table.insert(key.to_owned(), value);
        };
        set("name", self.name.clone().into());
        set("at", self.at.pinned());
        if let Lasts::Between(ms, _) = self.lasts
            && !matches!(self.hits, Hits::Node(FaultKind::Restart, _))
        {
            set("lasts", time(Duration::from_millis(ms)));
        }
        if let Some(role) = self.roles().first() {
            set("node", (*role).into());
            table.remove("any_of");
        }
        if table.contains_key("times") {
            table.insert("times".to_owned(), whole(self.times.low));
        }
        // Without it, once is meant, which has nothing between.
        if self.times.low == 1 {
            table.remove("times");
            table.remove("every");
        }
        table
    }

    /// The fault in a few words, once every choice of it is made.
    pub(crate) fn words(&self) -> String {
        let at = match &self.at {
            Moment::Journey(number, after) if after.low.is_zero() => format!("at journey {}", number.low),
            Moment::Journey(number, after) => {
                format!("{} after journey {}", faults::show_duration(after.low), number.low)
            }
            Moment::After(after) => format!("after {}", faults::show_duration(after.low)),
            Moment::Ready(node, _) => format!("once {node} is ready again"),
            Moment::Fault(name, _) => format!("with {name:?}"),
            Moment::Started(..) | Moment::Random => "at a drawn moment".to_owned(),
        };
        let role = self
            .roles()
            .first()
            .map(|role| format!(" ({role})"))
            .unwrap_or_default();
        let lasts = match self.lasts {
            Lasts::Between(low, high) if low == high && low > 0 => {
                format!(" for {}", faults::show_duration(Duration::from_millis(low)))
            }
            _ => String::new(),
        };
        format!("{}{role} {at}{lasts}", self.name)
    }
}

impl Moment {
    /// The moment in a file, once it is chosen.
    fn pinned(&self) -> Value {
        let trigger = |first: Option<(&str, Value)>, after: Duration| {
            let mut trigger = Table::new();
            trigger.extend(first.map(|(key, value)| (key.to_owned(), value)));
            if trigger.is_empty() || !after.is_zero() {
                trigger.insert("after".to_owned(), time(after));
            }
            Value::Table(trigger)
        };
        match self {
            Self::Started(low, _) => Value::Float(*low),
            Self::Random => "random".into(),
            Self::Journey(number, after) => trigger(Some(("journey", whole(number.low))), after.low),
            Self::After(after) => trigger(None, after.low),
            Self::Ready(node, after) => trigger(Some(("ready", node.as_str().into())), after.low),
            Self::Fault(name, after) => trigger(Some(("fault", name.as_str().into())), after.low),
        }
    }
}

fn tables(array: Option<&Value>) -> Vec<Table> {
    let entries = array.and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(Value::as_table).cloned().collect()
}

fn time(duration: Duration) -> Value {
    faults::show_duration(duration).into()
}

/// A number as TOML has it; those beyond are refused where a seed is given.
fn whole(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Faults in every form that a file may give them, each followed by those that need it.
    const OWN: &str = "
[[fault]]
kind = 'kill'
any_of = ['a', 'b', 'c']
at = [0.1, 0.6]

[[fault]]
kind = 'restart'
node = 'a'
at = 'random'

[[fault]]
name = 'follower'
kind = 'pause'
node = 'b'
at = { fault = 'fault 1', after = ['1ms', '2.5ms'] }
lasts = ['500us', '4s']

[[fault]]
name = 'cut'
partition = ['a', 'b']
one_way = true
at = { after = '1.5s' }

[[fault]]
name = 'whole'
partition = ['b', 'c']
at = 'random'
lasts = '1m'

[[fault]]
name = 'again'
kind = 'stop'
any_of = ['b', 'c']
at = { ready = 'a', after = ['0s', '3s'] }
lasts = '90s'
every = '1500us'
times = [1, 3]

[[fault]]
name = 'three times'
link = 'a -> b'
does = { latency = { delay = '20ms', jitter = '5ms' } }
on = { direction = 'to_client' }
at = { journey = [1, 90], after = '1ns' }
every = '2s'
times = 3

[[fault]]
name = 'once'
link = 'outside -> a'
does = { duplicate = {} }
on = { http = { method = 'POST', requests = { first = 3 } } }
at = 1
every = '1s'
times = 1

[[fault]]
name = 'point'
kind = 'crash'
node = 'c'
point = 'c.after'
nth = 2
at = { fault = 'follower' }
";

    const CANDIDATES: &str = "
[explore]
faults = [1, 5]

[[explore.fault]]
name = 'drawn \\\"kill\\\"'
kind = 'kill'
any_of = ['a', 'b', 'c']
at = 'random'

[[explore.fault]]
name = 'with one'
kind = 'pause'
node = 'a'
at = { fault = 'fault 2', after = ['1s', '2s'] }
lasts = ['1ms', '2ms']
every = '2s'
times = [2, 9]

[[explore.fault]]
name = 'ready'
kind = 'restart'
any_of = ['b', 'c']
at = { ready = 'b' }

[[explore.fault]]
name = 'apart'
partition = ['a', 'c']
at = [0, 1]
lasts = ['1s', '2s']

[[explore.fault]]
name = 'slow'
link = '* -> c'
does = { latency = { delay = '1ms' } }
at = { journey = 7, after = ['0ms', '9ms'] }
";

    fn text(workload: &str, faults: &str) -> String {
        format!(
            "name = 'shop'\nabout = 'It.'\ntopology = 'shop'\n[workload]\n{workload}\n{faults}\n\
             [[invariant]]\nname = 'all'\nviolations = 'SELECT 1'\nchecked = 'SELECT 1'\n"
        )
    }

    fn parsed(text: &str) -> Scenario {
        Scenario::parse(text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// Faults as they are laid: one that is laid once has nothing between its layings.
    fn shown(plans: Vec<FaultPlan>) -> Vec<String> {
        let alike = |plan: FaultPlan| FaultPlan {
            drawn: false,
            every: if plan.times.high == 1 {
                Duration::ZERO
            } else {
                plan.every
            },
            ..plan
        };
        plans.into_iter().map(|plan| format!("{:?}", alike(plan))).collect()
    }

    /// Pins all faults of each seed, and sees that the file has the same ones, whichever seed settles it.
    fn each_is_as_it_was(text: &str, count: u64) {
        let scenario = parsed(text);
        for seed in 0..200 {
            let wanted = scenario.settled(seed);
            let faults: Vec<usize> = (0..wanted.len()).collect();
            let faults = faults.as_slice();
            let pinned = scenario.pinned(text, Pin { seed, faults, count });
            let pinned = pinned.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let again = parsed(&pinned);
            let wanted = shown(wanted);
            assert_eq!(again.seed, Some(seed));
            assert!(again.explore.is_none() && again.workload.count == count, "{pinned}");
            for other in [seed, seed + 1] {
                assert_eq!(shown(again.settled(other)), wanted, "seed {seed}:\n{pinned}");
            }
            // Pinned once more it stays what it is.
            assert_eq!(again.pinned(&pinned, Pin { seed, faults, count }), Ok(pinned));
        }
    }

    #[test]
    fn the_text_of_a_run_settles_to_the_faults_of_the_run() {
        let step = "count = 100\nconcurrency = 1\n[[step]]\nname = 'order'\nnode = 'a'\npath = '/'\n";
        each_is_as_it_was(&text(step, &format!("{OWN}{CANDIDATES}")), 100);

        let faults = "[[fault]]\nkind = 'kill'\nnode = 'a'\nat = { after = ['1s', '2s'] }\n\
                      [[fault]]\nkind = 'kill'\nnode = 'b'\nat = { fault = 'fault 1' }\n";
        each_is_as_it_was(&text("command = ['true']\n", faults), 0);
    }

    #[test]
    fn some_faults_and_fewer_journeys_are_pinned_and_what_there_is_not_is_refused() {
        let step = "count = 100\nconcurrency = 1\n[[step]]\nname = 'order'\nnode = 'a'\npath = '/'\n";
        let text = text(step, OWN);
        let scenario = parsed(&text);
        let pin = |faults, count| scenario.pinned(&text, Pin { seed: 3, faults, count });

        let pinned = parsed(&pin(&[0, 2], 60).expect("it can be pinned"));
        let all = shown(scenario.settled(3));
        assert_eq!(shown(pinned.settled(3)), [all[0].clone(), all[2].clone()]);
        assert_eq!(pinned.workload.count, 60);

        let none = parsed(&pin(&[], 1).expect("it can be pinned"));
        assert!(none.faults.is_empty());

        let follower = Scenario::parse(&pin(&[2], 60).expect("a text"), Path::new("shop.toml"));
        let error = follower.expect_err("the first one is gone").to_string();
        assert!(error.contains("no fault is called \"fault 1\""), "{error}");
        assert_eq!(pin(&[9], 60), Err("there is no fault 9".to_owned()));
    }
}
