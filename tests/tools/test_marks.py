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


def test_the_register_names_a_command_once_a_test_proves_it(tree, tool):
    root = tree({
        "docs/register.tsv": "row\tarticle\twhat it asks\thow\tnote\n"
                             "R001\tĐiều 2\tHiệu lực\t`check`\t\n"
                             "R002\tĐiều 3\t<xã>\t`unit add`\t\n"
                             "R003\tĐiều 4\tNgân sách\t\tfigures in a report\n",
        "src/a/a.c": "/* R002 */\n",
        "src/a/a_test.c": "/* R001 */\n",
    })
    assert tool("marks", root).returncode == 0
    text = (root / "docs/regulation.md").read_text(encoding="utf-8")
    assert "1 of 3 rows" in text
    assert "| R001 | Điều 2 | Hiệu lực | `check` | [a_test.c](../src/a/a_test.c) | works |" in text
    assert "| R002 | Điều 3 | &lt;xã> | — | — | open |" in text
    assert "| R003 | Điều 4 | Ngân sách | — | — | figures in a report |" in text


def test_a_mark_of_no_row_is_refused(tree, tool):
    root = tree({"docs/register.tsv": "row\tarticle\twhat it asks\thow\tnote\n",
                 "src/a/a.c": "/* R099 */\n"})
    assert tool("marks", root).returncode != 0
