//! Whether a body can be called a second time, to see what it does, without other effects.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtFunctionDef};

use super::module::{Module, bound, imported};

/// The modules whose functions change nothing outside of the migration, by the first part of their names.
const MODULES: &[&str] = &[
    "__future__",
    "alembic",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "sqlalchemy",
    "string",
    "textwrap",
    "typing",
    "typing_extensions",
    "uuid",
];

/// The built-in functions and classes that change nothing. Names of exceptions are recognised by their ends.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "hasattr",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "object",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
    "__name__",
    "__file__",
    "staticmethod",
    "classmethod",
];

/// Names of Alembic and SQLAlchemy that reach more than the migration's own connection.
const REACH_FURTHER: &[&str] = &[
    "command",
    "configure",
    "create_async_engine",
    "create_engine",
    "create_pool_from_url",
    "engine_from_config",
    "async_engine_from_config",
    "event",
    "listen",
    "listens_for",
    "run_migrations",
];

/// Methods that change a list, set, dictionary or SQLAlchemy object; `insert` and `update` are among them only with
/// arguments, because those of a table have none.
const CHANGE_THEIR_OBJECT: &[&str] = &[
    "add",
    "append",
    "append_column",
    "append_constraint",
    "clear",
    "discard",
    "extend",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "sort",
];

/// Whether a function has effects only through Alembic and SQLAlchemy.
///
/// Every name that it reads has to be a local variable, or come from a module or a built-in name that is known to
/// change nothing else. The functions, classes and values of the file that it names are checked in the same way.
pub(super) fn is_repeatable(module: &Module<'_>, function: &StmtFunctionDef) -> bool {
    let mut checker = Checker {
        module,
        scopes: Vec::new(),
        checked: HashSet::new(),
        holds: true,
    };
    checker.check_function(function);
    checker.holds
}

struct Checker<'a> {
    module: &'a Module<'a>,
    /// The local names, from the outermost function to the innermost.
    scopes: Vec<HashSet<&'a str>>,
    /// The names of the module that have been checked.
    checked: HashSet<&'a str>,
    holds: bool,
}

impl<'a> Checker<'a> {
    fn check_function(&mut self, function: &'a StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        self.visit_parameters(&function.parameters);
        let parameters = function.parameters.iter().map(|parameter| parameter.name().as_str());
        self.scopes.push(parameters.chain(bound(&function.body)).collect());
        self.visit_body(&function.body);
        self.scopes.pop();
    }

    fn is_local(&self, name: &str) -> bool {
        self.scopes.iter().any(|names| names.contains(name))
    }

    fn check_read(&mut self, name: &'a str) {
        if self.is_local(name) {
            return;
        }
        let module = self.module;
        let is_first_time = self.checked.insert(name);
        // The name belongs to the module, where the local names of this function are unknown.
        let scopes = std::mem::take(&mut self.scopes);
        if let Some(function) = module.functions.get(name) {
            if is_first_time {
                self.check_function(function);
            }
        } else if let Some(class) = module.classes.get(name) {
            if is_first_time {
                self.scopes.push(bound(&class.body).into_iter().collect());
                for decorator in &class.decorator_list {
                    self.visit_decorator(decorator);
                }
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                self.visit_body(&class.body);
                self.scopes.pop();
            }
        } else if let Some(value) = module.values.get(name) {
            if is_first_time {
                self.visit_expr(value);
            }
        } else if let Some(root) = module.imports.get(name) {
            self.holds &= MODULES.contains(root) && !REACH_FURTHER.contains(&name);
        } else {
            self.holds &= BUILTINS.contains(&name) || name.ends_with("Error") || name.ends_with("Exception");
        }
        self.scopes = scopes;
    }

    /// The variable at the start of `a.b[c].d`.
    fn root(expression: &'a Expr) -> Option<&'a str> {
        match expression {
            Expr::Name(name) => Some(name.id.as_str()),
            Expr::Attribute(attribute) => Self::root(&attribute.value),
            Expr::Subscript(subscript) => Self::root(&subscript.value),
            _ => None,
        }
    }

    /// Whether the variable at the start of an expression belongs to the module.
    fn is_shared(&self, expression: &'a Expr) -> bool {
        Self::root(expression).is_some_and(|name| !self.is_local(name))
    }
}

impl<'a> Visitor<'a> for Checker<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.check_function(function),
            Stmt::Global(_) => self.holds = false,
            Stmt::Import(import) => {
                let roots = imported(statement);
                self.holds &= roots.iter().all(|(_, root)| MODULES.contains(root));
                self.holds &= !import.names.iter().any(|alias| names_more(&alias.name));
            }
            Stmt::ImportFrom(import) => {
                let roots = imported(statement);
                self.holds &= roots.iter().all(|(_, root)| MODULES.contains(root));
                self.holds &= !import.names.iter().any(|alias| names_more(&alias.name));
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {
        // An annotation may name a type that is imported for type checkers; evaluating a name has no effect.
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.ctx == ExprContext::Load => self.check_read(&name.id),
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str();
                self.holds &= !names_more(name);
                self.holds &= attribute.ctx == ExprContext::Load || !self.is_shared(&attribute.value);
            }
            Expr::Subscript(subscript) => {
                self.holds &= subscript.ctx == ExprContext::Load || !self.is_shared(&subscript.value);
            }
            Expr::Call(call) => {
                if let Expr::Attribute(method) = call.func.as_ref() {
                    let name = method.attr.as_str();
                    let changes = CHANGE_THEIR_OBJECT.contains(&name)
                        || (matches!(name, "insert" | "update") && !call.arguments.args.is_empty());
                    self.holds &= !(changes && self.is_shared(&method.value));
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// Whether a name reaches more than the migration's own connection.
fn names_more(name: &str) -> bool {
    name.starts_with("__") || name.split('.').any(|part| REACH_FURTHER.contains(&part))
}
