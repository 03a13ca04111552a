"""The pages' own tags and filters: `{% load watchkeeper %}`."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from watchkeeper.clock import rfc3339
from watchkeeper.model.statement import Kind
from watchkeeper.queries.frameworks import Tally
from watchkeeper.queries.paging import SIZES
from watchkeeper.resources import everything
from watchkeeper.web import charts, console_text, icons, subjects, words
from watchkeeper.web import page as shared

register = template.Library()

register.simple_tag(icons.icon, name="icon")
register.filter("outcome_bar", charts.outcome_bar)
register.filter("size", words.size)
register.filter("span", words.span)
register.filter("label", words.label)
register.filter("column", words.column)
register.filter("choice", words.choice)
register.filter("linkable", subjects.can_stand)


@register.filter
def console(value: object) -> SafeString | str:
    """Text of a console: isolated, escaped, hidden characters shown; a dash when there is none."""
    if value is None or value == "":
        return format_html('<span class="none" title="{}">–</span>', "nothing recorded")
    return console_text.isolated(value)


@register.filter
def plain(value: object) -> str:
    """Text of a console for an attribute."""
    return console_text.plain(value)


@register.filter
def value(found: Any) -> SafeString | str:
    """A value of any declared type: yes and no in words, times as times, lists as lists."""
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, datetime):
        return moment(found)
    if isinstance(found, int):
        return f"{found:,}"
    if isinstance(found, list):
        return console(", ".join(str(each) for each in found)) if found else "none"
    if isinstance(found, dict):
        return console(json.dumps(found, ensure_ascii=False))
    return console(found)


@register.filter
def number(count: int | None) -> str:
    """A number with thousands separators; a dash when there is none."""
    return "–" if count is None else f"{count:,}"


@register.filter
def word(name: str) -> str:
    """A result, outcome or verdict in words."""
    for known in (words.RESULTS, words.OUTCOMES, words.VERDICTS):
        if name in known:
            return known[name]
    return words.label(name)


@register.filter
def told(tally: Tally) -> str:
    """How many requirements show which result: `6 error, 34 fail, 4 not judged yet`."""
    parts = [
        f"{count:,} {word(result.value).lower()}"
        for result, count in tally.results.items()
        if count
    ]
    if tally.unjudged:
        parts.append(f"{tally.unjudged:,} not judged yet")
    return ", ".join(parts)


@register.filter
def meaning(name: str) -> str:
    """What a result means."""
    return words.MEANINGS.get(name, "")


@register.filter
def resource(name: str) -> str:
    """A resource by its title; one that is no longer declared by its name."""
    declared = everything().get(name)
    return declared.title if declared else words.label(name)


@register.filter
def framework(name: str) -> str:
    """A framework by its name in words, or as declared."""
    return words.FRAMEWORKS.get(name, name)


@register.filter
def moment(found: datetime | None) -> SafeString | str:
    """A time in UTC."""
    if found is None:
        return "–"
    return format_html(
        '<time datetime="{}">{}</time>', rfc3339(found), f"{found.day} {found:%b %Y, %H:%M} UTC"
    )


@register.simple_tag(takes_context=True)
def age(context: Context, found: datetime | None) -> SafeString | str:
    """How long ago a time is, in words; the time itself stands in the title."""
    if found is None:
        return "never"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        rfc3339(found),
        f"{found.day} {found:%b %Y, %H:%M:%S} UTC",
        words.age(found, context["now"]),
    )


@register.simple_tag
def state(name: str, large: bool = False) -> SafeString:  # noqa: FBT001, FBT002 - a template's flag
    """A result, outcome or verdict: shape and word, coloured."""
    return format_html(
        '<span class="state {} is-{}">{}<span>{}</span></span>',
        "large" if large else "",
        name.lower().replace("_", "-"),
        icons.icon(name),
        word(name),
    )


@register.simple_tag(takes_context=True)
def standing(
    context: Context,
    name: str,
    ends: datetime | None = None,
    large: bool = False,  # noqa: FBT001, FBT002 - a template's flag
) -> SafeString:
    """How a statement stands: shape and word, coloured; when it ends where that is soon."""
    shape, colour = words.STANDINGS.get(name, ("NOT_APPLICABLE", "not-applicable"))
    told = name.capitalize()
    left = (ends - context["now"]).days if ends is not None else words.SOON_DAYS
    if name == "in force" and left < words.SOON_DAYS:
        shape, colour = "STALE", "stale"
        told = f"Expires {words.age(ends, context['now'])}" if ends is not None else told
    return format_html(
        '<span class="state {} is-{}">{}<span>{}</span></span>',
        "large" if large else "",
        colour,
        icons.icon(shape),
        told,
    )


@register.filter
def named_by(subject: str, kind: Kind) -> bool:
    """Whether an attestation of that kind can be about this subject."""
    return kind.may_name(subject)


@register.simple_tag(takes_context=True)
def link(context: Context, name: str, *args: str, **query: str) -> str:
    """The address of a page, naming the connection where it is not the first one."""
    return shared.link(context.get("setting"), name, *args, **query)


@register.simple_tag(takes_context=True)
def subject(context: Context, named: str, name: str = "") -> SafeString:
    """A subject by its name, leading to its page where it has one; below it what items call it.

    The page's context says with `agents` which devices have one.
    """
    shown = _breaking(name or named)
    found = subjects.page_of(named, context.get("agents") or ())
    if found is not None:
        where = shared.link(context.get("setting"), *found)
        shown = format_html('<a href="{}">{}</a>', where, shown)
    if name and name != named:
        return format_html('{}<span class="sub">{}</span>', shown, console(named))
    return shown


def _breaking(text: str) -> SafeString:
    """A name that breaks behind the @ of an address rather than anywhere."""
    return mark_safe(console_text.isolated(text).replace("@", "@<wbr>"))  # noqa: S308 - escaped


@register.inclusion_tag("web/parts/sort.html", takes_context=True)
def sort(context: Context, name: str, title: str) -> dict[str, Any]:
    """A column's heading that sorts by it, and turns the order when it is in force."""
    asked, current = context["asked"], context["sort"]
    active = current == name
    turned = f"-{name}" if active and not asked.descending else name
    return {
        "request": context["request"],
        "title": title,
        "turned": turned,
        "active": active,
        "descending": asked.descending,
    }


@register.inclusion_tag("web/parts/pager.html", takes_context=True)
def pager(context: Context, page: Any, what: str, name: str = "page") -> dict[str, Any]:
    """Where in the list one is, and the ways on."""
    query = context["request"].GET

    def at(number: int | None) -> str:
        if number is None:
            return ""
        changed = query.copy()
        changed[name] = str(number)
        return f"?{changed.urlencode()}"

    def sized(size: int) -> str:
        changed = query.copy()
        changed.pop(name, None)
        changed["size"] = str(size)
        return f"?{changed.urlencode()}"

    return {
        "page": page,
        "sizes": [(size, sized(size)) for size in SIZES] if name == "page" else (),
        "what": what,
        "first": at(1) if page.number > 1 else "",
        "previous": at(page.previous),
        "next": at(page.next),
        "last": at(page.pages) if page.number < page.pages else "",
    }


@register.filter
def seconds(milliseconds: int) -> str:
    """Milliseconds in seconds, signed."""
    return f"{milliseconds / 1000:+.3f} s"


@register.filter
def lasting(length: timedelta) -> str:
    """How long something lasts: `0.4 s`, `12 s`, `5 min`, `3 h`, `2 days`."""
    return words.lasting(length)


@register.filter
def minus(found: datetime, other: datetime) -> str:
    """How long between two times."""
    distance: timedelta = found - other
    total = distance.total_seconds()
    return f"{total:.1f} s" if total < 120 else f"{total / 60:.0f} min"  # noqa: PLR2004


@register.filter
def percent(part: float) -> str:
    """A share (0 to 1) in words; nothing is called all of it that is not."""
    if 0.999 <= part < 1:  # noqa: PLR2004 - would be rounded up
        return "99.9 %"
    return f"{part * 100:.1f} %" if part < 1 else "100 %"


@register.filter
def share(count: int, total: int) -> str:
    """A share in percent, never rounded up to all nor down to none."""
    if not total:
        return "–"
    percent = 100 * count / total
    if count and percent < 0.1:  # noqa: PLR2004 - a tenth is shown
        return "< 0.1 %"
    if count < total and percent > 99.9:  # noqa: PLR2004 - a tenth is shown
        return "> 99.9 %"
    return f"{percent:.1f} %".replace(".0 %", " %")


@register.filter
def at(found: Any, key: Any) -> Any:
    """The value a mapping has for a key."""
    return found.get(key)


@register.filter
def plus(first: float, second: float) -> float:
    """The sum."""
    return round(first + second, 2)


@register.filter
def offered(value: str, choices: Any) -> bool:
    """Whether a value is among the choices of a filter."""
    return any(each.value == value for each in choices)


@register.simple_tag
def used(active: int | None, total: int | None) -> int:
    """How full something is, in whole percent from 0 to 100."""
    return max(0, min(100, round(100 * (active or 0) / total))) if total else 0
