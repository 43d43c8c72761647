//! Reads statements of SQL.

use sqlparser::ast::{
    AlterTypeOperation, FromTable, ObjectType, Set, SetExpr, Statement, TableFactor, TableObject, TableWithJoins,
    UpdateTableFromKind, UserDefinedTypeRepresentation,
};
use sqlparser::dialect::{Dialect, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::alter_table;
use super::change::{Change, ident, index_columns, object};

/// What a text of SQL does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// How many statements of the text could not be read.
    pub unread: usize,
}

/// Read the statements of a text.
///
/// * `dialect` - SQLAlchemy's name of the dialect.
#[must_use]
pub fn read(text: &str, dialect: &str) -> Reading {
    let parser: &dyn Dialect = match dialect {
        "postgresql" => &PostgreSqlDialect {},
        "mysql" | "mariadb" => &MySqlDialect {},
        "sqlite" => &SQLiteDialect {},
        _ => &GenericDialect {},
    };
    let Ok(tokens) = Tokenizer::new(parser, text).tokenize() else {
        return Reading {
            changes: Vec::new(),
            unread: 1,
        };
    };
    let mut reading = Reading::default();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let end = rest
            .iter()
            .position(|token| *token == Token::SemiColon)
            .unwrap_or(rest.len());
        let words = words(&rest[..end]);
        if defines_routine(&words) && words.iter().any(|token| token_is(token, "begin")) {
            // The semicolons of its body are not the end of the statement.
            reading.changes.push(Change::new("other"));
            break;
        }
        match changes(&words, parser) {
            _ if words.is_empty() => {}
            Some(found) => reading.changes.extend(found),
            None => reading.unread += 1,
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    reading
}

fn words(tokens: &[Token]) -> Vec<Token> {
    let words = tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_)));
    words.cloned().collect()
}

/// Whether a statement defines a trigger, function, procedure or event.
fn defines_routine(words: &[Token]) -> bool {
    words.first().is_some_and(|token| token_is(token, "create"))
        && words.iter().take(8).any(|token| {
            ["trigger", "function", "procedure", "event"]
                .iter()
                .any(|word| token_is(token, word))
        })
}

fn changes(words: &[Token], dialect: &dyn Dialect) -> Option<Vec<Change>> {
    let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token_is(token, word));
    // What the parser does not know.
    if is(0, "drop") && is(1, "index") && is(2, "concurrently") {
        let mut rest = words.to_vec();
        rest.remove(2);
        let changes = parse(rest, dialect)?;
        return Some(
            changes
                .into_iter()
                .map(|change| change.flag(true, "concurrently"))
                .collect(),
        );
    }
    if is(0, "alter") && is(1, "table") {
        let at = words.windows(3).position(|part| {
            token_is(&part[0], "convert")
                && token_is(&part[1], "to")
                && (token_is(&part[2], "character") || token_is(&part[2], "charset"))
        });
        if at.is_some() {
            let table: String = words[2..]
                .iter()
                .take_while(|token| !token_is(token, "convert"))
                .map(unquoted)
                .collect();
            return Some(vec![Change::on("convert_character_set", &table)]);
        }
    }
    if is(0, "pragma") || defines_routine(words) {
        return Some(vec![Change::new("other")]);
    }
    if is(0, "reindex") {
        let concurrently = words.iter().any(|token| token_is(token, "concurrently"));
        return Some(vec![Change::new("reindex").flag(concurrently, "concurrently")]);
    }
    let mut words = words.to_vec();
    if is(0, "alter") && is(1, "table") {
        // MySQL's spelling of DROP CONSTRAINT.
        for at in 2..words.len().saturating_sub(1) {
            if token_is(&words[at], "drop") && token_is(&words[at + 1], "check") {
                words[at + 1] = Token::make_keyword("CONSTRAINT");
            }
        }
    }
    parse(words, dialect)
}

fn parse(tokens: Vec<Token>, dialect: &dyn Dialect) -> Option<Vec<Change>> {
    let mut parser = Parser::new(dialect).with_tokens(tokens);
    let mut found = Vec::new();
    let statement = parser.parse_statement().ok()?;
    if parser.peek_token().token != Token::EOF {
        return None;
    }
    of_statement(&statement, &mut found);
    Some(found)
}

#[allow(clippy::too_many_lines, reason = "one arm for each kind of statement")]
fn of_statement(statement: &Statement, found: &mut Vec<Change>) {
    match statement {
        Statement::CreateTable(create) => {
            let table = object(&create.name);
            let columns = create
                .columns
                .iter()
                .map(|column| Change::of_column("column", &table, column));
            let constraints = create
                .constraints
                .iter()
                .map(|constraint| Change::of_constraint(&table, constraint));
            let parts = columns.chain(constraints).collect();
            found.push(
                Change {
                    parts,
                    ..Change::on("create_table", &table)
                }
                .flag(create.temporary, "temporary")
                .flag(create.if_not_exists, "if_not_exists")
                .flag(create.query.is_some(), "as_select"),
            );
        }
        Statement::AlterTable(alter) => found.extend(alter_table::changes(alter)),
        Statement::RenameTable(renames) => found.extend(renames.iter().map(|rename| Change {
            new_name: Some(object(&rename.new_name)),
            ..Change::on("rename_table", &object(&rename.old_name))
        })),
        Statement::CreateIndex(create) => found.push(
            Change {
                columns: index_columns(&create.columns),
                ..Change::on("create_index", &object(&create.table_name)).named(create.name.as_ref().map(object))
            }
            .flag(create.concurrently, "concurrently")
            .flag(create.unique, "unique")
            .flag(create.predicate.is_some(), "partial")
            .flag(create.if_not_exists, "if_not_exists"),
        ),
        Statement::Drop {
            object_type,
            if_exists,
            names,
            cascade,
            table,
            ..
        } => {
            let kind = match object_type {
                ObjectType::Table => "drop_table",
                ObjectType::Index => "drop_index",
                ObjectType::View | ObjectType::MaterializedView => "drop_view",
                ObjectType::Type => "drop_type",
                ObjectType::Schema => "drop_schema",
                ObjectType::Database => "drop_database",
                ObjectType::Sequence => "drop_sequence",
                _ => "other",
            };
            found.extend(names.iter().map(|name| {
                let change = if kind == "drop_table" {
                    Change::on(kind, &object(name))
                } else {
                    Change {
                        table: table.as_ref().map(object),
                        ..Change::new(kind).named(object(name))
                    }
                };
                change.flag(*if_exists, "if_exists").flag(*cascade, "cascade")
            }));
        }
        Statement::CreateType { name, representation } => {
            let labels = match representation {
                Some(UserDefinedTypeRepresentation::Enum { labels }) => {
                    labels.iter().map(|label| label.value.clone()).collect()
                }
                _ => Vec::new(),
            };
            found.push(Change {
                labels,
                ..Change::new("create_type").named(object(name))
            });
        }
        Statement::AlterType(alter) => {
            let change = match &alter.operation {
                AlterTypeOperation::AddValue(add) => Change {
                    labels: vec![add.value.value.clone()],
                    ..Change::new("add_enum_value")
                },
                AlterTypeOperation::RenameValue(rename) => Change {
                    labels: vec![rename.to.value.clone()],
                    ..Change::new("rename_enum_value")
                },
                AlterTypeOperation::Rename(_) => Change::new("alter_type_object"),
            };
            found.push(change.named(object(&alter.name)));
        }
        Statement::Update(update) => {
            let change = Change {
                table: table_of(&update.table),
                ..Change::new("update")
            };
            let reads_from = update.from.as_ref().is_some_and(|from| {
                let (UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables)) = from;
                !tables.is_empty()
            });
            found.push(
                change
                    .flag(update.selection.is_some(), "where")
                    .flag(reads_from || !update.table.joins.is_empty(), "joined")
                    .flag(update.limit.is_some(), "limit"),
            );
        }
        Statement::Delete(delete) => {
            let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
            found.push(
                Change {
                    table: tables.first().and_then(table_of),
                    ..Change::new("delete")
                }
                .flag(delete.selection.is_some(), "where")
                .flag(
                    delete.using.is_some() || tables.iter().any(|table| !table.joins.is_empty()),
                    "joined",
                )
                .flag(delete.limit.is_some(), "limit"),
            );
        }
        Statement::Insert(insert) => {
            let table = match &insert.table {
                TableObject::TableName(name) => Some(object(name)),
                _ => None,
            };
            let selects = insert
                .source
                .as_ref()
                .is_some_and(|query| !matches!(query.body.as_ref(), SetExpr::Values(_)));
            found.push(
                Change {
                    table,
                    ..Change::new("insert")
                }
                .flag(selects, "select"),
            );
        }
        Statement::Truncate(truncate) => found.extend(
            truncate
                .table_names
                .iter()
                .map(|table| Change::on("truncate", &object(&table.name)).flag(truncate.cascade.is_some(), "cascade")),
        ),
        Statement::Query(query) => of_query(query.body.as_ref(), found),
        Statement::Set(Set::SingleAssignment { variable, values, .. }) => found.push(Change {
            expression: values.first().map(ToString::to_string),
            ..Change::new("set").named(object(variable))
        }),
        Statement::Set(_) => found.push(Change::new("set")),
        Statement::Commit { .. } => found.push(Change::new("commit")),
        Statement::Rollback { .. } => found.push(Change::new("rollback")),
        Statement::StartTransaction { .. } => found.push(Change::new("begin")),
        Statement::CreateView(_) => found.push(Change::new("create_view")),
        _ => found.push(Change::new("other")),
    }
}

/// `WITH … UPDATE` is a query for the parser.
fn of_query(body: &SetExpr, found: &mut Vec<Change>) {
    match body {
        SetExpr::Update(statement) | SetExpr::Delete(statement) | SetExpr::Insert(statement) => {
            of_statement(statement, found);
        }
        _ => found.push(Change::new("read")),
    }
}

fn table_of(table: &TableWithJoins) -> Option<String> {
    match &table.relation {
        TableFactor::Table { name, .. } => Some(object(name)),
        _ => None,
    }
}

fn token_is(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

fn unquoted(token: &Token) -> String {
    match token {
        Token::Word(word) => ident(&word.to_ident(sqlparser::tokenizer::Span::empty())),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str, dialect: &str) -> Change {
        let mut reading = read(text, dialect);
        assert_eq!((reading.changes.len(), reading.unread), (1, 0), "{text}: {reading:?}");
        reading.changes.remove(0)
    }

    fn shown(text: &str, dialect: &str) -> String {
        let change = one(text, dialect);
        let part = |value: &Option<String>| value.clone().unwrap_or_default();
        format!(
            "{} {} {} {}",
            change.kind,
            part(&change.table),
            part(&change.name),
            change.flags.join(" ")
        )
    }

    #[test]
    fn statements_of_postgresql_are_read() {
        for (text, expected) in [
            (
                "CREATE INDEX CONCURRENTLY ix ON t (a)",
                "create_index t ix concurrently",
            ),
            (
                "CREATE UNIQUE INDEX ix ON public.t (lower(a)) WHERE a > 1",
                "create_index t ix unique partial",
            ),
            (
                "DROP INDEX CONCURRENTLY IF EXISTS s.ix",
                "drop_index  s.ix if_exists concurrently",
            ),
            ("DROP INDEX ix", "drop_index  ix "),
            (
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1) NOT VALID",
                "add_constraint t c not_valid",
            ),
            (
                "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (b) NOT VALID",
                "add_constraint t  not_valid",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX ix",
                "add_constraint t c using_index",
            ),
            ("ALTER TABLE t VALIDATE CONSTRAINT c", "validate_constraint t c "),
            ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "set_not_null t a "),
            (
                "ALTER TABLE t ALTER COLUMN a TYPE BIGINT USING a::bigint",
                "alter_type t a using",
            ),
            (
                "ALTER TABLE \"T\" ADD COLUMN a INT GENERATED BY DEFAULT AS IDENTITY",
                "add_column T a identity",
            ),
            (
                "ALTER TABLE t ADD COLUMN a TEXT GENERATED ALWAYS AS (lower(b)) STORED",
                "add_column t a generated_stored",
            ),
            (
                "ALTER TYPE e ADD VALUE IF NOT EXISTS 'x' AFTER 'y'",
                "add_enum_value  e ",
            ),
            (
                "WITH x AS (SELECT 1) UPDATE t SET a = 1 WHERE b IN (SELECT 1)",
                "update t  where",
            ),
            ("UPDATE t SET a = u.a FROM u", "update t  joined"),
            ("DELETE FROM t", "delete t  "),
            ("REINDEX TABLE CONCURRENTLY t", "reindex   concurrently"),
            ("SET lock_timeout = '5s'", "set  lock_timeout "),
        ] {
            assert_eq!(shown(text, "postgresql"), expected, "{text}");
        }
    }

    #[test]
    fn statements_of_mysql_are_read() {
        for (text, expected) in [
            (
                "ALTER TABLE t MODIFY `a` VARCHAR(20) NOT NULL",
                "modify_column t a not_null",
            ),
            ("ALTER TABLE t CHANGE a b INTEGER NULL", "modify_column t a "),
            (
                "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
                "convert_character_set t  ",
            ),
            ("ALTER TABLE t DROP PRIMARY KEY", "drop_constraint t  "),
            ("ALTER TABLE t DROP FOREIGN KEY fk", "drop_constraint t fk "),
            (
                "ALTER TABLE t ADD COLUMN a INT, ALGORITHM=INPLACE, LOCK=NONE",
                "add_column t a algorithm_inplace lock_none",
            ),
            ("DROP INDEX ix ON t", "drop_index t ix "),
            ("RENAME TABLE a TO b", "rename_table a  "),
            ("ALTER TABLE t DROP CHECK c", "drop_constraint t c "),
            (
                "CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW BEGIN DELETE FROM u; END",
                "other   ",
            ),
        ] {
            assert_eq!(shown(text, "mysql"), expected, "{text}");
        }
        assert_eq!(
            one("ALTER TABLE t MODIFY a ENUM('x','y''z')", "mysql").labels,
            ["x", "y'z"]
        );
    }

    #[test]
    fn a_text_may_have_several_statements() {
        let reading = read("CREATE TABLE t (a INT); nonsense here; DROP TABLE u;", "postgresql");
        let kinds: Vec<_> = reading.changes.iter().map(|change| change.kind).collect();
        assert_eq!((kinds, reading.unread), (vec!["create_table", "drop_table"], 1));
        assert_eq!(read("SELECT ';'", "postgresql").changes.len(), 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,200}") {
            for dialect in ["postgresql", "mysql", "sqlite", "oracle"] {
                let _ = read(&text, dialect);
            }
        }

        #[test]
        fn no_sequence_of_words_makes_the_reader_panic(
            words in proptest::collection::vec(proptest::sample::select(vec![
                "ALTER", "TABLE", "t", "ADD", "COLUMN", "a", "INT", "DROP", "INDEX", "CONCURRENTLY", "CONSTRAINT", "CHECK",
                "(", ")", ",", "CONVERT", "TO", "CHARACTER", "SET", ";", "CREATE", "NOT", "NULL", "'x'", "ENUM", "TYPE",
            ]), 0..20),
        ) {
            let text = words.join(" ");
            for dialect in ["postgresql", "mysql", "sqlite"] {
                let _ = read(&text, dialect);
            }
            let _ = super::super::squawk(&[text], &["prefer-text-field".to_owned()], true);
        }
    }
}
