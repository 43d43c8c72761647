//! The revision graph: which revision follows which, what an identifier means, and in which order to visit.
//!
//! A [`Graph`] is a value built once from [`Node`]s (the headers of revision files). Revisions are numbered in
//! the order in which they were given, and everything inside works on those numbers ([`Rev`]); names appear only
//! at the edges. Nothing here recurses, so a chain of any length is fine.
//!
//! | file | concept |
//! |---|---|
//! | `build` | from nodes to a graph: edges, heads, labels, dependencies |
//! | `cycles` | loops, named |
//! | `reach` | ancestors, descendants, lineage |
//! | `ident` | identifiers of every form, partial ids, suggestions |
//! | `relative` | `+N`, `-N`, `rev+N`, `label@-N` |
//! | `range` | what lies between two points |
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

/// A revision's number: its position in the order in which revisions were given.
pub type Rev = usize;

/// Numbers in the order in which they were met, without repetition.
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
    /// The revisions that this one follows.
    pub down: Vec<Rev>,
    /// The revisions named by `depends_on`.
    pub deps: Vec<Rev>,
    /// `deps` without those that an older revision of the same line needs already.
    pub own_deps: Vec<Rev>,
    /// The revisions that follow this one.
    pub next: Vec<Rev>,
    /// `next`, and those that depend on this one.
    pub all_next: Vec<Rev>,
    /// Labels written in the file itself.
    pub given_labels: Vec<String>,
    /// Labels that this revision answers to, inherited ones included.
    pub labels: Vec<String>,
    /// Several parents are named (even if twice the same).
    pub merge_point: bool,
}

impl Entry {
    fn real_branch_point(&self) -> bool {
        self.all_next.len() > 1
    }

    /// Parents, then the dependencies that are this revision's own, each once.
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
    /// Labels in the order in which they were declared.
    labels: Vec<(String, Rev)>,
    heads: Vec<Rev>,
    bases: Vec<Rev>,
    real_heads: Vec<Rev>,
    real_bases: Vec<Rev>,
}

impl Graph {
    /// How many revisions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no revision at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Full identifier of a revision.
    #[must_use]
    pub fn id(&self, rev: Rev) -> &str {
        &self.entries[rev].id
    }

    /// The revision that this exact name (identifier or label) stands for.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Rev> {
        self.names.get(name).copied()
    }

    /// Every declared label and the revision that declares it.
    #[must_use]
    pub fn labels(&self) -> &[(String, Rev)] {
        &self.labels
    }

    /// Labels that a revision answers to, its own and inherited ones.
    #[must_use]
    pub fn labels_of(&self, rev: Rev) -> &[String] {
        &self.entries[rev].labels
    }

    /// Revisions that no other follows.
    #[must_use]
    pub fn heads(&self) -> &[Rev] {
        &self.heads
    }

    /// Revisions that follow none.
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

    /// Parents of a revision.
    #[must_use]
    pub fn down(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].down
    }

    /// What a revision depends on besides its parents.
    #[must_use]
    pub fn dependencies(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].deps
    }

    /// The dependencies that no older revision of the same line declares already.
    #[must_use]
    pub fn own_dependencies(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].own_deps
    }

    /// Revisions that follow this one.
    #[must_use]
    pub fn next(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].next
    }

    /// Revisions that follow this one or depend on it.
    #[must_use]
    pub fn all_next(&self, rev: Rev) -> &[Rev] {
        &self.entries[rev].all_next
    }

    /// Whether several parents are merged here.
    #[must_use]
    pub fn is_merge_point(&self, rev: Rev) -> bool {
        self.entries[rev].merge_point
    }
}
