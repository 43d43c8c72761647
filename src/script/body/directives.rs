//! Finds the calls of directives in a body.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextSize};

use super::Call;
use super::module::Module;
use super::touches;

/// The calls of `op` and of batches in a function, and in the functions of the file that it calls.
pub(super) fn calls(module: &Module<'_>, function: &StmtFunctionDef, line_of: &dyn Fn(TextSize) -> usize) -> Vec<Call> {
    let imported = module.imports.iter().filter(|(_, root)| **root == "alembic");
    let mut finder = Finder {
        module,
        line_of,
        objects: imported.map(|(name, _)| (*name, Object::Operations)).collect(),
        entered: HashSet::from([function.name.as_str()]),
        calls: Vec::new(),
    };
    finder.visit_body(&function.body);
    finder.calls
}

/// What has directives as methods.
enum Object {
    /// `op`.
    Operations,
    /// A batch, with its table; `None` if the name of the table is computed.
    Batch(Option<String>),
}

struct Finder<'a> {
    module: &'a Module<'a>,
    line_of: &'a dyn Fn(TextSize) -> usize,
    /// The variables whose methods are directives.
    objects: HashMap<&'a str, Object>,
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
                if let Some((directive, call, _)) = self.directive(&item.context_expr) {
                    let table = touches::of_operation(directive, call).into_iter().next();
                    let batch = Object::Batch(table.map(|touch| touch.table));
                    self.objects.insert(name.id.as_str(), batch);
                }
            }
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Some((name, call, object)) = self.directive(expression) {
            let touches = match object {
                Object::Operations => touches::of_operation(name, call),
                Object::Batch(Some(table)) => touches::of_batch(name, call, table),
                Object::Batch(None) => Vec::new(),
            };
            let line = (self.line_of)(expression.range().start());
            self.calls.push(Call {
                name: name.to_owned(),
                line,
                touches,
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
    /// The name of the directive that an expression calls, the call, and the object whose method it is.
    fn directive(&self, expression: &'a Expr) -> Option<(&'a str, &'a ExprCall, &Object)> {
        let Expr::Call(call) = expression else { return None };
        let Expr::Attribute(attribute) = call.func.as_ref() else {
            return None;
        };
        let Expr::Name(name) = attribute.value.as_ref() else {
            return None;
        };
        let object = self.objects.get(name.id.as_str())?;
        Some((attribute.attr.as_str(), call, object))
    }
}
