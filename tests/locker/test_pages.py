"""Pages in a locker: three forms, each gives back the text, with standard tools too."""

import gzip
import hashlib
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.errors import LockerError, Tampered
from watchkeeper.locker import pages
from watchkeeper.locker.pages import Form, PageReader, Reference
from watchkeeper.locker.store import Store


def put(store: Store, name: str, form: Form) -> tuple[str, dict[str, Any]]:
    path = f"{name}.{form.ending}"
    store.put_new(path, form.data)
    return path, {"sha256": form.sha256, "bytes": len(form.data), **form.facts}


def lines(seed: int, changed: float = 0.0) -> bytes:
    """JSON-like text of which a share differs from that of changed=0."""
    chance, other = random.Random(seed), random.Random(99)  # noqa: S311 - text, no secret
    rows = []
    for number in range(2000):
        value = f"{chance.getrandbits(256):064x}"
        if other.random() < changed:
            value = f"{other.getrandbits(256):064x}"
        rows.append(f'{{"id":"{number}","value":"{value}"}}')
    return ("[" + ",".join(rows) + "]").encode()


@given(st.binary(max_size=3000), st.binary(min_size=8, max_size=3000))
def test_a_difference_gives_back_the_text_whatever_it_is(text: bytes, earlier: bytes) -> None:
    form = pages.difference(text, [Reference("x", {})], earlier)
    assert pages.unpacked("page.json.zst", form.data, earlier) == text
    assert pages.unpacked("page.json.zst", pages.rewritten(text).data, b"") == text


@given(
    st.lists(
        st.binary(max_size=300)
        | st.integers(0, 3 << 18).map(lambda size: b"abcdefg" * (size // 7)),
        min_size=1,
        max_size=4,
    )
)
def test_a_page_is_one_frame_whatever_was_compressed_before(texts: list[bytes]) -> None:
    for text in texts:
        data = pages.rewritten(text).data
        assert pages.unpacked("page.json.zst", data, b"") == text
        assert data == pages.rewritten(text).data


def test_every_form_is_read_back_and_a_difference_is_small(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    reader = PageReader(store)
    first, second = lines(1), lines(1, changed=0.02)
    received = put(store, "received", pages.as_received(gzip.compress(first)))
    whole = put(store, "whole", pages.rewritten(first))
    for path, page in (received, whole):
        assert reader.text(path, page) == first
        reference = Reference(path, page)
        form = pages.difference(second, [reference], reader.earlier([reference]))
        assert len(form.data) * 10 < whole[1]["bytes"]
        assert reader.text(*put(store, f"difference-{path}", form)) == second


def test_two_references_are_read_in_their_order(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    parts = [lines(1), lines(2)]
    references = [
        Reference(*put(store, f"part-{number}", pages.rewritten(part)))
        for number, part in enumerate(parts)
    ]
    text = parts[0][50_000:] + parts[1][:50_000]
    reader = PageReader(store)
    form = pages.difference(text, references, reader.earlier(references))
    path, page = put(store, "between", form)
    assert PageReader(store).text(path, page) == text


def test_whatever_changes_below_a_difference_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    path, page = put(store, "first", pages.rewritten(lines(1)))
    reference = Reference(path, page)
    form = pages.difference(lines(1, 0.1), [reference], PageReader(store).earlier([reference]))
    found = put(store, "second", form)
    (tmp_path / path).write_bytes(pages.rewritten(lines(3)).data)
    with pytest.raises((Tampered, LockerError)):
        PageReader(store).text(*found)
    with pytest.raises(Tampered):
        PageReader(store).text(path, page)


@pytest.mark.skipif(shutil.which("zstd") is None, reason="there is no zstd program here")
def test_the_zstd_program_gives_back_the_text(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    path, page = put(store, "first", pages.rewritten(lines(1)))
    reference = Reference(path, page)
    form = pages.difference(lines(1, 0.1), [reference], PageReader(store).earlier([reference]))
    second, record = put(store, "second", form)
    plain, result = tmp_path / "first.json", tmp_path / "second.json"
    zstd = str(shutil.which("zstd"))
    subprocess.run([zstd, "-q", "-d", tmp_path / path, "-o", plain], check=True)
    subprocess.run(
        [zstd, "-q", "-d", f"--patch-from={plain}", tmp_path / second, "-o", result], check=True
    )
    assert hashlib.sha256(result.read_bytes()).hexdigest() == record["text"]["sha256"]
