//! Builds the graph from nodes.

use std::collections::{HashMap, HashSet};

use super::{Edges, Entry, Graph, Rev, unique};
use crate::error::Error;
use crate::script::Header;

/// The header of a revision, as input of the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The identifier.
    pub id: String,
    /// The parents' identifiers; empty for a base.
    pub down: Vec<String>,
    /// Identifiers or labels of the dependencies.
    pub depends_on: Vec<String>,
    /// The declared branch labels.
    pub labels: Vec<String>,
}

impl From<&Header> for Node {
    fn from(header: &Header) -> Self {
        Self {
            id: header.revision.clone(),
            down: header.down_revision.clone(),
            depends_on: header.depends_on.clone(),
            labels: header.branch_labels.clone(),
        }
    }
}

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Two nodes have this identifier; the later one replaces the earlier one.
    Duplicate(String),
    /// A revision names a parent that does not exist.
    MissingParent {
        /// The missing parent.
        missing: String,
        /// The revision that names it.
        referrer: String,
    },
}

impl Graph {
    /// Build the graph.
    ///
    /// # Errors
    /// [`Error::RevisionLoop`] for a cycle;
    /// [`Error::MissingRevision`] for a parent or dependency that does not exist;
    /// [`Error::LabelTaken`]; [`Error::Revision`] for an identifier with a forbidden character.
    pub fn build(nodes: impl IntoIterator<Item = Node>) -> Result<Self, Error> {
        Self::build_noticing(nodes, &mut Vec::new())
    }

    /// Build the graph and collect warnings, also when it fails.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub fn build_noticing(nodes: impl IntoIterator<Item = Node>, notices: &mut Vec<Notice>) -> Result<Self, Error> {
        let mut graph = Self::default();
        let linked = graph.number(nodes, notices).and_then(|nodes| {
            graph.declare_labels()?;
            graph.link(&nodes, notices)
        })?;
        if let Some(error) = linked {
            return Err(error);
        }
        graph.find_heads_and_bases();
        graph.check_cycles()?;
        for rev in 0..graph.entries.len() {
            graph.propagate_labels(rev);
        }
        graph.find_own_dependencies();
        Ok(graph)
    }

    /// The graph with one revision added; a revision with the same identifier is replaced.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub fn with(&self, node: Node) -> Result<Self, Error> {
        let mut nodes: Vec<Node> = (0..self.entries.len()).map(|rev| self.node(rev)).collect();
        match self.entries.iter().position(|entry| entry.id == node.id) {
            Some(place) => nodes[place] = node,
            None => nodes.push(node),
        }
        Self::build(nodes)
    }

    /// The node of a revision, with its dependencies as full identifiers.
    #[must_use]
    pub fn node(&self, rev: Rev) -> Node {
        let entry = &self.entries[rev];
        let names = |revs: &[Rev]| revs.iter().map(|&other| self.id(other).to_owned()).collect::<Vec<_>>();
        let mut down = names(&entry.down);
        if entry.merge_point && down.len() == 1 {
            down.push(down[0].clone()); // named twice in the file, which makes it a merge point
        }
        Node {
            id: entry.id.clone(),
            down,
            depends_on: names(&entry.deps),
            labels: entry.declared_labels.clone(),
        }
    }

    /// Number the identifiers; the later of two nodes with one identifier gets the number of the earlier.
    fn number(&mut self, nodes: impl IntoIterator<Item = Node>, notices: &mut Vec<Notice>) -> Result<Vec<Node>, Error> {
        let mut kept: Vec<Node> = Vec::new();
        for mut node in nodes {
            if node.depends_on == [""] {
                node.depends_on.clear(); // `depends_on = ''`
            }
            check_id(&node)?;
            let labels = std::mem::take(&mut node.labels);
            let entry = Entry {
                id: node.id.clone(),
                merge_point: node.down.len() > 1,
                declared_labels: labels,
                ..Entry::default()
            };
            if let Some(&rev) = self.names.get(&node.id) {
                notices.push(Notice::Duplicate(node.id.clone()));
                self.entries[rev] = entry;
                kept[rev] = node;
            } else {
                self.names.insert(node.id.clone(), self.entries.len());
                self.entries.push(entry);
                kept.push(node);
            }
        }
        Ok(kept)
    }

    fn declare_labels(&mut self) -> Result<(), Error> {
        for rev in 0..self.entries.len() {
            for label in self.entries[rev].declared_labels.clone() {
                if let Some(&other) = self.names.get(&label) {
                    return Err(Error::LabelTaken {
                        label,
                        revision: self.id(rev).to_owned(),
                        other: self.id(other).to_owned(),
                    });
                }
                self.names.insert(label.clone(), rev);
                self.entries[rev].labels.push(label.clone());
                self.labels.push((label, rev));
            }
        }
        Ok(())
    }

    /// Resolve the names in the nodes to edges. Returns an error for the first name that does not exist, after a warning
    /// for each missing parent.
    fn link(&mut self, nodes: &[Node], notices: &mut Vec<Notice>) -> Result<Option<Error>, Error> {
        let mut unresolved = None;
        for (rev, node) in nodes.iter().enumerate() {
            let mut deps = Vec::new();
            for name in &node.depends_on {
                match self.names.get(name) {
                    Some(&dep) if dep == rev => {
                        return Err(Error::RevisionLoop {
                            dependency: true,
                            itself: true,
                            revisions: vec![node.id.clone()],
                        });
                    }
                    Some(&dep) => deps.push(dep),
                    None => unresolved = unresolved.or_else(|| Some(missing(name, &node.id, "depends_on"))),
                }
            }
            let mut down = Vec::new();
            for name in &node.down {
                // A label cannot name a parent.
                if let Some(&parent) = self.names.get(name).filter(|&&parent| self.entries[parent].id == *name) {
                    down.push(parent);
                } else {
                    notices.push(Notice::MissingParent {
                        missing: name.clone(),
                        referrer: node.id.clone(),
                    });
                    unresolved = unresolved.or_else(|| Some(missing(name, &node.id, "down_revision")));
                }
            }
            let (down, deps) = (unique(down), unique(deps));
            for &parent in &down {
                self.entries[parent].next.push(rev);
            }
            for parent in unique(down.iter().chain(&deps).copied()) {
                self.entries[parent].all_next.push(rev);
            }
            self.entries[rev].down = down;
            self.entries[rev].deps = deps;
        }
        Ok(unresolved)
    }

    fn find_heads_and_bases(&mut self) {
        let pick = |test: fn(&Entry) -> bool| {
            let chosen = self.entries.iter().enumerate().filter(|(_, entry)| test(entry));
            chosen.map(|(rev, _)| rev).collect::<Vec<_>>()
        };
        let heads = pick(|entry| entry.next.is_empty());
        let real_heads = pick(|entry| entry.all_next.is_empty());
        let bases = pick(|entry| entry.down.is_empty());
        let real_bases = pick(|entry| entry.down.is_empty() && entry.deps.is_empty());
        (self.heads, self.real_heads, self.bases, self.real_bases) = (heads, real_heads, bases, real_bases);
    }

    /// Copy a revision's declared labels to its descendants. If none of them is a branch point or a merge point, copy
    /// them to its ancestors too, down to the nearest branch point or merge point.
    fn propagate_labels(&mut self, rev: Rev) {
        if self.entries[rev].declared_labels.is_empty() {
            return;
        }
        let labels = self.entries[rev].labels.clone();
        let descendants = self.reach([rev], Edges::Next).list().to_vec();
        let plain = |entry: &Entry| !entry.real_branch_point() && !entry.merge_point;
        let mut receivers = descendants;
        if receivers.iter().all(|&other| plain(&self.entries[other])) {
            let mut below = self.entries[rev].down.first();
            while let Some(&parent) = below.filter(|&&parent| plain(&self.entries[parent])) {
                receivers.push(parent);
                below = self.entries[parent].down.first();
            }
        }
        for other in receivers {
            let known = &mut self.entries[other].labels;
            for label in &labels {
                if !known.contains(label) {
                    known.push(label.clone());
                }
            }
        }
    }

    /// Set `own_deps`: the dependencies that no ancestor declares too.
    fn find_own_dependencies(&mut self) {
        let mut declarers: HashMap<Rev, Vec<Rev>> = HashMap::new();
        for (rev, entry) in self.entries.iter().enumerate() {
            for &dep in &entry.deps {
                declarers.entry(dep).or_default().push(rev);
            }
        }
        for entry in &mut self.entries {
            entry.own_deps.clone_from(&entry.deps);
        }
        for (dep, users) in declarers.into_iter().filter(|(_, users)| users.len() > 1) {
            // A revision that descends from another declarer inherits the dependency.
            let declared: HashSet<Rev> = users.iter().copied().collect();
            let starts = users.iter().flat_map(|&user| self.entries[user].next.iter().copied());
            let later = self.reach(starts, Edges::Next);
            for user in declared.into_iter().filter(|&user| later.contains(user)) {
                self.entries[user].own_deps.retain(|&own| own != dep);
            }
        }
    }
}

/// Reject identifiers with reserved characters, and direct self-references.
fn check_id(node: &Node) -> Result<(), Error> {
    if let Some(message) = illegal_characters(&node.id) {
        return Err(Error::Revision(message));
    }
    let itself = |names: &[String]| names.contains(&node.id);
    if !node.id.is_empty() && (itself(&node.down) || itself(&node.depends_on)) {
        return Err(Error::RevisionLoop {
            dependency: !itself(&node.down),
            itself: true,
            revisions: vec![node.id.clone()],
        });
    }
    Ok(())
}

/// The error message for an identifier with reserved characters.
#[must_use]
pub fn illegal_characters(id: &str) -> Option<String> {
    let found: Vec<String> = ['+', '-', ':', '@']
        .iter()
        .filter(|&&c| id.contains(c))
        .map(char::to_string)
        .collect();
    (!found.is_empty()).then(|| {
        format!(
            "Character(s) '{}' not allowed in revision identifier '{id}'",
            found.join(", ")
        )
    })
}

fn missing(name: &str, referrer: &str, field: &'static str) -> Error {
    Error::MissingRevision {
        missing: name.to_owned(),
        referrer: referrer.to_owned(),
        field,
    }
}
