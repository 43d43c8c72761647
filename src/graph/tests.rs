//! Compares the graph with brute force on small random graphs, and tests single cases.

use proptest::prelude::*;

use super::{Bound, Edges, Graph, Lineage, Node, Notice, Place, Rev, Target};
use crate::error::Error;

pub(crate) fn node(id: &str, down: &[&str], depends_on: &[&str], labels: &[&str]) -> Node {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Node {
        id: id.to_owned(),
        down: owned(down),
        depends_on: owned(depends_on),
        labels: owned(labels),
    }
}

fn graph(nodes: &[Node]) -> Graph {
    Graph::build(nodes.to_vec()).expect("a graph")
}

fn branched() -> Graph {
    graph(&[
        node("aaaa1", &[], &[], &[]),
        node("bbbb1", &["aaaa1"], &[], &["left"]),
        node("bbbb2", &["aaaa1"], &[], &["right"]),
        node("cccc1", &["bbbb1"], &[], &[]),
        node("dddd1", &["cccc1", "bbbb2"], &[], &[]),
        node("other", &[], &["cccc1"], &["apart"]),
    ])
}

fn ids(graph: &Graph, revs: &[Rev]) -> Vec<String> {
    revs.iter().map(|&rev| graph.id(rev).to_owned()).collect()
}

/// The identifiers of all revisions, in the order of a downgrade.
fn full_order(graph: &Graph) -> Vec<String> {
    let revs = graph.iterate(&"heads".into(), &"base".into(), Bound::default(), false);
    ids(graph, &revs.expect("an order"))
}

/// Fewer than `limit` random nodes, which refer only to earlier ones.
pub(crate) fn any_nodes(limit: usize) -> impl Strategy<Value = Vec<Node>> {
    let seed = (any::<u16>(), any::<u16>(), 0..10u8);
    proptest::collection::vec(seed, 1..limit).prop_map(|seeds| {
        // At most `max` of the revisions before `rev`, chosen by the bits of `mask`.
        let pick = |mask: u16, rev: usize, max: usize| {
            let picked = (0..rev).rev().filter(move |bit| mask >> (bit % 16) & 1 == 1).take(max);
            picked.map(|rev| format!("r{rev:04}")).collect::<Vec<_>>()
        };
        let nodes = seeds.iter().enumerate().map(|(rev, &(down, deps, shape))| Node {
            id: format!("r{rev:04}"),
            down: if shape == 0 {
                Vec::new()
            } else {
                pick(down | (1 << ((rev.max(1) - 1) % 16)), rev, 1 + usize::from(shape) / 8)
            },
            depends_on: if shape % 3 == 0 { pick(deps, rev, 1) } else { Vec::new() },
            labels: if shape == 9 {
                vec![format!("label{rev}")]
            } else {
                Vec::new()
            },
        });
        nodes.collect()
    })
}

/// The transitive closure of parents and dependencies: `needs[rev][other]` is true if `rev` needs `other`.
fn closure(graph: &Graph) -> Vec<Vec<bool>> {
    let count = graph.len();
    let mut needs = vec![vec![false; count]; count];
    for _ in 0..=count {
        for rev in 0..count {
            for &need in graph.down(rev).iter().chain(graph.dependencies(rev)) {
                needs[rev][need] = true;
                let indirect = needs[need].clone();
                needs[rev]
                    .iter_mut()
                    .zip(indirect)
                    .for_each(|(is_needed, is_needed_indirectly)| *is_needed |= is_needed_indirectly);
            }
        }
    }
    needs
}

proptest! {
    #[test]
    fn each_revision_is_visited_once_after_its_dependents(nodes in any_nodes(14), rotation in any::<usize>()) {
        let mut nodes = nodes;
        let rotation = rotation % nodes.len();
        nodes.rotate_left(rotation);
        let graph = Graph::build(nodes).expect("no cycle is possible");
        let visited = graph.iterate(&"heads".into(), &"base".into(), Bound::default(), false).expect("an order");
        let mut sorted = visited.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..graph.len()).collect::<Vec<_>>());
        let needs = closure(&graph);
        for (at, &rev) in visited.iter().enumerate() {
            for &earlier in &visited[..at] {
                prop_assert!(!needs[rev][earlier], "{} after {}", graph.id(rev), graph.id(earlier));
            }
        }
    }

    #[test]
    fn reach_equals_the_transitive_closure(nodes in any_nodes(14)) {
        let graph = graph(&nodes);
        let needs = closure(&graph);
        for (rev, rev_needs) in needs.iter().enumerate() {
            let below = graph.reach([rev], Edges::Needs);
            let above = graph.reach([rev], Edges::AllNext);
            for (other, other_needs) in needs.iter().enumerate() {
                prop_assert_eq!(below.contains(other), other == rev || rev_needs[other]);
                prop_assert_eq!(above.contains(other), other == rev || other_needs[rev]);
            }
        }
    }

    #[test]
    fn an_upgrade_runs_exactly_the_missing_revisions(nodes in any_nodes(14), from in any::<u16>(), to in any::<u16>()) {
        let graph = graph(&nodes);
        let (from, to) = (usize::from(from) % graph.len(), usize::from(to) % graph.len());
        let bound = Bound { implicit_base: true, strict: true, inclusive: false };
        let mut found = graph.iterate(&graph.id(to).into(), &graph.id(from).into(), bound, false).expect("a range");
        let needs = closure(&graph);
        let includes = |rev: Rev, other: Rev| rev == other || needs[rev][other];
        let mut expected: Vec<Rev> = (0..graph.len()).filter(|&rev| includes(to, rev) && !includes(from, rev)).collect();
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_cycle_is_detected(nodes in any_nodes(10), from in any::<u16>()) {
        let mut nodes = nodes;
        let graph = graph(&nodes);
        let needs = closure(&graph);
        let start = usize::from(from) % graph.len();
        if let Some(end) = (0..graph.len()).find(|&end| needs[end][start]) {
            nodes[start].down.push(graph.id(end).to_owned());
            let is_loop = matches!(Graph::build(nodes), Err(Error::RevisionLoop { itself: false, .. }));
            prop_assert!(is_loop);
        }
    }

    #[test]
    fn no_identifier_causes_a_panic(nodes in any_nodes(8), upper in ".{0,12}", lower in "[a-z0-9@+:-]{0,12}") {
        let graph = graph(&nodes);
        for name in [upper.as_str(), lower.as_str()] {
            let _ = graph.single(&name.into());
            let _ = graph.several(&name.into());
        }
        for downgrade in [false, true] {
            let _ = graph.iterate(&upper.as_str().into(), &lower.as_str().into(), Bound::default(), downgrade);
        }
    }
}

#[test]
fn heads_and_bases() {
    let graph = branched();
    assert_eq!(ids(&graph, graph.heads()), ["dddd1", "other"]);
    assert_eq!(ids(&graph, graph.bases()), ["aaaa1", "other"]);
    assert_eq!(ids(&graph, graph.real_bases()), ["aaaa1"]);
}

#[test]
fn branches_are_visited_one_after_the_other() {
    assert_eq!(
        full_order(&branched()),
        ["dddd1", "other", "cccc1", "bbbb1", "bbbb2", "aaaa1"]
    );
}

#[test]
fn identifiers_resolve() {
    let graph = branched();
    let single = |name: &str| {
        graph
            .single(&name.into())
            .map(|rev| rev.map(|rev| graph.id(rev).to_owned()))
    };
    assert_eq!(single("cccc").ok(), Some(Some("cccc1".to_owned())));
    assert_eq!(single("left").ok(), Some(Some("bbbb1".to_owned())));
    assert_eq!(single("left@head").ok(), Some(Some("dddd1".to_owned())));
    assert_eq!(single("base").ok(), Some(None));
    assert!(matches!(single("head"), Err(Error::MultipleHeads { .. })));
    assert!(matches!(single("bbbb"), Err(Error::Resolution { .. })));
    assert!(matches!(single("apart@bbbb1"), Err(Error::Resolution { .. })));
    let Err(Error::Resolution { nearest, .. }) = single("ccccl") else {
        panic!("there is no such revision")
    };
    assert_eq!(nearest.as_deref(), Some("cccc1"));
}

#[test]
fn walks_end_at_the_base() {
    let graph = branched();
    let walk = |name: &str, steps, label| graph.walk(Place::At(graph.named(name).unwrap()), steps, label, true);
    assert_eq!(
        walk("aaaa1", 2, Some("left")).ok(),
        Some(Place::At(graph.named("cccc1").unwrap()))
    );
    assert_eq!(walk("cccc1", -3, None).ok(), Some(Place::Base));
    assert_eq!(walk("cccc1", -4, None).ok(), Some(Place::Nothing));
    assert!(walk("aaaa1", 1, None).is_err());
}

#[test]
fn labels_are_inherited_along_a_line() {
    let graph = graph(&[
        node("a", &[], &[], &[]),
        node("b", &["a"], &[], &["line"]),
        node("c", &["b"], &[], &[]),
    ]);
    assert!((0..3).all(|rev| graph.labels_of(rev) == ["line"]));
    let related = graph.filter_for_lineage(&[0, 1, 2], Some("line@head"), Lineage::Line);
    assert_eq!(related.ok(), Some(vec![0, 1, 2]));
}

#[test]
fn a_dependency_is_own_only_where_first_declared() {
    let graph = graph(&[
        node("x", &[], &[], &[]),
        node("a", &[], &["x"], &[]),
        node("b", &["a"], &["x"], &[]),
    ]);
    assert_eq!(graph.own_dependencies(1), [0]);
    assert!(graph.own_dependencies(2).is_empty());
}

#[test]
fn an_empty_dependency_is_ignored() {
    let graph = graph(&[node("a", &[], &[""], &[]), node("b", &["a"], &[""], &[])]);
    assert_eq!(graph.real_bases, [0]);
    assert!((0..2).all(|rev| graph.dependencies(rev).is_empty()));
    let both = Graph::build([node("a", &[], &[], &[]), node("b", &[], &["", "a"], &[])]);
    assert!(matches!(both, Err(Error::MissingRevision { missing, .. }) if missing.is_empty()));
}

#[test]
fn duplicates_and_missing_parents_are_reported() {
    let mut notices = Vec::new();
    let twice = [node("a", &[], &[], &[]), node("a", &[], &[], &[])];
    assert!(Graph::build_noticing(twice, &mut notices).is_ok());
    assert_eq!(notices, [Notice::Duplicate("a".to_owned())]);
    let orphan = Graph::build([node("b", &["gone"], &[], &[])]);
    assert!(matches!(orphan, Err(Error::MissingRevision { missing, .. }) if missing == "gone"));
}

#[test]
fn a_chain_of_100_000_revisions_does_not_overflow_the_stack() {
    let chain = (0..100_000).map(|rev| Node {
        id: format!("r{rev}"),
        down: if rev == 0 {
            Vec::new()
        } else {
            vec![format!("r{}", rev - 1)]
        },
        ..Node::default()
    });
    let graph = Graph::build(chain).expect("a chain");
    assert_eq!(full_order(&graph).len(), 100_000);
    let target = Target::Name("r99999-99999".to_owned());
    let bound = Bound {
        strict: true,
        ..Bound::default()
    };
    let range = graph
        .downward(&"r99999".into(), &target, bound, &mut false)
        .expect("a range");
    assert_eq!(range.revs.len(), 99_999);
}
