use futures::future::LocalBoxFuture;
use seam::{
    handover::{CopyReport, Switched},
    launch::{Position, Side, Status},
};

/// The levers of a rehearsal: the API of the launch's operators, and the handover between the two sides. Every failure
/// is a text; the walk tries again as long as its step has time.
pub(crate) trait Operators {
    /// The state of the launch, with the gate's answer to the plan's claim.
    fn status(&self) -> LocalBoxFuture<'_, Result<Status, String>>;

    /// Turns the launch that had this state.
    fn turn<'a>(&'a self, before: &'a Status, position: Position) -> LocalBoxFuture<'a, Result<Status, String>>;

    /// Copies what the other side lacks, `from` this one.
    fn copy(&self, from: Side) -> LocalBoxFuture<'_, Result<CopyReport, String>>;

    /// Moves the duty to act away `from` this side.
    fn switch(&self, from: Side) -> LocalBoxFuture<'_, Result<Switched, String>>;
}
