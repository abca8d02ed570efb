"""The include check finds what it is for; a check that cannot fail would be a defect."""

import pytest

GOOD = {
    "src/base/bytes.h": "",
    "src/db/db.h": '#include "base/bytes.h"\n',
    "src/db/sqlite.c": '#include "db/db.h"\n#include <sqlite3.h>\n',
    "src/blob/blob.h": '#include "db/db.h"\n',
    "src/message/message.h": "",
    "src/store/store.h": '#include "blob/blob.h"\n#include "message/message.h"\n',
    "src/smtp/server/smtp_server.c": '#include "store/store.h"\n',
    "src/imap/imap.h": "",
}


def test_a_tree_that_keeps_the_layering_passes(tree, tool):
    done = tool("check-includes", tree(GOOD))
    assert done.returncode == 0, done.stdout
    assert "8 files" in done.stdout


@pytest.mark.parametrize("name, text, expected", [
    ("src/base/up.c", '#include "db/db.h"\n', "base/ may not use db/"),
    ("src/store/up.c", '\n\n#include "imap/imap.h"\n', "src/store/up.c:3: store/ may not use imap/"),
    ("src/imap/across.c", '#include "smtp/server/smtp_server.c"\n', "imap/ may not use smtp/server/"),
    ("src/store/sql.c", "#include <sqlite3.h>\n", "sqlite3.h, which only db/ may"),
    ("src/store/sql_test.c", "#include <sqlite3.h>\n", "sqlite3.h, which only db/ may"),
    ("src/imap/tls.c", "# include <openssl/ssl.h>\n", "openssl/ssl.h, which only net/ may"),
    ("src/net/hash.c", "#include <openssl/evp.h>\n", "openssl/evp.h, which only base/ may"),
    ("src/net/seal.c", "#include <sodium.h>\n", "sodium.h, which only base/ may"),
    ("src/weather/rain.c", "", "does not know"),
    ("src/db/near.c", '#include "db.h"\n', 'write it as "folder/file.h"'),
    ("src/db/gone.c", '#include "base/gone.h"\n', "which is not there"),
])
def test_a_forbidden_include_is_named_with_its_line(tree, tool, name, text, expected):
    done = tool("check-includes", tree({**GOOD, name: text}))
    assert done.returncode == 1
    assert expected in done.stdout
    assert done.stdout.count("\n") == 1, done.stdout


def test_a_tree_without_sources_fails(tree, tool):
    assert tool("check-includes", tree({"README.md": ""})).returncode == 1
