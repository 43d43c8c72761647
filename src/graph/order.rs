//! The order in which revisions are run, newest first.
//!
//! The walk keeps one open line per branch. It follows a line until the next revision is also needed by another open
//! line, and then continues with the first such line. When a line ends, the walk continues with the line before it.

use super::{Edges, Graph, Rev};
use crate::error::Error;

/// An open line. Serials increase with each new line, so that lines stay sorted by serial.
#[derive(Debug, Clone, Copy)]
struct Line {
    serial: usize,
    at: Rev,
}

/// The traversal of a set of revisions.
struct Walk<'g> {
    graph: &'g Graph,
    /// To be visited.
    wanted: Vec<bool>,
    /// Reachable from the heads, and not closed.
    open: Vec<bool>,
    /// The number of open revisions that need this one.
    users: Vec<usize>,
    lines: Vec<Line>,
    /// The serial of the line that is at a revision.
    serial_at: Vec<Option<usize>>,
    /// The last search that visited a revision.
    last_search: Vec<usize>,
    searches: usize,
}

impl Graph {
    /// Sort revisions, starting at `heads`.
    ///
    /// # Errors
    /// [`Error::Revision`] if a revision cannot be reached from the heads through the set.
    pub fn order(&self, revs: &[Rev], heads: &[Rev]) -> Result<Vec<Rev>, Error> {
        let mut walk = Walk::new(self, revs, heads);
        let order = walk.run();
        if walk.wanted.contains(&true) {
            return Err(Error::Revision("Dependency resolution failed; broken map".to_owned()));
        }
        Ok(order)
    }
}

impl<'g> Walk<'g> {
    fn new(graph: &'g Graph, revs: &[Rev], heads: &[Rev]) -> Self {
        let len = graph.len();
        let mut wanted = vec![false; len];
        for &rev in revs {
            wanted[rev] = true;
        }
        let mut starts: Vec<Rev> = heads.iter().copied().filter(|&rev| wanted[rev]).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut walk = Self {
            graph,
            wanted,
            open: vec![false; len],
            users: vec![0; len],
            lines: Vec::new(),
            serial_at: vec![None; len],
            last_search: vec![0; len],
            searches: 0,
        };
        for &rev in graph.reach(starts.iter().copied(), Edges::Needs).list() {
            walk.open[rev] = true;
            graph.follow(rev, Edges::Needs, false, |below| walk.users[below] += 1);
        }
        for (serial, at) in starts.into_iter().enumerate() {
            walk.serial_at[at] = Some(serial);
            walk.lines.push(Line { serial, at });
        }
        walk
    }

    fn run(&mut self) -> Vec<Rev> {
        let mut order = Vec::new();
        let mut serials = self.lines.len();
        let mut current = 0;
        while let Some(&Line { serial, at }) = self.lines.get(current) {
            if let Some(other) = self.line_needing(at, serial) {
                current = other;
                continue;
            }
            order.push(at);
            self.wanted[at] = false;
            self.close(at);
            let mut onward = Vec::new();
            let (wanted, serial_at) = (&self.wanted, &self.serial_at);
            self.graph.follow(at, Edges::Needs, false, |below| {
                if wanted[below] && serial_at[below].is_none() {
                    onward.push(below);
                }
            });
            self.serial_at[at] = None;
            let Some((&first, others)) = onward.split_first() else {
                self.lines.remove(current);
                current = current.saturating_sub(1);
                continue;
            };
            self.lines[current].at = first;
            self.serial_at[first] = Some(serial);
            for &other in others {
                self.serial_at[other] = Some(serials);
                self.lines.push(Line {
                    serial: serials,
                    at: other,
                });
                serials += 1;
            }
        }
        order
    }

    /// Close a revision, and the unwanted ones below it that no open revision needs.
    fn close(&mut self, rev: Rev) {
        let mut closing = vec![rev];
        while let Some(rev) = closing.pop() {
            self.open[rev] = false;
            let (users, wanted, open) = (&mut self.users, &self.wanted, &self.open);
            self.graph.follow(rev, Edges::Needs, false, |below| {
                users[below] = users[below].saturating_sub(1);
                if users[below] == 0 && !wanted[below] && open[below] {
                    closing.push(below);
                }
            });
        }
    }

    /// The position of the first line, other than `serial`, from which `rev` can be reached.
    fn line_needing(&mut self, rev: Rev, serial: usize) -> Option<usize> {
        if self.users[rev] == 0 {
            return None;
        }
        // The best possible result; the search stops there.
        let lowest = self
            .lines
            .iter()
            .map(|line| line.serial)
            .find(|&other| other != serial)?;
        self.searches += 1;
        let mut found: Option<usize> = None;
        let mut pending = vec![rev];
        while let Some(rev) = pending.pop() {
            for &above in self.graph.all_next(rev) {
                if !self.open[above] || !self.graph.needs(above, rev) {
                    continue;
                }
                if std::mem::replace(&mut self.last_search[above], self.searches) == self.searches {
                    continue;
                }
                if let Some(other) = self.serial_at[above].filter(|&other| other != serial) {
                    found = Some(found.map_or(other, |best| best.min(other)));
                }
                if found == Some(lowest) {
                    pending.clear();
                    break;
                }
                pending.push(above);
            }
        }
        let found = found?;
        self.lines.binary_search_by_key(&found, |line| line.serial).ok()
    }
}

impl Graph {
    /// Whether `other` is a parent or an own dependency of `rev`.
    pub(crate) fn needs(&self, rev: Rev, other: Rev) -> bool {
        let entry = &self.entries[rev];
        entry.down.contains(&other) || entry.own_deps.contains(&other)
    }
}
