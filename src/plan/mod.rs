//! Plans: the steps of an upgrade, a downgrade or a stamp.
//!
//! Planning has no side effects. A [`Plan`] is computed from the graph, the version rows and a target. Each step has a
//! revision and a [`Transition`] of the version rows, which applies unless another process changes the table meanwhile.
//!
//! | file | concept |
//! |---|---|
//! | `ledger` | the version rows, and the transition of each step |
//! | `stamp` | the steps of a stamp |
//! | [`status`] | the status of a database against the revision files |

mod ledger;
mod stamp;
pub mod status;

#[cfg(test)]
mod tests;

pub use ledger::{Change, Ledger, LedgerState, Rows, Transition};
pub use stamp::Stamp;

use crate::error::Error;
use crate::graph::{Bound, Graph, Rev, Target};

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Upgrade to the revision.
    Up,
    /// Revert a revision.
    Down,
}

/// The action of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Run a revision.
    Run(Rev, Direction),
    /// Write only the version table.
    Stamp(Stamp),
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The action.
    pub action: Action,
    /// The change of the version rows.
    pub change: Transition,
}

/// The steps of a command, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Plan an upgrade.
    ///
    /// # Errors
    /// Errors of [`Graph::iterate`], and [`Error::Revision`] if the version rows do not allow a step.
    pub fn upgrade(graph: &Graph, rows: &[String], target: &Target) -> Result<Self, Error> {
        let bound = Bound {
            implicit_base: true,
            strict: true,
            inclusive: false,
        };
        let mut revs = graph.iterate(target, &current(rows), bound, false)?;
        revs.reverse();
        Self::run(graph, rows, &revs, Direction::Up)
    }

    /// Plan a downgrade. `ambiguous` is set if relative steps were counted from one of several heads.
    ///
    /// # Errors
    /// As [`Plan::upgrade`].
    pub fn downgrade(graph: &Graph, rows: &[String], target: &Target, ambiguous: &mut bool) -> Result<Self, Error> {
        let bound = Bound {
            strict: true,
            ..Bound::default()
        };
        let range = graph.downward(&current(rows), target, bound, ambiguous)?;
        let heads: Vec<Rev> = range.heads.iter().filter_map(|place| place.rev()).collect();
        let revs = graph.order(&range.revs, &heads)?;
        Self::run(graph, rows, &revs, Direction::Down)
    }

    /// Plan a stamp.
    ///
    /// # Errors
    /// Errors of resolving the target and the rows; [`Error::Revision`] if the version rows do not allow a step.
    pub fn stamp(graph: &Graph, rows: &[String], target: &Target) -> Result<Self, Error> {
        let mut ledger = Ledger::new(graph, rows.iter().cloned());
        let mut steps = Vec::new();
        for stamp in Stamp::steps(graph, &current(rows), target)? {
            let change = stamp.change(&ledger.rows());
            ledger.apply(&change)?;
            steps.push(Step {
                action: Action::Stamp(stamp),
                change,
            });
        }
        Ok(Self { steps })
    }

    /// Plan to run `revs` in the given order, each in the same direction.
    fn run(graph: &Graph, rows: &[String], revs: &[Rev], direction: Direction) -> Result<Self, Error> {
        let mut ledger = Ledger::new(graph, rows.iter().cloned());
        let mut steps = Vec::with_capacity(revs.len());
        for &rev in revs {
            let change = ledger.change_for(rev, direction)?;
            ledger.record_run(rev, direction, &change)?;
            steps.push(Step {
                action: Action::Run(rev, direction),
                change,
            });
        }
        Ok(Self { steps })
    }
}

/// Reject identifiers longer than `limit` characters.
///
/// # Errors
/// [`Error::IdentifierTooLong`] for the first such identifier.
pub fn check_fits(ids: impl IntoIterator<Item = String>, limit: usize, column: &str) -> Result<(), Error> {
    for revision in ids {
        let length = revision.chars().count();
        if length > limit {
            return Err(Error::IdentifierTooLong {
                revision,
                length,
                column: column.to_owned(),
                limit,
            });
        }
    }
    Ok(())
}

/// The version rows as an end of a range.
fn current(rows: &[String]) -> Target {
    Target::Many(rows.iter().map(|row| row.as_str().into()).collect())
}
