"""Icons as inline SVG: a shape of its own for each state, so that colour is never alone."""

from django.utils.safestring import SafeString, mark_safe

_SHIELD = "M8 1.2 14 3.4v4.2c0 3.6-2.5 6-6 7.2-3.5-1.2-6-3.6-6-7.2V3.4z"
_SHAPES = {
    # results and outcomes
    "ERROR": '<path class="solid" d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z"/>'
    '<path class="mark" d="M8 4.4v4.4M8 11.3v.2"/>',
    "STALE": '<circle cx="8" cy="8" r="6.4"/><path d="M8 4.3V8l2.6 1.7"/>',
    "FAIL": '<circle class="solid" cx="8" cy="8" r="7"/>'
    '<path class="mark" d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2"/>',
    "PASS_WITH_EXCEPTIONS": f'<path d="{_SHIELD}"/><path d="m5.3 8 2 2 3.5-3.8"/>',
    "PASS": '<circle cx="8" cy="8" r="6.4"/><path d="m5.1 8.2 2 2 3.8-4.3"/>',
    "NOT_APPLICABLE": '<circle class="dashed" cx="8" cy="8" r="6.4"/><path d="M5.4 8h5.2"/>',
    "unknown": '<path d="M8 1 15 8l-7 7-7-7z"/>'
    '<path d="M6.4 6.5c0-2.2 3.3-2.1 3.3-.1 0 1.2-1.6 1.3-1.6 2.4M8 10.9v.1"/>',
    # chrome
    "up": '<path d="m4 10 4-4 4 4"/>',
    "down": '<path d="m4 6 4 4 4-4"/>',
    "left": '<path d="m10 4-4 4 4 4"/>',
    "right": '<path d="m6 4 4 4-4 4"/>',
    "search": '<circle cx="7" cy="7" r="4.6"/><path d="m10.5 10.5 3.6 3.6"/>',
    "brand": f'<path d="{_SHIELD}"/><circle class="solid" cx="8" cy="7.6" r="2"/>',
}
_SAME = {
    "fail": "FAIL",
    "pass": "PASS",
    "not_applicable": "NOT_APPLICABLE",
    "complete": "PASS",
    "incomplete": "ERROR",
    "denied": "ERROR",
    "unlicensed": "NOT_APPLICABLE",
    "failed": "FAIL",
}


def icon(name: str) -> SafeString:
    """The icon of that name; the word beside it says the same, so it is hidden from readers."""
    shape = _SHAPES[_SAME.get(name, name)]
    return mark_safe(  # noqa: S308 - constants
        f'<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" '
        f'focusable="false">{shape}</svg>'
    )
