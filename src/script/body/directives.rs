//! Finds the calls of directives in a body.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextSize};

use super::Call;
use super::module::Module;

/// The calls of `op` and of batches in a function, and in the functions of the file that it calls.
pub(super) fn calls(module: &Module<'_>, function: &StmtFunctionDef, line_of: &dyn Fn(TextSize) -> usize) -> Vec<Call> {
    let imported = module.imports.iter().filter(|(_, root)| **root == "alembic");
    let mut finder = Finder {
        module,
        line_of,
        objects: imported.map(|(name, _)| *name).collect(),
        entered: HashSet::from([function.name.as_str()]),
        calls: Vec::new(),
    };
    finder.visit_body(&function.body);
    finder.calls
}

struct Finder<'a> {
    module: &'a Module<'a>,
    line_of: &'a dyn Fn(TextSize) -> usize,
    /// The variables whose methods are directives.
    objects: HashSet<&'a str>,
    /// The functions of the file that were visited.
    entered: HashSet<&'a str>,
    calls: Vec<Call>,
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::With(with) = statement {
            for item in &with.items {
                let Some(Expr::Name(name)) = item.optional_vars.as_deref() else {
                    continue;
                };
                if self.directive(&item.context_expr).is_some() {
                    self.objects.insert(name.id.as_str());
                }
            }
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Some(name) = self.directive(expression) {
            self.calls.push(Call {
                name: name.to_owned(),
                line: (self.line_of)(expression.range().start()),
            });
        }
        if let Expr::Call(call) = expression
            && let Expr::Name(name) = call.func.as_ref()
            && let Some(function) = self.module.functions.get(name.id.as_str())
            && self.entered.insert(name.id.as_str())
        {
            self.visit_body(&function.body);
        }
        walk_expr(self, expression);
    }
}

impl<'a> Finder<'a> {
    /// The name of the directive that an expression calls.
    fn directive(&self, expression: &'a Expr) -> Option<&'a str> {
        let Expr::Call(call) = expression else { return None };
        let Expr::Attribute(attribute) = call.func.as_ref() else {
            return None;
        };
        let Expr::Name(object) = attribute.value.as_ref() else {
            return None;
        };
        self.objects
            .contains(object.id.as_str())
            .then_some(attribute.attr.as_str())
    }
}
