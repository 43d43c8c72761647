//! The version table as a state machine.
//!
//! The table holds the identifiers of the newest applied revisions, one row for each line. A row that is needed
//! by another one (through parents or dependencies) is left out. Each step of a plan is one [`Move`].

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::Direction;
use crate::error::Error;
use crate::graph::{Edges, Graph, Rev};

/// The rows of the version table.
pub type Rows = BTreeSet<String>;

/// One statement on the version table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Add a row.
    Insert(String),
    /// Remove a row.
    Delete(String),
    /// Exchange a row.
    Update {
        /// What it held.
        from: String,
        /// What it holds then.
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

/// What one step does to the version table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// A line begins.
    Create(String),
    /// A line ends.
    Remove(String),
    /// A line goes on.
    Advance {
        /// Where it was.
        from: String,
        /// Where it is then.
        to: String,
    },
    /// Several lines become one.
    Merge {
        /// Rows that disappear.
        deletes: Vec<String>,
        /// The row that becomes the merged one.
        from: String,
        /// The merged row.
        to: String,
    },
    /// One line becomes several.
    Unmerge {
        /// The row of the merge.
        from: String,
        /// What it becomes.
        to: String,
        /// Rows that appear.
        inserts: Vec<String>,
    },
}

impl Move {
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

/// What other rows imply: everything that leads to them.
#[derive(Debug, Clone)]
struct Implied {
    others: BTreeSet<Rev>,
    marks: Arc<Vec<bool>>,
}

/// The rows of the version table, and what a revision does to them.
#[derive(Debug, Clone)]
pub struct Ledger<'g> {
    graph: &'g Graph,
    rows: Rows,
    memory: Memory,
}

/// What was found out for the last step: most steps leave the other lines alone.
#[derive(Debug, Clone, Default)]
pub struct Memory(Option<Implied>);

impl<'g> Ledger<'g> {
    /// A table with these rows.
    pub fn new(graph: &'g Graph, rows: impl IntoIterator<Item = String>) -> Self {
        Self {
            graph,
            rows: rows.into_iter().collect(),
            memory: Memory::default(),
        }
    }

    /// A table with these rows, knowing what was found out before.
    pub fn remembering(graph: &'g Graph, rows: impl IntoIterator<Item = String>, memory: Memory) -> Self {
        Self {
            memory,
            ..Self::new(graph, rows)
        }
    }

    /// What was found out, for the next time.
    #[must_use]
    pub fn into_memory(self) -> Memory {
        self.memory
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// What running a revision does to the table.
    ///
    /// # Errors
    /// [`Error::Revision`] when several rows could be the one to exchange, and for rows that no revision has.
    pub fn change_for(&mut self, rev: Rev, way: Direction) -> Result<Move, Error> {
        match way {
            Direction::Up => self.up(rev),
            Direction::Down => self.down(rev),
        }
    }

    /// Everything that a revision needs: its parents and its own dependencies.
    fn needs(&self, rev: Rev) -> Vec<Rev> {
        let mut needs = Vec::new();
        self.graph.follow(rev, Edges::Needs, false, |other| needs.push(other));
        needs
    }

    fn up(&mut self, rev: Rev) -> Result<Move, Error> {
        let to = self.graph.id(rev).to_owned();
        let needs = self.needs(rev);
        let present: Vec<&Rev> = needs
            .iter()
            .filter(|&&need| self.rows.contains(self.graph.id(need)))
            .collect();
        match present.as_slice() {
            [] => Ok(Move::Create(to)),
            [only] => Ok(Move::Advance {
                from: self.graph.id(**only).to_owned(),
                to,
            }),
            _ => {
                let mut merged = self.merged(rev)?;
                let from = merged.pop().ok_or_else(|| self.nothing_left(rev))?;
                Ok(Move::Merge {
                    deletes: merged,
                    from,
                    to,
                })
            }
        }
    }

    fn down(&mut self, rev: Rev) -> Result<Move, Error> {
        let from = self.graph.id(rev).to_owned();
        let needs = self.needs(rev);
        if self.rows.contains(&from) {
            let mut left = self.unmerged(rev)?;
            return Ok(match (left.pop(), needs.len()) {
                (None, _) => Move::Remove(from),
                (Some(to), 1) => Move::Advance { from, to },
                (Some(to), _) => Move::Unmerge {
                    from,
                    to,
                    inserts: left,
                },
            });
        }
        match needs.as_slice() {
            [only] => Ok(Move::Advance {
                from,
                to: self.graph.id(*only).to_owned(),
            }),
            _ => Err(self.nothing_left(rev)),
        }
    }

    /// The rows that a merge replaces: what the revision needs and no other line implies.
    ///
    /// # Errors
    /// [`Error::Resolution`] for rows that no revision has.
    pub fn merged(&mut self, rev: Rev) -> Result<Vec<String>, Error> {
        let needs = self.needs(rev);
        let names: BTreeSet<&str> = needs.iter().map(|&need| self.graph.id(need)).collect();
        let others: Vec<String> = self
            .rows
            .iter()
            .filter(|row| !names.contains(row.as_str()))
            .cloned()
            .collect();
        let implied = self.implied(&others)?;
        Ok(self.names(
            needs
                .into_iter()
                .filter(|&need| !implied.as_ref().is_some_and(|marks| marks[need])),
        ))
    }

    /// The rows that taking a revision back leaves: what it needs and no other line implies.
    ///
    /// # Errors
    /// [`Error::Resolution`] for rows that no revision has.
    pub fn unmerged(&mut self, rev: Rev) -> Result<Vec<String>, Error> {
        let needs = self.needs(rev);
        let own = self.graph.id(rev);
        let others: Vec<String> = self.rows.iter().filter(|row| *row != own).cloned().collect();
        if let Some(marks) = self.implied(&others)? {
            return Ok(self.names(needs.into_iter().filter(|&need| !marks[need])));
        }
        if needs.len() < 2 {
            return Ok(self.names(needs));
        }
        // Of several needs, those that lead to others of them are implied.
        let below: BTreeSet<Rev> = needs.iter().flat_map(|&need| self.needs(need)).collect();
        let implied = self.graph.reach(below, Edges::Needs);
        Ok(self.names(needs.into_iter().filter(|&need| !implied.contains(need))))
    }

    fn names(&self, revs: impl IntoIterator<Item = Rev>) -> Vec<String> {
        revs.into_iter().map(|rev| self.graph.id(rev).to_owned()).collect()
    }

    /// Everything that leads to other rows; nothing if there are none.
    fn implied(&mut self, others: &[String]) -> Result<Option<Arc<Vec<bool>>>, Error> {
        if others.is_empty() {
            return Ok(None);
        }
        let mut revs = BTreeSet::new();
        for row in others {
            revs.extend(self.graph.lookup(Some(row), None)?);
        }
        if let Some(known) = self.memory.0.as_ref().filter(|known| known.others == revs) {
            return Ok(Some(Arc::clone(&known.marks)));
        }
        let reach = self.graph.reach(revs.iter().copied(), Edges::Needs);
        let marks = Arc::new((0..self.graph.len()).map(|rev| reach.contains(rev)).collect::<Vec<_>>());
        self.memory.0 = Some(Implied {
            others: revs,
            marks: Arc::clone(&marks),
        });
        Ok(Some(marks))
    }

    fn nothing_left(&self, rev: Rev) -> Error {
        Error::Revision(format!(
            "The version table holds no row that revision {} could replace; its rows are: {}",
            self.graph.id(rev),
            self.rows.iter().cloned().collect::<Vec<_>>().join(", ")
        ))
    }

    /// Make a move.
    ///
    /// # Errors
    /// [`Error::Revision`] when a row to be removed or exchanged is not there, or one to be added is.
    pub fn apply(&mut self, change: &Move) -> Result<(), Error> {
        for change in change.changes() {
            let (gone, added) = match &change {
                Change::Insert(id) => (None, Some(id)),
                Change::Delete(id) => (Some(id), None),
                Change::Update { from, to } => (Some(from), Some(to)),
            };
            let fits =
                gone.is_none_or(|id| self.rows.remove(id)) && added.is_none_or(|id| self.rows.insert(id.clone()));
            if !fits {
                return Err(Error::Revision(format!(
                    "The version table cannot be changed so: {change}"
                )));
            }
        }
        Ok(())
    }
}
