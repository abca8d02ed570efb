"""The shim itself: it fails what it is told to fail, and forgets exactly what was not flushed."""

import errno

import pytest

import shim
from disk import Disk

FLUSHED_FILE = ["create a", "write a 0 hello", "fsync a", "syncdir ."]


def test_an_unarmed_shim_changes_nothing_and_counts(disk):
    disk.begin()
    assert disk.act("create a", "write a 0 hello", "fsync a", "rename a b", "unlink b") == \
        ["ok 0", "ok 5", "ok 0", "ok 0", "ok 0"]
    assert disk.faults.control.calls == 5
    assert disk.files() == {}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_nth_write_fails_and_only_that_one(disk, n):
    disk.begin(a="").faults.arm(n, errno.EIO, shim.WRITE)
    lines = disk.act("write a 0 x", "write a 1 y", "write a 2 z")
    assert lines == ["EIO" if i == n else "ok 1" for i in (1, 2, 3)]
    assert disk.faults.control.failed == 1


@pytest.mark.parametrize("act, kind", [
    ("fsync a", shim.FLUSH), ("fdatasync a", shim.FLUSH), ("syncdir .", shim.FLUSH),
    ("rename a b", shim.RENAME), ("unlink a", shim.UNLINK), ("truncate a 1", shim.TRUNCATE),
    ("create b", shim.CREATE), ("append a xy", shim.WRITE), ("write a 0 x", shim.WRITE)])
def test_each_kind_of_call_can_fail_without_having_been_done(disk, act, kind):
    disk.begin(a="text").faults.arm(1, errno.ENOSPC, kind)
    assert disk.act(act) == ["ENOSPC"]
    assert disk.files() == {"a": "text"}


def test_kinds_that_were_not_chosen_do_not_fail(disk):
    disk.begin(a="").faults.arm(1, errno.EIO, shim.FLUSH)
    assert disk.act("write a 0 x", "rename a b", "fsync b") == ["ok 1", "ok 0", "EIO"]


def test_a_full_disk_writes_half_and_then_nothing_more(disk):
    disk.begin(a="").faults.arm(1, errno.ENOSPC, shim.WRITE, sticky=True, shorten=True)
    assert disk.act("write a 0 abcdef", "write a 3 def", "write a 0 x") == \
        ["ok 3", "ENOSPC", "ENOSPC"]
    assert disk.files() == {"a": "abc"}


def test_files_outside_the_directory_are_left_alone(disk, tmp_path):
    disk.begin().faults.arm(1, errno.EIO, sticky=True)
    outside = tmp_path / "outside"
    assert disk.act(f"create {outside}", f"write {outside} 0 x", f"fsync {outside}") == \
        ["ok 0", "ok 1", "ok 0"]
    assert disk.faults.control.calls == 0


def test_flushed_bytes_and_names_outlive_the_loss_of_power(disk):
    disk.begin(picture=True)
    disk.act(*FLUSHED_FILE, "die")
    assert disk.after_power_cut() == {"a": "hello"}


def test_unflushed_bytes_are_gone(disk):
    disk.begin(picture=True)
    disk.act(*FLUSHED_FILE, "write a 0 HELLO", "append a !", "die")
    assert disk.files() == {"a": "HELLO!"}
    assert disk.after_power_cut() == {"a": "hello"}


def test_a_name_whose_folder_was_not_flushed_is_gone(disk):
    disk.begin(picture=True)
    disk.act("create a", "write a 0 hello", "fsync a", "die")
    assert disk.after_power_cut() == {}


def test_a_name_without_flushed_bytes_is_an_empty_file(disk):
    disk.begin(picture=True)
    disk.act("create a", "write a 0 hello", "syncdir .", "die")
    assert disk.after_power_cut() == {"a": ""}


def test_bytes_flushed_after_their_name_are_there(disk):
    disk.begin(picture=True)
    disk.act("create a", "syncdir .", "write a 0 hello", "fdatasync a", "die")
    assert disk.after_power_cut() == {"a": "hello"}


def test_a_rename_counts_from_the_flush_of_the_folder(disk):
    replace = ["create t", "write t 0 new", "fsync t", "rename t a"]
    disk.begin(picture=True, a="old")
    disk.act(*replace, "die")
    assert disk.after_power_cut() == {"a": "old"}
    disk.act(*replace, "syncdir .", "die")
    assert disk.after_power_cut() == {"a": "new"}


def test_removing_counts_from_the_flush_of_the_folder(disk):
    disk.begin(picture=True, a="text")
    disk.act("unlink a", "die")
    assert disk.after_power_cut() == {"a": "text"}
    disk.act("unlink a", "syncdir .", "die")
    assert disk.after_power_cut() == {}


def test_a_reused_file_number_does_not_bring_old_bytes_back(disk):
    disk.begin(picture=True)
    disk.act(*FLUSHED_FILE, "unlink a", "create b", "syncdir .", "die")
    assert disk.after_power_cut() == {"b": ""}


def test_an_unflushed_truncation_is_undone_and_a_flushed_one_is_not(disk):
    disk.begin(picture=True, a="hello")
    disk.act("truncate a 2", "die")
    assert disk.after_power_cut() == {"a": "hello"}
    disk.act("truncate a 2", "write a 4 z", "fsync a", "die")
    assert disk.after_power_cut() == {"a": "he\0\0z"}


def test_large_files_are_flushed_by_their_changes(disk):
    disk.begin(picture=True)
    disk.act("create a", "fill a 0 400", "fsync a", "syncdir .", "write a 300000 MARK",
             "truncate a 350000", "fsync a", "write a 0 lost", "die")
    text = disk.after_power_cut()["a"]
    assert len(text) == 350000
    assert text[300000:300004] == "MARK"
    assert text.replace("MARK", "ffff") == "f" * 350000


def test_a_folder_made_and_flushed_is_there_with_its_flushed_files(disk):
    disk.begin(picture=True)
    disk.act("mkdir d", "create d/a", "write d/a 0 x", "fsync d/a", "syncdir d", "syncdir .",
             "create d/b", "die")
    assert disk.after_power_cut() == {"d/a": "x"}


@pytest.mark.parametrize("n, left", [(1, {}), (2, {}), (3, {}), (4, {}), (5, {"a": "hello"})])
def test_power_can_be_cut_before_an_exact_call(disk, n, left):
    disk.begin(picture=True).faults.cut_power_at(n)
    lines = disk.act(*FLUSHED_FILE, "write a 0 after")
    assert len(lines) == n - 1
    assert disk.after_power_cut() == left


def test_some_unflushed_writes_may_survive_page_by_page(tmp_path, disk_program, make_faults):
    survivors = set()
    for seed in (1, 2, 3):
        (tmp_path / str(seed)).mkdir()
        disk = Disk(disk_program, make_faults, tmp_path / str(seed) / "disk")
        disk.begin(picture=True)
        # The last act holds the file open while the power goes: its 17th write is not done.
        disk.faults.cut_power_at(2 + 1 + 1 + 16, survive=500, seed=seed)
        disk.act("create a", "write a 0 x", "syncdir .", "fill a 0 64")
        text = disk.after_power_cut()["a"]
        pages = [text[i:i + 4096] for i in range(0, len(text), 4096)]
        survivors.add(text.count("f"))
        assert set(text) <= {"f", "x", "\0"} and pages
    assert len(survivors) > 1 and max(survivors) > 0
