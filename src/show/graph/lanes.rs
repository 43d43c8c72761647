//! The layout of a picture: the order of the rows and the lane of each line.

use super::Revision;

/// A line from a revision to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The row of the child.
    pub child: usize,
    /// The row of the parent.
    pub parent: usize,
    /// The lane of the edge between the two rows.
    pub lane: usize,
}

/// A row of the picture.
#[derive(Debug, Clone)]
pub struct Row {
    /// The revision, as an index into the slice.
    pub revision: usize,
    /// The lane of the revision.
    pub column: usize,
    /// Other lanes that end in this revision.
    pub joins: Vec<usize>,
    /// Other lanes of the lines to its parents.
    pub forks: Vec<usize>,
    /// The lanes in use above the row.
    pub above: Vec<bool>,
    /// The lanes in use below the row.
    pub below: Vec<bool>,
}

/// The layout.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The rows, newest first.
    pub rows: Vec<Row>,
    /// The lines between rows.
    pub edges: Vec<Edge>,
    /// The number of lanes of the widest row.
    pub width: usize,
}

impl Layout {
    /// Lay out `revisions`: each above its parents and dependencies, branches in one piece, and a lane for each line.
    #[must_use]
    pub fn of(revisions: &[Revision]) -> Self {
        let order = order(revisions);
        let mut row_of = vec![0; revisions.len()];
        for (row, &revision) in order.iter().enumerate() {
            row_of[revision] = row;
        }
        let mut lanes = Lanes::default();
        let mut layout = Self {
            rows: Vec::with_capacity(order.len()),
            edges: Vec::new(),
            width: 0,
        };
        for (at, &index) in order.iter().enumerate() {
            let above = lanes.in_use();
            let (column, joins) = lanes.arrive(index);
            let down = distinct(&revisions[index].down, revisions.len());
            let mut forks = Vec::new();
            for (nth, &parent) in down.iter().enumerate() {
                let lane = if nth == 0 {
                    lanes.follow(column, parent)
                } else {
                    lanes.open(column, parent, &above)
                };
                if lane != column && !forks.contains(&lane) {
                    forks.push(lane);
                }
                layout.edges.push(Edge {
                    child: at,
                    parent: row_of[parent],
                    lane,
                });
            }
            lanes.trim();
            let below = lanes.in_use();
            layout.width = layout.width.max(above.len()).max(below.len()).max(column + 1);
            layout.rows.push(Row {
                revision: index,
                column,
                joins,
                forks,
                above,
                below,
            });
        }
        layout
    }
}

/// The indices inside the picture, without duplicates.
fn distinct(indices: &[usize], count: usize) -> Vec<usize> {
    let mut seen = Vec::with_capacity(indices.len());
    for &index in indices {
        if index < count && !seen.contains(&index) {
            seen.push(index);
        }
    }
    seen
}

/// Each revision above its parents and dependencies. Continuing from the last revision keeps a branch in one piece.
fn order(revisions: &[Revision]) -> Vec<usize> {
    let needs: Vec<Vec<usize>> = revisions
        .iter()
        .map(|revision| {
            let all: Vec<usize> = revision.down.iter().chain(&revision.depends_on).copied().collect();
            distinct(&all, revisions.len())
        })
        .collect();
    let mut waiting = vec![0_usize; revisions.len()];
    for &need in needs.iter().flatten() {
        waiting[need] += 1;
    }
    let mut ready: Vec<usize> = (0..revisions.len())
        .filter(|&index| waiting[index] == 0)
        .rev()
        .collect();
    let mut order = Vec::with_capacity(revisions.len());
    while let Some(index) = ready.pop() {
        order.push(index);
        for &need in &needs[index] {
            waiting[need] -= 1;
            if waiting[need] == 0 {
                ready.push(need);
            }
        }
    }
    order
}

/// The open lanes while the rows are laid out; each waits for one revision.
#[derive(Default)]
struct Lanes {
    waits_for: Vec<Option<usize>>,
}

impl Lanes {
    fn in_use(&self) -> Vec<bool> {
        self.waits_for.iter().map(Option::is_some).collect()
    }

    /// The revision's lane, and the other lanes that end in it.
    fn arrive(&mut self, revision: usize) -> (usize, Vec<usize>) {
        let mut arriving = self
            .waits_for
            .iter()
            .enumerate()
            .filter(|(_, wait)| **wait == Some(revision))
            .map(|(lane, _)| lane);
        let column = arriving.next();
        let joins: Vec<usize> = arriving.collect();
        let column = column.unwrap_or_else(|| self.free(0));
        self.waits_for[column] = None;
        for &lane in &joins {
            self.waits_for[lane] = None;
        }
        (column, joins)
    }

    /// Continue in the same lane.
    fn follow(&mut self, column: usize, parent: usize) -> usize {
        self.waits_for[column] = Some(parent);
        column
    }

    /// The lane to another parent: an existing lane to it, or a new one. A lane that ends in this row is not reused, since
    /// the line would seem to continue.
    fn open(&mut self, column: usize, parent: usize, above: &[bool]) -> usize {
        let leads_there = self
            .waits_for
            .iter()
            .enumerate()
            .find(|(lane, wait)| *lane != column && **wait == Some(parent));
        if let Some((lane, _)) = leads_there {
            return lane;
        }
        let mut lane = self.free(column + 1);
        while above.get(lane) == Some(&true) {
            lane = self.free(lane + 1);
        }
        self.waits_for[lane] = Some(parent);
        lane
    }

    /// The first unused lane from `from` on.
    fn free(&mut self, from: usize) -> usize {
        let unused = (from..self.waits_for.len()).find(|&lane| self.waits_for[lane].is_none());
        unused.unwrap_or_else(|| {
            self.waits_for.push(None);
            self.waits_for.len() - 1
        })
    }

    fn trim(&mut self) {
        while self.waits_for.last() == Some(&None) {
            self.waits_for.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{diamond, revision};
    use super::*;

    #[test]
    fn every_revision_is_above_its_parents_and_dependencies() {
        let mut revisions = diamond();
        revisions[1].depends_on = vec![3];
        let layout = Layout::of(&revisions);
        assert_eq!(layout.rows.len(), revisions.len());
        let mut row_of = vec![0; revisions.len()];
        for (at, row) in layout.rows.iter().enumerate() {
            row_of[row.revision] = at;
        }
        for (index, revision) in revisions.iter().enumerate() {
            for &need in revision.down.iter().chain(&revision.depends_on) {
                assert!(row_of[index] < row_of[need], "{index} needs {need}");
            }
        }
    }

    #[test]
    fn a_long_chain_has_one_lane() {
        let revisions: Vec<_> = (0..100_000_usize)
            .map(|index| revision(index, &index.checked_sub(1).into_iter().collect::<Vec<_>>()))
            .collect();
        let layout = Layout::of(&revisions);
        assert_eq!(layout.width, 1);
        assert!(
            layout
                .rows
                .iter()
                .all(|row| row.column == 0 && row.joins.is_empty() && row.forks.is_empty())
        );
    }

    #[test]
    fn a_merge_forks_and_a_branch_point_joins() {
        let layout = Layout::of(&diamond());
        let of = |index: usize| layout.rows.iter().find(|row| row.revision == index).unwrap();
        assert_eq!(of(4).forks, [1]);
        assert_eq!(of(0).joins, [1]);
        assert_eq!(layout.width, 2);
        assert_eq!(layout.edges.len(), 6);
    }

    #[test]
    fn a_lane_that_ends_is_not_reused_in_the_same_row() {
        // r5 and r4 follow on r3, which merges r1 and r2.
        let revisions = vec![
            revision(0, &[]),
            revision(1, &[0]),
            revision(2, &[0]),
            revision(3, &[1, 2]),
            revision(4, &[3]),
            revision(5, &[3]),
        ];
        let layout = Layout::of(&revisions);
        let row = layout.rows.iter().find(|row| row.revision == 3).unwrap();
        assert_eq!(
            (row.joins.as_slice(), row.forks.as_slice()),
            ([1].as_slice(), [2].as_slice())
        );
    }

    #[test]
    fn a_line_is_open_from_its_child_to_its_parent() {
        let layout = Layout::of(&diamond());
        for edge in &layout.edges {
            for row in &layout.rows[edge.child..edge.parent] {
                assert!(row.below[edge.lane], "{edge:?}");
            }
        }
    }

    #[test]
    fn indices_outside_the_picture_are_skipped() {
        let layout = Layout::of(&[revision(0, &[7]), revision(1, &[0, 0])]);
        assert_eq!(
            layout.edges,
            [Edge {
                child: 0,
                parent: 1,
                lane: 0
            }]
        );
    }
}
