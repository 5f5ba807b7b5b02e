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
