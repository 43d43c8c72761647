//! Builds the graph from nodes.

use std::collections::HashMap;

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
    /// [`Error::LabelTaken`] for a label that is already an identifier or a label;
    /// [`Error::Revision`] for an identifier with a reserved character.
    pub fn build(nodes: impl IntoIterator<Item = Node>) -> Result<Self, Error> {
        Self::build_noticing(nodes, &mut Vec::new())
    }

    /// Build the graph, and add warnings to `notices` even if the build fails.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub fn build_noticing(nodes: impl IntoIterator<Item = Node>, notices: &mut Vec<Notice>) -> Result<Self, Error> {
        let mut graph = Self::default();
        let nodes = graph.number(nodes, notices)?;
        graph.declare_labels()?;
        graph.link(&nodes, notices)?;
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
            Some(rev) => nodes[rev] = node,
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
            down.push(down[0].clone()); // the file names its parent twice, which makes the revision a merge point
        }
        Node {
            id: entry.id.clone(),
            down,
            depends_on: names(&entry.deps),
            labels: entry.declared_labels.clone(),
        }
    }

    /// Number the revisions, and return their nodes in this order. The later of two nodes with the same identifier
    /// replaces the earlier one.
    fn number(&mut self, nodes: impl IntoIterator<Item = Node>, notices: &mut Vec<Notice>) -> Result<Vec<Node>, Error> {
        let mut numbered: Vec<Node> = Vec::new();
        for mut node in nodes {
            if node.depends_on == [""] {
                node.depends_on.clear(); // `depends_on = ''`
            }
            check_node(&node)?;
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
                numbered[rev] = node;
            } else {
                self.names.insert(node.id.clone(), self.entries.len());
                self.entries.push(entry);
                numbered.push(node);
            }
        }
        Ok(numbered)
    }

    /// Record the labels that the revisions declare.
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

    /// Resolve the names in the nodes to edges, with a warning for each missing parent.
    ///
    /// # Errors
    /// [`Error::MissingRevision`] for the first missing name; [`Error::RevisionLoop`] for a revision that depends on
    /// its own label.
    fn link(&mut self, nodes: &[Node], notices: &mut Vec<Notice>) -> Result<(), Error> {
        let mut first_missing = None;
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
                    None => first_missing = first_missing.or_else(|| Some(missing(name, &node.id, "depends_on"))),
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
                    first_missing = first_missing.or_else(|| Some(missing(name, &node.id, "down_revision")));
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
        first_missing.map_or(Ok(()), Err)
    }

    fn find_heads_and_bases(&mut self) {
        let select = |test: fn(&Entry) -> bool| {
            let selected = self.entries.iter().enumerate().filter(|(_, entry)| test(entry));
            selected.map(|(rev, _)| rev).collect::<Vec<_>>()
        };
        let heads = select(|entry| entry.next.is_empty());
        let real_heads = select(|entry| entry.all_next.is_empty());
        let bases = select(|entry| entry.down.is_empty());
        let real_bases = select(|entry| entry.down.is_empty() && entry.deps.is_empty());
        (self.heads, self.real_heads, self.bases, self.real_bases) = (heads, real_heads, bases, real_bases);
    }

    /// If a revision declares labels, copy its labels to its descendants. If neither the revision nor a descendant is a
    /// branch point or a merge point, copy the labels to its ancestors too, up to (not including) the nearest such
    /// point.
    fn propagate_labels(&mut self, rev: Rev) {
        if self.entries[rev].declared_labels.is_empty() {
            return;
        }
        let labels = self.entries[rev].labels.clone();
        let is_linear = |rev: Rev| !self.entries[rev].real_branch_point() && !self.entries[rev].merge_point;
        let mut receivers = self.reach([rev], Edges::Next).list().to_vec();
        if receivers.iter().all(|&other| is_linear(other)) {
            let mut parent = self.entries[rev].down.first();
            while let Some(&ancestor) = parent.filter(|&&parent| is_linear(parent)) {
                receivers.push(ancestor);
                parent = self.entries[ancestor].down.first();
            }
        }
        for other in receivers {
            let existing = &mut self.entries[other].labels;
            for label in &labels {
                if !existing.contains(label) {
                    existing.push(label.clone());
                }
            }
        }
    }

    /// Set `own_deps`: the dependencies that no ancestor declares too.
    fn find_own_dependencies(&mut self) {
        let mut dependents: HashMap<Rev, Vec<Rev>> = HashMap::new();
        for (rev, entry) in self.entries.iter().enumerate() {
            for &dep in &entry.deps {
                dependents.entry(dep).or_default().push(rev);
            }
        }
        for entry in &mut self.entries {
            entry.own_deps.clone_from(&entry.deps);
        }
        for (dep, revs) in dependents.into_iter().filter(|(_, revs)| revs.len() > 1) {
            // A revision that descends from another dependent inherits the dependency.
            let children = revs.iter().flat_map(|&rev| self.entries[rev].next.iter().copied());
            let descendants = self.reach(children, Edges::Next);
            for rev in revs.into_iter().filter(|&rev| descendants.contains(rev)) {
                self.entries[rev].own_deps.retain(|&own| own != dep);
            }
        }
    }
}

/// Reject identifiers with reserved characters, and direct self-references.
fn check_node(node: &Node) -> Result<(), Error> {
    if let Some(message) = illegal_characters(&node.id) {
        return Err(Error::Revision(message));
    }
    let has_own_id = |names: &[String]| names.contains(&node.id);
    if !node.id.is_empty() && (has_own_id(&node.down) || has_own_id(&node.depends_on)) {
        return Err(Error::RevisionLoop {
            dependency: !has_own_id(&node.down),
            itself: true,
            revisions: vec![node.id.clone()],
        });
    }
    Ok(())
}

/// The error message for an identifier with reserved characters; `None` for any other identifier.
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
