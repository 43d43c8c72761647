"""Sphinx configuration; `nox -s docs` builds with warnings as errors."""

import limbeck

project = "limbeck"
author = "The limbeck authors"
project_copyright = author
release = limbeck.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_design"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = "limbeck"
html_static_path = ["_static"]
