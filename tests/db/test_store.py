"""Where files are kept: a folder, or a bucket, alike."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from db.s3 import Bucket, Signer
from db.store import FileStore, Folder, Missing, Spool, StoreFailed, hash_of
from tests import s3, server

pytestmark = pytest.mark.anyio

CONTENT = bytes(range(250)) * 4_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "01a22400-a672-7000-8000-0123456789ab"


def bucket(store: s3.Store, **other: Any) -> Bucket:
    signer = Signer(**{"access_key": s3.ACCESS, "secret_key": s3.SECRET, "region": s3.REGION, **other})
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=store.app))
    return Bucket("https://s3.example", "files", "isu/papers", signer, client)


@pytest.fixture(params=["folder", "bucket"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FileStore]:
    made: FileStore = Folder(tmp_path / "files") if request.param == "folder" else bucket(s3.Store())
    yield made
    await made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a file"
    path.write_bytes(CONTENT)
    return path


async def whole(store: FileStore, *part: Any) -> bytes:
    return b"".join([chunk async for chunk in store.read(SHA256, *part)])


async def test_what_is_kept_is_read_back_whole_and_in_part(store: FileStore, path: Path) -> None:
    await store.keep(SHA256, path)
    path.unlink()  # noqa: ASYNC240  nobody waits for it

    assert await whole(store) == CONTENT
    assert await whole(store, 500_000, 500_010) == CONTENT[500_000:500_010]
    assert await whole(store, 999_990) == CONTENT[-10:]
    assert await hash_of(store, SHA256) == (SHA256, len(CONTENT))


async def test_what_is_kept_under_a_name_is_removed_by_it(store: FileStore, path: Path) -> None:
    await store.keep(SHA256, path)
    await store.keep(SHA256, path, NAME)
    named = b"".join([chunk async for chunk in store.read(NAME)])
    for _ in range(2):
        await store.remove(NAME)

    assert named == CONTENT
    with pytest.raises(Missing):
        await anext(store.read(NAME))
    assert await whole(store) == CONTENT


async def test_what_is_kept_twice_is_there_once(store: FileStore, path: Path) -> None:
    await store.keep(SHA256, path)
    await store.keep(SHA256, path)

    assert await whole(store) == CONTENT
    if isinstance(store, Folder):
        assert [each for each in store.folder.rglob("*") if each.is_file()] == [store.path(SHA256)]


async def test_what_was_never_kept_is_missing(store: FileStore) -> None:
    with pytest.raises(Missing):
        await whole(store)


@pytest.mark.parametrize("name", ["..//etc/hostname", f"../{SHA256}", SHA256.upper(), f"{SHA256}\n", f"{NAME}/..", ""])
async def test_no_other_name_leads_to_a_file(store: FileStore, path: Path, name: str) -> None:
    with pytest.raises(Missing):
        await anext(store.read(name))
    with pytest.raises(Missing):
        await store.keep(name, path)
    with pytest.raises(Missing):
        await store.remove(name)


async def test_a_folder_on_another_disk_takes_a_copy(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", fails)
    folder = Folder(tmp_path / "files")

    await folder.keep(SHA256, path)

    assert await whole(folder) == CONTENT
    assert [each for each in folder.folder.rglob("*") if each.is_file()] == [folder.path(SHA256)]


@pytest.mark.parametrize("links", [True, False])
async def test_what_is_kept_is_on_the_disk_before_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        fsync(handle)

    def fails(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", noting)
    if not links:
        monkeypatch.setattr(os, "link", fails)
    folder = Folder(tmp_path / "files")
    with Spool(tmp_path / "incoming", 60).open() as spooled:
        spooled.write(CONTENT)
        spooled.finish()
        await folder.keep(SHA256, spooled.path)
        came = spooled.path.stat().st_ino

    place = folder.path(SHA256)
    kept = [place.stat().st_ino, place.parent.stat().st_ino, folder.folder.stat().st_ino]
    assert synced == (kept if links else [came, *kept])


def test_what_another_process_sweeps_at_the_same_time_is_swept(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 60)
    # To whoever looks at it, it is not there, as a file that was taken away since its name was read.
    (tmp_path / "upload-1").symlink_to(tmp_path / "nothing")
    left = tmp_path / "upload-2"
    left.touch()
    os.utime(left, (time.time() - 120,) * 2)

    assert spool.sweep() == 1
    assert not left.exists()


async def test_what_a_killed_process_left_of_a_file_is_swept_but_not_what_somebody_writes(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "files")
    copies: list[Path] = []
    link = os.link

    def noting(source: Path, copy: Path) -> None:
        copies.append(copy)
        link(source, copy)

    monkeypatch.setattr(os, "link", noting)
    await folder.keep(SHA256, path)
    (left,) = copies
    others = left.with_name(f"{left.name}0")
    for each, days in ((left, 2), (others, 0)):
        each.write_bytes(CONTENT[:1_000])
        os.utime(each, (time.time() - days * 24 * 3600,) * 2)

    await folder.keep(SHA256, path)

    assert {each for each in folder.folder.rglob("*") if each.is_file()} == {folder.path(SHA256), others}


async def test_a_folder_that_takes_nothing_is_told_as_a_bucket_that_does_not(tmp_path: Path, path: Path) -> None:
    (tmp_path / "a file in the way").touch()
    nowhere = tmp_path / "a file in the way" / "files"

    with pytest.raises(StoreFailed, match="files can not be written: Not a directory"):
        await Folder(nowhere).keep(SHA256, path)
    with pytest.raises(StoreFailed, match="files can not be written: Not a directory"), Spool(nowhere, 60).open():
        pass


# Other systems have no disk that is always full; how a folder tells of it is the same there, and tested above.
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is a file of Linux")
def test_a_full_disk_is_told_once_and_nothing_stays_on_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 60)

    for size in (len(CONTENT), 1):
        with pytest.raises(StoreFailed, match="No space left on device"):
            _spool_on_a_full_disk(spool, CONTENT[:size])
        assert list(tmp_path.iterdir()) == []


def _spool_on_a_full_disk(spool: Spool, content: bytes) -> None:
    with spool.open() as spooled:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, spooled.file.fileno())
        os.close(full)
        spooled.write(content)
        spooled.finish()


async def test_a_bucket_is_asked_below_its_prefix_over_a_connection_like_any_other(path: Path) -> None:
    store = s3.Store()
    with server.serving(store.app) as address:
        signer = Signer(access_key=s3.ACCESS, secret_key=s3.SECRET, region=s3.REGION)
        bucket = Bucket(address, "files", "isu/papers", signer)
        await bucket.keep(SHA256, path)
        assert await whole(bucket) == CONTENT
        await bucket.close()

    key = f"/files/isu/papers/{SHA256}"
    assert store.asked == [f"PUT {key}", f"GET {key}"]
    assert store.lengths == [str(len(CONTENT))]


@pytest.mark.parametrize("other", [{"access_key": "another"}, {"secret_key": "another"}, {"region": "another"}])
async def test_a_bucket_takes_nothing_that_is_signed_by_another(path: Path, other: dict[str, str]) -> None:
    store = s3.Store()

    with pytest.raises(StoreFailed, match="403"):
        await bucket(store, **other).keep(SHA256, path)
    assert store.objects == {}


async def test_what_is_not_what_was_signed_is_not_taken(tmp_path: Path) -> None:
    other, store = tmp_path / "other", s3.Store()
    other.write_bytes(b"another")

    with pytest.raises(StoreFailed, match="403"):
        await bucket(store).keep(SHA256, other)


async def test_a_store_that_fails_or_is_not_there_is_told(path: Path) -> None:
    store = s3.Store()
    store.fails = True
    with pytest.raises(StoreFailed, match="500"):
        await bucket(store).keep(SHA256, path)
    with pytest.raises(StoreFailed, match="500"):
        await whole(bucket(store))
    nobody = Bucket(
        "http://127.0.0.1:9", "files", "", Signer(access_key=s3.ACCESS, secret_key=s3.SECRET, region=s3.REGION)
    )
    with pytest.raises(StoreFailed, match="Connect"):
        await whole(nobody)
    await nobody.close()


def test_a_request_is_signed_as_the_description_of_s3_signs_its_example() -> None:
    example = Signer(
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",  # noqa: S106  it is the one of the description
        region="us-east-1",
    )

    signed = example.sign(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        {"Range": "bytes=0-9"},
        hashlib.sha256(b"").hexdigest(),
        datetime(2013, 5, 24, tzinfo=UTC),
    )

    assert signed["authorization"].endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_the_spool_keeps_nothing_whatever_happens(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "incoming", 60)

    def break_off() -> None:
        with spool.open() as spooled:
            spooled.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        break_off()

    assert list((tmp_path / "incoming").iterdir()) == []
