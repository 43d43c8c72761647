//! The names that a revision file binds at module level.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtClassDef, StmtFunctionDef};

/// The names of a module.
pub(super) struct Module<'a> {
    /// Functions that are bound once, by name.
    pub(super) functions: HashMap<&'a str, &'a StmtFunctionDef>,
    /// Classes that are bound once.
    pub(super) classes: HashMap<&'a str, &'a StmtClassDef>,
    /// Imported names that are bound once, with the first part of the module's name; it is empty for a relative import.
    pub(super) imports: HashMap<&'a str, &'a str>,
    /// Variables that are bound once, by a plain assignment, with the value.
    pub(super) values: HashMap<&'a str, &'a Expr>,
}

impl<'a> Module<'a> {
    pub(super) fn new(suite: &'a [Stmt]) -> Self {
        let mut module = Self {
            functions: HashMap::new(),
            classes: HashMap::new(),
            imports: HashMap::new(),
            values: HashMap::new(),
        };
        for statement in suite {
            match statement {
                Stmt::FunctionDef(function) => {
                    module.functions.insert(function.name.as_str(), function);
                }
                Stmt::ClassDef(class) => {
                    module.classes.insert(class.name.as_str(), class);
                }
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        if let Expr::Name(name) = target {
                            module.values.insert(name.id.as_str(), &assign.value);
                        }
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let (Expr::Name(name), Some(value)) = (assign.target.as_ref(), &assign.value) {
                        module.values.insert(name.id.as_str(), value);
                    }
                }
                _ => module.imports.extend(imported(statement)),
            }
        }
        for name in bound_more_than_once(suite) {
            module.functions.remove(name);
            module.classes.remove(name);
            module.imports.remove(name);
            module.values.remove(name);
        }
        module
    }
}

/// The names that an import statement binds, each with the first part of the module's name.
pub(super) fn imported(statement: &Stmt) -> Vec<(&str, &str)> {
    let root = |module: &'_ str| module.split('.').next().map_or(0, str::len);
    match statement {
        Stmt::Import(import) => import
            .names
            .iter()
            .map(|alias| {
                let module = alias.name.as_str();
                let first = &module[..root(module)];
                (alias.asname.as_ref().map_or(first, |name| name.as_str()), first)
            })
            .collect(),
        Stmt::ImportFrom(import) => {
            let module = import.module.as_ref().map_or("", |name| name.as_str());
            let first = if import.level > 0 { "" } else { &module[..root(module)] };
            import
                .names
                .iter()
                .map(|alias| (alias.asname.as_ref().unwrap_or(&alias.name).as_str(), first))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Every name that statements bind in their own scope, once for each place. A comprehension's variables are included.
pub(super) fn bound(statements: &[Stmt]) -> Vec<&str> {
    let mut names = BoundNames(Vec::new());
    names.visit_body(statements);
    names.0
}

fn bound_more_than_once(suite: &[Stmt]) -> HashSet<&str> {
    let mut seen = HashSet::new();
    bound(suite).into_iter().filter(|name| !seen.insert(*name)).collect()
}

struct BoundNames<'a>(Vec<&'a str>);

impl<'a> Visitor<'a> for BoundNames<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.0.push(function.name.as_str()),
            Stmt::ClassDef(class) => self.0.push(class.name.as_str()),
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.0.extend(imported(statement).iter().map(|(name, _)| *name));
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ruff_python_ast::ExceptHandler) {
        let ruff_python_ast::ExceptHandler::ExceptHandler(inner) = handler;
        self.0
            .extend(inner.name.as_ref().map(ruff_python_ast::Identifier::as_str));
        ruff_python_ast::visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ruff_python_ast::Pattern) {
        use ruff_python_ast::Pattern;
        let name = match pattern {
            Pattern::MatchAs(part) => part.name.as_ref(),
            Pattern::MatchStar(part) => part.name.as_ref(),
            Pattern::MatchMapping(part) => part.rest.as_ref(),
            _ => None,
        };
        self.0.extend(name.map(ruff_python_ast::Identifier::as_str));
        ruff_python_ast::visitor::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.ctx != ExprContext::Load => self.0.push(name.id.as_str()),
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.iter().flat_map(|parameters| parameters.iter());
                self.0.extend(parameters.map(|parameter| parameter.name().as_str()));
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}
