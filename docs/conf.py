"""Settings of the documentation site; `make docs` builds it into build/docs, without a network."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
SEVERAL = re.compile(r"^(?P<names>\w+(?:, \w+)+) : (?P<kind>.+)(?P<told>(?:\n[ ]{4}.*)*)", re.MULTILINE)
sys.path.insert(0, str(HERE / "_ext"))

import harness  # noqa: E402 - the folder of the local extensions comes first

project = "harness"
author = "the founders of the harness"
release = version = harness.__version__
language = "en-GB"
smartquotes_action = "D"  # dashes only: a type such as {"shown", "not_detected"} is no prose

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "accessibility",
    "figures",
    "from_code",
    "mathml",
    "notebooks",
]

html_theme = "furo"
html_title = "Threshold and demographic-bias evaluation harness"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b4f8a", "color-brand-content": "#0b4f8a"},
    "dark_css_variables": {"color-brand-primary": "#8ec5f5", "color-brand-content": "#8ec5f5"},
}
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # notebooks show the output they were stored with; `make notebooks` runs them
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # else pages would ask a CDN for scripts
nb_merge_streams = True

autodoc_default_options = {"members": True, "exclude-members": "model_config"}
autodoc_typehints = "none"  # the docstrings say them, in fewer words
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
default_role = "py:obj"


exclude_patterns = ["_ext", "ci"]


def _prepare(_app: object, _what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """Take bars in formulas for what they are, and give each of several attributes of a line one of its own."""
    escaped = [re.sub(r"(`+[^`]*`+)|\|", lambda found: found[1] or r"\|", line) for line in lines]
    lines[:] = SEVERAL.sub(_one_each, "\n".join(escaped)).split("\n")


def _one_each(found: re.Match[str]) -> str:
    names = found["names"].split(", ")
    return "\n".join(f"{name} : {found['kind']}{found['told']}" for name in names)


def setup(app: object) -> None:
    """Have docstrings prepared before napoleon reads them."""
    app.connect("autodoc-process-docstring", _prepare, priority=400)  # type: ignore[attr-defined]
