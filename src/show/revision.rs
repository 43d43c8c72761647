//! The text of one revision: one line, or all details with the docstring.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::graph::{Graph, Rev};
use crate::script::Header;

/// Shown instead of parents.
const BASE: &str = "<base>";

/// The shown details of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The parents.
    pub down: Vec<&'a str>,
    /// The dependencies as written in the file.
    pub dependencies: Vec<&'a str>,
    /// The dependencies as full identifiers.
    pub needs: Vec<&'a str>,
    /// The children.
    pub next: Vec<&'a str>,
    /// Whether it has neither children nor dependents.
    pub is_real_head: bool,
    /// The branch labels.
    pub labels: Vec<&'a str>,
    /// The file.
    pub path: Cow<'a, str>,
    /// The docstring.
    pub doc: &'a str,
    /// Whether the version table has it.
    pub current: bool,
}

/// The parts of a line after the identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Parts {
    /// Branch labels.
    pub labels: bool,
    /// The first paragraph of the docstring.
    pub doc: bool,
    /// Parents and dependencies.
    pub parents: bool,
    /// Whether it is a branch point or a merge point.
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

impl<'a> Facts<'a> {
    /// The details of a revision, from the graph and its header.
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
            dependencies: header.depends_on.iter().map(String::as_str).collect(),
            needs: names(graph.dependencies(rev)),
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
            if !self.needs.is_empty() {
                remark(&mut text, &self.needs.join(", "));
            }
            text.push_str(" -> ");
        }
        text.push_str(self.id);
        if parts.labels && !self.labels.is_empty() {
            remark(&mut text, &self.labels.join(", "));
        }
        if self.is_head() {
            // An effective head has dependents but no children.
            remark(&mut text, if self.is_real_head { "head" } else { "effective head" });
        }
        if self.current {
            remark(&mut text, "current");
        }
        if parts.branch_points {
            self.branch_points().for_each(|fork| remark(&mut text, fork));
        }
        if parts.doc {
            let first = stripped(self.doc).split("\n\n").next().unwrap_or_default();
            text.push_str(", ");
            text.push_str(first);
        }
        text
    }

    fn full(&self) -> String {
        let mut title = self.id.to_owned();
        if self.is_head() {
            remark(&mut title, "head");
        }
        self.branch_points().for_each(|fork| remark(&mut title, fork));
        if self.current {
            remark(&mut title, "current");
        }
        let mut text = String::new();
        let mut fact = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        };
        fact("Rev", &title);
        fact(if self.down.len() > 1 { "Merges" } else { "Parent" }, &self.parents());
        let dependencies = self.dependencies.join(", ");
        if !dependencies.is_empty() {
            fact("Also depends on", &dependencies);
        }
        if self.next.len() > 1 {
            fact("Branches into", &self.next.join(", "));
        }
        if !self.labels.is_empty() {
            fact("Branch names", &self.labels.join(", "));
        }
        fact("Path", &self.path);
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

fn remark(text: &mut String, what: &str) {
    text.push_str(" (");
    text.push_str(what);
    text.push(')');
}

/// The text without surrounding white space, as defined by Python's `str.strip`.
fn stripped(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f'))
}

/// The lines of a text, as defined by Python's `str.splitlines`.
fn lines(text: &str) -> Vec<&str> {
    let ends = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(ends) {
        found.push(&rest[..end]);
        let tail = &rest[end..];
        let width = if tail.starts_with("\r\n") {
            2
        } else {
            tail.chars().next().map_or(1, char::len_utf8)
        };
        rest = &tail[width..];
    }
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts<'static> {
        Facts {
            id: "c3",
            down: vec!["a1", "b2"],
            dependencies: vec!["lib"],
            needs: vec!["d4"],
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
        let shown = facts().show(Style::Line(ALL));
        assert_eq!(
            shown,
            "a1, b2 (d4) -> c3 (main) (effective head) (current) (mergepoint), Merge\nboth"
        );
        let none = Parts {
            labels: false,
            doc: false,
            parents: false,
            branch_points: false,
        };
        assert_eq!(facts().show(Style::Line(none)), "c3 (effective head) (current)");
    }

    #[test]
    fn the_full_text_has_all_details() {
        let expected = "Rev: c3 (head) (mergepoint) (current)\nMerges: a1, b2\nAlso depends on: lib\n\
                        Branch names: main\nPath: /v/c3.py\n\n    Merge\n    both\n    \n    More.\n";
        assert_eq!(facts().show(Style::Full), expected);
    }

    #[test]
    fn a_base_without_docstring() {
        let facts = Facts {
            down: vec![],
            needs: vec![],
            dependencies: vec![],
            labels: vec![],
            next: vec!["x", "y"],
            doc: "",
            current: false,
            ..facts()
        };
        assert_eq!(facts.show(Style::Line(ALL)), "<base> -> c3 (branchpoint), ");
        assert_eq!(
            facts.show(Style::Full),
            "Rev: c3 (branchpoint)\nParent: <base>\nBranches into: x, y\nPath: /v/c3.py\n\n\n"
        );
    }

    #[test]
    fn lines_equal_those_of_splitlines() {
        assert_eq!(lines("a\r\nb\rc\u{2028}d\n\ne\n"), ["a", "b", "c", "d", "", "e"]);
        assert!(lines("").is_empty());
    }
}
