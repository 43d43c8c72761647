//! The shapes in which the objects that matter may appear, and the verdict over all their mentions.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{self as ast, Expr, ExprContext};
use ruff_text_size::{Ranged, TextRange};

use super::super::VersionTable;
use super::names::{Binding, Mentions, offset};

type Doubt = (String, usize);

/// What a name or an expression is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    /// `alembic.context`
    Context,
    /// `context.config`
    Config,
    /// The options of the main section, as a dictionary.
    Section,
    /// The text of `sqlalchemy.url`.
    Url,
    /// An engine that `SQLAlchemy` makes without further settings; whether from `sqlalchemy.url`.
    Engine(bool),
    /// A connection of such an engine.
    Connection(bool),
}

/// What may be read of `context` at any place.
const CONTEXT_READS: &[&str] = &[
    "begin_transaction",
    "get_head_revision",
    "get_head_revisions",
    "get_revision_argument",
    "get_starting_revision_argument",
    "get_tag_argument",
    "get_x_argument",
    "is_offline_mode",
    "is_transactional_ddl",
    "run_migrations",
    "script",
];
/// What may be read of the configuration at any place. `attributes` is empty unless a program put something there.
const CONFIG_READS: &[&str] = &[
    "attributes",
    "cmd_opts",
    "config_file_name",
    "config_ini_section",
    "get_alembic_option",
    "get_main_option",
    "get_section",
    "get_section_option",
    "toml_file_name",
];
/// Settings of an engine that change neither the server nor the session.
const ENGINE_SETTINGS: &[&str] = &[
    "echo",
    "echo_pool",
    "future",
    "logging_name",
    "max_overflow",
    "pool_logging_name",
    "pool_pre_ping",
    "pool_recycle",
    "pool_size",
    "pool_timeout",
    "pool_use_lifo",
    "poolclass",
];

/// The two answers about an `env.py`.
pub(super) struct Verdict {
    pub url: Result<(), Doubt>,
    pub table: Result<VersionTable, Doubt>,
}

pub(super) fn judge(mentions: &Mentions<'_>) -> Verdict {
    if let Some(doubt) = &mentions.opaque {
        return Verdict {
            url: Err(doubt.clone()),
            table: Err(doubt.clone()),
        };
    }
    let mut judge = Judge {
        mentions,
        roles: HashMap::new(),
        fine: HashSet::new(),
        url: None,
        table: None,
    };
    judge.assign_roles();
    judge.look_at_bindings();
    judge.look_at_attributes();
    judge.look_at_stores();
    let tables = judge.look_at_calls();
    judge.look_for_strays();
    judge.verdict(tables)
}

struct Judge<'m, 'a> {
    mentions: &'m Mentions<'a>,
    roles: HashMap<&'a str, Role>,
    /// Mentions that stand in a known shape.
    fine: HashSet<TextRange>,
    url: Option<Doubt>,
    table: Option<Doubt>,
}

impl<'a> Judge<'_, 'a> {
    fn doubt_url(&mut self, why: &str, at: usize) {
        self.url.get_or_insert_with(|| (why.to_owned(), at));
    }

    fn doubt_both(&mut self, why: &str, at: usize) {
        self.doubt_url(why, at);
        self.table.get_or_insert_with(|| (why.to_owned(), at));
    }

    /// Names get their roles from their bindings, until nothing changes.
    ///
    /// A parameter has no say in it yet: what it gets may have the same name. [`Self::look_at_bindings`] asks it later.
    fn assign_roles(&mut self) {
        for _ in 0..self.mentions.bindings.len() + 2 {
            let mut changed = false;
            for (name, bindings) in &self.mentions.bindings {
                let followed = bindings
                    .iter()
                    .any(|binding| !matches!(binding, Binding::OnlyParameter { .. }));
                let voters = bindings
                    .iter()
                    .filter(|binding| !(followed && matches!(binding, Binding::OnlyParameter { .. })));
                let mut roles = voters.map(|binding| self.binding_role(binding));
                let first = roles.next().flatten();
                if let Some(role) = first
                    && roles.all(|other| other == first)
                    && self.roles.insert(name, role) != Some(role)
                {
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
        self.doubt_both("env.py's names depend on each other", 0);
    }

    fn binding_role(&self, binding: &Binding<'a>) -> Option<Role> {
        match binding {
            Binding::Import {
                module: "alembic",
                original: "context",
            } => Some(Role::Context),
            Binding::Value(value) => self.role(value),
            Binding::With(item) => self.role(item).filter(|role| matches!(role, Role::Connection(_))),
            Binding::OnlyParameter { function } => self.handed_over(function),
            Binding::Import { .. } | Binding::Function | Binding::Other => None,
        }
    }

    /// The role of a function's only parameter, if every mention of the function hands it the same kind of connection.
    fn handed_over(&self, function: &str) -> Option<Role> {
        let [Binding::Function] = self.mentions.bindings.get(function)?.as_slice() else {
            return None;
        };
        let mentioned = self.mentions.reads.iter().filter(|(name, _)| *name == function).count();
        let handed: Vec<Role> = self
            .mentions
            .calls
            .iter()
            .filter_map(|call| self.handover(call))
            .filter(|(to, _)| *to == function)
            .map(|(_, role)| role)
            .collect();
        let role = *handed.first()?;
        (handed.len() == mentioned && handed.iter().all(|other| *other == role)).then_some(role)
    }

    /// `function(connection)` or `connection.run_sync(function)`: the function, and what it gets.
    fn handover(&self, call: &'a ast::ExprCall) -> Option<(&'a str, Role)> {
        let [argument] = &*call.arguments.args else { return None };
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        let (function, role) = match (&*call.func, argument) {
            (Expr::Name(function), connection) => (function, self.role(connection)?),
            (Expr::Attribute(method), Expr::Name(function)) if method.attr.as_str() == "run_sync" => {
                (function, self.role(&method.value)?)
            }
            _ => return None,
        };
        matches!(role, Role::Connection(_)).then_some((function.id.as_str(), role))
    }

    fn role(&self, expr: &Expr) -> Option<Role> {
        match expr {
            Expr::Name(name) if self.mentions.hidden.contains(&name.range()) => None,
            Expr::Name(name) => self.roles.get(name.id.as_str()).copied(),
            Expr::Attribute(attribute) => (attribute.attr.as_str() == "config"
                && self.role(&attribute.value) == Some(Role::Context))
            .then_some(Role::Config),
            Expr::Await(awaited) => self.role(&awaited.value),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) => self.method_role(call, method),
                Expr::Name(function) => self.maker_role(call, function),
                _ => None,
            },
            _ => None,
        }
    }

    fn method_role(&self, call: &ast::ExprCall, method: &ast::ExprAttribute) -> Option<Role> {
        let arguments = &call.arguments;
        match (self.role(&method.value)?, method.attr.as_str()) {
            (Role::Config, "get_section") => {
                let main = arguments.args.first().is_some_and(|argument| {
                    matches!(argument, Expr::Attribute(name)
                        if name.attr.as_str() == "config_ini_section" && self.role(&name.value) == Some(Role::Config))
                });
                let default = arguments
                    .args
                    .get(1)
                    .is_none_or(|default| matches!(default, Expr::Dict(dict) if dict.is_empty()));
                (main && default && arguments.args.len() <= 2 && arguments.keywords.is_empty()).then_some(Role::Section)
            }
            (Role::Config, "get_main_option") => {
                let named = arguments.args.first().and_then(text) == Some("sqlalchemy.url");
                (named && arguments.args.len() == 1 && arguments.keywords.is_empty()).then_some(Role::Url)
            }
            (Role::Engine(sure), "connect" | "begin") if arguments.is_empty() => Some(Role::Connection(sure)),
            _ => None,
        }
    }

    /// The functions and classes of `SQLAlchemy` that make engines.
    fn maker_role(&self, call: &ast::ExprCall, function: &ast::ExprName) -> Option<Role> {
        let [Binding::Import { module, original }] = self.mentions.bindings.get(function.id.as_str())?.as_slice()
        else {
            return None;
        };
        if *module != "sqlalchemy" && !module.starts_with("sqlalchemy.") {
            return None;
        }
        let (source, more) = match &*call.arguments.args {
            [source] => (Some(source), false),
            [] => (None, false),
            _ => (None, true),
        };
        if more {
            return None;
        }
        let keyword = |name: &str| {
            call.arguments
                .keywords
                .iter()
                .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name))
        };
        let known = |extra: &[&str]| {
            call.arguments.keywords.iter().all(|keyword| {
                keyword
                    .arg
                    .as_ref()
                    .is_some_and(|arg| ENGINE_SETTINGS.contains(&arg.as_str()) || extra.contains(&arg.as_str()))
            })
        };
        match *original {
            "AsyncEngine" => self
                .role(source?)
                .filter(|role| matches!(role, Role::Engine(_)) && known(&[])),
            "engine_from_config" | "async_engine_from_config" => {
                let prefix = keyword("prefix").is_none_or(|prefix| text(&prefix.value) == Some("sqlalchemy."));
                let section = source.or_else(|| keyword("configuration").map(|given| &given.value))?;
                (self.role(section)? == Role::Section && prefix && known(&["prefix", "configuration"]))
                    .then_some(Role::Engine(true))
            }
            "create_engine" | "create_async_engine" => {
                let url = source.or_else(|| keyword("url").map(|given| &given.value))?;
                known(&["url"]).then_some(Role::Engine(self.role(url) == Some(Role::Url)))
            }
            _ => None,
        }
    }

    /// Values that are given a name are fine, the name being followed; names that mean several things are not.
    fn look_at_bindings(&mut self) {
        let mut mixed = Vec::new();
        for (name, bindings) in &self.mentions.bindings {
            let roles: Vec<_> = bindings.iter().map(|binding| self.binding_role(binding)).collect();
            let agreed = self.roles.get(name).copied();
            if agreed.is_none() && roles.iter().flatten().all(|role| *role == Role::Url) {
                // A text that is sometimes the URL and sometimes another is a text of unknown origin, no more.
                continue;
            }
            if roles.iter().any(|role| role.is_some() || agreed.is_some()) && roles.iter().any(|role| *role != agreed) {
                mixed.push(*name);
            }
            for binding in bindings {
                if let Binding::Value(value) = binding
                    && self.roles.contains_key(name)
                {
                    self.fine.insert(value.range());
                }
            }
        }
        mixed.sort_unstable();
        if let Some(name) = mixed.first() {
            let at = self
                .mentions
                .reads
                .iter()
                .find(|(read, _)| read == name)
                .map_or(0, |(_, range)| offset(range));
            self.doubt_both(&format!("env.py gives `{name}` several meanings"), at);
        }
    }

    fn look_at_attributes(&mut self) {
        for attribute in &self.mentions.attributes {
            if !matches!(attribute.ctx, ExprContext::Load) {
                continue;
            }
            let name = attribute.attr.as_str();
            let known = match self.role(&attribute.value) {
                Some(Role::Context) => name == "config" || CONTEXT_READS.contains(&name),
                Some(Role::Config) => CONFIG_READS.contains(&name),
                Some(Role::Section) => name == "get",
                Some(Role::Engine(_)) => matches!(name, "dispose" | "url"),
                Some(Role::Connection(_)) => matches!(name, "close" | "commit" | "rollback"),
                Some(Role::Url) | None => false,
            };
            if known {
                self.fine.insert(attribute.value.range());
            }
        }
    }

    /// `section["sqlalchemy.url"] = …` leaves all but the URL as it was.
    fn look_at_stores(&mut self) {
        for store in &self.mentions.stores {
            if self.role(&store.value) == Some(Role::Section) && text(&store.slice) == Some("sqlalchemy.url") {
                self.fine.insert(store.value.range());
                self.doubt_url("env.py sets `sqlalchemy.url` itself", offset(*store));
            }
        }
    }

    /// Calls: whom they make fine, and which version tables they name.
    fn look_at_calls(&mut self) -> Vec<VersionTable> {
        let mut tables = Vec::new();
        for call in &self.mentions.calls {
            if let Some((function, role)) = self.handover(call)
                && self.handed_over(function) == Some(role)
            {
                // Only functions whose parameter is followed: `handed_over` saw every mention.
                let followed =
                    self.mentions.bindings.values().flatten().any(
                        |binding| matches!(binding, Binding::OnlyParameter { function: known } if *known == function),
                    );
                if followed {
                    match &*call.func {
                        Expr::Attribute(method) => self.fine.insert(method.value.range()),
                        _ => self.fine.extend_one_range(call.arguments.args.first()),
                    };
                }
            }
            match &*call.func {
                Expr::Name(function) if self.maker_role(call, function).is_some() => {
                    let sources = call
                        .arguments
                        .args
                        .first()
                        .into_iter()
                        .chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
                    let handed: Vec<_> = sources
                        .filter(|source| matches!(self.role(source), Some(Role::Section | Role::Engine(_))))
                        .map(Ranged::range)
                        .collect();
                    self.fine.extend(handed);
                }
                Expr::Attribute(method) => self.look_at_method(call, method, &mut tables),
                _ => {}
            }
        }
        tables
    }

    fn look_at_method(
        &mut self,
        call: &'a ast::ExprCall,
        method: &'a ast::ExprAttribute,
        tables: &mut Vec<VersionTable>,
    ) {
        let owner = method.value.range();
        let arguments = &call.arguments;
        match (self.role(&method.value), method.attr.as_str()) {
            (Some(Role::Context), "configure") => {
                self.fine.insert(owner);
                match self.configured(arguments, offset(call)) {
                    Ok(table) => tables.push(table),
                    Err(why) => self.doubt_both(&why, offset(call)),
                }
            }
            (Some(Role::Config), "set_main_option")
                if arguments.args.first().and_then(text) == Some("sqlalchemy.url") =>
            {
                self.fine.insert(owner);
                self.doubt_url("env.py sets `sqlalchemy.url` itself", offset(call));
            }
            (Some(Role::Config), "set_section_option")
                if arguments.args.get(1).and_then(text) == Some("sqlalchemy.url") =>
            {
                self.fine.insert(owner);
                self.doubt_url("env.py sets `sqlalchemy.url` itself", offset(call));
            }
            (Some(Role::Engine(_)), "connect" | "begin") | (Some(Role::Connection(_)), "begin")
                if arguments.is_empty() =>
            {
                self.fine.insert(owner);
            }
            _ => {}
        }
    }

    /// The version table that a `context.configure()` names; its connection is made fine.
    fn configured(&mut self, arguments: &'a ast::Arguments, at: usize) -> Result<VersionTable, String> {
        let mut table = VersionTable {
            name: "alembic_version".into(),
            schema: None,
        };
        let mut connection = match &*arguments.args {
            [] => None,
            [only] if !matches!(only, Expr::Starred(_)) => Some(only),
            _ => return Err("`context.configure()` has arguments without a name".into()),
        };
        for keyword in &arguments.keywords {
            let name = keyword
                .arg
                .as_ref()
                .ok_or("`context.configure()` takes its arguments from elsewhere")?
                .as_str();
            match name {
                "connection" => connection = Some(&keyword.value),
                "version_table" => {
                    table.name = self
                        .literal(&keyword.value)
                        .flatten()
                        .ok_or("the version table's name is computed")?;
                }
                "version_table_schema" => {
                    table.schema = self
                        .literal(&keyword.value)
                        .ok_or("the version table's schema is computed")?;
                }
                "opts" => return Err(format!("`context.configure()` is given `{name}`")),
                _ => {}
            }
        }
        match connection {
            None | Some(Expr::NoneLiteral(_)) => {}
            Some(given) => match self.role(given) {
                Some(Role::Connection(sure)) => {
                    self.fine.insert(given.range());
                    if !sure {
                        self.doubt_url("env.py makes its engine from another URL", at);
                    }
                }
                _ => return Err("`context.configure()` is given a connection of unknown origin".into()),
            },
        }
        Ok(table)
    }

    /// A text or `None`, written out or under a name that is bound once.
    #[allow(
        clippy::option_option,
        reason = "the outer one is doubt, the inner one Python's None"
    )]
    fn literal(&self, expr: &Expr) -> Option<Option<String>> {
        let expr = match expr {
            Expr::Name(name) if !self.mentions.hidden.contains(&name.range()) => {
                match self.mentions.bindings.get(name.id.as_str())?.as_slice() {
                    [Binding::Value(value)] => value,
                    _ => return None,
                }
            }
            other => other,
        };
        match expr {
            Expr::NoneLiteral(_) => Some(None),
            other => text(other)
                .filter(|text| !text.is_empty())
                .map(|text| Some(text.to_owned())),
        }
    }

    /// Every mention that stands in no known shape.
    fn look_for_strays(&mut self) {
        let mut strays = Vec::new();
        for (name, range) in &self.mentions.reads {
            let matters = self.roles.get(name).is_some_and(|role| *role != Role::Url);
            if matters && !self.fine.contains(range) {
                strays.push((format!("env.py uses `{name}` in its own way"), offset(range)));
            }
        }
        for attribute in &self.mentions.attributes {
            let config = attribute.attr.as_str() == "config" && self.role(&attribute.value) == Some(Role::Context);
            if config && !self.fine.contains(&attribute.range()) {
                strays.push((
                    "env.py uses `context.config` in its own way".to_owned(),
                    offset(*attribute),
                ));
            }
        }
        if let Some((why, at)) = strays.into_iter().min_by_key(|(_, at)| *at) {
            self.doubt_both(&why, at);
        }
    }

    fn verdict(mut self, tables: Vec<VersionTable>) -> Verdict {
        let connected = self
            .mentions
            .calls
            .iter()
            .any(|call| matches!(self.role(&Expr::Call((*call).clone())), Some(Role::Connection(_))));
        if !connected {
            self.doubt_url("env.py is not seen to connect", 0);
        }
        let mut tables = tables.into_iter();
        let table = match (self.table, tables.next()) {
            (Some(doubt), _) => Err(doubt),
            (None, None) => Err(("env.py is not seen to call `context.configure()`".to_owned(), 0)),
            (None, Some(first)) if tables.all(|other| other == first) => Ok(first),
            (None, Some(_)) => Err(("env.py names several version tables".to_owned(), 0)),
        };
        Verdict {
            url: self.url.map_or(Ok(()), Err),
            table,
        }
    }
}

trait ExtendOne {
    fn extend_one_range(&mut self, expr: Option<&Expr>) -> bool;
}

impl ExtendOne for HashSet<TextRange> {
    fn extend_one_range(&mut self, expr: Option<&Expr>) -> bool {
        expr.is_some_and(|expr| self.insert(expr.range()))
    }
}

/// The value of a string literal.
fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringLiteral(literal) => Some(literal.value.to_str()),
        _ => None,
    }
}
