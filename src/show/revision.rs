//! The text of one revision: one line, or all details with the docstring.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::graph::{Graph, Rev};
use crate::script::Header;

/// Shown in place of the parents of a base.
const BASE: &str = "<base>";

/// The shown details of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The parents.
    pub down: Vec<&'a str>,
    /// The dependencies as written in the file.
    pub named_dependencies: Vec<&'a str>,
    /// The dependencies as full identifiers.
    pub resolved_dependencies: Vec<&'a str>,
    /// The children.
    pub next: Vec<&'a str>,
    /// Whether the revision has neither children nor dependents.
    pub is_real_head: bool,
    /// The declared and inherited branch labels.
    pub labels: Vec<&'a str>,
    /// The path of the file.
    pub path: Cow<'a, str>,
    /// The docstring; empty if there is none.
    pub doc: &'a str,
    /// Whether the version table has the revision.
    pub current: bool,
}

/// The optional parts of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "the options are independent")]
pub struct Parts {
    /// Branch labels.
    pub labels: bool,
    /// The first paragraph of the docstring.
    pub doc: bool,
    /// Parents and dependencies, before the identifier.
    pub parents: bool,
    /// `branchpoint` and `mergepoint`.
    pub branch_points: bool,
}

/// The form of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One line with these parts.
    Line(Parts),
    /// All details.
    Full,
}

impl<'a> Details<'a> {
    /// The details of a revision, from the graph and its header. `current` is whether the version table has it.
    #[must_use]
    pub fn of(graph: &'a Graph, rev: Rev, header: &'a Header, current: bool) -> Self {
        let names = |revs: &[Rev]| -> Vec<&'a str> { revs.iter().map(|&other| graph.id(other)).collect() };
        // Sets in Alembic; sorted for a stable output.
        let mut next = names(graph.next(rev));
        next.sort_unstable();
        let mut labels: Vec<&str> = graph.labels_of(rev).iter().map(String::as_str).collect();
        labels.sort_unstable();
        Self {
            id: graph.id(rev),
            down: names(graph.down(rev)),
            named_dependencies: header.depends_on.iter().map(String::as_str).collect(),
            resolved_dependencies: names(graph.dependencies(rev)),
            next,
            is_real_head: graph.all_next(rev).is_empty(),
            labels,
            path: header.path.to_string_lossy(),
            doc: header.doc.as_deref().unwrap_or_default(),
            current,
        }
    }

    /// The text of the revision.
    #[must_use]
    pub fn show(&self, style: Style) -> String {
        match style {
            Style::Line(parts) => self.line(parts),
            Style::Full => self.full(),
        }
    }

    fn is_head(&self) -> bool {
        self.next.is_empty()
    }

    fn branch_points(&self) -> impl Iterator<Item = &'static str> {
        let branch = (self.next.len() > 1).then_some("branchpoint");
        let merge = (self.down.len() > 1).then_some("mergepoint");
        branch.into_iter().chain(merge)
    }

    fn parents(&self) -> String {
        if self.down.is_empty() {
            BASE.to_owned()
        } else {
            self.down.join(", ")
        }
    }

    fn line(&self, parts: Parts) -> String {
        let mut text = String::new();
        if parts.parents {
            text.push_str(&self.parents());
            if !self.resolved_dependencies.is_empty() {
                append_in_parentheses(&mut text, &self.resolved_dependencies.join(", "));
            }
            text.push_str(" -> ");
        }
        text.push_str(self.id);
        if parts.labels && !self.labels.is_empty() {
            append_in_parentheses(&mut text, &self.labels.join(", "));
        }
        if self.is_head() {
            // An effective head has dependents but no children.
            append_in_parentheses(&mut text, if self.is_real_head { "head" } else { "effective head" });
        }
        if self.current {
            append_in_parentheses(&mut text, "current");
        }
        if parts.branch_points {
            self.branch_points()
                .for_each(|kind| append_in_parentheses(&mut text, kind));
        }
        if parts.doc {
            let first_paragraph = stripped(self.doc).split("\n\n").next().unwrap_or_default();
            text.push_str(", ");
            text.push_str(first_paragraph);
        }
        text
    }

    fn full(&self) -> String {
        let mut title = self.id.to_owned();
        if self.is_head() {
            append_in_parentheses(&mut title, "head");
        }
        self.branch_points()
            .for_each(|kind| append_in_parentheses(&mut title, kind));
        if self.current {
            append_in_parentheses(&mut title, "current");
        }
        let mut text = String::new();
        let mut write_detail = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        };
        write_detail("Rev", &title);
        write_detail(if self.down.len() > 1 { "Merges" } else { "Parent" }, &self.parents());
        let dependencies = self.named_dependencies.join(", ");
        if !dependencies.is_empty() {
            write_detail("Also depends on", &dependencies);
        }
        if self.next.len() > 1 {
            write_detail("Branches into", &self.next.join(", "));
        }
        if !self.labels.is_empty() {
            write_detail("Branch names", &self.labels.join(", "));
        }
        write_detail("Path", &self.path);
        let doc: Vec<String> = lines(stripped(self.doc))
            .into_iter()
            .map(|line| format!("    {line}"))
            .collect();
        text.push('\n');
        text.push_str(&doc.join("\n"));
        text.push('\n');
        text
    }
}

fn append_in_parentheses(text: &mut String, note: &str) {
    text.push_str(" (");
    text.push_str(note);
    text.push(')');
}

/// The text without surrounding white space, as defined by Python's `str.strip`.
fn stripped(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f'))
}

/// The lines of a text, as defined by Python's `str.splitlines`.
fn lines(text: &str) -> Vec<&str> {
    let is_line_end = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(is_line_end) {
        lines.push(&rest[..end]);
        let tail = &rest[end..];
        let width = if tail.starts_with("\r\n") {
            2
        } else {
            tail.chars().next().map_or(1, char::len_utf8)
        };
        rest = &tail[width..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge() -> Details<'static> {
        Details {
            id: "c3",
            down: vec!["a1", "b2"],
            named_dependencies: vec!["lib"],
            resolved_dependencies: vec!["d4"],
            next: vec![],
            is_real_head: false,
            labels: vec!["main"],
            path: Cow::Borrowed("/v/c3.py"),
            doc: "\n  Merge\nboth\n\nMore.\n",
            current: true,
        }
    }

    const ALL: Parts = Parts {
        labels: true,
        doc: true,
        parents: true,
        branch_points: true,
    };

    #[test]
    fn a_line_has_the_given_parts() {
        let line = merge().show(Style::Line(ALL));
        assert_eq!(
            line,
            "a1, b2 (d4) -> c3 (main) (effective head) (current) (mergepoint), Merge\nboth"
        );
        let none = Parts {
            labels: false,
            doc: false,
            parents: false,
            branch_points: false,
        };
        assert_eq!(merge().show(Style::Line(none)), "c3 (effective head) (current)");
    }

    #[test]
    fn the_full_text_has_all_details() {
        let expected = "Rev: c3 (head) (mergepoint) (current)\nMerges: a1, b2\nAlso depends on: lib\n\
                        Branch names: main\nPath: /v/c3.py\n\n    Merge\n    both\n    \n    More.\n";
        assert_eq!(merge().show(Style::Full), expected);
    }

    #[test]
    fn a_base_without_docstring() {
        let base = Details {
            down: vec![],
            resolved_dependencies: vec![],
            named_dependencies: vec![],
            labels: vec![],
            next: vec!["x", "y"],
            doc: "",
            current: false,
            ..merge()
        };
        assert_eq!(base.show(Style::Line(ALL)), "<base> -> c3 (branchpoint), ");
        assert_eq!(
            base.show(Style::Full),
            "Rev: c3 (branchpoint)\nParent: <base>\nBranches into: x, y\nPath: /v/c3.py\n\n\n"
        );
    }

    #[test]
    fn lines_equal_those_of_splitlines() {
        assert_eq!(lines("a\r\nb\rc\u{2028}d\n\ne\n"), ["a", "b", "c", "d", "", "e"]);
        assert!(lines("").is_empty());
    }
}
