//! Reads the header from the syntax tree of a revision file.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt};

use super::Reading;
use super::header::{Fields, HEADER_NAMES, INDIRECT_NAMES, MAY_BE_INDIRECT, STRING_IS_NAME, Value};

/// Read the header from a module's statements.
pub(super) fn read(body: &[Stmt]) -> Reading {
    match header_of(body) {
        Ok(fields) => Reading::Known(fields),
        Err(reason) => Reading::Import(reason),
    }
}

/// The header. Fails with the reason for an import if a statement may assign a computed value to a header name.
fn header_of(body: &[Stmt]) -> Result<Fields, &'static str> {
    let doc = body.first().and_then(docstring);
    if doc.as_ref().is_some_and(|doc| doc.contains(REPLACEMENT)) {
        return Err("its docstring may not be text");
    }
    let mut fields = Fields {
        doc: doc.map(Into::into),
        ..Fields::default()
    };
    for statement in body {
        match statement {
            Stmt::Assign(assign) if assign.targets.iter().any(binds) => {
                for target in &assign.targets {
                    assign_to(&mut fields, target, &assign.value)?;
                }
                AssignmentFinder::check_expr(&assign.value)?;
            }
            Stmt::AnnAssign(assign) if binds(&assign.target) => {
                if let Some(value) = &assign.value {
                    assign_to(&mut fields, &assign.target, value)?;
                }
                AssignmentFinder::check_expr(&assign.annotation)?;
            }
            other => AssignmentFinder::check(other)?,
        }
    }
    Ok(fields)
}

/// The text of a statement that is a string literal.
fn docstring(statement: &Stmt) -> Option<String> {
    let Stmt::Expr(expression) = statement else { return None };
    let Expr::StringLiteral(literal) = expression.value.as_ref() else {
        return None;
    };
    Some(literal.value.to_str().to_owned())
}

/// Whether assigning to `target` binds a header name.
fn binds(target: &Expr) -> bool {
    match target {
        Expr::Name(name) => HEADER_NAMES.contains(&name.id.as_str()),
        Expr::Tuple(tuple) => tuple.elts.iter().any(binds),
        Expr::List(list) => list.elts.iter().any(binds),
        Expr::Starred(starred) => binds(&starred.value),
        _ => false,
    }
}

/// Set the fields of the header names in `target`. Fails with the reason for an import if a value is not a literal.
fn assign_to(fields: &mut Fields, target: &Expr, value: &Expr) -> Result<(), &'static str> {
    const COMPUTED: &str = "its header is computed";
    if !binds(target) {
        return Ok(());
    }
    let elements = |expression: &'_ Expr| match expression {
        Expr::Tuple(tuple) => Some(tuple.elts.clone()),
        Expr::List(list) => Some(list.elts.clone()),
        _ => None,
    };
    if let Some(targets) = elements(target) {
        let values = elements(value).ok_or(COMPUTED)?;
        let has_star = |elements: &[Expr]| elements.iter().any(Expr::is_starred_expr);
        if targets.len() != values.len() || has_star(&targets) || has_star(&values) {
            return Err(COMPUTED);
        }
        return targets
            .iter()
            .zip(&values)
            .try_for_each(|(target, value)| assign_to(fields, target, value));
    }
    let Expr::Name(name) = target else { return Err(COMPUTED) };
    let value = literal(value).ok_or(COMPUTED)?;
    match name.id.as_str() {
        "revision" => match value {
            Value::One(revision) => fields.revision = Some(revision),
            _ => return Err("its revision is not a string"),
        },
        "__doc__" => match value {
            Value::One(doc) => fields.doc = Some(doc.into()),
            Value::Nothing => fields.doc = None,
            Value::Several(_) => return Err("its docstring is not a string"),
        },
        "down_revision" => fields.down_revision = Some(value),
        "depends_on" => fields.depends_on = Some(value),
        _ => fields.branch_labels = Some(value),
    }
    Ok(())
}

/// The value of a literal: `None`, a string, or strings in a tuple, list or set. `None` for any other expression.
pub(super) fn literal(expression: &Expr) -> Option<Value> {
    let strings = |elements: &[Expr]| {
        elements
            .iter()
            .map(string)
            .collect::<Option<Vec<_>>>()
            .map(Value::Several)
    };
    match expression {
        Expr::NoneLiteral(_) => Some(Value::Nothing),
        Expr::StringLiteral(_) => string(expression).map(Value::One),
        Expr::Tuple(tuple) => strings(&tuple.elts),
        Expr::List(list) => strings(&list.elts),
        Expr::Set(set) => strings(&set.elts),
        _ => None,
    }
}

/// The parser's replacement for a lone surrogate, which a Rust string cannot hold.
const REPLACEMENT: char = '\u{fffd}';

/// The value of a string literal; `None` if it may have a lone surrogate, or for any other expression.
fn string(expression: &Expr) -> Option<String> {
    let Expr::StringLiteral(literal) = expression else {
        return None;
    };
    let text = literal.value.to_str();
    (!text.contains(REPLACEMENT)).then(|| text.to_owned())
}

/// Finds code that could assign a header name, other than a plain assignment at module level.
#[derive(Default)]
struct AssignmentFinder {
    /// The nesting depth of functions, whose variables are local.
    inside_function: usize,
    /// The reason for an import, if such code was found.
    reason: Option<&'static str>,
}

impl AssignmentFinder {
    fn check(statement: &Stmt) -> Result<(), &'static str> {
        let mut finder = Self::default();
        finder.visit_stmt(statement);
        finder.reason.map_or(Ok(()), Err)
    }

    fn check_expr(expression: &Expr) -> Result<(), &'static str> {
        let mut finder = Self::default();
        finder.visit_expr(expression);
        finder.reason.map_or(Ok(()), Err)
    }

    /// Check a name that the code binds.
    fn check_binding(&mut self, name: &str) {
        if self.inside_function > 0 {
            return;
        }
        if HEADER_NAMES.contains(&name) {
            self.reason = Some("a header name is bound a second time or under a condition");
        } else if name == "__getattr__" {
            // Python calls this function for names that the module does not have.
            self.reason = Some("it may have more variables than it binds");
        }
    }
}

impl<'a> Visitor<'a> for AssignmentFinder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.check_binding(&function.name);
                // Decorators, defaults and annotations are evaluated outside the function.
                for decorator in &function.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&function.parameters);
                if let Some(returns) = &function.returns {
                    self.visit_annotation(returns);
                }
                self.inside_function += 1;
                self.visit_body(&function.body);
                self.inside_function -= 1;
                return;
            }
            Stmt::ClassDef(class) => self.check_binding(&class.name),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.check_binding(bound.split('.').next().unwrap_or(bound));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.reason = Some("it imports names with a star");
                    }
                    if INDIRECT_NAMES.contains(&alias.name.as_str()) {
                        self.reason = Some(MAY_BE_INDIRECT);
                    }
                    self.check_binding(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::Global(global) if global.names.iter().any(|name| HEADER_NAMES.contains(&name.as_str())) => {
                self.reason = Some("a function declares a header name global");
            }
            Stmt::Try(attempt) => {
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    if let Some(name) = &handler.name {
                        self.check_binding(name);
                    }
                }
            }
            Stmt::Match(choice) if choice.cases.iter().any(|case| captures(&case.pattern)) => {
                self.reason = Some("a header name is bound by a pattern");
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => match name.ctx {
                ExprContext::Store | ExprContext::Del => self.check_binding(&name.id),
                _ if INDIRECT_NAMES.contains(&name.id.as_str()) => {
                    self.reason = Some(MAY_BE_INDIRECT);
                }
                _ => {}
            },
            Expr::Attribute(attribute) if INDIRECT_NAMES.contains(&attribute.attr.as_str()) => {
                self.reason = Some(MAY_BE_INDIRECT);
            }
            Expr::Attribute(attribute)
                if attribute.ctx != ExprContext::Load && HEADER_NAMES.contains(&attribute.attr.as_str()) =>
            {
                self.reason = Some("an attribute with a header name is assigned");
            }
            Expr::StringLiteral(literal) => {
                // As in `variables["revision"] = ...`, whatever `variables` is.
                if HEADER_NAMES.contains(&literal.value.to_str()) {
                    self.reason = Some(STRING_IS_NAME);
                }
                return;
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// Whether a pattern of a `match` statement binds a header name.
fn captures(pattern: &ruff_python_ast::Pattern) -> bool {
    struct Names(bool);
    impl<'a> Visitor<'a> for Names {
        fn visit_pattern(&mut self, pattern: &'a ruff_python_ast::Pattern) {
            use ruff_python_ast::Pattern;
            let name = match pattern {
                Pattern::MatchAs(bound) => bound.name.as_ref(),
                Pattern::MatchStar(bound) => bound.name.as_ref(),
                Pattern::MatchMapping(bound) => bound.rest.as_ref(),
                _ => None,
            };
            self.0 |= name.is_some_and(|name| HEADER_NAMES.contains(&name.as_str()));
            ruff_python_ast::visitor::walk_pattern(self, pattern);
        }
    }
    let mut names = Names(false);
    names.visit_pattern(pattern);
    names.0
}
