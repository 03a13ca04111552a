"""A control's prose and SQL as HTML. Controls may be a tenant's own: raw HTML is not passed on."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import SqlLexer

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


@lru_cache(maxsize=256)
def markdown(text: str) -> SafeString:
    """Markdown as HTML; raw HTML in it is escaped, links to scripts are not made."""
    return mark_safe(_MARKDOWN.render(text))  # noqa: S308 - markdown-it with html switched off


@lru_cache(maxsize=256)
def sql(text: str) -> SafeString:
    """SQL with its words marked by classes."""
    formatter = HtmlFormatter(nowrap=True, classprefix="sql-")
    return mark_safe(highlight(text, SqlLexer(), formatter))  # noqa: S308 - escaped by the formatter
