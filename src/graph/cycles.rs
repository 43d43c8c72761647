//! Loops, named.

use super::{Edges, Graph, Rev};
use crate::error::Error;

impl Graph {
    /// Refuse a graph in which some revision cannot be reached both from a base and from a head: it is part of a
    /// circle, or cut off by one.
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

    fn check_between(&self, heads: &[Rev], bases: &[Rev], edges: [Edges; 2], dependency: bool) -> Result<(), Error> {
        let below = self.reach(heads.iter().copied(), edges[0]);
        let above = self.reach(bases.iter().copied(), edges[1]);
        let mut revisions: Vec<String> = (0..self.len())
            .filter(|&rev| !(below.contains(rev) && above.contains(rev)))
            .map(|rev| self.id(rev).to_owned())
            .collect();
        if revisions.is_empty() {
            return Ok(());
        }
        if !heads.is_empty() && !bases.is_empty() {
            revisions.sort_unstable(); // with no end at all, everything is listed in the order of the files
        }
        Err(Error::RevisionLoop {
            dependency,
            itself: false,
            revisions,
        })
    }
}
