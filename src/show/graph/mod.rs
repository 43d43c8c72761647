//! Pictures of the revision graph: for a terminal, and as SVG, Graphviz or Mermaid text.
//!
//! A picture is made in two steps. [`lanes`] decides where everything stands (one row a revision, newest first, and one
//! lane a line of development); [`terminal`] and [`svg`] only draw what it decided. [`export`] hands the graph to
//! programs that lay it out themselves.
//!
//! Nothing here reads files or knows the graph's rules: a picture is drawn from [`Revision`] values.

pub mod export;
pub mod lanes;
pub mod svg;
pub mod terminal;

pub use lanes::Layout;

/// Whether a revision has been applied to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// No database was asked.
    Unknown,
    /// The revision has not run yet.
    Pending,
    /// The revision has run.
    Yes,
    /// The revision has run and stands in the version table.
    Current,
}

/// What a picture shows of one revision.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The revision identifier.
    pub id: String,
    /// The first line of the revision's message.
    pub message: String,
    /// The down revisions, as indices into the slice that is drawn; those outside it are left out.
    pub down: Vec<usize>,
    /// The revisions named by `depends_on`, as indices likewise.
    pub depends_on: Vec<usize>,
    /// The branch labels that the revision file itself carries.
    pub labels: Vec<String>,
    /// Whether no other revision follows on this one.
    pub is_head: bool,
    /// Whether the database has it.
    pub applied: Applied,
}

impl Revision {
    /// The notes behind the identifier, as words: `head`, `current`, branch labels.
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

/// What a note behind an identifier says; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Head,
    Current,
    Label,
}

#[cfg(test)]
pub(crate) mod samples {
    use super::{Applied, Revision};

    /// A revision named by its index, on top of `down`.
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

    /// A base, two branches of two and one revision, their merge, and a head on it.
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
