//! The steps of `alembic stamp`, which changes the version table without running revisions.

use super::ledger::{Rows, Transition};
use crate::error::Error;
use crate::graph::{Edges, Graph, Lineage, Place, Rev, Target, unique};

/// One step of a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The replaced rows.
    pub from: Vec<String>,
    /// The new rows.
    pub to: Vec<String>,
    /// Whether the target is newer than the replaced rows.
    pub up: bool,
    /// Whether a branch starts (`up`) or ends: a row is inserted or deleted, none is updated.
    pub branch: bool,
}

impl Stamp {
    /// The steps from the rows to a target.
    ///
    /// # Errors
    /// Errors of resolving the target and the rows.
    pub fn steps(graph: &Graph, rows: &Target, target: &Target) -> Result<Vec<Self>, Error> {
        let heads: Vec<Rev> = graph.several(rows)?.into_iter().filter_map(Place::rev).collect();
        let base = Target::from("base");
        let target = if is_empty(target) { &base } else { target };
        let mut replaced = Vec::new();
        for name in identifiers(target) {
            replaced.extend(graph.filter_for_lineage(&heads, Some(&name), Lineage::WithDependencies)?);
        }
        let replaced = unique(replaced);
        let replaced_ids = || replaced.iter().map(|&rev| graph.id(rev).to_owned()).collect::<Vec<_>>();
        let mut destinations = graph.several(target)?;
        if destinations.is_empty() {
            destinations.push(Place::Nothing);
        }
        let mut steps = Vec::new();
        for destination in destinations {
            let Some(rev) = destination.rev() else {
                steps.extend(replaced_ids().into_iter().map(|head| Self {
                    from: vec![head],
                    to: Vec::new(),
                    up: false,
                    branch: true,
                }));
                continue;
            };
            if replaced.contains(&rev) {
                continue;
            }
            let reaches_replaced = |edges| {
                let reach = graph.reach([rev], edges);
                replaced.iter().any(|&head| reach.contains(head))
            };
            let to = vec![graph.id(rev).to_owned()];
            // Down if a replaced row needs the target, up if the target needs a replaced row, else a new branch.
            steps.push(if reaches_replaced(Edges::AllNext) {
                Self {
                    from: replaced_ids(),
                    to,
                    up: false,
                    branch: false,
                }
            } else if reaches_replaced(Edges::Needs) {
                Self {
                    from: replaced_ids(),
                    to,
                    up: true,
                    branch: false,
                }
            } else {
                Self {
                    from: Vec::new(),
                    to,
                    up: true,
                    branch: true,
                }
            });
        }
        Ok(steps)
    }

    /// The transition of the step, given the version rows.
    ///
    /// If an earlier step of the stamp has replaced a row of `from`, an upward step inserts its target as a new row.
    #[must_use]
    pub fn change(&self, rows: &Rows) -> Transition {
        let first = |ids: &[String]| ids.first().cloned().unwrap_or_default();
        let split_last = |ids: &[String]| ids.split_last().map(|(last, rest)| (last.clone(), rest.to_vec()));
        match (self.up, self.branch) {
            (false, true) => Transition::Remove(first(&self.from)),
            (true, true) => Transition::Create(first(&self.to)),
            (true, false) if self.from.iter().any(|row| !rows.contains(row)) => Transition::Create(first(&self.to)),
            _ if self.from.len() > 1 => {
                let (from, deletes) = split_last(&self.from).unwrap_or_default();
                Transition::Merge {
                    deletes,
                    from,
                    to: first(&self.to),
                }
            }
            _ if self.to.len() > 1 => {
                let (to, inserts) = split_last(&self.to).unwrap_or_default();
                Transition::Unmerge {
                    from: first(&self.from),
                    to,
                    inserts,
                }
            }
            _ => Transition::Advance {
                from: first(&self.from),
                to: first(&self.to),
            },
        }
    }
}

fn is_empty(target: &Target) -> bool {
    match target {
        Target::Nothing => true,
        Target::Name(name) => name.is_empty(),
        Target::Many(items) => items.is_empty(),
    }
}

/// The identifiers in a target; in a collection, without empty ones and nested collections.
fn identifiers(target: &Target) -> Vec<String> {
    match target {
        Target::Nothing => Vec::new(),
        Target::Name(name) => vec![name.clone()],
        Target::Many(items) => items
            .iter()
            .filter_map(|item| match item {
                Target::Name(name) if !name.is_empty() => Some(name.clone()),
                _ => None,
            })
            .collect(),
    }
}
