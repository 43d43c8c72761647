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
    /// The revision, as an index into the drawn slice.
    pub revision: usize,
    /// The lane of the revision.
    pub column: usize,
    /// Other lanes that end in this revision.
    pub joins: Vec<usize>,
    /// Other lanes of the lines from this revision to its parents.
    pub forks: Vec<usize>,
    /// The lanes in use above the row.
    pub above: Vec<bool>,
    /// The lanes in use below the row.
    pub below: Vec<bool>,
}

/// The layout of a picture.
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
    /// Lay out `revisions`: sort them into rows, and choose the lane of each revision and of each line to a parent.
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
        for (row, &index) in order.iter().enumerate() {
            let above = lanes.in_use();
            let (column, joins) = lanes.end_at(index);
            let down = distinct(&revisions[index].down, revisions.len());
            let mut forks = Vec::new();
            for (nth, &parent) in down.iter().enumerate() {
                let lane = if nth == 0 {
                    lanes.continue_to(column, parent)
                } else {
                    lanes.open_to(parent, column, &above)
                };
                if lane != column && !forks.contains(&lane) {
                    forks.push(lane);
                }
                layout.edges.push(Edge {
                    child: row,
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
    let mut distinct = Vec::with_capacity(indices.len());
    for &index in indices {
        if index < count && !distinct.contains(&index) {
            distinct.push(index);
        }
    }
    distinct
}

/// The revisions from top to bottom, each above its parents and dependencies.
///
/// The next revision is a parent or dependency of the last one where possible, so that a branch is in consecutive rows.
fn order(revisions: &[Revision]) -> Vec<usize> {
    let needs: Vec<Vec<usize>> = revisions
        .iter()
        .map(|revision| {
            let all: Vec<usize> = revision.down.iter().chain(&revision.depends_on).copied().collect();
            distinct(&all, revisions.len())
        })
        .collect();
    // For each revision, the number of revisions that need it and are not in `order` yet.
    let mut missing_above = vec![0_usize; revisions.len()];
    for &need in needs.iter().flatten() {
        missing_above[need] += 1;
    }
    let mut ready: Vec<usize> = (0..revisions.len())
        .filter(|&index| missing_above[index] == 0)
        .rev()
        .collect();
    let mut order = Vec::with_capacity(revisions.len());
    while let Some(index) = ready.pop() {
        order.push(index);
        for &need in &needs[index] {
            missing_above[need] -= 1;
            if missing_above[need] == 0 {
                ready.push(need);
            }
        }
    }
    order
}

/// The lanes below the rows that are laid out so far.
#[derive(Default)]
struct Lanes {
    /// The revision in which each lane ends, or `None` for an unused lane.
    ends: Vec<Option<usize>>,
}

impl Lanes {
    fn in_use(&self) -> Vec<bool> {
        self.ends.iter().map(Option::is_some).collect()
    }

    /// End all lanes to a revision. Returns the lane of the revision (an unused one if no lane led to it), and the
    /// other ended lanes.
    fn end_at(&mut self, revision: usize) -> (usize, Vec<usize>) {
        let mut ending = self
            .ends
            .iter()
            .enumerate()
            .filter(|(_, end)| **end == Some(revision))
            .map(|(lane, _)| lane);
        let column = ending.next();
        let joins: Vec<usize> = ending.collect();
        let column = column.unwrap_or_else(|| self.unused_from(0));
        self.ends[column] = None;
        for &lane in &joins {
            self.ends[lane] = None;
        }
        (column, joins)
    }

    /// Continue the lane `column` to a parent. Returns the lane.
    fn continue_to(&mut self, column: usize, parent: usize) -> usize {
        self.ends[column] = Some(parent);
        column
    }

    /// The lane to another parent of the revision in lane `column`: an existing lane to that parent, or a new one.
    ///
    /// An unused lane that is in use `above` ends in this row. It is not reused: its line would seem to continue.
    fn open_to(&mut self, parent: usize, column: usize, above: &[bool]) -> usize {
        let existing = self
            .ends
            .iter()
            .enumerate()
            .find(|(lane, end)| *lane != column && **end == Some(parent));
        if let Some((lane, _)) = existing {
            return lane;
        }
        let mut lane = self.unused_from(column + 1);
        while above.get(lane) == Some(&true) {
            lane = self.unused_from(lane + 1);
        }
        self.ends[lane] = Some(parent);
        lane
    }

    /// The first unused lane from `first` on; adds one if all are in use.
    fn unused_from(&mut self, first: usize) -> usize {
        let unused = (first..self.ends.len()).find(|&lane| self.ends[lane].is_none());
        unused.unwrap_or_else(|| {
            self.ends.push(None);
            self.ends.len() - 1
        })
    }

    /// Remove unused lanes at the end.
    fn trim(&mut self) {
        while self.ends.last() == Some(&None) {
            self.ends.pop();
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
        for (index, row) in layout.rows.iter().enumerate() {
            row_of[row.revision] = index;
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
        let row_of = |index: usize| layout.rows.iter().find(|row| row.revision == index).unwrap();
        assert_eq!(row_of(4).forks, [1]);
        assert_eq!(row_of(0).joins, [1]);
        assert_eq!(layout.width, 2);
        assert_eq!(layout.edges.len(), 6);
    }

    #[test]
    fn a_lane_that_ends_is_not_reused_in_the_same_row() {
        // r5 and r4 are children of r3, which merges r1 and r2.
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
