//! `heads --check`: one head for each branch, and a head file that names the heads.
//!
//! `python/limbeck/rebase/guard.py` does the same, and says what is wrong.

use std::fs;
use std::path::Path;

use crate::config::settings::Settings;
use crate::graph::{Graph, Rev};

/// The names of the files: that of a rebase that was interrupted, that of the package alembic-linear-migrations, and
/// limbeck's own.
const JOURNAL: &str = ".limbeck-rebase.json";
const HEAD_TXT: &str = "head.txt";
const HEAD: &str = "HEAD";

/// The beginning of the package's file.
const MARK: &[u8] = b"# alembic-linear-migrations";

/// Whether `heads --check` certainly finds nothing wrong.
pub(super) fn is_certain(settings: &Settings, graph: &Graph) -> bool {
    has_single_heads(graph) && has_current_file(settings, graph) == Some(true)
}

/// Whether no two heads have the same branch labels.
fn has_single_heads(graph: &Graph) -> bool {
    let labels = |rev: &Rev| {
        let mut labels: Vec<&str> = graph.labels_of(*rev).iter().map(String::as_str).collect();
        labels.sort_unstable();
        labels
    };
    let mut each: Vec<_> = graph.heads().iter().map(labels).collect();
    let heads = each.len();
    each.sort();
    each.dedup();
    each.len() == heads
}

/// Whether the head file names the heads, or there is to be none; `None` if only Python can tell.
fn has_current_file(settings: &Settings, graph: &Graph) -> Option<bool> {
    let directory = settings.env_file.parent()?;
    if directory.join(JOURNAL).exists() {
        return None;
    }
    let of_package = directory.join(HEAD_TXT);
    let path = if fs::read(&of_package).is_ok_and(|content| content.starts_with(MARK)) {
        of_package
    } else if is_linear(settings)? {
        settings.folders.first()?.join(HEAD)
    } else {
        return Some(true);
    };
    let mut named = identifiers(&path)?;
    let mut heads: Vec<&str> = graph.heads().iter().map(|rev| graph.id(*rev)).collect();
    named.sort_unstable();
    heads.sort_unstable();
    Some(named == heads)
}

fn is_linear(settings: &Settings) -> Option<bool> {
    let options = settings.limbeck.as_ref()?;
    match options.iter().find(|(name, _)| name == "linear") {
        None => Some(false),
        Some((_, value)) => match value.as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
    }
}

/// The identifiers in a head file: the first word of each line that is no comment. `None` for a file with conflicts.
fn identifiers(path: &Path) -> Option<Vec<String>> {
    let text = fs::read_to_string(path).ok()?;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
            .iter()
            .any(|marker| line.starts_with(marker))
        {
            return None;
        }
        if !line.starts_with('#') {
            found.push(line.split_whitespace().next()?.to_owned());
        }
    }
    Some(found)
}
