//! Detection of cycles.

use super::{Edges, Graph, Rev};
use crate::error::Error;

impl Graph {
    /// Reject a graph with cycles, through parents or through dependencies.
    pub(super) fn check_cycles(&self) -> Result<(), Error> {
        if self.is_empty() {
            return Ok(());
        }
        self.check_between(&self.heads, &self.bases, [Edges::Down, Edges::Next], false)?;
        self.check_between(
            &self.real_heads,
            &self.real_bases,
            [Edges::AllDown, Edges::AllNext],
            true,
        )
    }

    /// Reject cycles along `edges`, which are the direction to the bases and the direction to the heads.
    fn check_between(&self, heads: &[Rev], bases: &[Rev], edges: [Edges; 2], dependency: bool) -> Result<(), Error> {
        let below = self.reach(heads.iter().copied(), edges[0]);
        let above = self.reach(bases.iter().copied(), edges[1]);
        let mut revisions: Vec<String> = (0..self.len())
            .filter(|&rev| !(below.contains(rev) && above.contains(rev)))
            .map(|rev| self.id(rev).to_owned())
            .collect();
        if revisions.is_empty() {
            // The test above misses a cycle with a path from a base and a path to a head.
            revisions = self
                .in_cycles(edges)
                .into_iter()
                .map(|rev| self.id(rev).to_owned())
                .collect();
        }
        if revisions.is_empty() {
            return Ok(());
        }
        if !heads.is_empty() && !bases.is_empty() {
            revisions.sort_unstable(); // without heads or bases, Alembic lists all revisions in file order
        }
        Err(Error::RevisionLoop {
            dependency,
            itself: false,
            revisions,
        })
    }

    /// The revisions in a cycle or between two cycles: those remaining after removing ends repeatedly.
    fn in_cycles(&self, [down, up]: [Edges; 2]) -> Vec<Rev> {
        let mut remaining: Vec<bool> = vec![true; self.len()];
        for (forward, backward) in [(up, down), (down, up)] {
            let mut waits: Vec<usize> = vec![0; self.len()];
            for (rev, waits) in waits.iter_mut().enumerate() {
                self.follow(rev, backward, false, |other| *waits += usize::from(remaining[other]));
            }
            let mut ends: Vec<Rev> = (0..self.len())
                .filter(|&rev| remaining[rev] && waits[rev] == 0)
                .collect();
            while let Some(rev) = ends.pop() {
                remaining[rev] = false;
                self.follow(rev, forward, false, |other| {
                    waits[other] = waits[other].saturating_sub(1);
                    if waits[other] == 0 && remaining[other] {
                        ends.push(other);
                    }
                });
            }
        }
        (0..self.len()).filter(|&rev| remaining[rev]).collect()
    }
}
