//! The status of a database against the revision files.

use crate::graph::{Edges, Graph, Rev};

/// How the database relates to the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Every revision of the files is applied, and no unknown one.
    AtHead,
    /// Revisions are pending.
    Behind,
    /// The database has an unknown revision, and no revision is known to be pending.
    Ahead,
    /// The database has an unknown revision while known ones are pending, or it has rows for a revision and its
    /// ancestor.
    Diverged,
    /// There are no version rows, but there are revision files.
    Unstamped,
    /// There are neither version rows nor revision files.
    NoRevisions,
}

impl State {
    /// The name in Python and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AtHead => "at-head",
            Self::Behind => "behind",
            Self::Ahead => "ahead",
            Self::Diverged => "diverged",
            Self::Unstamped => "unstamped",
            Self::NoRevisions => "no-revisions",
        }
    }
}

/// The status of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The summary.
    pub state: State,
    /// Version rows without a revision file.
    pub unknown: Vec<String>,
    /// Version rows that are ancestors of another row.
    pub redundant: Vec<String>,
    /// The revisions that an upgrade would run, in a possible order.
    pub pending: Vec<String>,
}

impl Status {
    /// Compare the version rows with the graph.
    ///
    /// A row means that its revision and everything that it needs are applied. With unknown rows, only descendants of
    /// known rows count as pending: the unknown revision may be a descendant of any other, which is then applied.
    #[must_use]
    pub fn of(graph: &Graph, rows: &[String]) -> Self {
        let (known, unknown) = split(graph, rows);
        let parents = known.iter().flat_map(|&rev| graph.down(rev).iter().copied());
        let ancestors = graph.reach(parents, Edges::Down);
        let redundant: Vec<Rev> = known.iter().copied().filter(|&rev| ancestors.contains(rev)).collect();

        let applied = graph.reach(known.iter().copied(), Edges::AllDown);
        let descendants = graph.reach(known.iter().copied(), Edges::Next);
        let is_pending = |&rev: &Rev| !applied.contains(rev) && (unknown.is_empty() || descendants.contains(rev));
        let pending = sort(graph, &(0..graph.len()).filter(is_pending).collect::<Vec<_>>());

        let state = match (unknown.is_empty(), pending.is_empty()) {
            _ if !redundant.is_empty() => State::Diverged,
            (true, _) if known.is_empty() && graph.is_empty() => State::NoRevisions,
            (true, _) if known.is_empty() => State::Unstamped,
            (true, true) => State::AtHead,
            (true, false) => State::Behind,
            (false, true) => State::Ahead,
            (false, false) => State::Diverged,
        };
        let ids = |revs: &[Rev]| revs.iter().map(|&rev| graph.id(rev).to_owned()).collect();
        Self {
            state,
            unknown,
            redundant: ids(&redundant),
            pending: ids(&pending),
        }
    }

    /// Whether `rev` is applied, according to the version rows.
    #[must_use]
    pub fn includes(graph: &Graph, rows: &[String], rev: Rev) -> bool {
        graph.reach(split(graph, rows).0, Edges::AllDown).contains(rev)
    }
}

/// The rows that are in the graph, and the others.
fn split(graph: &Graph, rows: &[String]) -> (Vec<Rev>, Vec<String>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for row in rows {
        // A version row is never a branch label.
        match graph.named(row).filter(|&rev| graph.id(rev) == row) {
            Some(rev) => known.push(rev),
            None => unknown.push(row.clone()),
        }
    }
    (known, unknown)
}

/// Sort topologically: a revision comes directly after the last one that it needs, where possible.
fn sort(graph: &Graph, revs: &[Rev]) -> Vec<Rev> {
    let wanted = {
        let mut marks = vec![false; graph.len()];
        for &rev in revs {
            marks[rev] = true;
        }
        marks
    };
    let needs = |rev: Rev| {
        graph
            .down(rev)
            .iter()
            .chain(graph.dependencies(rev))
            .copied()
            .filter(|&other| wanted[other])
    };
    let mut dependents: Vec<Vec<Rev>> = vec![Vec::new(); graph.len()];
    let mut unmet_needs = vec![0_usize; graph.len()];
    for &rev in revs {
        for other in needs(rev) {
            dependents[other].push(rev);
            unmet_needs[rev] += 1;
        }
    }
    let mut ready: Vec<Rev> = revs
        .iter()
        .copied()
        .rev()
        .filter(|&rev| unmet_needs[rev] == 0)
        .collect();
    let mut order = Vec::with_capacity(revs.len());
    while let Some(rev) = ready.pop() {
        order.push(rev);
        for &dependent in dependents[rev].iter().rev() {
            unmet_needs[dependent] -= 1;
            if unmet_needs[dependent] == 0 {
                ready.push(dependent);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Node;

    /// `("c", "a b", "d")`: c has the parents a and b, and depends on d; a has the branch label `line`.
    fn graph(nodes: &[(&str, &str, &str)]) -> Graph {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        Graph::build(nodes.iter().map(|(id, down, deps)| Node {
            id: (*id).to_owned(),
            down: words(down),
            depends_on: words(deps),
            labels: if *id == "a" {
                vec!["line".to_owned()]
            } else {
                Vec::new()
            },
        }))
        .unwrap()
    }

    fn chain() -> Graph {
        graph(&[("c", "b", ""), ("b", "a", ""), ("a", "", "")])
    }

    fn status(graph: &Graph, rows: &str) -> Status {
        Status::of(graph, &rows.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_chain_has_every_state() {
        assert_eq!(status(&chain(), "c").state, State::AtHead);
        let behind = status(&chain(), "a");
        assert_eq!(
            (behind.state, behind.pending),
            (State::Behind, vec!["b".into(), "c".into()])
        );
        let empty = status(&chain(), "");
        assert_eq!((empty.state, empty.pending.len()), (State::Unstamped, 3));
        assert_eq!(status(&graph(&[]), "").state, State::NoRevisions);
    }

    #[test]
    fn unknown_rows_are_ahead_or_diverged() {
        let ahead = status(&chain(), "z");
        assert_eq!((ahead.state, ahead.unknown), (State::Ahead, vec!["z".to_owned()]));
        assert!(ahead.pending.is_empty());
        assert_eq!(status(&chain(), "c z").state, State::Ahead);
        let diverged = status(&chain(), "b z");
        assert_eq!(
            (diverged.state, diverged.pending),
            (State::Diverged, vec!["c".to_owned()])
        );
        assert_eq!(status(&graph(&[]), "z").state, State::Ahead);
        assert_eq!(status(&chain(), "line").unknown, ["line"]);
    }

    #[test]
    fn a_row_with_its_ancestor_is_diverged() {
        let diverged = status(&chain(), "c a");
        assert_eq!(
            (diverged.state, diverged.redundant),
            (State::Diverged, vec!["a".to_owned()])
        );
    }

    #[test]
    fn pending_revisions_of_branches_and_dependencies() {
        let both = graph(&[("a", "", ""), ("b", "a", ""), ("x", "", ""), ("y", "x", "b")]);
        assert_eq!(status(&both, "y").state, State::AtHead);
        assert_eq!(status(&both, "y b").state, State::AtHead);
        assert_eq!(status(&both, "b").pending, ["x", "y"]);
        assert_eq!(status(&both, "x").pending, ["a", "b", "y"]);
        let merged = graph(&[("a", "", ""), ("b", "a", ""), ("c", "a", ""), ("m", "b c", "")]);
        assert_eq!(status(&merged, "b").pending, ["c", "m"]);
        assert_eq!(status(&merged, "b c").pending, ["m"]);
    }

    #[test]
    fn a_row_includes_its_ancestors_and_dependencies() {
        let graph = graph(&[("a", "", ""), ("b", "a", ""), ("x", "", ""), ("y", "x", "b")]);
        let includes = |row: &str, rev: &str| Status::includes(&graph, &[row.to_owned()], graph.named(rev).unwrap());
        assert!(includes("y", "a") && includes("y", "b") && includes("y", "y") && includes("x", "x"));
        assert!(!includes("x", "y") && !includes("b", "x") && !includes("z", "a"));
    }

    #[test]
    fn long_chains_do_not_overflow_the_stack() {
        let nodes = (0..50_000).map(|at: u32| Node {
            id: format!("r{at}"),
            down: at.checked_sub(1).map(|below| format!("r{below}")).into_iter().collect(),
            ..Node::default()
        });
        let status = Status::of(&Graph::build(nodes).unwrap(), &["r9".to_owned()]);
        assert_eq!(status.pending.len(), 49_990);
    }
}
