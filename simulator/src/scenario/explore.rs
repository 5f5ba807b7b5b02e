use seam::chance::draw;

use super::{FaultPlan, Scenario, draw::Lot, draw::draw_between};

/// Candidates of faults, of which the seed draws some for each run.
#[derive(Clone, Debug)]
pub struct Explore {
    /// Fewest and most that stand in a run.
    pub(super) faults: (u64, u64),
    /// At least one.
    pub(super) candidates: Vec<FaultPlan>,
}

impl Explore {
    /// The candidates that the seed draws, in the order of the file, with every choice made.
    ///
    /// Each candidate's place in the draw, moment and length come from its own name: one candidate more changes none of
    /// these. It may only take the place of another one in a run.
    fn drawn(&self, seed: u64, count: u64) -> Vec<FaultPlan> {
        let number = draw_between(seed, "explore/faults", 0, self.faults);
        let place = |plan: &FaultPlan| draw(seed, &format!("explore/place/{}", plan.name), 0);
        let mut places: Vec<u64> = self.candidates.iter().map(place).collect();
        places.sort_unstable();
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let first = places.get(..number).unwrap_or(&places);
        let stands = |plan: &&FaultPlan| first.contains(&place(plan));
        let settled = |plan: &FaultPlan| FaultPlan {
            drawn: true,
            ..plan.settled(Lot::of_candidate(seed, &plan.name), count)
        };
        self.candidates.iter().filter(stands).map(settled).collect()
    }
}

impl Scenario {
    /// The faults of a run from this seed: its own, and the candidates that are drawn, with every choice made.
    pub fn faults_of(&self, seed: u64) -> Vec<FaultPlan> {
        let drawn = self.explore.iter();
        let drawn = drawn.flat_map(|explore| explore.drawn(seed, self.workload.count));
        self.faults.iter().cloned().chain(drawn).collect()
    }

    /// The candidates of `[explore]`.
    pub fn candidates(&self) -> &[FaultPlan] {
        self.explore.as_ref().map_or(&[], |explore| &explore.candidates)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::*;
    use crate::scenario::{fault_plan::Lasts, moment::Moment};

    /// A scenario with this `[explore]` table.
    fn scenario(explore: &str) -> Scenario {
        let text = format!(
            "name = 'shop'\nabout = 'It.'\ntopology = 'shop'\n[workload]\ncount = 100\nconcurrency = 1\n\
             [[step]]\nname = 'order'\nnode = 'a'\npath = '/'\n\
             [[fault]]\nname = 'own'\nkind = 'kill'\nnode = 'a'\nat = 0.1\n\
             [[invariant]]\nname = 'all'\nviolations = 'SELECT 1'\nchecked = 'SELECT 1'\n{explore}"
        );
        Scenario::parse(&text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// Candidates of these names with everything to draw.
    fn candidates(names: &[&str]) -> String {
        let one = |name: &&str| {
            format!(
                "[[explore.fault]]\nname = '{name}'\nkind = 'pause'\nany_of = ['a', 'b', 'c']\n\
                 at = {{ journey = [10, 60], after = ['1ms', '400ms'] }}\nlasts = ['1s', '3s']\nevery = '1s'\n\
                 times = [1, 4]\n"
            )
        };
        names.iter().map(one).collect()
    }

    fn drawn(scenario: &Scenario, seed: u64) -> BTreeMap<String, String> {
        let drawn = scenario.faults_of(seed).into_iter().filter(FaultPlan::is_drawn);
        drawn.map(|plan| (plan.name.clone(), format!("{plan:?}"))).collect()
    }

    #[test]
    fn one_more_candidate_changes_no_other_ones_draw() {
        let five = ["slow", "deaf", "full", "gone", "mute"];
        for (bounds, displaced) in [("faults = 5", 0), ("faults = [1, 3]", 1)] {
            let few = scenario(&format!("[explore]\n{bounds}\n{}", candidates(&five)));
            let bounds = bounds.replace("faults = 5", "faults = 6");
            let more = candidates(&["slow", "deaf", "new", "full", "gone", "mute"]);
            let more = scenario(&format!("[explore]\n{bounds}\n{more}"));
            let mut gone = 0;
            for seed in 0..300 {
                let (before, after) = (drawn(&few, seed), drawn(&more, seed));
                let lost = before.iter().filter(|(name, plan)| match after.get(*name) {
                    Some(same) => {
                        assert_eq!(same, *plan, "seed {seed}");
                        false
                    }
                    None => true,
                });
                let lost = lost.count();
                assert!(lost <= displaced, "seed {seed}: {before:?} became {after:?}");
                assert_eq!(lost > 0, lost > 0 && after.contains_key("new"), "seed {seed}");
                gone += lost;
            }
            assert_eq!(gone > 0, displaced > 0, "{bounds}");
        }
    }

    #[test]
    fn every_bound_is_kept_and_every_choice_is_made() {
        let scenario = scenario(&format!("[explore]\nfaults = [0, 2]\n{}", candidates(&["x", "y", "z"])));
        let (mut numbers, mut journeys, mut names) = (BTreeMap::new(), (u64::MAX, 0), BTreeMap::new());
        for seed in 0..500 {
            let all = scenario.faults_of(seed);
            assert_eq!(all[0].name(), "own");
            *numbers.entry(all.len() - 1).or_insert(0) += 1;
            for plan in all.iter().filter(|plan| plan.is_drawn()) {
                *names.entry(plan.name().to_owned()).or_insert(0) += 1;
                assert!(plan.times.low == plan.times.high && (1..=4).contains(&plan.times.low));
                assert!(
                    matches!(plan.lasts, Lasts::Between(low, high) if low == high && (1_000..=3_000).contains(&low))
                );
                let Moment::Journey(journey, after) = &plan.at else {
                    panic!("{plan:?}")
                };
                assert!(journey.low == journey.high && (10..=60).contains(&journey.low));
                assert!(after.low == after.high && (1..=400).contains(&after.low.as_millis()));
                journeys = (journeys.0.min(journey.low), journeys.1.max(journey.low));
                assert_eq!(plan.roles().len(), 1);
            }
        }
        assert_eq!(numbers.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
        assert!(names.len() == 3 && names.values().chain(numbers.values()).all(|times| *times > 100));
        assert_eq!(journeys, (10, 60));
    }
}
