//! Pictures of the revision graph: for a terminal, and as SVG, Graphviz or Mermaid text.
//!
//! [`lanes`] computes the layout: one row per revision, newest first, and one lane per branch. [`terminal`] and [`svg`]
//! draw it. [`export`] writes formats of programs that compute the layout themselves.
//!
//! The input is a slice of [`Revision`] values, so pictures depend neither on files nor on the graph.

pub mod export;
pub mod lanes;
pub mod svg;
pub mod terminal;

pub use lanes::Layout;

/// Whether a database has applied a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// No database was read.
    Unknown,
    /// The revision is not applied.
    Pending,
    /// The revision is applied, and has no version row.
    Yes,
    /// The revision has a version row.
    Current,
}

/// A revision in a picture.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The revision identifier.
    pub id: String,
    /// The first line of the revision's message.
    pub message: String,
    /// The parents, as indices into the drawn slice; indices outside it are skipped.
    pub down: Vec<usize>,
    /// The dependencies, as indices into the drawn slice; indices outside it are skipped.
    pub depends_on: Vec<usize>,
    /// The branch labels that the file declares.
    pub labels: Vec<String>,
    /// Whether the revision has no children.
    pub is_head: bool,
    /// Whether the revision is applied.
    pub applied: Applied,
}

impl Revision {
    /// The marks after the identifier, in order: branch labels, `head`, `current`.
    fn marks(&self) -> Vec<(Mark, &str)> {
        let mut marks: Vec<(Mark, &str)> = self.labels.iter().map(|label| (Mark::Label, label.as_str())).collect();
        if self.is_head {
            marks.push((Mark::Head, "head"));
        }
        if self.applied == Applied::Current {
            marks.push((Mark::Current, "current"));
        }
        marks
    }
}

/// The kind of a mark after an identifier; determines its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Head,
    Current,
    Label,
}

#[cfg(test)]
pub(crate) mod samples {
    use super::{Applied, Revision};

    /// A revision named by its index, with parents `down`.
    pub(crate) fn revision(index: usize, down: &[usize]) -> Revision {
        Revision {
            id: format!("r{index}"),
            message: format!("step {index}"),
            down: down.to_vec(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            is_head: false,
            applied: Applied::Unknown,
        }
    }

    /// A base, a branch of two revisions and a branch of one, their merge, and a head.
    pub(crate) fn diamond() -> Vec<Revision> {
        let mut all = vec![
            revision(0, &[]),
            revision(1, &[0]),
            revision(2, &[1]),
            revision(3, &[0]),
            revision(4, &[2, 3]),
            revision(5, &[4]),
        ];
        all[5].is_head = true;
        all
    }
}
