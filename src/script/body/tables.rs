//! The tables that a body makes, renames and drops.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_interpolated_string_element};
use ruff_python_ast::{Expr, ExprCall, InterpolatedStringElement, Stmt, StmtFunctionDef};

use super::module::{Module, bound};

/// A call that makes, renames or drops a table, or that runs SQL, which may do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableCall {
    /// `create_table`, `drop_table`, `rename_table`, `create_all` or `execute`.
    pub kind: &'static str,
    /// The schema that the call names.
    pub schema: Option<String>,
    /// The table before the call, or the SQL. `None` if the name, its schema or the SQL is computed.
    pub name: Option<String>,
    /// The table after `rename_table`; `None` as for `name`.
    pub new_name: Option<String>,
}

/// Where a directive has its tables: the positions and keywords.
const DIRECTIVES: [(&str, &[(usize, &str)]); 3] = [
    ("create_table", &[(0, "table_name")]),
    ("drop_table", &[(0, "table_name")]),
    ("rename_table", &[(0, "old_table_name"), (1, "new_table_name")]),
];

/// The calls in a function and in the functions of the file that it calls, in the order of the text.
pub(super) fn calls(module: &Module<'_>, function: &StmtFunctionDef) -> Vec<TableCall> {
    let imported = module.imports.iter().filter(|(_, root)| **root == "alembic");
    let mut finder = Finder {
        module,
        operations: imported.map(|(name, _)| *name).collect(),
        entered: HashSet::from([function.name.as_str()]),
        scope: Scope::of(function),
        calls: Vec::new(),
    };
    finder.visit_body(&function.body);
    finder.calls
}

/// The variables of a function.
struct Scope<'a> {
    /// All of them.
    names: HashSet<&'a str>,
    /// Those that are bound once, by a plain assignment, with the value.
    values: HashMap<&'a str, &'a Expr>,
}

impl<'a> Scope<'a> {
    fn of(function: &'a StmtFunctionDef) -> Self {
        let mut names = HashSet::new();
        let mut repeated = HashSet::new();
        let parameters = function.parameters.iter().map(|parameter| parameter.name().as_str());
        for name in parameters.chain(bound(&function.body)) {
            if !names.insert(name) {
                repeated.insert(name);
            }
        }
        let mut values = HashMap::new();
        for statement in &function.body {
            if let Stmt::Assign(assign) = statement
                && let [Expr::Name(name)] = assign.targets.as_slice()
                && !repeated.contains(name.id.as_str())
            {
                values.insert(name.id.as_str(), assign.value.as_ref());
            }
        }
        Self { names, values }
    }
}

struct Finder<'a> {
    module: &'a Module<'a>,
    /// The names of `op`.
    operations: HashSet<&'a str>,
    /// The functions of the file that were visited.
    entered: HashSet<&'a str>,
    /// The variables of the function that is visited.
    scope: Scope<'a>,
    calls: Vec<TableCall>,
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        walk_expr(self, expression);
        let Expr::Call(call) = expression else { return };
        match call.func.as_ref() {
            Expr::Attribute(attribute) => {
                let of_operations = matches!(
                    attribute.value.as_ref(),
                    Expr::Name(name) if self.operations.contains(name.id.as_str())
                );
                self.add(attribute.attr.as_str(), of_operations, call);
            }
            Expr::Name(name) => {
                if let Some(function) = self.module.functions.get(name.id.as_str())
                    && self.entered.insert(name.id.as_str())
                {
                    let outer = std::mem::replace(&mut self.scope, Scope::of(function));
                    self.visit_body(&function.body);
                    self.scope = outer;
                }
            }
            _ => {}
        }
    }
}

impl<'a> Finder<'a> {
    fn add(&mut self, method: &str, of_operations: bool, call: &'a ExprCall) {
        if let Some((kind, places)) = DIRECTIVES.iter().find(|(name, _)| of_operations && *name == method) {
            let argument = |keyword: &str, position| call.arguments.find_argument_value(keyword, position);
            let schema = match argument("schema", usize::MAX) {
                None | Some(Expr::NoneLiteral(_)) => Some(None),
                Some(value) => self.text(value).map(Some),
            };
            let mut names = places.iter().map(|(position, keyword)| {
                schema.as_ref()?;
                argument(keyword, *position).and_then(|value| self.text(value))
            });
            let (name, new_name) = (names.next().flatten(), names.next().flatten());
            self.calls.push(TableCall {
                kind,
                schema: schema.flatten(),
                name,
                new_name,
            });
        } else if method == "create_all" {
            self.calls.push(TableCall {
                kind: "create_all",
                schema: None,
                name: None,
                new_name: None,
            });
        } else if (method == "execute" || method == "exec_driver_sql")
            && let Some(argument) = call.arguments.find_argument_value("sqltext", 0)
        {
            let sql = self.sql(argument);
            let name = self.text(sql);
            if name.is_some() || self.mentions_create_table(sql) {
                self.calls.push(TableCall {
                    kind: "execute",
                    schema: None,
                    name,
                    new_name: None,
                });
            }
        }
    }

    /// The argument of `text()` or `DDL()`, or the expression itself.
    fn sql(&self, expression: &'a Expr) -> &'a Expr {
        let expression = self.value(expression);
        if let Expr::Call(call) = expression {
            let function = match call.func.as_ref() {
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                Expr::Name(name) => name.id.as_str(),
                _ => "",
            };
            if (function == "text" || function == "DDL")
                && let Some(argument) = call.arguments.args.first()
            {
                return argument;
            }
        }
        expression
    }

    /// The value of a variable that is bound once, or the expression itself.
    fn value(&self, expression: &'a Expr) -> &'a Expr {
        let Expr::Name(name) = expression else {
            return expression;
        };
        let name = name.id.as_str();
        let values = if self.scope.names.contains(name) {
            &self.scope.values
        } else {
            &self.module.values
        };
        values.get(name).copied().unwrap_or(expression)
    }

    /// The text of a string literal, also of one that a variable has.
    fn text(&self, expression: &'a Expr) -> Option<String> {
        match self.value(expression) {
            Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
            _ => None,
        }
    }

    /// Whether the literal parts of a computed text have `CREATE TABLE`.
    fn mentions_create_table(&self, expression: &'a Expr) -> bool {
        let mut parts = Parts(String::new());
        parts.visit_expr(self.value(expression));
        let words: Vec<_> = parts.0.split_whitespace().map(str::to_lowercase).collect();
        let create = words.iter().position(|word| word == "create");
        create.is_some_and(|at| words.iter().skip(at).take(4).any(|word| word == "table"))
    }
}

/// The literal parts of a text.
struct Parts(String);

impl<'a> Visitor<'a> for Parts {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::StringLiteral(literal) = expression {
            self.0.push_str(literal.value.to_str());
            self.0.push(' ');
        }
        walk_expr(self, expression);
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        if let InterpolatedStringElement::Literal(literal) = element {
            self.0.push_str(&literal.value);
            self.0.push(' ');
        }
        walk_interpolated_string_element(self, element);
    }
}
