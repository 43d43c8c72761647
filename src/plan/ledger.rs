//! The version rows, and how each step changes them.
//!
//! The version table has one row per applied branch: its newest revision. Revisions that another row needs, through
//! parents or dependencies, have no row. Each step of a plan is one [`Transition`].

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use super::Direction;
use crate::error::Error;
use crate::graph::{Edges, Graph, Rev};

/// The rows of the version table.
pub type Rows = BTreeSet<String>;

/// A statement on the version table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Insert a row.
    Insert(String),
    /// Delete a row.
    Delete(String),
    /// Change a row.
    Update {
        /// The old identifier.
        from: String,
        /// The new identifier.
        to: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert(id) => write!(out, "insert {id}"),
            Self::Delete(id) => write!(out, "delete {id}"),
            Self::Update { from, to } => write!(out, "update {from} to {to}"),
        }
    }
}

/// The change of the version rows by one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// A branch starts.
    Create(String),
    /// A branch ends.
    Remove(String),
    /// A branch moves to another revision.
    Advance {
        /// The old row.
        from: String,
        /// The new row.
        to: String,
    },
    /// Branches are merged.
    Merge {
        /// Rows to delete.
        deletes: Vec<String>,
        /// The row to update.
        from: String,
        /// Its new identifier, the merge.
        to: String,
    },
    /// A merge is reverted.
    Unmerge {
        /// The updated row.
        from: String,
        /// Its new identifier.
        to: String,
        /// Rows to insert.
        inserts: Vec<String>,
    },
}

impl Transition {
    /// The statements, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let update = |from: &String, to: &String| Change::Update {
            from: from.clone(),
            to: to.clone(),
        };
        match self {
            Self::Create(id) => vec![Change::Insert(id.clone())],
            Self::Remove(id) => vec![Change::Delete(id.clone())],
            Self::Advance { from, to } => vec![update(from, to)],
            Self::Merge { deletes, from, to } => deletes
                .iter()
                .cloned()
                .map(Change::Delete)
                .chain([update(from, to)])
                .collect(),
            Self::Unmerge { from, to, inserts } => inserts
                .iter()
                .cloned()
                .map(Change::Insert)
                .chain([update(from, to)])
                .collect(),
        }
    }
}

/// The version rows during a run; computes the transition of each revision.
#[derive(Debug, Clone)]
pub struct Ledger<'g> {
    graph: &'g Graph,
    memory: Memory,
}

/// The version rows as numbers, with all applied revisions.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    rows: HashSet<Rev>,
    /// Rows that are not in the graph.
    unknown: BTreeSet<String>,
    applied: Vec<bool>,
}

impl Memory {
    /// Whether the rows have these identifiers.
    fn holds(&self, graph: &Graph, ids: &[String]) -> bool {
        ids.len() == self.rows.len() + self.unknown.len()
            && ids.iter().all(|id| match graph.named(id) {
                Some(rev) if graph.id(rev) == id => self.rows.contains(&rev),
                _ => self.unknown.contains(id),
            })
    }
}

impl<'g> Ledger<'g> {
    /// A ledger with these rows.
    pub fn new(graph: &'g Graph, rows: impl IntoIterator<Item = String>) -> Self {
        let mut memory = Memory::default();
        for row in rows {
            match graph.named(&row) {
                Some(rev) if graph.id(rev) == row => drop(memory.rows.insert(rev)),
                _ => drop(memory.unknown.insert(row)),
            }
        }
        let reach = graph.reach(memory.rows.iter().copied(), Edges::Needs);
        memory.applied = (0..graph.len()).map(|rev| reach.contains(rev)).collect();
        Self { graph, memory }
    }

    /// A ledger with these rows; `memory` is reused if it has the same rows.
    #[must_use]
    pub fn remembering(graph: &'g Graph, rows: Vec<String>, memory: Memory) -> Self {
        if memory.applied.len() == graph.len() && memory.holds(graph, &rows) {
            return Self { graph, memory };
        }
        Self::new(graph, rows)
    }

    /// The state, for [`Ledger::remembering`].
    #[must_use]
    pub fn into_memory(self) -> Memory {
        self.memory
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let known = self.memory.rows.iter().map(|&rev| self.graph.id(rev).to_owned());
        known.chain(self.memory.unknown.iter().cloned()).collect()
    }

    /// The transition of running a revision.
    ///
    /// # Errors
    /// [`Error::Revision`] if no row can be replaced; [`Error::Resolution`] for rows that are not in the graph.
    pub fn change_for(&mut self, rev: Rev, way: Direction) -> Result<Transition, Error> {
        match way {
            Direction::Up => self.up(rev),
            Direction::Down => self.down(rev),
        }
    }

    /// A revision's parents and own dependencies.
    fn needs(&self, rev: Rev) -> Vec<Rev> {
        let mut needs = Vec::new();
        self.graph.follow(rev, Edges::Needs, false, |other| needs.push(other));
        needs
    }

    fn up(&mut self, rev: Rev) -> Result<Transition, Error> {
        let to = self.graph.id(rev).to_owned();
        let needs = self.needs(rev);
        let mut present = needs.iter().filter(|need| self.memory.rows.contains(need));
        match (present.next(), present.next()) {
            (None, _) => Ok(Transition::Create(to)),
            (Some(&only), None) => Ok(Transition::Advance {
                from: self.graph.id(only).to_owned(),
                to,
            }),
            _ => {
                let mut merged = self.merged(rev)?;
                // A parent that is an ancestor of another parent has no row.
                merged.retain(|id| {
                    self.graph
                        .named(id)
                        .is_some_and(|need| self.memory.rows.contains(&need))
                });
                let from = merged.pop().ok_or_else(|| self.no_row_to_replace(rev))?;
                Ok(Transition::Merge {
                    deletes: merged,
                    from,
                    to,
                })
            }
        }
    }

    fn down(&mut self, rev: Rev) -> Result<Transition, Error> {
        let from = self.graph.id(rev).to_owned();
        let needs = self.needs(rev);
        if self.memory.rows.contains(&rev) {
            let mut left = self.unmerged(rev)?;
            return Ok(match (left.pop(), needs.len()) {
                (None, _) => Transition::Remove(from),
                (Some(to), 1) => Transition::Advance { from, to },
                (Some(to), _) => Transition::Unmerge {
                    from,
                    to,
                    inserts: left,
                },
            });
        }
        match needs.as_slice() {
            [only] => Ok(Transition::Advance {
                from,
                to: self.graph.id(*only).to_owned(),
            }),
            _ => Err(self.no_row_to_replace(rev)),
        }
    }

    /// The rows that a merge replaces: the revision's needs without those that another row implies.
    ///
    /// # Errors
    /// [`Error::Resolution`] for rows that are not in the graph.
    pub fn merged(&mut self, rev: Rev) -> Result<Vec<String>, Error> {
        let needs = self.needs(rev);
        self.check_known()?;
        let own: HashSet<Rev> = needs.iter().copied().collect();
        Ok(self.names(needs.into_iter().filter(|&need| !self.implied(need, rev, &own))))
    }

    /// The rows after a revision is reverted: its needs without those that another row implies.
    ///
    /// # Errors
    /// [`Error::Resolution`] for rows that are not in the graph.
    pub fn unmerged(&mut self, rev: Rev) -> Result<Vec<String>, Error> {
        let needs = self.needs(rev);
        self.check_known()?;
        let own = HashSet::from([rev]);
        if self.memory.rows.iter().any(|row| *row != rev) {
            return Ok(self.names(needs.into_iter().filter(|&need| !self.implied(need, rev, &own))));
        }
        // This is the only row, so any other applied user of a need leads to another need.
        let elsewhere = |need: &Rev| self.users(*need).any(|user| user != rev);
        let single = needs.len() < 2;
        Ok(self.names(needs.into_iter().filter(|need| single || !elsewhere(need))))
    }

    /// The applied revisions that need a revision.
    fn users(&self, need: Rev) -> impl Iterator<Item = Rev> + '_ {
        let users = self.graph.all_next(need).iter().copied();
        users.filter(move |&user| self.memory.applied[user] && self.graph.needs(user, need))
    }

    /// Whether a row that is not in `own` needs `need` without going through `rev`.
    fn implied(&self, need: Rev, rev: Rev, own: &HashSet<Rev>) -> bool {
        let mut seen = HashSet::from([need, rev]);
        let mut pending = vec![need];
        while let Some(at) = pending.pop() {
            if self.memory.rows.contains(&at) && !own.contains(&at) {
                return true;
            }
            pending.extend(self.users(at).filter(|&user| seen.insert(user)));
        }
        false
    }

    fn names(&self, revs: impl IntoIterator<Item = Rev>) -> Vec<String> {
        revs.into_iter().map(|rev| self.graph.id(rev).to_owned()).collect()
    }

    /// Reject rows that are not in the graph.
    fn check_known(&self) -> Result<(), Error> {
        for row in &self.memory.unknown {
            self.graph.lookup(Some(row), None)?;
        }
        Ok(())
    }

    fn no_row_to_replace(&self, rev: Rev) -> Error {
        Error::Revision(format!(
            "The version table holds no row that revision {} could replace; its rows are: {}",
            self.graph.id(rev),
            self.rows().into_iter().collect::<Vec<_>>().join(", ")
        ))
    }

    /// Apply a transition.
    ///
    /// # Errors
    /// [`Error::Revision`] if a row to delete or update is missing, or a row to insert exists.
    pub fn apply(&mut self, change: &Transition) -> Result<(), Error> {
        for change in change.changes() {
            let (gone, added) = match &change {
                Change::Insert(id) => (None, Some(id)),
                Change::Delete(id) => (Some(id), None),
                Change::Update { from, to } => (Some(from), Some(to)),
            };
            if !gone.is_none_or(|id| self.remove(id)) || !added.is_none_or(|id| self.insert(id)) {
                return Err(Error::Revision(format!(
                    "The version table does not allow this change: {change}"
                )));
            }
        }
        Ok(())
    }

    /// Record that a revision was run.
    ///
    /// # Errors
    /// As [`Ledger::apply`].
    pub fn ran(&mut self, rev: Rev, way: Direction, change: &Transition) -> Result<(), Error> {
        let expected = match way {
            Direction::Up => self.needs(rev).into_iter().all(|need| self.memory.applied[need]),
            Direction::Down => self.memory.rows.contains(&rev),
        };
        self.apply(change)?;
        if expected {
            self.memory.applied[rev] = way == Direction::Up;
        } else {
            let reach = self.graph.reach(self.memory.rows.iter().copied(), Edges::Needs);
            self.memory.applied = (0..self.graph.len()).map(|rev| reach.contains(rev)).collect();
        }
        Ok(())
    }

    fn remove(&mut self, id: &str) -> bool {
        match self.graph.named(id) {
            Some(rev) if self.graph.id(rev) == id => self.memory.rows.remove(&rev),
            _ => self.memory.unknown.remove(id),
        }
    }

    fn insert(&mut self, id: &str) -> bool {
        match self.graph.named(id) {
            Some(rev) if self.graph.id(rev) == id => self.memory.rows.insert(rev),
            _ => self.memory.unknown.insert(id.to_owned()),
        }
    }
}
