//! What env.py does, read from its syntax tree: whether it certainly runs migrations on one connection, and with which
//! version table.

use std::collections::{HashMap, HashSet};

use memchr::memmem::find;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, ExprContext, Stmt};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged as _;

use super::depth;
use super::header::decode;

/// Why it is not certain that env.py runs migrations on one connection, in its default schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The file cannot be read or parsed.
    Unreadable,
    /// No call of `context.configure()` with a connection is in the file.
    Hidden,
    /// There are several such calls, or one that may run more than once.
    Several,
    /// The file may change the schema of the session.
    Schema,
}

impl Doubt {
    /// The reason, as the end of a sentence.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unreadable => "env.py cannot be read without running it",
            Self::Hidden => "env.py calls `context.configure(connection=...)` in another file",
            Self::Several => "env.py may run migrations on several connections",
            Self::Schema => "env.py may set the schema of the session",
        }
    }
}

/// An argument of `context.configure()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// It is not given.
    Default,
    /// A string.
    Known(String),
    /// Its value is computed, or it may be in a dictionary of arguments.
    Computed,
}

/// What env.py does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFile {
    /// `None` if env.py certainly runs migrations on one connection, in its default schema.
    pub doubt: Option<Doubt>,
    /// The argument `version_table`.
    pub version_table: Argument,
    /// The argument `version_table_schema`.
    pub version_table_schema: Argument,
}

impl EnvFile {
    fn doubtful(doubt: Doubt) -> Self {
        Self {
            doubt: Some(doubt),
            version_table: Argument::Computed,
            version_table_schema: Argument::Computed,
        }
    }
}

/// Code that sets the default schema of a session, or maps one schema to another.
const SETS_SCHEMA: [&str; 6] = [
    "search_path",
    "schema_translate_map",
    "SET SCHEMA",
    "CURRENT_SCHEMA",
    "\"USE ",
    "'USE ",
];

/// Read env.py from its bytes.
#[must_use]
pub fn read(source: &[u8]) -> EnvFile {
    let Some(text) = decode(source).filter(|text| !depth::may_be_deep(text)) else {
        return EnvFile::doubtful(Doubt::Unreadable);
    };
    let Ok(parsed) = parse_module(&text) else {
        return EnvFile::doubtful(Doubt::Unreadable);
    };
    let mut finder = Finder::default();
    finder.visit_body(parsed.suite());
    let mut found = finder.result();
    let sets_schema = |word: &&str| find(text.as_bytes(), word.as_bytes()).is_some();
    if found.doubt.is_none() && SETS_SCHEMA.iter().any(sets_schema) {
        found.doubt = Some(Doubt::Schema);
    }
    found
}

/// A place in the file.
#[derive(Debug, Clone)]
struct Place {
    /// The innermost function; `None` at module level.
    function: Option<String>,
    /// Whether a loop or a comprehension is around it.
    in_loop: bool,
    /// The `if` statements around it: the position of each, and the index of the branch.
    branches: Vec<(u32, usize)>,
    /// Whether a function is called here once, directly or by `run_sync()`. `map(run, engines)` may call it repeatedly.
    is_call: bool,
}

impl Place {
    /// Whether at most one of two places is reached, because they are in different branches of a statement.
    fn excludes(&self, other: &Self) -> bool {
        self.branches
            .iter()
            .any(|(start, branch)| other.branches.iter().any(|(s, b)| s == start && b != branch))
    }
}

/// Finds the calls of `configure()`, and the places where names are used.
#[derive(Default)]
struct Finder {
    functions: Vec<String>,
    loops: usize,
    branches: Vec<(u32, usize)>,
    /// The calls of `configure()` with a connection, with the two arguments.
    calls: Vec<(Place, Argument, Argument)>,
    /// Whether `configure` is used other than in a call, or `run_migrations()` is called in a loop.
    may_repeat: bool,
    /// The places where a name is read, or an attribute.
    names: HashMap<String, Vec<Place>>,
    attributes: HashMap<String, Vec<Place>>,
    /// How often a function is defined.
    definitions: HashMap<String, usize>,
    /// The functions that are defined in a class.
    methods: HashSet<String>,
    /// Whether the current statement is directly in a class.
    in_class: bool,
}

impl Finder {
    fn result(self) -> EnvFile {
        let Some((_, table, schema)) = self.calls.first() else {
            return EnvFile::doubtful(if self.may_repeat { Doubt::Several } else { Doubt::Hidden });
        };
        let agree = self.calls.iter().all(|(_, t, s)| t == table && s == schema);
        let argument = |value: &Argument| if agree { value.clone() } else { Argument::Computed };
        let places: Vec<&Place> = self.calls.iter().map(|(place, ..)| place).collect();
        let is_single = !self.may_repeat && self.is_reached_once(&places, &mut HashSet::new());
        EnvFile {
            doubt: (!is_single).then_some(Doubt::Several),
            version_table: argument(table),
            version_table_schema: argument(schema),
        }
    }

    /// Whether at most one of the places is reached, and only once.
    fn is_reached_once<'a>(&'a self, places: &[&'a Place], visited: &mut HashSet<&'a str>) -> bool {
        let exclude_each_other = places
            .iter()
            .enumerate()
            .all(|(index, place)| places[..index].iter().all(|other| place.excludes(other)));
        exclude_each_other
            && places.iter().all(|place| {
                let Some(function) = place.function.as_deref() else {
                    return !place.in_loop;
                };
                if place.in_loop || self.definitions.get(function) != Some(&1) {
                    return false;
                }
                if !visited.insert(function) {
                    // Two places in one function: the first has checked it. A recursion is a use inside of itself.
                    return self
                        .uses_of(function)
                        .all(|used| used.function.as_deref() != Some(function));
                }
                let uses: Vec<&Place> = self.uses_of(function).collect();
                let are_calls = uses.iter().all(|used| used.is_call);
                !uses.is_empty() && are_calls && self.is_reached_once(&uses, visited)
            })
    }

    /// The uses of a function: `run` of `asyncio.run` is none of a function `run` of this file.
    fn uses_of<'a>(&'a self, function: &str) -> impl Iterator<Item = &'a Place> + use<'a> {
        let is_method = self.methods.contains(function);
        let uses = if is_method { &self.attributes } else { &self.names };
        uses.get(function).into_iter().flatten()
    }

    fn place(&self) -> Place {
        Place {
            function: self.functions.last().cloned(),
            in_loop: self.loops > 0,
            branches: self.branches.clone(),
            is_call: false,
        }
    }

    fn in_loop(&mut self, visit: impl FnOnce(&mut Self)) {
        self.loops += 1;
        visit(self);
        self.loops -= 1;
    }

    fn within(&mut self, in_class: bool, visit: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.in_class, in_class);
        visit(self);
        self.in_class = outside;
    }

    fn in_branch(&mut self, start: u32, branch: usize, visit: impl FnOnce(&mut Self)) {
        self.branches.push((start, branch));
        visit(self);
        self.branches.pop();
    }

    fn add_call(&mut self, call: &ExprCall) {
        let keyword = |name: &str| {
            let mut keywords = call.arguments.keywords.iter();
            keywords.find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name))
        };
        let has_dictionary = call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
        let has_connection = keyword("connection").is_some_and(|keyword| !keyword.value.is_none_literal_expr());
        if !has_connection && !has_dictionary && call.arguments.args.is_empty() {
            return; // offline, or another library's function
        }
        let argument = |name: &str| match keyword(name).map(|keyword| &keyword.value) {
            None if has_dictionary || !call.arguments.args.is_empty() => Argument::Computed,
            None | Some(Expr::NoneLiteral(_)) => Argument::Default,
            Some(Expr::StringLiteral(literal)) => Argument::Known(literal.value.to_str().to_owned()),
            Some(_) => Argument::Computed,
        };
        let arguments = (argument("version_table"), argument("version_table_schema"));
        self.calls.push((self.place(), arguments.0, arguments.1));
    }
}

/// The last part of a name: `configure` of `context.configure`.
fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                *self.definitions.entry(function.name.to_string()).or_default() += 1;
                if self.in_class {
                    self.methods.insert(function.name.to_string());
                }
                for decorator in &function.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&function.parameters);
                self.functions.push(function.name.to_string());
                self.within(false, |finder| finder.visit_body(&function.body));
                self.functions.pop();
            }
            Stmt::ClassDef(_) => self.within(true, |finder| walk_stmt(finder, statement)),
            Stmt::For(loop_) => {
                self.visit_expr(&loop_.iter);
                self.in_loop(|finder| finder.visit_body(&loop_.body));
                self.visit_body(&loop_.orelse);
            }
            Stmt::While(loop_) => self.in_loop(|finder| walk_stmt(finder, &Stmt::While(loop_.clone()))),
            Stmt::If(choice) => {
                let start = choice.range().start().to_u32();
                self.visit_expr(&choice.test);
                self.in_branch(start, 0, |finder| finder.visit_body(&choice.body));
                for (index, clause) in choice.elif_else_clauses.iter().enumerate() {
                    self.in_branch(start, index + 1, |finder| {
                        if let Some(test) = &clause.test {
                            finder.visit_expr(test);
                        }
                        finder.visit_body(&clause.body);
                    });
                }
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.in_loop(|finder| walk_expr(finder, expression));
            }
            Expr::Call(call) if last_name(&call.func) == Some("configure") => {
                self.add_call(call);
                if let Expr::Attribute(attribute) = call.func.as_ref() {
                    self.visit_expr(&attribute.value);
                }
                self.visit_arguments(&call.arguments);
            }
            Expr::Call(call) => {
                self.visit_called(&call.func);
                let is_called_once = last_name(&call.func) == Some("run_sync");
                for argument in &call.arguments.args {
                    if is_called_once {
                        self.visit_called(argument);
                    } else {
                        self.visit_expr(argument);
                    }
                }
                for keyword in &call.arguments.keywords {
                    self.visit_keyword(keyword);
                }
            }
            Expr::Name(name) if name.ctx == ExprContext::Load => self.add_use(name.id.as_str(), false, false),
            Expr::Attribute(attribute) if attribute.ctx == ExprContext::Load => {
                self.add_use(attribute.attr.as_str(), true, false);
                self.visit_expr(&attribute.value);
            }
            _ => walk_expr(self, expression),
        }
    }
}

impl Finder {
    /// Visit a function that is called.
    fn visit_called(&mut self, function: &Expr) {
        match function {
            Expr::Name(name) => self.add_use(name.id.as_str(), false, true),
            Expr::Attribute(attribute) => {
                self.add_use(attribute.attr.as_str(), true, true);
                self.visit_expr(&attribute.value);
            }
            _ => self.visit_expr(function),
        }
    }

    fn add_use(&mut self, name: &str, is_attribute: bool, is_call: bool) {
        let place = Place {
            is_call,
            ..self.place()
        };
        self.may_repeat |= name == "configure" || (name == "run_migrations" && place.in_loop);
        let uses = if is_attribute {
            &mut self.attributes
        } else {
            &mut self.names
        };
        uses.entry(name.to_owned()).or_default().push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFLINE: &str = "def offline():\n    context.configure(url=config.url)\n    context.run_migrations()\n";
    const ONLINE: &str =
        "def online(c):\n    context.configure(connection=c, target_metadata=None)\n    context.run_migrations()\n";

    fn doubt(text: &str) -> Option<Doubt> {
        read(text.as_bytes()).doubt
    }

    #[test]
    fn usual_files_run_once() {
        for end in [
            "if context.is_offline_mode():\n    offline()\nelse:\n    online(engine.connect())\n",
            "offline() if context.is_offline_mode() else online(c)\n",
            "async def run():\n    await c.run_sync(online)\nasyncio.run(run())\n",
            "def run():\n    if given is None:\n        online(a)\n    elif x:\n        online(b)\n    else:\n        asyncio.run(c.run_sync(online))\nrun()\n",
            "for name in ('a', 'b'):\n    import_module(name)\nonline(c)\n",
            "class Env:\n    def run(self):\n        online(c)\nEnv().run()\n",
        ] {
            assert_eq!(doubt(&format!("{OFFLINE}{ONLINE}{end}")), None, "{end}");
        }
        let batch = "if sqlite:\n    context.configure(connection=c, render_as_batch=True)\nelse:\n    context.configure(connection=c)\n";
        assert_eq!(doubt(batch), None);
        assert_eq!(
            doubt(&format!("structlog.configure(processors=[])\n{ONLINE}online(c)\n")),
            None
        );
    }

    #[test]
    fn several_runs_are_doubtful() {
        for end in [
            "online(a)\nonline(b)\n",
            "for engine in engines:\n    online(engine)\n",
            "while True:\n    online(engine)\n",
            "[online(engine) for engine in engines]\n",
            "asyncio.run(gather(*(online(engine) for engine in engines)))\n",
            "def run():\n    online(a)\nrun()\nif x:\n    run()\n",
            "if x:\n    online(a)\nif y:\n    online(b)\n",
            "list(map(online, engines))\n",
            "run = online\nrun(a)\nrun(b)\n",
            "each(engines, do=online)\n",
            "def online(c):\n    pass\nonline(a)\n",
            "context.configure(connection=d)\nonline(a)\n",
            "configure = context.configure\nonline(a)\n",
            "def run():\n    online(a)\n    run()\nrun()\n",
            "class Env:\n    def run(self):\n        online(c)\nEnv(a).run()\nEnv(b).run()\n",
            "context.configure(c)\nonline(c)\n",
            "register(offline)\n",
        ] {
            assert_eq!(doubt(&format!("{OFFLINE}{ONLINE}{end}")), Some(Doubt::Several), "{end}");
        }
        let loop_ = "context.configure(connection=c)\nfor name in names:\n    context.run_migrations(name=name)\n";
        assert_eq!(doubt(loop_), Some(Doubt::Several));
    }

    #[test]
    fn calls_elsewhere_are_doubtful() {
        assert_eq!(doubt("from shared import run\nrun()\n"), Some(Doubt::Hidden));
        assert_eq!(doubt(OFFLINE), Some(Doubt::Hidden));
        assert_eq!(doubt("def"), Some(Doubt::Unreadable));
    }

    #[test]
    fn schemas_of_the_session_are_doubtful() {
        for code in [
            "c.execute('SET search_path TO x')\n",
            "c = c.execution_options(schema_translate_map={})\n",
            "c.execute(f'USE {name}')\n",
        ] {
            assert_eq!(doubt(&format!("{ONLINE}{code}online(c)\n")), Some(Doubt::Schema));
        }
    }

    #[test]
    fn version_tables_are_read() {
        let tables = |arguments: &str| {
            let found = read(format!("context.configure(connection=c{arguments})\n").as_bytes());
            assert_eq!(found.doubt, None);
            (found.version_table, found.version_table_schema)
        };
        let known = |name: &str| Argument::Known(name.to_owned());
        assert_eq!(tables(""), (Argument::Default, Argument::Default));
        assert_eq!(tables(", version_table='v'"), (known("v"), Argument::Default));
        assert_eq!(
            tables(", version_table=None, version_table_schema='s'"),
            (Argument::Default, known("s"))
        );
        assert_eq!(tables(", version_table=name"), (Argument::Computed, Argument::Default));
        assert_eq!(tables(", **more"), (Argument::Computed, Argument::Computed));
    }
}
