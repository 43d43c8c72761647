//! The dependencies between the top modules of the engine, as docs/architecture.md draws them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with those that it may use. All of these are further down in the list, so there are no cycles.
const ALLOWED: [(&str, &[&str]); 10] = [
    (
        "bindings",
        &["startup", "show", "plan", "graph", "script", "store", "config", "error"],
    ),
    ("startup", &["show", "graph", "script", "config"]),
    ("show", &["graph", "script"]),
    ("plan", &["graph", "error"]),
    ("graph", &["script", "error"]),
    ("script", &["short_cuts", "error"]),
    ("store", &["error"]),
    ("config", &["error"]),
    ("short_cuts", &[]),
    ("error", &[]),
];

/// The Rust files below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// A file's code without the lines that are comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules that code names after `crate::`, alone or as a list in braces.
fn used(code: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String {
        let end = text.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let mut found = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(name(rest));
            continue;
        };
        let (mut depth, mut starts) = (0, true);
        for (at, c) in list.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => starts = true,
                c if starts && !c.is_whitespace() => {
                    found.insert(name(&list[at..]));
                    starts = false;
                }
                _ => {}
            }
        }
    }
    found
}

/// Each file of `src/` with the top module that it belongs to.
fn modules() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let module = |path: &Path| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
    };
    let all = files(&root).into_iter().map(|path| (module(&path), path));
    all.filter(|(module, _)| module != "lib" && module != "architecture")
        .collect()
}

#[test]
fn modules_use_only_those_below_them() {
    for (module, path) in modules() {
        let position = ALLOWED.iter().position(|(name, _)| *name == module);
        let position = position.unwrap_or_else(|| panic!("{module} is not in the list"));
        for other in used(&code(&path)) {
            let allowed = other == module || ALLOWED[position].1.contains(&other.as_str());
            assert!(allowed, "{} uses {other}", path.display());
        }
    }
}

#[test]
fn the_list_has_no_cycle() {
    for (at, (module, allowed)) in ALLOWED.iter().enumerate() {
        for other in *allowed {
            let below = ALLOWED[at + 1..].iter().any(|(name, _)| name == other);
            assert!(below, "{other} is not below {module}");
        }
    }
}

#[test]
fn only_the_bindings_use_python() {
    for (module, path) in modules() {
        let uses_python = code(&path).contains("pyo3");
        assert!(!uses_python || module == "bindings", "{}", path.display());
    }
}

#[test]
fn imports_are_found_alone_and_in_lists() {
    let found =
        used("use crate::error::Error;\nuse crate::{config::ini, graph::{self, Rev},\n    plan};\ncrate::show::x()");
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["config", "error", "graph", "plan", "show"]
    );
}
