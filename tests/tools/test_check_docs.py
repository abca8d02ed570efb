"""The link check finds dead files and dead headings, and nothing else; the other checks find what a
document leaves out."""

import pytest


def test_links_to_files_and_headings_that_exist_pass(tree, tool):
    root = tree({
        "README.md": "[a](docs/a.md) [b](docs/a.md#điều-52-passwords) [c](#top) [d](https://x.y/z)\n"
                     "# Top\n`[not](gone.md)`\n```\n[nor](gone.md)\n```\n",
        "docs/a.md": "# Điều 5.2: passwords\n[up](../README.md)\n",
    })
    done = tool("check-docs", root)
    assert done.returncode == 0, done.stdout


def test_a_dead_file_is_named_with_its_line(tree, tool):
    done = tool("check-docs", tree({"docs/a.md": "```\nx\n```\n\n[b](b.md)\n"}))
    assert done.returncode == 1
    assert done.stdout == "docs/a.md:5: b.md: no such file\n"


def test_a_dead_heading_is_named(tree, tool):
    done = tool("check-docs", tree({"a.md": "[b](b.md#two)", "b.md": "# One\n"}))
    assert done.returncode == 1
    assert "b.md#two: no such heading" in done.stdout


def test_a_tree_without_documents_fails(tree, tool):
    assert tool("check-docs", tree({"src/a.c": ""})).returncode == 1


FACTS = {
    "src/store/schema.c": '"CREATE TABLE mailbox(" " id INTEGER);"\n',
    "src/store/meson.build": "",
    "src/store/store_test.c": '"CREATE TABLE played(id);"\n',
    "tools/packages.sh": 'PACKAGES_build="meson\n    libssl-dev"\n',
    "docs/architecture.md": "store/ has `mailbox`\n",
    "docs/dependencies.md": "meson, libssl-dev\n",
    "docs/decisions/0001-a.md": "# a\n",
    "docs/decisions/README.md": "[a](0001-a.md)\n",
}


def test_documents_that_name_what_is_there_pass(tree, tool):
    done = tool("check-docs", tree(FACTS))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name, text, expected", [
    ("docs/architecture.md", "store/ has mailboxes\n", "`mailbox` (a table)"),
    ("docs/architecture.md", "mailstore/ has `mailbox`\n", "store/ (a folder)"),
    ("docs/dependencies.md", "meson, libssl-dev-extra\n", "libssl-dev (a package)"),
    ("docs/decisions/README.md", "", "0001-a.md (a decision)")])
def test_what_a_document_leaves_out_is_named(tree, tool, name, text, expected):
    done = tool("check-docs", tree({**FACTS, name: text}))
    assert done.returncode == 1
    assert done.stdout == f"{name}: does not name {expected}\n"


def test_two_decisions_of_one_number_are_told(tree, tool):
    done = tool("check-docs", tree({**FACTS, "docs/decisions/0001-b.md": "",
                                    "docs/decisions/README.md": "[a](0001-a.md) [b](0001-b.md)\n"}))
    assert done.returncode == 1
    assert done.stdout == "docs/decisions: two decisions have the number 0001\n"
