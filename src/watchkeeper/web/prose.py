"""A control's prose and SQL as HTML. Controls may be a tenant's own: raw HTML is not passed on."""

import re
from functools import lru_cache

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_KEYWORDS = (
    "all and any as asc between by case coalesce cross desc distinct else end exists extract false "
    "filter from full group having in inner interval is join lateral left like limit not null "
    "nulls on or order outer over partition qualify right select then true union unnest using "
    "values when where window with"
)
_SQL = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<number>\b\d+(?:\.\d+)?\b)"
    r"|(?P<parameter>\$\w+)|(?P<keyword>\b(?:" + "|".join(_KEYWORDS.split()) + r")\b)",
    re.IGNORECASE | re.DOTALL,
)


@lru_cache(maxsize=256)
def markdown(text: str) -> SafeString:
    """Markdown as HTML; raw HTML in it is escaped, links to scripts are not made."""
    rendered: str = _MARKDOWN.render(text)
    return mark_safe(rendered)  # noqa: S308 - markdown-it with html switched off


@lru_cache(maxsize=256)
def sql(text: str) -> SafeString:
    """SQL with comments, texts, numbers, parameters and keywords marked by classes."""
    parts: list[str] = []
    end = 0
    for found in _SQL.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(format_html('<span class="sql-{}">{}</span>', found.lastgroup, found.group()))
        end = found.end()
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - escaped above
