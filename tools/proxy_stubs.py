"""Write the stub of a module whose functions are the methods of a class: `limbeck/context.pyi`.

    python tools/proxy_stubs.py            writes it
    python tools/proxy_stubs.py --check    fails if it is not current

The signatures and docstrings are those of the class, read from its source.
"""

import ast
import subprocess
import sys
from pathlib import Path

LIMBECK = Path(__file__).resolve().parent.parent / "python" / "limbeck"


def stub(source: Path, class_name: str, tool: str = "tools/proxy_stubs.py") -> str:
    """Return the stub: the module's imports and type aliases, and a function for each public method."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    lines = [f"# Written by {tool} from the class {class_name}; edit that one.", ""]
    aliases = []
    for node in tree.body:
        if isinstance(node, ast.If):  # if TYPE_CHECKING: a stub may import all
            lines += [ast.unparse(inner) for inner in node.body]
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and "annotations" not in ast.unparse(
            node
        ):
            lines.append(ast.unparse(node))
        elif isinstance(node, ast.AnnAssign):
            aliases.append(ast.unparse(node.target))
    home = ".".join(["limbeck", *source.relative_to(LIMBECK).with_suffix("").parts])
    lines += [f"from {home} import {name}" for name in [class_name, *aliases]]
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == class_name)
    for node in body:
        if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
            lines.append(f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}")
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        node.args.args = node.args.args[1:]
        docstring = ast.get_docstring(node)
        indented = docstring and docstring.replace("\n", "\n    ").replace("\n    \n", "\n\n")
        node.body = [ast.Expr(ast.Constant(indented))] if indented else []
        node.body.append(ast.Expr(ast.Constant(...)))
        if len(overloads(body, node.name)) > 1 and not node.decorator_list:
            continue
        lines.append(ast.unparse(node))
    return formatted("\n".join(lines) + "\n")


def formatted(text: str) -> str:
    """Format a stub with ruff, which checks it in the lint session."""
    for command in (["check", "--fix", "--quiet"], ["format"]):
        settings = ["--config", str(LIMBECK.parent.parent / "pyproject.toml")]
        arguments = [sys.executable, "-m", "ruff", *command, *settings]
        arguments += ["--stdin-filename", str(LIMBECK / "context.pyi"), "-"]
        done = subprocess.run(
            arguments, input=text, capture_output=True, text=True, cwd=LIMBECK, check=True
        )
        text = done.stdout
    return text


def overloads(body: list[ast.stmt], name: str) -> list[ast.FunctionDef]:
    return [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]


def main() -> None:
    target = LIMBECK / "context.pyi"
    text = stub(LIMBECK / "runtime" / "environment.py", "EnvironmentContext")
    if "--check" in sys.argv:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            sys.exit(f"{target.name} is not current: run `python tools/proxy_stubs.py`")
    else:
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
