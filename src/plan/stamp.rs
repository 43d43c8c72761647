//! The steps of a stamp, which only change the version table.

use super::ledger::{Move, Rows};
use crate::error::Error;
use crate::graph::{Edges, Graph, Lineage, Place, Rev, Target, unique};

/// One step of a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The rows before.
    pub from: Vec<String>,
    /// The rows after.
    pub to: Vec<String>,
    /// The rows after are newer.
    pub up: bool,
    /// A branch begins or ends.
    pub branch: bool,
}

impl Stamp {
    /// The steps from the rows to a target.
    ///
    /// # Errors
    /// The errors of resolving the target and the rows.
    pub fn steps(graph: &Graph, rows: &Target, target: &Target) -> Result<Vec<Self>, Error> {
        let heads: Vec<Rev> = graph.several(rows)?.into_iter().filter_map(Place::rev).collect();
        let base = Target::from("base");
        let target = if empty(target) { &base } else { target };
        let mut selected = Vec::new();
        for name in names(target) {
            selected.extend(graph.filter_for_lineage(&heads, Some(&name), Lineage::WithDependencies)?);
        }
        let selected = unique(selected);
        let all = || selected.iter().map(|&rev| graph.id(rev).to_owned()).collect::<Vec<_>>();
        let mut destinations = graph.several(target)?;
        if destinations.is_empty() {
            destinations.push(Place::Nothing);
        }
        let mut steps = Vec::new();
        for destination in destinations {
            let Some(rev) = destination.rev() else {
                steps.extend(all().into_iter().map(|head| Self {
                    from: vec![head],
                    to: Vec::new(),
                    up: false,
                    branch: true,
                }));
                continue;
            };
            if selected.contains(&rev) {
                continue;
            }
            let meets = |edges| {
                let reach = graph.reach([rev], edges);
                selected.iter().any(|&head| reach.contains(head))
            };
            let to = vec![graph.id(rev).to_owned()];
            steps.push(if meets(Edges::AllNext) {
                Self {
                    from: all(),
                    to,
                    up: false,
                    branch: false,
                }
            } else if meets(Edges::Needs) {
                Self {
                    from: all(),
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

    /// The transition of the step in a version table with these rows.
    ///
    /// A row that an earlier step of the same stamp has updated cannot be updated again; a branch begins instead.
    #[must_use]
    pub fn change(&self, rows: &Rows) -> Move {
        let first = |ids: &[String]| ids.first().cloned().unwrap_or_default();
        let last = |ids: &[String]| ids.split_last().map(|(last, rest)| (last.clone(), rest.to_vec()));
        match (self.up, self.branch) {
            (false, true) => Move::Remove(first(&self.from)),
            (true, true) => Move::Create(first(&self.to)),
            (true, false) if self.from.iter().any(|row| !rows.contains(row)) => Move::Create(first(&self.to)),
            _ if self.from.len() > 1 => {
                let (from, deletes) = last(&self.from).unwrap_or_default();
                Move::Merge {
                    deletes,
                    from,
                    to: first(&self.to),
                }
            }
            _ if self.to.len() > 1 => {
                let (to, inserts) = last(&self.to).unwrap_or_default();
                Move::Unmerge {
                    from: first(&self.from),
                    to,
                    inserts,
                }
            }
            _ => Move::Advance {
                from: first(&self.from),
                to: first(&self.to),
            },
        }
    }
}

fn empty(target: &Target) -> bool {
    match target {
        Target::Nothing => true,
        Target::Name(name) => name.is_empty(),
        Target::Many(items) => items.is_empty(),
    }
}

/// The names in a target.
fn names(target: &Target) -> Vec<String> {
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
