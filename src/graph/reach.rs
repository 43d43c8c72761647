//! Ancestors, descendants, lineage.

use super::{Graph, Rev};
use crate::error::Error;

/// Which edges to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// To parents.
    Down,
    /// To parents and the dependencies that are a revision's own.
    Needs,
    /// To parents and every dependency.
    AllDown,
    /// To children.
    Next,
    /// To children and dependents.
    AllNext,
    /// To children from where one starts, to children and dependents from there on.
    NextThenAll,
}

/// How far a lineage extends: along parents and children only, or along dependencies too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// Parents and children.
    Line,
    /// Dependencies and dependents too.
    WithDependencies,
}

/// A set of revisions that remembers the order in which they were met.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    marks: Vec<bool>,
    met: Vec<Rev>,
}

impl Reach {
    fn empty(len: usize) -> Self {
        Self {
            marks: vec![false; len],
            met: Vec::new(),
        }
    }

    pub fn insert(&mut self, rev: Rev) -> bool {
        let new = !std::mem::replace(&mut self.marks[rev], true);
        if new {
            self.met.push(rev);
        }
        new
    }

    pub fn contains(&self, rev: Rev) -> bool {
        self.marks[rev]
    }

    pub fn list(&self) -> &[Rev] {
        &self.met
    }
}

impl Graph {
    /// Visit what an edge kind leads to from one revision.
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

    /// Everything that can be reached from `starts`, these included.
    pub(crate) fn reach(&self, starts: impl IntoIterator<Item = Rev>, edges: Edges) -> Reach {
        let mut seen = Reach::empty(self.len());
        for rev in starts {
            seen.insert(rev);
        }
        let initial = seen.met.len();
        let mut at = 0;
        while let Some(&rev) = seen.met.get(at) {
            self.follow(rev, edges, at < initial, |other| {
                seen.insert(other);
            });
            at += 1;
        }
        seen
    }

    /// As [`Graph::reach`], but no start may be reachable from another one.
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

    /// Everything related to the given revisions: themselves, what leads to them, what follows from them.
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

    /// Those revisions of a set that have no descendant (along parents) in the set.
    pub(crate) fn tips(&self, revs: &[Rev]) -> Vec<Rev> {
        // Walking down from the parents of every member marks exactly the members below another one.
        let parents = revs.iter().flat_map(|&rev| self.entries[rev].down.iter().copied());
        let below = self.reach(parents, Edges::Down);
        revs.iter().copied().filter(|&rev| !below.contains(rev)).collect()
    }
}
