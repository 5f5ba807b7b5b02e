use crate::bits::Bits;

/// The operations that an order holds so far, or has passed over for good: one half of a configuration, beside
/// the state.
///
/// Those with an end and pending ones are numbered apart, each by the time of the invocation.
pub(crate) struct Placed {
    pub(crate) ended: Bits,
    pub(crate) pending: Bits,
    /// The number of required operations that are still to be placed.
    pub(crate) missing: usize,
}
