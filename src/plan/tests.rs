//! Compares plans with a model that tracks only the applied revisions.

use proptest::prelude::*;

use super::{Action, Change, Direction, Ledger, Plan, Step, check_fits};
use crate::error::Error;
use crate::graph::tests::{any_nodes, node};
use crate::graph::{Edges, Graph, Rev, Target};

/// For each revision, whether it is applied according to the version rows.
fn applied(graph: &Graph, rows: &[String]) -> Vec<bool> {
    let revs: Vec<Rev> = rows
        .iter()
        .map(|row| graph.named(row).expect("a row is a revision"))
        .collect();
    let reach = graph.reach(revs, Edges::Needs);
    (0..graph.len()).map(|rev| reach.contains(rev)).collect()
}

/// Whether a row is an ancestor of another.
fn overlap(graph: &Graph, rows: &[String]) -> bool {
    rows.iter().enumerate().any(|(at, row)| {
        let others = [&rows[..at], &rows[at + 1..]].concat();
        graph.named(row).is_some_and(|rev| applied(graph, &others)[rev])
    })
}

/// The version rows after each step.
fn replay(graph: &Graph, plan: &Plan, rows: &[String]) -> Vec<Vec<String>> {
    let mut ledger = Ledger::new(graph, rows.iter().cloned());
    let mut states = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        ledger.apply(&step.change).expect("a plan can be replayed");
        states.push(ledger.rows().into_iter().collect());
    }
    states
}

/// Check that each step can run, and that the rows match the applied revisions after it. Returns the last rows.
fn follow(graph: &Graph, plan: &Plan, rows: &[String]) -> Result<Vec<String>, TestCaseError> {
    let mut model = applied(graph, rows);
    let mut last = rows.to_vec();
    for (step, rows) in plan.steps.iter().zip(replay(graph, plan, rows)) {
        let Action::Run(rev, direction) = step.action else {
            panic!("an upgrade or downgrade runs revisions")
        };
        prop_assert_eq!(
            model[rev],
            direction == Direction::Down,
            "{} is run twice",
            graph.id(rev)
        );
        let mut needs = graph.down(rev).iter().chain(graph.dependencies(rev));
        match direction {
            Direction::Up => prop_assert!(needs.all(|&need| model[need]), "{} is too early", graph.id(rev)),
            Direction::Down => prop_assert!(graph.all_next(rev).iter().all(|&next| !model[next])),
        }
        model[rev] = direction == Direction::Up;
        prop_assert_eq!(
            &applied(graph, &rows),
            &model,
            "rows {:?} after {}",
            &rows,
            graph.id(rev)
        );
        last = rows;
    }
    Ok(last)
}

proptest! {
    #[test]
    fn version_rows_match_the_applied_revisions_after_every_step(
        nodes in any_nodes(12),
        targets in proptest::collection::vec(any::<u16>(), 1..6),
    ) {
        let graph = Graph::build(nodes).expect("a graph");
        let mut rows = Vec::new();
        for target in targets {
            let target: Target = graph.id(usize::from(target) % graph.len()).into();
            if let Ok(plan) = Plan::upgrade(&graph, &rows, &target) {
                rows = follow(&graph, &plan, &rows)?;
            }
            if let Ok(plan) = Plan::downgrade(&graph, &rows, &target, &mut false) {
                rows = follow(&graph, &plan, &rows)?;
            }
        }
        let up = match Plan::upgrade(&graph, &rows, &"heads".into()) {
            Ok(up) => up,
            // As in Alembic: if a merge has a parent and this parent's ancestor as parents, and there are other rows,
            // then reverting it leaves a row for both. The upgrade rejects such rows.
            Err(error) => {
                prop_assert!(overlap(&graph, &rows), "{}", error);
                return Ok(());
            }
        };
        let all = follow(&graph, &up, &rows)?;
        prop_assert!(applied(&graph, &all).into_iter().all(|done| done));
        let down = Plan::downgrade(&graph, &all, &"base".into(), &mut false).expect("a plan");
        prop_assert!(follow(&graph, &down, &all)?.is_empty());
    }
}

fn diamond() -> Graph {
    let nodes = [
        node("a", &[], &[], &[]),
        node("b1", &["a"], &[], &[]),
        node("b2", &["a"], &[], &[]),
        node("c", &["b1", "b2"], &[], &[]),
    ];
    Graph::build(nodes).expect("a graph")
}

#[test]
fn each_step_of_an_upgrade_has_its_transition() {
    let statements = |step: &Step| {
        let changes: Vec<String> = step.change.changes().iter().map(ToString::to_string).collect();
        changes.join(", ")
    };
    let plan = Plan::upgrade(&diamond(), &[], &"head".into()).expect("a plan");
    assert_eq!(
        plan.steps.iter().map(statements).collect::<Vec<_>>(),
        ["insert a", "update a to b2", "insert b1", "delete b1, update b2 to c",]
    );
}

#[test]
fn reverting_a_merge_restores_its_parents() {
    let plan = Plan::downgrade(&diamond(), &["c".to_owned()], &"a".into(), &mut false).expect("a plan");
    let first = plan.steps[0].change.changes();
    let update = Change::Update {
        from: "c".to_owned(),
        to: "b2".to_owned(),
    };
    assert_eq!(first, [Change::Insert("b1".to_owned()), update]);
    let rows = replay(&diamond(), &plan, &["c".to_owned()]);
    assert_eq!(rows.last(), Some(&vec!["a".to_owned()]));
}

#[test]
fn long_identifiers_are_rejected() {
    let ids = || ["a_long_name".to_owned()];
    assert!(check_fits(ids(), 11, "t.c").is_ok());
    assert!(matches!(
        check_fits(ids(), 10, "t.c"),
        Err(Error::IdentifierTooLong {
            length: 11,
            limit: 10,
            ..
        })
    ));
}

#[test]
fn a_merge_of_3000_lines_is_planned() {
    let mut nodes = vec![node("base", &[], &[], &[])];
    nodes.extend((0..3000).map(|line| node(&format!("line{line}"), &["base"], &[], &[])));
    let lines: Vec<String> = (0..3000).map(|line| format!("line{line}")).collect();
    nodes.push(node(
        "merge",
        &lines.iter().map(String::as_str).collect::<Vec<_>>(),
        &[],
        &[],
    ));
    let graph = Graph::build(nodes).expect("a graph");
    let up = Plan::upgrade(&graph, &[], &"head".into()).expect("a plan");
    let down = Plan::downgrade(&graph, &["merge".to_owned()], &"base".into(), &mut false).expect("a plan");
    assert_eq!((up.steps.len(), down.steps.len()), (3002, 3002));
}
