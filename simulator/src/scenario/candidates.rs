/// Roles of which a fault hits one; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    before: Vec<String>,
    last: String,
}

impl Candidates {
    /// Makes candidates of these roles; `None` if there are none.
    pub fn of(roles: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut before: Vec<String> = roles.into_iter().collect();
        let last = before.pop()?;
        Some(Self { before, last })
    }

    /// Makes this role the only candidate.
    pub fn one(role: &str) -> Self {
        Self {
            before: Vec::new(),
            last: role.to_owned(),
        }
    }

    /// Every role, in the order in which they were given.
    pub(super) fn roles(&self) -> impl Iterator<Item = &str> {
        self.before.iter().chain([&self.last]).map(String::as_str)
    }

    /// The role that a drawn number stands for, each as likely as the others.
    pub(super) fn pick(&self, drawn: u64) -> &str {
        let place = drawn % (1 + self.before.len() as u64);
        let found = (0..).zip(&self.before).find(|(other, _)| *other == place);
        found.map_or(&self.last, |(_, role)| role)
    }
}
