"""What a path says about a file: code, test, documentation, configuration, or nothing to read."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["code", "test", "docs", "config", "skip"]

_CODE_SUFFIX_TEXT = """
.astro .bash .c .cc .cjs .clj .cljs .coffee .cpp .cs .css .cts .cxx .dart .erb .erl .ex .exs .f90
.fs .go .graphql .groovy .h .haml .hbs .hpp .hrl .hs .htm .html .java .jinja .jinja2 .jl .js .jsx
.kt .kts .less .liquid .lua .m .mjs .ml .mm .mts .nim .php .pl .pm .proto .ps1 .pug .py .pyi .pyx
.r .rb .rs .sass .scala .scss .sh .sol .sql .svelte .swift .tf .ts .tsx .twig .vb .vue .zig
"""
CODE_SUFFIXES = frozenset(_CODE_SUFFIX_TEXT.split())
_FAMILIES = (
    (".js", ".cjs", ".cts", ".jsx", ".mjs", ".mts", ".svelte", ".ts", ".tsx", ".vue", ".astro"),
    (".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".m", ".mm"),
    (".java", ".kt", ".kts", ".scala", ".groovy"),
    (".py", ".pyi", ".pyx"),
)
GUIDES = (".adoc", ".md", ".mdx", ".rst", ".txt")
_DOCS_SUFFIXES = frozenset(GUIDES)
_CONFIG_SUFFIXES = frozenset(
    {
        ".cfg",
        ".conf",
        ".env",
        ".gradle",
        ".ini",
        ".json",
        ".properties",
        ".toml",
        ".xml",
        ".yaml",
        ".yml",
    }
)
_CONFIG_NAMES = frozenset({"dockerfile", "makefile", "gemfile", "rakefile", "procfile", "setup.py"})
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|testcases|specs?|e2e|__tests__|cypress)/"
    r"|(?:^|/)(?:test_[^/]*|conftest\.py|[^/]*(?:_test|_spec|\.test|\.spec)\.[^/]+)$"
    r"|[a-z0-9]Tests?\.(?:java|kt|cs|scala|groovy|swift|php)$"
)
_DOCS = re.compile(
    r"(?:^|/)(?:docs?|documentation|(?:[a-z0-9]+[-_])?(?:examples?|samples?|tutorials?|demos?"
    r"|bench|benchmarks?)|galleries)/",
    re.IGNORECASE,
)
_SKIP = re.compile(
    r"(?:^|/)(?:node_modules|vendor|vendored|third_party|dist|build|\.git|\.tox|\.venv|site-packages"
    r"|__pycache__|fixtures|snapshots|__snapshots__|locale|locales)/"
    r"|\.min\.(?:js|css)$|(?:^|/)(?:package-lock\.json|[^/]*\.lock|pnpm-lock\.yaml)$",
    re.IGNORECASE,
)


def kind_of(path: str) -> Kind:
    """The kind of a file by its path alone."""
    if _SKIP.search(path):
        return "skip"
    file = PurePosixPath(path)
    suffix = file.suffix.lower()
    if suffix in _DOCS_SUFFIXES:
        return "docs"
    if suffix in _CONFIG_SUFFIXES or file.name.lower() in _CONFIG_NAMES:
        return "config"
    if suffix not in CODE_SUFFIXES:
        return "skip"
    if _TEST.search(path):
        return "test"
    return "docs" if _DOCS.search(path) else "code"


def is_text_file(path: str) -> bool:
    """Whether the path ends like code, documentation or configuration."""
    return PurePosixPath(path).suffix.lower() in CODE_SUFFIXES | _DOCS_SUFFIXES | _CONFIG_SUFFIXES


def language_of(path: str) -> str:
    """The suffix that stands for the file's language: `.tsx` and `.js` are one, as are `.h` and `.c`."""
    suffix = PurePosixPath(path).suffix.lower()
    return next((family[0] for family in _FAMILIES if suffix in family), suffix)


def module_of(path: str) -> str:
    """The path as a dotted name without its suffix: `src/shop/cart.py` is `src.shop.cart`."""
    stem = path.rsplit(".", 1)[0] if "." in PurePosixPath(path).name else path
    return stem.replace("/", ".").removesuffix(".__init__").removesuffix(".index")


def subject_of(path: str) -> str:
    """What a test file is named after, lower case: `tests/test_cart.py` after `cart`."""
    name = PurePosixPath(path).name.lower().rsplit(".", 1)[0]
    for mark in ("test_", "_test", "_spec", ".test", ".spec", "tests", "test", "spec"):
        name = name.removeprefix(mark).removesuffix(mark)
    return name


def name_of(path: str) -> str:
    """The file's name without its suffix, and of a package the folder's."""
    return module_of(path).rsplit(".", 1)[-1]
