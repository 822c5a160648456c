"""A stranger's Markdown as safe HTML: no HTML of their own, no pictures from elsewhere."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

LIMIT = 100_000  # characters


def render(text: str) -> SafeString:
    """HTML without scripts, styles and outside pictures; longer texts are cut."""
    cut = text if len(text) <= LIMIT else text[:LIMIT] + "\n\n… (cut)"
    html: str = _parser.render(cut)
    return mark_safe(html)  # noqa: S308 - html is off, links are checked


def _link_open(
    renderer: RendererHTML,
    tokens: list[Token],
    index: int,
    options: Any,
    env: MutableMapping[str, Any],
) -> str:
    if not str(tokens[index].attrGet("href") or "").startswith(("/", "#")):
        tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _table_cell(
    renderer: RendererHTML,
    tokens: list[Token],
    index: int,
    options: Any,
    env: MutableMapping[str, Any],
) -> str:
    # Aligned columns come with a style attribute, which the content security policy refuses.
    tokens[index].attrs.pop("style", None)
    return renderer.renderToken(tokens, index, options, env)


def _make() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("th_open", _table_cell)
    parser.add_render_rule("td_open", _table_cell)
    return parser


_parser = _make()
