use crate::bits::Bits;

/// The operations that an order holds so far, or has passed over for good: one half of a configuration, beside
/// the state.
///
/// Those with an end are numbered by the time of that end, pending ones apart by the time of the invocation.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) ended: Bits,
    pub(crate) pending: Bits,
    /// The number of required operations that are still to be placed.
    pub(crate) missing: usize,
}
