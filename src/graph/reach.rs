//! Ancestors, descendants and lineage.

use super::{Graph, Rev};
use crate::error::Error;

/// The edges to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// Parents.
    Down,
    /// Parents and own dependencies.
    Needs,
    /// Parents and all dependencies.
    AllDown,
    /// Children.
    Next,
    /// Children and dependents.
    AllNext,
    /// Children of the start revisions; children and dependents of all others.
    NextThenAll,
}

/// The edges of a lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// Parents and children.
    Line,
    /// Parents, children, dependencies and dependents.
    WithDependencies,
}

/// A set of revisions in insertion order.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    marks: Vec<bool>,
    members: Vec<Rev>,
}

impl Reach {
    fn empty(len: usize) -> Self {
        Self {
            marks: vec![false; len],
            members: Vec::new(),
        }
    }

    /// Add a revision, and return whether it is new.
    pub fn insert(&mut self, rev: Rev) -> bool {
        let new = !std::mem::replace(&mut self.marks[rev], true);
        if new {
            self.members.push(rev);
        }
        new
    }

    pub fn contains(&self, rev: Rev) -> bool {
        self.marks[rev]
    }

    pub fn list(&self) -> &[Rev] {
        &self.members
    }
}

impl Graph {
    /// Visit the revisions one edge away from `rev`. `start` matters only to [`Edges::NextThenAll`].
    pub(crate) fn follow(&self, rev: Rev, edges: Edges, start: bool, visit: impl FnMut(Rev)) {
        let entry = &self.entries[rev];
        match edges {
            Edges::Down => entry.down.iter().copied().for_each(visit),
            Edges::Needs => entry.needs().for_each(visit),
            Edges::AllDown => {
                let deps = entry.deps.iter().filter(|dep| !entry.down.contains(dep));
                entry.down.iter().chain(deps).copied().for_each(visit);
            }
            Edges::Next => entry.next.iter().copied().for_each(visit),
            Edges::NextThenAll if start => entry.next.iter().copied().for_each(visit),
            Edges::AllNext | Edges::NextThenAll => entry.all_next.iter().copied().for_each(visit),
        }
    }

    /// The revisions that can be reached from `starts`, and `starts` themselves, which come first.
    pub(crate) fn reach(&self, starts: impl IntoIterator<Item = Rev>, edges: Edges) -> Reach {
        let mut visited = Reach::empty(self.len());
        for rev in starts {
            visited.insert(rev);
        }
        let initial = visited.members.len();
        let mut at = 0;
        while let Some(&rev) = visited.members.get(at) {
            self.follow(rev, edges, at < initial, |other| {
                visited.insert(other);
            });
            at += 1;
        }
        visited
    }

    /// As [`Graph::reach`], for starts that must not reach each other.
    ///
    /// # Errors
    /// [`Error::Revision`] if a start can be reached from another.
    pub(crate) fn reach_apart(&self, starts: &[Rev], edges: Edges) -> Result<Reach, Error> {
        if starts.len() > 1 {
            let mut wanted = Reach::empty(self.len());
            for &rev in starts {
                wanted.insert(rev);
            }
            for &rev in wanted.list() {
                let others: Vec<&str> = self
                    .reach([rev], edges)
                    .list()
                    .iter()
                    .filter(|&&other| other != rev && wanted.contains(other))
                    .map(|&other| self.id(other))
                    .collect();
                if !others.is_empty() {
                    return Err(Error::Revision(format!(
                        "Requested revision {} overlaps with other requested revisions {}",
                        self.id(rev),
                        others.join(", ")
                    )));
                }
            }
        }
        Ok(self.reach(starts.iter().copied(), edges))
    }

    /// The given revisions with their ancestors and descendants.
    pub(crate) fn related(&self, to: &[Rev], lineage: Lineage) -> Reach {
        let (up, down) = match lineage {
            Lineage::Line => (Edges::Next, Edges::Down),
            Lineage::WithDependencies => (Edges::AllNext, Edges::Needs),
        };
        let mut found = self.reach(to.iter().copied(), up);
        for &rev in self.reach(to.iter().copied(), down).list() {
            found.insert(rev);
        }
        found
    }

    /// The revisions of a set without descendants in the set.
    pub(crate) fn tips(&self, revs: &[Rev]) -> Vec<Rev> {
        // A member is an ancestor of another one exactly if it can be reached from a member's parent.
        let parents = revs.iter().flat_map(|&rev| self.entries[rev].down.iter().copied());
        let below = self.reach(parents, Edges::Down);
        revs.iter().copied().filter(|&rev| !below.contains(rev)).collect()
    }
}
