//! The revision graph: ancestry, identifiers, and the order of revisions.
//!
//! A [`Graph`] is immutable and built from [`Node`]s, the headers of revision files. Revisions are numbered in input
//! order, and all algorithms work on these numbers ([`Rev`]). No function recurses, so that long chains do not exhaust
//! the stack.
//!
//! | file | concept |
//! |---|---|
//! | `build` | from nodes to a graph: edges, heads, labels, dependencies |
//! | `cycles` | detection of cycles |
//! | `reach` | ancestors, descendants, lineage |
//! | `ident` | resolution of identifiers, partial ids, suggestions |
//! | `relative` | `+N`, `-N`, `rev+N`, `label@-N` |
//! | `range` | the revisions between two identifiers |
//! | `order` | the order in which a range is run |

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

/// A revision's number: its position in the input.
pub type Rev = usize;

/// The items without duplicates, in order of first occurrence.
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
    /// Parents.
    pub down: Vec<Rev>,
    /// The revisions named by `depends_on`.
    pub deps: Vec<Rev>,
    /// `deps` without those that an ancestor declares too.
    pub own_deps: Vec<Rev>,
    /// Children.
    pub next: Vec<Rev>,
    /// Children and dependents.
    pub all_next: Vec<Rev>,
    /// Labels that the file declares.
    pub declared_labels: Vec<String>,
    /// Declared and inherited labels.
    pub labels: Vec<String>,
    /// Whether several parents are named, even if they are the same.
    pub merge_point: bool,
}

impl Entry {
    fn real_branch_point(&self) -> bool {
        self.all_next.len() > 1
    }

    /// Parents and own dependencies, without duplicates.
    pub fn needs(&self) -> impl Iterator<Item = Rev> + '_ {
        let own = self.own_deps.iter().filter(|dep| !self.down.contains(dep));
        self.down.iter().chain(own).copied()
    }
}

/// The revision graph.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    entries: Vec<Entry>,
    /// Revisions by identifier and by label.
    names: HashMap<String, Rev>,
    /// Labels in the order of their declaration.
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

    /// Whether there are no revisions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The full identifier of a revision.
    #[must_use]
    pub fn id(&self, rev: Rev) -> &str {
        &self.entries[rev].id
    }

    /// The revision with exactly this identifier or label.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Rev> {
        self.names.get(name).copied()
    }

    /// Each declared label, with its revision.
    #[must_use]
    pub fn labels(&self) -> &[(String, Rev)] {
        &self.labels
    }

    /// A revision's declared and inherited labels.
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

    /// Revisions without children and dependents.
    #[must_use]
    pub fn real_heads(&self) -> &[Rev] {
        &self.real_heads
    }

    /// Revisions without parents and dependencies.
    #[must_use]
    pub fn real_bases(&self) -> &[Rev] {
        &self.real_bases
    }

    /// The parents of a revision.
    #[must_use]
    pub fn down(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].down
    }

    /// The dependencies of a revision.
    #[must_use]
    pub fn dependencies(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].deps
    }

    /// The dependencies of a revision that none of its ancestors declares too.
    #[must_use]
    pub fn own_dependencies(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].own_deps
    }

    /// The children of a revision.
    #[must_use]
    pub fn next(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].next
    }

    /// The children and dependents of a revision.
    #[must_use]
    pub fn all_next(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].all_next
    }

    /// Whether the revision names several parents.
    #[must_use]
    pub fn is_merge_point(&self, rev: Rev) -> bool {
        self.entries[rev].merge_point
    }
}
