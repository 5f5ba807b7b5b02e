/// The three ways in which a call of a concurrent caller completes, named as in Jepsen's histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// The call took effect, and this is its reply. A domain error of the model is one, too.
    Ok,
    /// The call had no effect, because another call was under way. The model makes no promise about such a reply, so
    /// nothing has to explain it.
    Fail,
    /// The call may have taken effect, or may still do so.
    Info,
}
