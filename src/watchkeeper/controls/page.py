"""A control's page: text → Control. Every fault is one sentence that names file and fault."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from watchkeeper.controls import examples, front
from watchkeeper.controls.faults import Noted, PageFault, PageFaults
from watchkeeper.controls.front import Front
from watchkeeper.controls.requirements import Known
from watchkeeper.errors import DeclarationError
from watchkeeper.model.control import Control
from watchkeeper.model.resource import Resource

SECTIONS = ("Why", "Remedy", "Logic", "Examples")
LARGEST = 256 * 1024  # bytes; the longest page of the product has a tenth of that
_MARKDOWN = MarkdownIt("commonmark").enable("table")
_HINT = "Compare it with a control that is there; docs say what each part is for."


@dataclass(frozen=True, slots=True)
class Section:
    """One `## Section`: its source text and its Markdown tokens."""

    text: str
    tokens: tuple[Token, ...]


class _Loader(yaml.SafeLoader):
    """YAML's plain values; a key that stands twice is a fault, and so is what stands for others.

    Aliases of aliases would make a short page as large as memory.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The node, once it is known to be none that was given elsewhere."""
        if self.check_event(yaml.AliasEvent):
            raise PageFault("the front matter uses an alias (*name); write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - as the parent has it
    ) -> dict[Any, Any]:
        """The mapping, once its keys are known to differ."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise PageFault(f"the front matter has the key {key!r} twice")
        return super().construct_mapping(node, deep)


def parse(
    data: bytes,
    file: str,
    resources: Mapping[str, Resource],
    known: Known | None,
    *,
    tenant: bool = False,
) -> Control:
    """The control a page declares; `file` is its name (`HLT-01.md`).

    `known` are the requirements it may refer to; None for a page that was sealed, whose
    frameworks may have changed since. Raises DeclarationError with the first of the faults that
    show without running the SQL.
    """
    try:
        return read(data, file, resources, known, tenant=tenant)
    except PageFaults as faults:
        more = len(faults.faults) - 1
        told = f"{faults.faults[0]}{f' (and {more} more)' if more else ''}"
        where = file if tenant else f"controls/{file}"
        hint = "`watchkeeper controls lint` tells all of them." if tenant else _HINT
        raise DeclarationError(f"{where}: {told}.", hint=hint) from faults


def read(
    data: bytes,
    file: str,
    resources: Mapping[str, Resource],
    known: Known | None,
    *,
    tenant: bool = False,
) -> Control:
    """As `parse`; raises PageFaults with all of the faults instead."""
    noted = Noted()
    control = noted.ask(None, _control, data, file, resources, known)
    noted.end()
    assert control is not None  # noqa: S101 - a fault would have been noted
    return replace(control, tenant=tenant)


def _control(
    data: bytes, file: str, resources: Mapping[str, Resource], known: Known | None
) -> Control:
    if len(data) > LARGEST:
        raise PageFault(f"the page is larger than {LARGEST // 1024} KiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PageFault(f"the page is not UTF-8 (byte {error.start})") from error
    matter, body = _split(text)
    noted = Noted()
    declared = noted.ask(None, _front, matter, file, resources, known)
    sections = noted.ask({}, _sections, body)
    why = noted.ask("", _prose, sections, "Why")
    remedy = noted.ask("", _prose, sections, "Remedy")
    logic = noted.ask("", _logic, sections)
    found = noted.ask((), _examples, sections, declared, resources) if declared else ()
    noted.end()
    assert declared is not None  # noqa: S101 - a fault would have been noted
    return Control(
        id=declared.id,
        version=declared.version,
        title=declared.title,
        severity=declared.severity,
        cadence=declared.cadence,
        reads=declared.reads,
        parameters=declared.parameters,
        requirements=declared.requirements,
        why=why,
        remedy=remedy,
        logic=logic,
        examples=found,
        page=text,
        sha256=hashlib.sha256(data).hexdigest(),
        optional=declared.optional,
        earlier=declared.earlier or None,
        lookback=timedelta(days=declared.lookback_days),
        baseline=declared.baseline,
    )


def _front(matter: str, file: str, resources: Mapping[str, Resource], known: Known | None) -> Front:
    declared = front.read(_yaml(matter), resources, known)
    if f"{declared.id}.md" != file:
        raise PageFault(f"the id is {declared.id!r}; name the file {declared.id}.md")
    return declared


def _split(text: str) -> tuple[str, str]:
    """The front matter and what follows it."""
    match = re.match(r"---\r?\n(.*?\n)---\r?\n(.*)\Z", text, re.DOTALL)
    if match is None:
        raise PageFault("it does not begin with front matter between two lines of ---")
    return match.group(1), match.group(2)


def _yaml(matter: str) -> Mapping[str, Any]:
    try:
        values = yaml.load(matter, _Loader)  # noqa: S506 - a SafeLoader with a check of its own
    except yaml.YAMLError as error:
        raise PageFault(f"the front matter is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise PageFault("the front matter is not a list of `key: value`")
    return values


def _sections(body: str) -> dict[str, Section]:
    lines = body.splitlines()
    tokens = _MARKDOWN.parse(body)
    starts = [
        position
        for position, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in {"h1", "h2"}
    ]
    found: dict[str, Section] = {}
    faults: list[str] = []
    for position, end in zip(starts, [*starts, len(tokens)][1:], strict=True):
        title = tokens[position + 1].content.strip()
        if tokens[position].tag == "h1" or title not in SECTIONS:
            faults.append(f"it has a section {title!r}; the sections are {', '.join(SECTIONS)}")
            continue
        if title in found:
            faults.append(f"it has the section {title!r} twice")
        last = _line(tokens[end])[0] if end < len(tokens) else len(lines)
        text = "\n".join(lines[_line(tokens[position])[1] : last]).strip()
        found[title] = Section(text, tuple(tokens[position + 3 : end]))
    faults += [f"it has no section {title!r}" for title in SECTIONS if title not in found]
    if faults:
        raise PageFaults(faults)
    return found


def _line(token: Token) -> tuple[int, int]:
    """The first line of a block token and the line after its last."""
    start, end = token.map or (0, 0)
    return start, end


def _prose(sections: Mapping[str, Section], title: str) -> str:
    if title not in sections:
        return ""  # told with the sections
    if not sections[title].text:
        _fault(f"the section {title!r} is empty")
    return sections[title].text


def _logic(sections: Mapping[str, Section]) -> str:
    section = sections.get("Logic")
    if section is None:
        return ""
    blocks = [token for token in section.tokens if token.type == "fence"]
    if len(blocks) != 1 or blocks[0].info.strip() != "sql":
        _fault("the section 'Logic' must hold exactly one ```sql block")
    if not blocks[0].content.strip():
        _fault("the SQL in 'Logic' is empty")
    return blocks[0].content.strip()


def _examples(
    sections: Mapping[str, Section], declared: Front, resources: Mapping[str, Resource]
) -> tuple[examples.Example, ...]:
    section = sections.get("Examples")
    if section is None:
        return ()
    found = examples.read(section.tokens, declared, resources)
    outcomes = {outcome for each in found for outcome, _ in each.expected.values()}
    for needed in ("pass", "fail"):
        if needed not in outcomes:
            _fault(f"no example expects the outcome {needed!r}")
    return found


def _fault(text: str) -> NoReturn:
    raise PageFault(text)
