//! The revision graph: parents and children, identifiers, and the order of visits.
//!
//! A [`Graph`] is built once from [`Node`]s (the headers of revision files). Revisions are numbered in the given
//! order; internally, only these numbers ([`Rev`]) are used. No function recurses, so the length of a chain is not
//! limited.
//!
//! | file | concept |
//! |---|---|
//! | `build` | from nodes to a graph: edges, heads, labels, dependencies |
//! | `cycles` | cycle detection |
//! | `reach` | ancestors, descendants, lineage |
//! | `ident` | identifiers of all forms, partial ids, suggestions |
//! | `relative` | `+N`, `-N`, `rev+N`, `label@-N` |
//! | `range` | the revisions between two points |
//! | `order` | the order in which revisions are visited |

mod build;
mod cycles;
mod ident;
mod order;
mod range;
mod reach;
mod relative;

#[cfg(test)]
pub(crate) mod tests;

pub use build::{Node, Notice, illegal_characters};
pub use ident::{Parsed, Target};
pub use range::{Bound, Downward, Range};
pub use reach::{Edges, Lineage};
pub use relative::Place;

use std::collections::{HashMap, HashSet};

/// A revision's number: its position in the given order.
pub type Rev = usize;

/// Numbers without duplicates, in the order of insertion.
pub(crate) fn unique(items: impl IntoIterator<Item = Rev>) -> Vec<Rev> {
    let mut items: Vec<Rev> = items.into_iter().collect();
    if items.len() > 1 {
        let mut seen = HashSet::new();
        items.retain(|&item| seen.insert(item));
    }
    items
}

/// One revision, with its edges resolved to numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub id: String,
    /// The parents.
    pub down: Vec<Rev>,
    /// The revisions named by `depends_on`.
    pub deps: Vec<Rev>,
    /// `deps` without those that an ancestor needs too.
    pub own_deps: Vec<Rev>,
    /// The children.
    pub next: Vec<Rev>,
    /// `next`, and the revisions that depend on this one.
    pub all_next: Vec<Rev>,
    /// Labels in the file.
    pub given_labels: Vec<String>,
    /// Labels of the revision, including inherited ones.
    pub labels: Vec<String>,
    /// Several parents are named, even if they are equal.
    pub merge_point: bool,
}

impl Entry {
    fn real_branch_point(&self) -> bool {
        self.all_next.len() > 1
    }

    /// Parents, then the dependencies that no ancestor needs, without duplicates.
    pub fn needs(&self) -> impl Iterator<Item = Rev> + '_ {
        let own = self.own_deps.iter().filter(|dep| !self.down.contains(dep));
        self.down.iter().chain(own).copied()
    }
}

/// The revision graph.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    entries: Vec<Entry>,
    /// Identifiers and labels.
    names: HashMap<String, Rev>,
    /// Labels in the order of declaration.
    labels: Vec<(String, Rev)>,
    heads: Vec<Rev>,
    bases: Vec<Rev>,
    real_heads: Vec<Rev>,
    real_bases: Vec<Rev>,
}

impl Graph {
    /// The number of revisions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the graph is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The full identifier of a revision.
    #[must_use]
    pub fn id(&self, rev: Rev) -> &str {
        &self.entries[rev].id
    }

    /// The revision with this exact identifier or label.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Rev> {
        self.names.get(name).copied()
    }

    /// Each declared label, with its revision.
    #[must_use]
    pub fn labels(&self) -> &[(String, Rev)] {
        &self.labels
    }

    /// The labels of a revision, including inherited ones.
    #[must_use]
    pub fn labels_of(&self, rev: Rev) -> &[String] {
        &self.entries[rev].labels
    }

    /// Revisions without children.
    #[must_use]
    pub fn heads(&self) -> &[Rev] {
        &self.heads
    }

    /// Revisions without parents.
    #[must_use]
    pub fn bases(&self) -> &[Rev] {
        &self.bases
    }

    /// Heads on which no other revision depends.
    #[must_use]
    pub fn real_heads(&self) -> &[Rev] {
        &self.real_heads
    }

    /// Bases that depend on no other revision.
    #[must_use]
    pub fn real_bases(&self) -> &[Rev] {
        &self.real_bases
    }

    /// The parents of a revision.
    #[must_use]
    pub fn down(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].down
    }

    /// The dependencies of a revision, without its parents.
    #[must_use]
    pub fn dependencies(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].deps
    }

    /// The dependencies that no ancestor declares.
    #[must_use]
    pub fn own_dependencies(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].own_deps
    }

    /// The children of a revision.
    #[must_use]
    pub fn next(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].next
    }

    /// The children of a revision, and the revisions that depend on it.
    #[must_use]
    pub fn all_next(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].all_next
    }

    /// Whether the revision is a merge.
    #[must_use]
    pub fn is_merge_point(&self, rev: Rev) -> bool {
        self.entries[rev].merge_point
    }
}
