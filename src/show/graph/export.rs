//! The graph as Graphviz and Mermaid text.

use std::fmt::Write as _;

use super::{Applied, Mark, Revision};

/// The graph in Graphviz's DOT language, newer revisions above older ones.
#[must_use]
pub fn dot(revisions: &[Revision]) -> String {
    let mut text = String::from(
        "digraph revisions {\n  rankdir=BT;\n  node [shape=box, style=rounded, fontname=\"monospace\"];\n",
    );
    for revision in revisions {
        let label: Vec<String> = lines(revision).iter().map(|line| dot_quoted(line)).collect();
        let label = label.join("\\n");
        let style = match revision.applied {
            Applied::Yes | Applied::Current => ", style=\"rounded,filled\", fillcolor=\"#d5f0dc\"",
            Applied::Unknown | Applied::Pending => "",
        };
        // Writing to a String cannot fail.
        _ = writeln!(text, "  \"{}\" [label=\"{label}\"{style}];", dot_quoted(&revision.id));
    }
    for (from, to, is_dependency) in edges(revisions) {
        let style = if is_dependency { " [style=dashed]" } else { "" };
        _ = writeln!(text, "  \"{}\" -> \"{}\"{style};", dot_quoted(from), dot_quoted(to));
    }
    text.push_str("}\n");
    text
}

/// The graph as a Mermaid flow chart, which many Markdown viewers render.
#[must_use]
pub fn mermaid(revisions: &[Revision]) -> String {
    let mut text = String::from("flowchart BT\n");
    for (index, revision) in revisions.iter().enumerate() {
        let label: Vec<String> = lines(revision).iter().map(|line| mermaid_quoted(line)).collect();
        // Mermaid has reserved words such as `end`, so the identifier is only the label.
        _ = writeln!(text, "  r{index}[\"{}\"]", label.join("<br/>"));
    }
    for (index, revision) in revisions.iter().enumerate() {
        for &down in revision.down.iter().filter(|&&down| down < revisions.len()) {
            _ = writeln!(text, "  r{down} --> r{index}");
        }
        for &needed in revision.depends_on.iter().filter(|&&needed| needed < revisions.len()) {
            _ = writeln!(text, "  r{needed} -.-> r{index}");
        }
    }
    let applied: Vec<String> = revisions
        .iter()
        .enumerate()
        .filter(|(_, revision)| matches!(revision.applied, Applied::Yes | Applied::Current))
        .map(|(index, _)| format!("r{index}"))
        .collect();
    if !applied.is_empty() {
        _ = writeln!(
            text,
            "  classDef applied fill:#d5f0dc,stroke:#2f7d4a\n  class {} applied",
            applied.join(",")
        );
    }
    text
}

/// The text of a node: a line with the identifier and its marks, and a line with the message if there is one.
fn lines(revision: &Revision) -> Vec<String> {
    let marks: Vec<String> = revision
        .marks()
        .into_iter()
        .map(|(mark, words)| {
            if mark == Mark::Label {
                format!("{words}@")
            } else {
                words.to_owned()
            }
        })
        .collect();
    let title = if marks.is_empty() {
        revision.id.clone()
    } else {
        format!("{} ({})", revision.id, marks.join(", "))
    };
    if revision.message.is_empty() {
        vec![title]
    } else {
        vec![title, revision.message.clone()]
    }
}

/// The edges: identifier of the older revision, of the newer revision, and whether the edge is a dependency.
fn edges(revisions: &[Revision]) -> impl Iterator<Item = (&str, &str, bool)> {
    revisions.iter().flat_map(move |revision| {
        let id = move |index: &usize| revisions.get(*index).map(|other| other.id.as_str());
        let down = revision
            .down
            .iter()
            .filter_map(id)
            .map(|other| (other, revision.id.as_str(), false));
        let needed = revision
            .depends_on
            .iter()
            .filter_map(id)
            .map(|other| (other, revision.id.as_str(), true));
        down.chain(needed)
    })
}

fn dot_quoted(words: &str) -> String {
    words
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace(['\n', '\r'], " ")
}

fn mermaid_quoted(words: &str) -> String {
    words
        .replace('#', "#35;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;")
        .replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::super::samples::diamond;
    use super::*;

    #[test]
    fn dot_has_each_edge_and_escapes_labels() {
        let mut revisions = diamond();
        revisions[3].depends_on = vec![1];
        revisions[2].message = "say \"hi\" \\ bye".into();
        let text = dot(&revisions);
        assert_eq!(text.matches(" -> ").count(), 7);
        assert_eq!(text.matches("style=dashed").count(), 1);
        assert!(text.contains(r#""r2" [label="r2\nsay \"hi\" \\ bye"]"#), "{text}");
    }

    #[test]
    fn mermaid_labels_are_escaped() {
        let mut revisions = diamond();
        revisions[0].message = "a \"b\" <c> #d".into();
        revisions[0].applied = Applied::Current;
        let text = mermaid(&revisions);
        assert!(text.starts_with("flowchart BT\n"));
        assert!(
            text.contains("r0[\"r0 (current)<br/>a #quot;b#quot; #lt;c#gt; #35;d\"]"),
            "{text}"
        );
        assert!(text.contains("class r0 applied"));
        assert_eq!(text.matches("-->").count(), 6);
    }
}
