"""Text that came from a console: whoever names a device chooses it, so it is never trusted.

It is escaped, isolated from the direction of the text around it, and characters that would not
show (control characters, direction overrides, zero-width ones) are written out by their code.
"""

import unicodedata

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

LONGEST = 2_000
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LOOKS_EMPTY = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")


def isolated(value: object) -> SafeString:
    """The text as HTML: escaped, isolated, everything hidden made visible."""
    text = str(value)
    cut = len(text) - LONGEST
    shown = _marked(text[:LONGEST])
    if cut > 0:
        shown += f'<span class="hidden-char">{cut:,} more characters</span>'
    return mark_safe(f'<bdi class="console">{shown}</bdi>')  # noqa: S308 - escaped above


def plain(value: object) -> str:
    """The text for an attribute or a title: everything hidden written out."""
    return "".join(
        f"[{_code(character)}]" if is_hidden(character) else character
        for character in str(value)[:LONGEST]
    )


def is_hidden(character: str) -> bool:
    """Whether a character does not show, or changes how others show."""
    return unicodedata.category(character) in _HIDDEN or character in _LOOKS_EMPTY


def _marked(text: str) -> str:
    parts: list[str] = []
    visible: list[str] = []
    for character in text:
        if is_hidden(character):
            parts.append(escape("".join(visible)))
            visible = []
            name = escape(unicodedata.name(character, "control character"))
            code = _code(character)
            parts.append(f'<span class="hidden-char" title="{name}">{code}</span>')
        else:
            visible.append(character)
    parts.append(escape("".join(visible)))
    return "".join(parts)


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
