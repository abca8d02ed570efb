"""The check of sizes finds what is too long, and takes a reason only where a reader sees it."""

import pytest

LONG = "int x;\n" * 501


def test_a_tree_of_short_files_passes(tree, tool):
    done = tool("check-sizes", tree({"src/a.c": "int x;\n" * 500, "run": "true\n"}))
    assert done.returncode == 0 and "2 files" in done.stdout, done.stdout


@pytest.mark.parametrize("name", ["src/base/a.c", "tests/system/test_a.py", "tools/a", "run"])
def test_a_long_file_is_named(tree, tool, name):
    done = tool("check-sizes", tree({name: LONG}))
    assert done.returncode == 1
    assert done.stdout.startswith(f"{name}: 501 lines") and done.stdout.count("\n") == 1, done.stdout


@pytest.mark.parametrize("text, status", [
    ("/* Over 500 lines: one table, which nobody reads in pieces. */\n" + LONG, 0),
    (LONG + "/* Over 500 lines: one table, which nobody reads in pieces. */\n", 1),
    ("/* Over 500 lines: */\n" + LONG, 1)])
def test_a_reason_counts_near_the_top_only(tree, tool, text, status):
    assert tool("check-sizes", tree({"src/a.c": text})).returncode == status


def test_nothing_to_check_is_a_failure(tree, tool):
    assert tool("check-sizes", tree({})).returncode == 1
