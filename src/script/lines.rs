//! Reads headers of the usual form line by line, without a syntax tree.
//!
//! The form: a docstring, comments, imports, and assignments of literals to header names on one line each, up to the
//! first function or class. Parsing a file takes longer than reading it from disk. Files of any other form are parsed
//! (`syntax`).

use super::header::{Fields, HEADER_NAMES, INDIRECT_NAMES, Value};

/// Annotations of header names, without spaces.
const ANNOTATIONS: [&str; 8] = [
    "str",
    "str|None",
    "Optional[str]",
    "Union[str,None]",
    "str|Sequence[str]|None",
    "Union[str,Sequence[str],None]",
    "Optional[Union[str,Sequence[str]]]",
    "Union[str,List[str],Tuple[str,...],None]",
];

/// Python's keywords.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// White space inside a line.
const BLANK: [char; 2] = [' ', '\t'];

/// Read the header from the text before the first function or class, with `\n` as the line end. `None` for a text of
/// another form.
pub(super) fn read(head: &str) -> Option<Fields> {
    let mut fields = Fields::default();
    let mut rest = head;
    let mut first = true;
    while !rest.is_empty() {
        if first && let Some((doc, after)) = docstring(rest) {
            fields.doc = Some(doc.into());
            rest = after;
            first = false;
            continue;
        }
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        if is_blank_or_comment(line) {
            continue;
        }
        first = false;
        check_import(line).or_else(|| assign(&mut fields, line))?;
    }
    Some(fields)
}

/// Whether a line, or the rest of one, is blank or a comment.
fn is_blank_or_comment(line: &str) -> bool {
    let text = line.trim_start_matches(BLANK);
    text.is_empty() || text.starts_with('#')
}

/// A triple-quoted string without escapes on its own lines, and the text after it.
fn docstring(text: &str) -> Option<(&str, &str)> {
    let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| text.starts_with(quotes))?;
    let (doc, after) = text[quotes.len()..].split_once(quotes)?;
    let (line, rest) = after.split_once('\n').unwrap_or((after, ""));
    (is_blank_or_comment(line) && !doc.contains('\\')).then_some((doc, rest))
}

/// Accept an `import` without header names and without names through which code can change them. `None` for any other
/// line.
fn check_import(line: &str) -> Option<()> {
    let statement = line.split('#').next()?;
    if let Some(modules) = statement.strip_prefix("import ") {
        return modules.split(',').try_for_each(|part| check_alias(part, true));
    }
    let (module, names) = statement.strip_prefix("from ")?.split_once(" import ")?;
    check_path(module.trim_matches(BLANK))?;
    names.split(',').try_for_each(|part| check_alias(part, false))
}

/// Accept `name` or `name as other`; if `is_path`, the first name may have dots.
fn check_alias(part: &str, is_path: bool) -> Option<()> {
    let mut words = part.split(BLANK).filter(|word| !word.is_empty());
    let name = words.next()?;
    if is_path { check_path(name) } else { check_name(name) }?;
    match (words.next(), words.next(), words.next()) {
        (None, ..) => Some(()),
        (Some("as"), Some(other), None) => check_name(other),
        _ => None,
    }
}

/// Accept a path of names that [`check_name`] accepts.
fn check_path(path: &str) -> Option<()> {
    path.split('.').try_for_each(check_name)
}

/// Accept a valid ASCII name that is neither a header name nor a name through which code can change one.
fn check_name(name: &str) -> Option<()> {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let starts_without_digit = name.starts_with(|c: char| !c.is_ascii_digit());
    let is_reserved = [&HEADER_NAMES[..], &INDIRECT_NAMES, &KEYWORDS]
        .iter()
        .any(|words| words.contains(&name));
    (is_word && starts_without_digit && !is_reserved).then_some(())
}

/// Set the field of a line that assigns a literal to a header name. `None` for any other line.
fn assign(fields: &mut Fields, line: &str) -> Option<()> {
    let end = line.find(|c: char| !c.is_ascii_alphabetic() && c != '_')?;
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(BLANK);
    let value = rest.strip_prefix('=').or_else(|| {
        let (annotation, value) = rest.strip_prefix(':')?.split_once('=')?;
        let annotation = annotation.replace(BLANK, "");
        ANNOTATIONS.contains(&annotation.as_str()).then_some(value)
    })?;
    let value = literal(value.trim_start_matches(BLANK))?;
    match (name, value) {
        ("revision", Value::One(revision)) => fields.revision = Some(revision),
        ("down_revision", value) => fields.down_revision = Some(value),
        ("depends_on", value) => fields.depends_on = Some(value),
        ("branch_labels", value) => fields.branch_labels = Some(value),
        _ => return None,
    }
    Some(())
}

/// `None`, a string, or strings in a tuple, at the end of a line.
fn literal(text: &str) -> Option<Value> {
    if let Some(rest) = text.strip_prefix("None") {
        return is_blank_or_comment(rest).then_some(Value::Nothing);
    }
    let Some(mut rest) = text.strip_prefix('(') else {
        let (value, rest) = string(text)?;
        return is_blank_or_comment(rest).then(|| Value::One(value.to_owned()));
    };
    let mut values = Vec::new();
    loop {
        rest = rest.trim_start_matches(BLANK);
        if let Some(after) = rest.strip_prefix(')') {
            return is_blank_or_comment(after).then_some(Value::Several(values));
        }
        let (value, after) = string(rest)?;
        values.push(value.to_owned());
        // `('a')` is a string and `('a' 'b')` is one string: both are left to the parser.
        rest = match after.trim_start_matches(BLANK).strip_prefix(',') {
            Some(after) => after,
            None if values.len() > 1 => {
                let after = after.trim_start_matches(BLANK);
                after.starts_with(')').then_some(after)?
            }
            None => return None,
        };
    }
}

/// A string without escapes, and the text after it.
fn string(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (value, rest) = text[1..].split_once(quote)?;
    // Two quotes may start a triple-quoted string.
    let triple = value.is_empty() && rest.starts_with(quote);
    (!triple && !value.contains('\\')).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Reading, header};
    use super::*;

    /// Random headers of the usual form and of other forms.
    fn headers() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "\"\"\"add a\n\nRevises: b\n\"\"\"\n",
            "'''x'''  # y\n",
            "\"\"\"a\\n\"\"\"\n",
            "\"\"\"\"\"\"\n",
            "\"\"\"a\"\"\"\"\n",
            "\n",
            "  \n",
            "# revision = 'x'\n",
            "   # c\n",
            "import sqlalchemy as sa\n",
            "import a.b, c\n",
            "import if\n",
            "from alembic import op  # noqa\n",
            "from a import b as revision\n",
            "from a import *\n",
            "from a import (b)\n",
            "from a import b,\n",
            "from sys import modules\n",
            "from . import x\n",
            "from a.1 import x\n",
            "import a as\n",
            "revision = 'a'\n",
            "revision: str = \"b\" # c\n",
            "revision = None\n",
            "revision = 'a' 'b'\n",
            "revision='c'\n",
            "revision = 'a\\x41'\n",
            "revision = ''\n",
            "revision = ''''''\n",
            "revision = ('a')\n",
            "revision = x\n",
            "down_revision = None\n",
            "down_revision: Union[str, Sequence[str], None] = 'z'\n",
            "down_revision = ('a', 'b')\n",
            "down_revision = ('a',)  \n",
            "down_revision = ('a' 'b',)\n",
            "down_revision = (\n",
            "down_revision = ('a', 'b',)\n",
            "down_revision = ()\n",
            "down_revision = (,)\n",
            "down_revision = ('a',,)\n",
            "down_revision = 'a', 'b'\n",
            "depends_on: str | None = None\n",
            "depends_on = ['a']\n",
            "depends_on: int = None\n",
            "branch_labels = Nonesuch\n",
            "branch_labels = None#\n",
            "branch_labels=('x' , \"y\")\n",
            "__doc__ = 'x'\n",
            "revision += 'a'\n",
            "revision == 'a'\n",
            " revision = 'a'\n",
            "revision = depends_on = 'a'\n",
            "x = 1\n",
            "if x:\n",
            "    pass\n",
            "revision: str\n",
            "revision = 'a'; depends_on = 'b'\n",
            "caf\u{e9} = 1\n",
            "import caf\u{e9}\n",
            "\x0c\n",
        ]);
        prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn results_equal_those_of_the_syntax_tree(head in headers()) {
            if let Some(fields) = read(&head) {
                prop_assert_eq!(header::read_parsed(&head), Reading::Known(fields), "{}", head);
            }
        }

        #[test]
        fn results_for_any_text_equal_those_of_the_syntax_tree(head in "[ -~\n\u{e9}'\"(),=:#]{0,80}") {
            if let Some(fields) = read(&head) {
                prop_assert_eq!(header::read_parsed(&head), Reading::Known(fields), "{}", head);
            }
        }
    }

    #[test]
    fn a_new_file_is_read() {
        let fields = read(
            "\"\"\"add e-mail\n\nRevision ID: 2b\n\"\"\"\nfrom typing import Sequence, Union\n\nfrom alembic import op\n\
             import sqlalchemy as sa\n\n\n# revision identifiers, used by Alembic.\nrevision: str = '2b'\n\
             down_revision: Union[str, Sequence[str], None] = ('1a', \"1b\")\n\
             branch_labels: Union[str, Sequence[str], None] = None\ndepends_on = None\n\n\n",
        )
        .unwrap();
        assert_eq!(fields.doc.as_deref(), Some("add e-mail\n\nRevision ID: 2b\n"));
        assert_eq!(fields.revision.as_deref(), Some("2b"));
        assert_eq!(
            fields.down_revision,
            Some(Value::Several(vec!["1a".into(), "1b".into()]))
        );
        assert_eq!(
            (fields.branch_labels, fields.depends_on),
            (Some(Value::Nothing), Some(Value::Nothing))
        );
    }
}
