use std::ops::Deref;

use super::Declared;

/// The settings that a program reads, put together from those of its modules. Each variable stands in it once.
///
/// A module exports `SETTINGS: &[Declared]`, the settings that its `open` reads. A service adds the addresses of
/// the module's neighbours; a program of several modules that may run elsewhere makes all of them optional, and
/// then has to check what the modules that it opens need.
///
/// ```
/// use shared::settings::{Declarations, Declared, optional, required, standard};
///
/// const PAYMENTS: &[Declared] = &[required(&standard::PROVIDER_URL), optional(&standard::CALL_TIMEOUT_MS)];
/// const ORDERS: &[Declared] = &[optional(&standard::LEASE_MS), optional(&standard::CALL_TIMEOUT_MS)];
///
/// let service = Declarations::from(PAYMENTS).and(&[required(&standard::ORDERS_URL)]);
/// assert!(service.iter().any(|one| one.name() == "ORDERS_URL" && one.is_required()));
///
/// let monolith = Declarations::from(PAYMENTS).and(ORDERS).all_optional();
/// assert_eq!(monolith.len(), 3);
/// assert!(!monolith.iter().any(Declared::is_required));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Declarations(Vec<Declared>);

impl Declarations {
    /// Adds settings. A variable that is there already keeps its place, and is required if either declaration says
    /// so.
    #[must_use]
    pub fn and(mut self, more: &[Declared]) -> Self {
        for added in more {
            match self.0.iter_mut().find(|known| known.name == added.name) {
                Some(known) => known.required |= added.required,
                None => self.0.push(*added),
            }
        }
        self
    }

    /// Makes every setting optional.
    #[must_use]
    pub fn all_optional(mut self) -> Self {
        for declared in &mut self.0 {
            declared.required = false;
        }
        self
    }
}

impl From<&[Declared]> for Declarations {
    fn from(settings: &[Declared]) -> Self {
        Self::default().and(settings)
    }
}

impl Deref for Declarations {
    type Target = [Declared];

    fn deref(&self) -> &[Declared] {
        &self.0
    }
}
