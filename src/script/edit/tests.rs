//! Tests of the edits.

use super::*;

fn strings(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn edited(source: &str, before: &[&str], after: &[&str]) -> String {
    let result = replace_parents(source.as_bytes(), &strings(before), &strings(after));
    String::from_utf8(result.unwrap_or_else(|refusal| panic!("{refusal:?}:\n{source}"))).unwrap()
}

fn refusal(source: &str, before: &[&str], after: &[&str]) -> Refusal {
    replace_parents(source.as_bytes(), &strings(before), &strings(after)).expect_err(source)
}

#[test]
fn each_form_keeps_its_shape() {
    for (old, before, after, new) in [
        (
            "down_revision = 'a'  # x\n",
            &["a"][..],
            &["b"][..],
            "down_revision = 'b'  # x\n",
        ),
        ("down_revision = None\n", &[], &["b"], "down_revision = \"b\"\n"),
        (
            "revision = 'z'\ndown_revision = None\n",
            &[],
            &["b"],
            "revision = 'z'\ndown_revision = 'b'\n",
        ),
        ("down_revision = 'a'\n", &["a"], &[], "down_revision = None\n"),
        (
            "down_revision = 'a'\n",
            &["a"],
            &["b", "c"],
            "down_revision = ('b', 'c')\n",
        ),
        (
            "down_revision = (\n    'a'\n)\n",
            &["a"],
            &["b"],
            "down_revision = (\n    'b'\n)\n",
        ),
        ("down_revision = ('a',)\n", &["a"], &["b"], "down_revision = ('b',)\n"),
        (
            "down_revision = ('a', \"c\")\n",
            &["a", "c"],
            &["a", "d"],
            "down_revision = ('a', \"d\")\n",
        ),
        (
            "down_revision = 'a', 'c'\n",
            &["a", "c"],
            &["c"],
            "down_revision = 'c'\n",
        ),
        (
            "down_revision = ['a', 'c']\n",
            &["a", "c"],
            &["c"],
            "down_revision = 'c'\n",
        ),
        ("down_revision = r'a'\n", &["a"], &["b"], "down_revision = r'b'\n"),
        ("down_revision = '''a'''\n", &["a"], &["b"], "down_revision = '''b'''\n"),
        ("down_revision = 'a' 'b'\n", &["ab"], &["b"], "down_revision = 'b'\n"),
        (
            "revision, down_revision = 'z', \"a\"\n",
            &["a"],
            &["b"],
            "revision, down_revision = 'z', \"b\"\n",
        ),
        (
            "down_revision: Union[str, None] = \"a\"\r\nx = 1\r\n",
            &["a"],
            &["b"],
            "down_revision: Union[str, None] = \"b\"\r\nx = 1\r\n",
        ),
        (
            "down_revision = (\n    'a',  # one\n    'c',  # two\n)\n",
            &["a", "c"],
            &["c"],
            "down_revision = (\n      # one\n    'c',  # two\n)\n",
        ),
        (
            "\u{feff}down_revision = 'a'\rx = 'é'\r",
            &["a"],
            &["b"],
            "\u{feff}down_revision = 'b'\rx = 'é'\r",
        ),
    ] {
        assert_eq!(edited(old, before, after), new);
    }
}

#[test]
fn line_of_the_docstring_follows() {
    let file = |revises: &str, down: &str| {
        format!("\"\"\"x\r\n\r\nRevision ID: z\r\n{revises}\r\nCreate Date: 1\r\n\"\"\"\r\ndown_revision = {down}\r\n")
    };
    for (old, before, after, new) in [
        (("Revises: a", "'a'"), &["a"][..], &["b"][..], ("Revises: b", "'b'")),
        (("Revises:  a \t", "'a'"), &["a"], &["b"], ("Revises:  b \t", "'b'")),
        (("Revises: ", "None"), &[], &["b"], ("Revises: b", "\"b\"")),
        (("Revises:", "None"), &[], &["b"], ("Revises: b", "\"b\"")),
        (("Revises: a", "'a'"), &["a"], &[], ("Revises: ", "None")),
        (
            ("  Revises: a, c", "('a', 'c')"),
            &["a", "c"],
            &["c"],
            ("  Revises: c", "'c'"),
        ),
        (
            ("Revises: the old way", "'a'"),
            &["a"],
            &["b"],
            ("Revises: the old way", "'b'"),
        ),
    ] {
        assert_eq!(edited(&file(old.0, old.1), before, after), file(new.0, new.1));
    }
    assert_eq!(
        edited("'''Revises: a'''\ndown_revision = 'a'\n", &["a"], &["b"]),
        "'''Revises: b'''\ndown_revision = 'b'\n"
    );
}

#[test]
fn other_encodings_keep_their_bytes() {
    let source = b"# coding: latin-1\n'''\xe9\nRevises: a\n'''\ndown_revision = 'a' # \xfc\n";
    let expected = b"# coding: latin-1\n'''\xe9\nRevises: b\n'''\ndown_revision = 'b' # \xfc\n";
    let result = replace_parents(source, &strings(&["a"]), &strings(&["b"])).unwrap();
    assert_eq!(result, expected);
    assert!(
        refusal("# coding: shift_jis\ndown_revision = 'a'\n", &["a"], &["b"])
            .reason
            .contains("encoding")
    );
    let not_utf8 = replace_parents(b"x = '\xe9'\ndown_revision = 'a'\n", &strings(&["a"]), &strings(&["b"]));
    assert!(not_utf8.is_err());
}

#[test]
fn uncertain_headers_are_refused() {
    for (source, line, reason) in [
        ("x = 1\ndown_revision = f()\n", Some(2), "computed"),
        ("down_revision = f'a'\n", Some(1), "computed"),
        ("x = 1\n", None, "does not assign"),
        ("if x:\n    down_revision = 'a'\n", None, "condition"),
        (
            "down_revision = 'a'\nif x:\n    down_revision = 'b'\n",
            Some(1),
            "condition",
        ),
        ("down_revision = depends_on = 'a'\n", Some(1), "together"),
        ("down_revision = 'c'\n", Some(1), "graph"),
        ("down_revision = ('a' # x\n 'b')\n", Some(1), "graph"),
        ("def f(:\n", None, "syntax"),
    ] {
        let found = refusal(source, &["a"], &["b"]);
        assert_eq!(found.line, line, "{source}");
        assert!(found.reason.contains(reason), "{}: {source}", found.reason);
    }
    let escaped = refusal("down_revision = 'a'\n", &["a"], &["b'c"]);
    assert!(escaped.reason.contains("escape"));
    let comment = refusal("down_revision = ('a', # x\n'b')\n", &["a", "b"], &["c", "d", "e"]);
    assert!(comment.reason.contains("comment"));
}

#[test]
fn body_may_be_nested_deeply() {
    let deep = "(".repeat(3000) + &")".repeat(3000);
    let source = format!("down_revision = 'a'\ndef upgrade():\n    x = {deep}\n");
    assert_eq!(edited(&source, &["a"], &["b"]), source.replacen("'a'", "'b'", 1));
}

#[test]
fn code_that_might_change_names_is_compared_with_the_graph() {
    let source = "down_revision = 'a'\ndef upgrade():\n    getattr(x, 'y')\n";
    assert_eq!(edited(source, &["a"], &["b"]), source.replace("'a'", "'b'"));
}
