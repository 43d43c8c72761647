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
    state: LedgerState,
}

/// The version rows and the applied revisions of a [`Ledger`], kept between two ledgers of the same graph.
#[derive(Debug, Clone, Default)]
pub struct LedgerState {
    /// Rows that are in the graph.
    rows: HashSet<Rev>,
    /// Rows that are not in the graph.
    unknown: BTreeSet<String>,
    /// Whether each revision of the graph is applied.
    applied: Vec<bool>,
}

impl LedgerState {
    /// Whether the version rows are these identifiers.
    fn has_rows(&self, graph: &Graph, ids: &[String]) -> bool {
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
        let mut state = LedgerState::default();
        for row in rows {
            match graph.named(&row) {
                Some(rev) if graph.id(rev) == row => drop(state.rows.insert(rev)),
                _ => drop(state.unknown.insert(row)),
            }
        }
        state.applied = applied_revisions(graph, &state.rows);
        Self { graph, state }
    }

    /// A ledger with these rows. The `state` of an earlier ledger is reused if it has the same rows.
    #[must_use]
    pub fn resuming(graph: &'g Graph, rows: Vec<String>, state: LedgerState) -> Self {
        if state.applied.len() == graph.len() && state.has_rows(graph, &rows) {
            return Self { graph, state };
        }
        Self::new(graph, rows)
    }

    /// The state, for [`Ledger::resuming`].
    #[must_use]
    pub fn into_state(self) -> LedgerState {
        self.state
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let in_graph = self.state.rows.iter().map(|&rev| self.graph.id(rev).to_owned());
        in_graph.chain(self.state.unknown.iter().cloned()).collect()
    }

    /// The transition of running a revision.
    ///
    /// # Errors
    /// [`Error::Revision`] if no row can be replaced; [`Error::Resolution`] for a row that names no revision.
    pub fn change_for(&mut self, rev: Rev, direction: Direction) -> Result<Transition, Error> {
        match direction {
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
        let mut present = needs.iter().filter(|need| self.state.rows.contains(need));
        match (present.next(), present.next()) {
            (None, _) => Ok(Transition::Create(to)),
            (Some(&only), None) => Ok(Transition::Advance {
                from: self.graph.id(only).to_owned(),
                to,
            }),
            _ => {
                let mut merged = self.merged(rev)?;
                // A parent that is an ancestor of another parent has no row.
                merged.retain(|id| self.graph.named(id).is_some_and(|need| self.state.rows.contains(&need)));
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
        if self.state.rows.contains(&rev) {
            let mut replacements = self.unmerged(rev)?;
            return Ok(match (replacements.pop(), needs.len()) {
                (None, _) => Transition::Remove(from),
                (Some(to), 1) => Transition::Advance { from, to },
                (Some(to), _) => Transition::Unmerge {
                    from,
                    to,
                    inserts: replacements,
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

    /// The rows that a merge replaces: its parents and own dependencies without those that any other row needs.
    ///
    /// # Errors
    /// [`Error::Resolution`] for a row that names no revision.
    pub fn merged(&mut self, rev: Rev) -> Result<Vec<String>, Error> {
        let needs = self.needs(rev);
        self.check_rows()?;
        let ignored: HashSet<Rev> = needs.iter().copied().collect();
        Ok(self.ids(needs.into_iter().filter(|&need| !self.is_implied(need, rev, &ignored))))
    }

    /// The rows that replace the row of a revision when it is reverted: its parents and own dependencies without those
    /// that another row needs.
    ///
    /// # Errors
    /// [`Error::Resolution`] for a row that names no revision.
    pub fn unmerged(&mut self, rev: Rev) -> Result<Vec<String>, Error> {
        let needs = self.needs(rev);
        self.check_rows()?;
        if self.state.rows.iter().any(|row| *row != rev) {
            let ignored = HashSet::from([rev]);
            return Ok(self.ids(needs.into_iter().filter(|&need| !self.is_implied(need, rev, &ignored))));
        }
        // `rev` is the only row, so it needs all applied revisions. Another user of a need is therefore needed through
        // another need of `rev`, whose row implies the first need.
        let has_other_user = |need: &Rev| self.users(*need).any(|user| user != rev);
        let is_only_need = needs.len() < 2;
        Ok(self.ids(needs.into_iter().filter(|need| is_only_need || !has_other_user(need))))
    }

    /// The applied revisions with `need` as a parent or own dependency.
    fn users(&self, need: Rev) -> impl Iterator<Item = Rev> + '_ {
        let users = self.graph.all_next(need).iter().copied();
        users.filter(move |&user| self.state.applied[user] && self.graph.needs(user, need))
    }

    /// Whether `need` is a row, or a row needs it through revisions other than `rev`. The rows in `ignored` do not
    /// count.
    fn is_implied(&self, need: Rev, rev: Rev, ignored: &HashSet<Rev>) -> bool {
        let mut visited = HashSet::from([need, rev]);
        let mut pending = vec![need];
        while let Some(at) = pending.pop() {
            if self.state.rows.contains(&at) && !ignored.contains(&at) {
                return true;
            }
            pending.extend(self.users(at).filter(|&user| visited.insert(user)));
        }
        false
    }

    fn ids(&self, revs: impl IntoIterator<Item = Rev>) -> Vec<String> {
        revs.into_iter().map(|rev| self.graph.id(rev).to_owned()).collect()
    }

    /// Reject rows that name no revision, not even as a partial identifier.
    fn check_rows(&self) -> Result<(), Error> {
        for row in &self.state.unknown {
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
    pub fn apply(&mut self, transition: &Transition) -> Result<(), Error> {
        for change in transition.changes() {
            let (deleted, inserted) = match &change {
                Change::Insert(id) => (None, Some(id)),
                Change::Delete(id) => (Some(id), None),
                Change::Update { from, to } => (Some(from), Some(to)),
            };
            if !deleted.is_none_or(|id| self.remove(id)) || !inserted.is_none_or(|id| self.insert(id)) {
                return Err(Error::Revision(format!(
                    "The version table does not allow this change: {change}"
                )));
            }
        }
        Ok(())
    }

    /// Apply the transition of a revision that was run, and update the set of applied revisions.
    ///
    /// # Errors
    /// As [`Ledger::apply`].
    pub fn record_run(&mut self, rev: Rev, direction: Direction, transition: &Transition) -> Result<(), Error> {
        let changes_only_rev = match direction {
            Direction::Up => self.needs(rev).into_iter().all(|need| self.state.applied[need]),
            Direction::Down => self.state.rows.contains(&rev),
        };
        self.apply(transition)?;
        if changes_only_rev {
            self.state.applied[rev] = direction == Direction::Up;
        } else {
            self.state.applied = applied_revisions(self.graph, &self.state.rows);
        }
        Ok(())
    }

    /// Delete a row, and return whether it existed.
    fn remove(&mut self, id: &str) -> bool {
        match self.graph.named(id) {
            Some(rev) if self.graph.id(rev) == id => self.state.rows.remove(&rev),
            _ => self.state.unknown.remove(id),
        }
    }

    /// Insert a row, and return whether it is new.
    fn insert(&mut self, id: &str) -> bool {
        match self.graph.named(id) {
            Some(rev) if self.graph.id(rev) == id => self.state.rows.insert(rev),
            _ => self.state.unknown.insert(id.to_owned()),
        }
    }
}

/// For each revision of the graph, whether it is a row or a row needs it.
fn applied_revisions(graph: &Graph, rows: &HashSet<Rev>) -> Vec<bool> {
    let reach = graph.reach(rows.iter().copied(), Edges::Needs);
    (0..graph.len()).map(|rev| reach.contains(rev)).collect()
}
