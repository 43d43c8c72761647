//! One walk over the syntax tree: every name with all of its bindings and mentions, every call, every attribute.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// Deeper nesting than any sane program has; beyond it nothing is certain.
const DEPTH: usize = 120;

/// How a name comes by its value.
#[derive(Clone, Copy)]
pub(super) enum Binding<'a> {
    /// `from module import original as name`
    Import { module: &'a str, original: &'a str },
    /// `name = value`, alone on the left.
    Value(&'a Expr),
    /// `with item as name`
    With(&'a Expr),
    /// The only parameter of a function without defaults.
    OnlyParameter { function: &'a str },
    /// `def name(): …`
    Function,
    /// Any other way.
    Other,
}

/// Everything that [`super::shapes`] looks at.
#[derive(Default)]
pub(super) struct Mentions<'a> {
    pub bindings: HashMap<&'a str, Vec<Binding<'a>>>,
    /// Names that are read, and where.
    pub reads: Vec<(&'a str, TextRange)>,
    /// Mentions of a function's own parameters, which hide what the same name means outside.
    pub hidden: HashSet<TextRange>,
    pub calls: Vec<&'a ast::ExprCall>,
    pub attributes: Vec<&'a ast::ExprAttribute>,
    /// `target[...] = …`: the subscripts that are written.
    pub stores: Vec<&'a ast::ExprSubscript>,
    /// Something that makes all else uncertain.
    pub opaque: Option<(String, usize)>,
    depth: usize,
    /// The parameters of the functions around, innermost last; those that [`Binding::OnlyParameter`] follows are not here.
    scopes: Vec<HashSet<&'a str>>,
}

pub(super) fn collect(body: &[Stmt]) -> Mentions<'_> {
    let mut mentions = Mentions::default();
    mentions.visit_body(body);
    mentions
}

pub(super) fn offset(node: &impl Ranged) -> usize {
    node.start().to_usize()
}

impl<'a> Mentions<'a> {
    fn bind(&mut self, name: &'a str, binding: Binding<'a>) {
        if !self.is_hidden(name) {
            self.bindings.entry(name).or_default().push(binding);
        }
    }

    fn is_hidden(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn opaque(&mut self, why: &str, at: &impl Ranged) {
        let at = offset(at);
        self.opaque.get_or_insert_with(|| (why.to_owned(), at));
    }

    fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = if import.level > 0 {
            "."
        } else {
            import.module.as_ref().map_or("", |name| name.as_str())
        };
        for alias in &import.names {
            let original = alias.name.as_str();
            if original == "*" {
                self.opaque("env.py imports names with `*`", import);
            }
            if module == "sqlalchemy.event" || (module == "sqlalchemy" && original == "event") {
                self.opaque("env.py listens to SQLAlchemy's events", import);
            }
            let name = alias.asname.as_ref().map_or(original, |name| name.as_str());
            self.bind(name, Binding::Import { module, original });
        }
    }

    fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let whole = alias.name.as_str();
            let first = whole.split('.').next().unwrap_or(whole);
            if matches!(first, "alembic" | "limbeck") || whole == "sqlalchemy.event" {
                self.opaque("env.py imports a whole package whose parts matter", import);
            }
            self.bind(
                alias.asname.as_ref().map_or(first, |name| name.as_str()),
                Binding::Other,
            );
        }
    }

    /// Open a function: a parameter that stands alone may be a connection handed over, others are its own affair.
    fn enter(&mut self, function: Option<&'a str>, parameters: &'a ast::Parameters) {
        self.visit_parameters(parameters);
        let mut own = HashSet::new();
        match (function, parameters.args.as_slice()) {
            (Some(function), [only]) if parameters.len() == 1 && only.default.is_none() => {
                self.bind(only.parameter.name.as_str(), Binding::OnlyParameter { function });
            }
            _ => own.extend(parameters.iter().map(|parameter| parameter.name().as_str())),
        }
        self.scopes.push(own);
    }
}

impl<'a> Visitor<'a> for Mentions<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.depth >= DEPTH {
            self.opaque("env.py is nested too deeply", stmt);
            return;
        }
        self.depth += 1;
        match stmt {
            Stmt::Assign(assign) => {
                self.visit_expr(&assign.value);
                match assign.targets.as_slice() {
                    [Expr::Name(name)] => self.bind(name.id.as_str(), Binding::Value(&assign.value)),
                    targets => targets.iter().for_each(|target| self.visit_expr(target)),
                }
            }
            Stmt::AnnAssign(assign) => match (&*assign.target, &assign.value) {
                (Expr::Name(name), Some(value)) => {
                    self.visit_expr(value);
                    self.bind(name.id.as_str(), Binding::Value(value));
                }
                _ => visitor::walk_stmt(self, stmt),
            },
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Import(import) => self.import(import),
            Stmt::FunctionDef(function) => {
                let name = function.name.as_str();
                // A decorator may call the function with anything.
                let plain = function.decorator_list.is_empty().then_some(name);
                self.bind(
                    name,
                    if plain.is_some() {
                        Binding::Function
                    } else {
                        Binding::Other
                    },
                );
                function
                    .decorator_list
                    .iter()
                    .for_each(|decorator| self.visit_decorator(decorator));
                function
                    .returns
                    .iter()
                    .for_each(|returns| self.visit_annotation(returns));
                self.enter(plain, &function.parameters);
                self.visit_body(&function.body);
                self.scopes.pop();
            }
            Stmt::ClassDef(class) => {
                self.bind(class.name.as_str(), Binding::Other);
                visitor::walk_stmt(self, stmt);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    self.visit_expr(&item.context_expr);
                    match item.optional_vars.as_deref() {
                        Some(Expr::Name(name)) => self.bind(name.id.as_str(), Binding::With(&item.context_expr)),
                        Some(other) => self.visit_expr(other),
                        None => {}
                    }
                }
                self.visit_body(&with.body);
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    self.bind(name.id.as_str(), Binding::Other);
                }
                visitor::walk_stmt(self, stmt);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
        self.depth -= 1;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.depth >= DEPTH {
            self.opaque("env.py is nested too deeply", expr);
            return;
        }
        self.depth += 1;
        match expr {
            Expr::Name(name) => {
                let id = name.id.as_str();
                if matches!(name.ctx, ExprContext::Load) {
                    if matches!(
                        id,
                        "exec" | "eval" | "globals" | "locals" | "vars" | "setattr" | "__import__"
                    ) {
                        self.opaque("env.py changes names in a way that cannot be followed", expr);
                    }
                    if self.is_hidden(id) {
                        self.hidden.insert(expr.range());
                    } else {
                        self.reads.push((id, expr.range()));
                    }
                } else {
                    self.bind(id, Binding::Other);
                }
            }
            Expr::Call(call) => self.calls.push(call),
            Expr::Attribute(attribute) => self.attributes.push(attribute),
            Expr::Subscript(subscript) if !matches!(subscript.ctx, ExprContext::Load) => self.stores.push(subscript),
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.enter(None, parameters);
                }
                self.visit_expr(&lambda.body);
                if lambda.parameters.is_some() {
                    self.scopes.pop();
                }
            }
            _ => {}
        }
        if !matches!(expr, Expr::Lambda(_)) {
            visitor::walk_expr(self, expr);
        }
        self.depth -= 1;
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(name.as_str(), Binding::Other);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if self.depth >= DEPTH {
            self.opaque("env.py is nested too deeply", pattern);
            return;
        }
        self.depth += 1;
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_ref(),
            Pattern::MatchStar(capture) => capture.name.as_ref(),
            Pattern::MatchMapping(capture) => capture.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name.as_str(), Binding::Other);
        }
        visitor::walk_pattern(self, pattern);
        self.depth -= 1;
    }
}
