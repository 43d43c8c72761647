//! The places of headers in their files, for hints of error messages.
//!
//! A header has no line numbers: only an error message needs them, and then the files that it names are read again.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged as _;

use super::header::decode;
use super::{Header, depth};

/// A hint lists at most this many files.
const MAX_FILES: usize = 5;

/// The places of the given revisions' headers: `versions/a.py, line 12; versions/b.py, line 9`.
///
/// Each revision comes with the header name whose line is shown. The line is left out where it is not known without
/// importing the file. Revisions without a header are skipped; `None` if none is left.
#[must_use]
pub fn describe(headers: &[Header], revisions: &[(&str, &str)]) -> Option<String> {
    let mut by_revision: HashMap<&str, Vec<&Header>> = HashMap::new();
    if !revisions.is_empty() {
        for header in headers {
            by_revision.entry(&header.revision).or_default().push(header);
        }
    }
    let mut found = Vec::new();
    for (revision, name) in revisions {
        let of_revision = by_revision.get(revision).into_iter().flatten();
        found.extend(of_revision.map(|&header| (header, *name)));
    }
    let mut shown: Vec<String> = found
        .iter()
        .take(MAX_FILES)
        .map(|(header, name)| place(header, name))
        .collect();
    if found.len() > MAX_FILES {
        shown.push(format!("and {} more files", found.len() - MAX_FILES));
    }
    (!shown.is_empty()).then(|| shown.join("; "))
}

fn place(header: &Header, name: &str) -> String {
    let path = header.path.display();
    match line_of(&header.path, name) {
        Some(line) => format!("{path}, line {line}"),
        None => path.to_string(),
    }
}

/// The line, counted from one, of the last module-level assignment to `name`.
fn line_of(path: &Path, name: &str) -> Option<usize> {
    // An unreadable file is shown without a line: the caller is reporting another error already.
    let source = fs::read(path).ok()?;
    let text = decode(&source)?;
    // A deep syntax tree would overflow the stack.
    if depth::may_be_deep(&text) {
        return None;
    }
    let module = parse_module(&text).ok()?;
    let is_name = |target: &Expr| matches!(target, Expr::Name(found) if found.id.as_str() == name);
    let statement = module.suite().iter().rfind(|statement| match statement {
        Stmt::Assign(assign) => assign.targets.iter().any(is_name),
        Stmt::AnnAssign(assign) => assign.value.is_some() && is_name(&assign.target),
        _ => false,
    })?;
    let before = text.get(..statement.start().to_usize())?;
    Some(before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Fields;
    use crate::script::Value;

    #[test]
    fn places_have_files_and_lines() {
        let home = std::env::temp_dir().join(format!("limbeck-places-{}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        let header = |revision: &str, file: &str| {
            let fields = Fields {
                revision: Some(revision.to_owned()),
                down_revision: Some(Value::Nothing),
                ..Fields::default()
            };
            Header::new(home.join(file).into(), fields).unwrap()
        };
        fs::write(
            home.join("a.py"),
            "'''x\n'''\r\nrevision = 'a'\ndown_revision: str = None\n",
        )
        .unwrap();
        let headers = [header("a", "a.py"), header("b", "gone.py"), header("a", "a.py")];
        let home = home.display();
        assert_eq!(
            describe(
                &headers,
                &[("a", "down_revision"), ("b", "revision"), ("c", "revision")]
            ),
            Some(format!("{home}/a.py, line 4; {home}/a.py, line 4; {home}/gone.py"))
        );
        assert_eq!(
            describe(&headers[..1], &[("a", "depends_on")]),
            Some(format!("{home}/a.py"))
        );
        assert_eq!(describe(&headers, &[]), None);
        let many = vec![("b", "revision"); 7];
        assert!(describe(&headers, &many).unwrap().ends_with("; and 2 more files"));
        fs::remove_dir_all(home.to_string()).unwrap();
    }
}
