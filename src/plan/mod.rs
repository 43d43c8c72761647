//! Plans: what an upgrade, a downgrade or a stamp will do, step by step.
//!
//! Planning is pure. A [`Plan`] is made from the graph, the rows of the version table and a target; each of its
//! steps says which revision it is about and which [`Change`]s of the version table it makes. These are the changes that
//! are made when it runs, unless somebody else has changed the table meanwhile.
//!
//! | file | concept |
//! |---|---|
//! | `ledger` | the version table as a state machine: which rows a step changes |
//! | `stamp` | the steps of a stamp |
//! | [`status`] | how a database stands against the files |

mod ledger;
mod stamp;
pub mod status;

#[cfg(test)]
mod tests;

pub use ledger::{Change, Ledger, Memory, Move, Rows};
pub use stamp::Stamp;

use crate::error::Error;
use crate::graph::{Bound, Graph, Rev, Target};

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Apply a revision.
    Up,
    /// Take a revision back.
    Down,
}

/// What a step is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Run a revision.
    Run(Rev, Direction),
    /// Only write to the version table.
    Stamp(Stamp),
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub action: Action,
    /// How it changes the version table.
    pub change: Move,
}

/// Everything that will be done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Plan an upgrade.
    ///
    /// # Errors
    /// What [`Graph::iterate`] reports, and [`Error::Revision`] when the version table cannot follow.
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

    /// Plan a downgrade. `ambiguous` is set if steps were counted from one of several heads.
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
    /// What resolving the target and the rows reports; [`Error::Revision`] when the version table cannot follow.
    pub fn stamp(graph: &Graph, rows: &[String], target: &Target) -> Result<Self, Error> {
        let mut ledger = Ledger::new(graph, rows.iter().cloned());
        let mut steps = Vec::new();
        for stamp in Stamp::steps(
            graph,
            &Target::Many(rows.iter().map(|row| row.as_str().into()).collect()),
            target,
        )? {
            let change = stamp.change(&ledger.rows());
            ledger.apply(&change)?;
            steps.push(Step {
                action: Action::Stamp(stamp),
                change,
            });
        }
        Ok(Self { steps })
    }

    fn run(graph: &Graph, rows: &[String], revs: &[Rev], way: Direction) -> Result<Self, Error> {
        let mut ledger = Ledger::new(graph, rows.iter().cloned());
        let mut steps = Vec::with_capacity(revs.len());
        for &rev in revs {
            let change = ledger.change_for(rev, way)?;
            ledger.ran(rev, way, &change)?;
            steps.push(Step {
                action: Action::Run(rev, way),
                change,
            });
        }
        Ok(Self { steps })
    }
}

/// Refuse identifiers that a column of `limit` characters cannot hold.
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

/// The rows of the version table as the lower end of a range.
fn current(rows: &[String]) -> Target {
    Target::Many(rows.iter().map(|row| row.as_str().into()).collect())
}
