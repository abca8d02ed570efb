"""The link check finds dead files and dead headings, and nothing else."""


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
