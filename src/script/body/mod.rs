//! What the body of a revision does, read from its syntax tree without importing the file.

mod directives;
mod module;
mod repeatable;
mod tables;
mod touches;

use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::parse_module;

use super::depth;
use super::header::decode;
use module::Module;
pub use tables::TableCall;
pub use touches::Touch;

/// The call of a directive, such as `op.create_table()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The name as the file writes it, without the module: `create_table`.
    pub name: String,
    /// The line of the call, from 1.
    pub line: usize,
    /// The tables that its arguments name.
    pub touches: Vec<Touch>,
}

/// The body of a revision: `upgrade()` or `downgrade()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The line of the function's name.
    pub line: usize,
    /// Whether the body has no code besides `pass`, `...` and a docstring.
    pub is_empty: bool,
    /// Whether a second call of the function has effects only through Alembic and SQLAlchemy. False if this is uncertain.
    pub is_repeatable: bool,
    /// The calls of directives, in the order of the text.
    pub calls: Vec<Call>,
}

/// Read the body of a function at module level. Returns `None` if the file cannot be parsed or has no such function.
#[must_use]
pub fn read(source: &[u8], function: &str) -> Option<Body> {
    let text = decode(source)?;
    if depth::may_be_deep(&text) {
        return None;
    }
    let parsed = parse_module(&text).ok()?;
    let module = Module::new(parsed.suite());
    let definition = module.functions.get(function)?;
    let line_of = |offset: ruff_text_size::TextSize| {
        let before = text.get(..usize::from(offset)).unwrap_or(&text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    };
    Some(Body {
        line: line_of(definition.name.range.start()),
        is_empty: definition.body.iter().all(does_nothing),
        is_repeatable: repeatable::is_repeatable(&module, definition),
        calls: directives::calls(&module, definition, &line_of),
    })
}

/// Read the tables that a function at module level makes, renames and drops, with SQL that may do so.
///
/// Returns `None` if the file cannot be parsed, and no calls if it has no such function.
#[must_use]
pub fn read_tables(source: &[u8], function: &str) -> Option<Vec<TableCall>> {
    let text = decode(source)?;
    if depth::may_be_deep(&text) {
        return None;
    }
    let parsed = parse_module(&text).ok()?;
    let module = Module::new(parsed.suite());
    let definition = module.functions.get(function);
    Some(definition.map_or_else(Vec::new, |definition| tables::calls(&module, definition)))
}

/// Whether a statement is `pass`, `...` or a string.
fn does_nothing(statement: &Stmt) -> bool {
    match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(expression) => matches!(
            expression.value.as_ref(),
            Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPORTS: &str = "from alembic import op\nimport sqlalchemy as sa\nimport os\n";

    fn body(text: &str) -> Body {
        read(format!("{IMPORTS}{text}").as_bytes(), "upgrade").expect("the file has the function")
    }

    fn in_upgrade(lines: &str) -> Body {
        let indented: Vec<_> = lines.lines().map(|line| format!("    {line}")).collect();
        body(&format!("def upgrade():\n{}\n", indented.join("\n")))
    }

    #[test]
    fn directives_have_their_lines() {
        let found = in_upgrade(
            "op.execute('x')\nwith op.batch_alter_table('t') as batch:\n    batch.drop_column('a')\nfor x in (1, 2):\n    op.f(\n        str(x))",
        );
        let calls: Vec<_> = found.calls.iter().map(|call| (call.name.as_str(), call.line)).collect();
        assert_eq!(
            calls,
            [("execute", 5), ("batch_alter_table", 6), ("drop_column", 7), ("f", 9)]
        );
        assert_eq!(found.line, 4);
    }

    #[test]
    fn directives_have_their_tables_and_columns() {
        for (line, expected) in [
            ("op.add_column('t', sa.Column('a', sa.Integer))", "t(a)"),
            ("op.add_column(table_name='t', column=sa.Column('a'))", "t(a)"),
            ("op.create_index('ix', 't', ['a', 'b'])", "t(a, b)"),
            ("op.create_index(op.f('ix'), 't', [sa.text('lower(a)')])", "t(lower(a))"),
            ("op.drop_index('ix', table_name='t')", "t()"),
            ("op.create_foreign_key('fk', 't', 'u', ['a'], ['b'])", "t(a) u(b)"),
            ("op.rename_table('t', 'u')", "t() u()"),
            ("op.create_table('t', sa.Column('a'))", "t()"),
            ("op.drop_table(name)", ""),
            ("op.execute('DROP TABLE t')", ""),
            (
                "with op.batch_alter_table('t') as batch:\n    batch.drop_column('a')",
                "t() t(a)",
            ),
            (
                "with op.batch_alter_table(name) as batch:\n    batch.drop_column('a')",
                "",
            ),
        ] {
            let touches = in_upgrade(line).calls.into_iter().flat_map(|call| call.touches);
            let shown: Vec<_> = touches
                .map(|t| format!("{}({})", t.table, t.columns.join(", ")))
                .collect();
            assert_eq!(shown.join(" "), expected, "{line}");
        }
    }

    #[test]
    fn tables_are_read_with_their_schemas() {
        for (lines, expected) in [
            ("op.create_table('t', sa.Column('a'))", "create_table t"),
            ("op.create_table('t', schema='s')", "create_table s.t"),
            ("op.create_table('t', schema=None)", "create_table t"),
            ("op.create_table('t', schema=where)", "create_table ?"),
            ("op.create_table(name)", "create_table ?"),
            ("op.create_table(f'{x}_t')", "create_table ?"),
            ("op.create_table(NAME)", "create_table constant"),
            ("name = 'local'\nop.create_table(name)", "create_table local"),
            ("for name in ('a', 'b'):\n    op.create_table(name)", "create_table ?"),
            (
                "name = 'a'\nname = 'b'\nop.create_table(table_name=name)",
                "create_table ?",
            ),
            ("op.rename_table('a', 'b', schema='s')", "rename_table s.a b"),
            ("op.rename_table(a, 'b')", "rename_table ? b"),
            ("if x:\n    op.drop_table('t')", "drop_table t"),
            ("op.execute('CREATE TABLE t (a INT)')", "execute CREATE TABLE t (a INT)"),
            ("op.get_bind().execute(sa.text('SELECT 1'))", "execute SELECT 1"),
            ("sql = 'SELECT 1'\nop.execute(sa.text(sql))", "execute SELECT 1"),
            ("op.execute(f'CREATE TABLE {x} (a INT)')", "execute ?"),
            ("op.execute('CREATE TEMP TABLE %s (a INT)' % x)", "execute ?"),
            ("op.execute(f'UPDATE {x} SET a = 1')", ""),
            ("op.execute(t.update().values(a=1))", ""),
            ("metadata.create_all(op.get_bind())", "create_all ?"),
            ("other.create_table('t')", ""),
            ("helper()", "create_table of_helper"),
        ] {
            let indented: Vec<_> = lines.lines().map(|line| format!("    {line}\n")).collect();
            let body = indented.concat();
            let text = format!(
                "{IMPORTS}NAME = 'constant'\ndef helper():\n    op.create_table('of_helper')\ndef upgrade():\n{body}"
            );
            let found = read_tables(text.as_bytes(), "upgrade").expect("the file is valid");
            let shown: Vec<_> = found
                .iter()
                .map(|call| {
                    let schema = call
                        .schema
                        .as_ref()
                        .map_or_else(String::new, |schema| format!("{schema}."));
                    let name = call.name.as_ref().map_or("?", String::as_str);
                    let new_name = call
                        .new_name
                        .as_ref()
                        .map_or_else(String::new, |name| format!(" {name}"));
                    format!("{} {schema}{name}{new_name}", call.kind)
                })
                .collect();
            assert_eq!(shown.join(" "), expected, "{lines}");
        }
    }

    #[test]
    fn calls_of_helpers_are_included() {
        let found = body("def helper():\n    op.drop_table('t')\n    helper()\ndef upgrade():\n    helper()\n");
        assert_eq!(found.calls.len(), 1);
        assert!(found.is_repeatable);
    }

    #[test]
    fn a_body_without_code_is_empty() {
        assert!(in_upgrade("'''doc'''\npass").is_empty);
        assert!(!in_upgrade("op.execute('x')").is_empty);
    }

    #[test]
    fn code_of_alembic_and_sqlalchemy_is_repeatable() {
        for lines in [
            "op.create_table('t', sa.Column('a', sa.Integer()))",
            "names = [n.lower() for n in ('A', 'B')]\nnames.append('c')\nfor n in names:\n    op.drop_column('t', n)",
            "t = sa.table('t', sa.column('a'))\nop.get_bind().execute(t.update().values(a=1))",
            "from sqlalchemy.dialects import postgresql\nop.add_column('t', sa.Column('a', postgresql.JSONB()))",
            "with op.get_context().autocommit_block():\n    op.execute(f'x {len([1])}')",
            "def inner(x):\n    return x\ninner(1)",
        ] {
            assert!(in_upgrade(lines).is_repeatable, "{lines}");
        }
        assert!(body("T = sa.table('t')\nNAMES = ['a']\ndef upgrade():\n    op.execute(T.insert())\n    for n in NAMES:\n        op.drop_column('t', n)\n").is_repeatable);
    }

    #[test]
    fn code_with_other_effects_is_not_repeatable() {
        for lines in [
            "print('x')",
            "open('x')",
            "os.remove('x')",
            "x = os\nx.remove('y')",
            "import requests\nrequests.get('x')",
            "global X\nX = 1",
            "sa.create_engine('x')",
            "op.x.__globals__",
            "sa.text.x = 1",
            "unknown()",
            "run = print\nrun('x')",
            "from .models import User",
            "sa.event.listen(x, 'y', z)",
            "from sqlalchemy import create_engine",
        ] {
            assert!(!in_upgrade(lines).is_repeatable, "{lines}");
        }
        for text in [
            "SEEN = []\ndef upgrade():\n    SEEN.append(1)\n",
            "SEEN = {}\ndef upgrade():\n    SEEN['a'] = 1\n",
            "def helper():\n    print('x')\ndef upgrade():\n    helper()\n",
            "try:\n    import os as q\nexcept ImportError:\n    q = None\ndef upgrade():\n    q.remove('x')\n",
            "X = os.environ\ndef upgrade():\n    X.get('a')\n",
            "@os.wraps\ndef upgrade():\n    pass\n",
            "class A:\n    x = os.getcwd()\ndef upgrade():\n    A()\n",
        ] {
            assert!(!body(text).is_repeatable, "{text}");
        }
    }
}
