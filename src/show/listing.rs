//! The output of `heads`, `branches`, `history` and `show`, as Alembic prints it, without the last line end.

use super::revision::{Details, Parts, Style};

/// Only branch labels.
const LABELS: Parts = Parts {
    labels: true,
    doc: false,
    parents: false,
    branch_points: false,
};

fn full_or(verbose: bool, parts: Parts) -> Style {
    if verbose { Style::Full } else { Style::Line(parts) }
}

/// The texts of the revisions, joined by line ends.
fn joined<'a>(revisions: impl IntoIterator<Item = Details<'a>>, style: Style) -> String {
    let texts: Vec<String> = revisions.into_iter().map(|revision| revision.show(style)).collect();
    texts.join("\n")
}

/// `heads`.
pub fn heads<'a>(heads: impl IntoIterator<Item = Details<'a>>, verbose: bool) -> String {
    joined(heads, full_or(verbose, LABELS))
}

/// `history`.
pub fn history<'a>(revisions: impl IntoIterator<Item = Details<'a>>, verbose: bool) -> String {
    let everything = Parts {
        labels: true,
        doc: true,
        parents: true,
        branch_points: true,
    };
    joined(revisions, full_or(verbose, everything))
}

/// `show`.
pub fn show<'a>(revisions: impl IntoIterator<Item = Details<'a>>) -> String {
    joined(revisions, Style::Full)
}

/// `branches`: each branch point with its children.
pub fn branches<'a>(points: impl IntoIterator<Item = (Details<'a>, Vec<Details<'a>>)>, verbose: bool) -> String {
    let branch_points = Parts {
        branch_points: true,
        ..LABELS
    };
    let mut lines = Vec::new();
    for (point, mut children) in points {
        let indent = " ".repeat(point.id.chars().count());
        lines.push(point.show(full_or(verbose, branch_points)));
        children.sort_unstable_by_key(|child| child.id);
        for child in children {
            let child = child.show(Style::Line(Parts {
                doc: verbose,
                ..branch_points
            }));
            lines.push(format!("{indent} -> {child}"));
        }
        lines.push(String::new());
    }
    lines.join("\n")
}
