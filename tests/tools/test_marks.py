"""Marks are found, sorted and told apart by whether a test carries them."""


def test_marks_are_listed_with_code_and_test_apart(tree, tool):
    root = tree({
        "src/imap/store.c": '/* RFC 9051 6.4.6: "…" */\n/* RFC 9051 6.4.10: "…" */\n',
        "src/imap/store_test.c": "/* RFC 9051 6.4.6 */\n",
        "src/directory/password.c": "/* [Điều 5.2] */ /* [Điều 10.2.b] */\n",
        "tests/system/test_x.py": "# [Điều 5.2]\n",
    })
    assert tool("marks", root).returncode == 0
    rfc = (root / "docs/rfc.md").read_text(encoding="utf-8")
    assert "2 sections of 1 RFCs are marked; 1 of them without a marked test" in rfc
    first = rfc.index("| RFC 9051 6.4.6 | [store.c](../src/imap/store.c) | [store_test.c]")
    assert first < rfc.index("| RFC 9051 6.4.10 | [store.c](../src/imap/store.c) | — |")
    articles = (root / "docs/regulation.md").read_text(encoding="utf-8")
    assert "| Điều 5.2 | [password.c](../src/directory/password.c) | [test_x.py]" in articles
    assert articles.index("Điều 5.2 ") < articles.index("Điều 10.2.b ")


def test_check_says_when_the_lists_are_out_of_date(tree, tool):
    root = tree({"src/a/a.c": "/* RFC 5321 4.1.1 */\n"})
    assert tool("marks", "--check", root).returncode == 1
    assert tool("marks", root).returncode == 0
    assert tool("marks", "--check", root).returncode == 0
    tree({"src/a/b.c": "/* RFC 5321 4.1.2 */\n"})
    assert tool("marks", "--check", root).returncode == 1
