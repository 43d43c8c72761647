"""Sphinx configuration; `nox -s docs` builds with warnings as errors."""

import sys
from pathlib import Path

import limbeck

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "limbeck"
author = "The limbeck authors"
project_copyright = author
release = limbeck.__version__

extensions = [
    "myst_parser",
    "sphinx_design",
    "sphinxcontrib.mermaid",
    "command_reference",
    "lint_rules",
]
# GitHub draws ```mermaid blocks; here they are the directive of that name.
myst_fence_as_directive = ["mermaid"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = "limbeck"
html_static_path = ["_static"]
