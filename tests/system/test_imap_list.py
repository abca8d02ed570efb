"""LIST, LSUB, NAMESPACE: which names there are, with which attributes."""

import pytest

from harness.imap import Session

SPECIAL = {r"\drafts", r"\sent", r"\junk", r"\trash", r"\archive"}


@pytest.fixture
def tree(office):
    """A fresh account with a, a/b, a/b/c, d/e (so d too); a/b and gone are subscribed."""
    session = Session(office, office.anh)
    for name in ("a", "a/b", "a/b/c", "d/e"):
        session.ok(f"CREATE {name}")
    for name in list(session.ok('LSUB "" *').of("LSUB")):
        session.ok("UNSUBSCRIBE " + name.split('"/" ')[1])
    for name in ("a/b", "gone/far", "INBOX"):
        session.ok(f"SUBSCRIBE {name}")
    yield session
    session.socket.close()


def mine(answer):
    """Names and attributes without the special mailboxes."""
    return {n: a for n, a in answer.names().items() if not a & SPECIAL}


# RFC 9051 6.3.9: "%" stops at a separator, "*" does not; both in the middle too.
@pytest.mark.parametrize("reference, pattern, wanted", [
    ("", "*", {"INBOX", "a", "a/b", "a/b/c", "d", "d/e"}), ("", "%", {"INBOX", "a", "d"}),
    ("", "a/%", {"a/b"}), ("a/", "%", {"a/b"}), ("a", "%", {"a"}), ("a/", "*", {"a/b", "a/b/c"}),
    ("", "a*c", {"a/b/c"}), ("", "%/e", {"d/e"}), ("", "%/%/%", {"a/b/c"}), ("", "inbox", {"INBOX"}),
    ("", "InB%", {"INBOX"}), ("", "A", set()), ("", "a/", set()), ("khong/", "*", set()),
    ("", "%%%%%%%%%%%%", {"INBOX", "a", "d"}), ("", "*%*%*%*b", {"a/b"})])
def test_patterns_choose_names(tree, reference, pattern, wanted):
    assert set(mine(tree.ok(f'LIST "{reference}" "{pattern}"'))) == wanted


# RFC 9051 6.3.9: an empty pattern asks for the separator.
def test_an_empty_pattern_tells_the_separator(tree):
    assert tree.ok('LIST "" ""').lines == [r'LIST (\Noselect) "/" ""']
    assert tree.ok('LIST a/b ""').one("LIST").startswith(r'LIST (\Noselect) "/" ')


# RFC 3348, RFC 9051 7.3.1
@pytest.mark.capability("CHILDREN")
def test_every_name_says_whether_it_has_children(tree):
    assert "CHILDREN" in tree.capabilities()
    names = mine(tree.ok('LIST "" * RETURN (CHILDREN)'))
    with_children = {n for n, a in names.items() if r"\haschildren" in a}
    assert with_children == {"a", "a/b", "d"}
    assert all((r"\hasnochildren" in a) != (r"\haschildren" in a) for a in names.values())
    tree.ok("DELETE d/e")
    assert r"\hasnochildren" in tree.ok('LIST "" d').names()["d"]


# RFC 6154 2, 3
@pytest.mark.capability("SPECIAL-USE")
def test_special_mailboxes_say_their_use(tree):
    assert "SPECIAL-USE" in tree.capabilities()
    names = tree.ok('LIST (SPECIAL-USE) "" *').names()
    assert set.union(*names.values()) >= SPECIAL and len(names) == len(SPECIAL)
    plain = tree.ok('LIST "" * RETURN (SPECIAL-USE)').names()
    assert {n for n, a in plain.items() if a & SPECIAL} == set(names)
    assert not plain["a"] & SPECIAL


# RFC 6154 3, 5.1
@pytest.mark.capability("CREATE-SPECIAL-USE")
def test_a_use_may_be_given_at_creation(tree):
    old = next(n for n, a in tree.ok('LIST (SPECIAL-USE) "" *').names().items() if r"\junk" in a)
    tree.ok(f'DELETE "{old}"')
    tree.ok(r"CREATE Rac (USE (\Junk))")
    assert r"\junk" in tree.ok('LIST (SPECIAL-USE) "" *').names()["Rac"]
    tree.no(r"CREATE Tat (USE (\All))", "USEATTR")
    tree.no(r"CREATE La (USE (\Khong))", "USEATTR")
    assert "La" not in tree.ok('LIST "" *').names()


# RFC 5258 3, 3.1, 5
@pytest.mark.capability("LIST-EXTENDED")
def test_selection_by_subscription_finds_what_is_gone_too(tree):
    assert "LIST-EXTENDED" in tree.capabilities()
    names = tree.ok('LIST (SUBSCRIBED) "" *').names()
    assert set(names) == {"a/b", "gone/far", "INBOX"}
    assert all(r"\subscribed" in a for a in names.values())
    assert r"\nonexistent" in names["gone/far"] and r"\nonexistent" not in names["a/b"]
    assert set(tree.ok('LIST (SUBSCRIBED) "" %').names()) == {"INBOX"}


@pytest.mark.capability("LIST-EXTENDED")
def test_return_options_and_several_patterns(tree):
    names = tree.ok('LIST "" (a% "a/%" d) RETURN (SUBSCRIBED CHILDREN)').names()
    assert set(names) == {"a", "a/b", "d"}
    assert r"\subscribed" in names["a/b"] and r"\subscribed" not in names["a"]
    assert set(mine(tree.ok('LIST () "" (a b)'))) == {"a"}
    assert set(mine(tree.ok('LIST (REMOTE) "" (a) RETURN ()'))) == {"a"}


# RFC 5258 3.5, RFC 9051 6.3.9.6
@pytest.mark.capability("LIST-EXTENDED")
def test_recursivematch_tells_the_parents_of_what_matches(tree):
    answer = tree.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" %')
    assert '("CHILDINFO" ("SUBSCRIBED"))' in answer.one(r"LIST \([^)]*\) \"/\" \"?a\"?")
    assert r"\NonExistent" in answer.one(r"LIST \([^)]*\) \"/\" \"?gone\"?")
    assert not answer.of(r"LIST \([^)]*\) \"/\" \"?d\"?")
    # Redundant: what makes the parent worth telling is told itself.
    answer = tree.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" (a a/b)')
    assert set(answer.names()) == {"a/b"}


@pytest.mark.parametrize("command", [
    'LIST (RECURSIVEMATCH) "" *', 'LIST (RECURSIVEMATCH REMOTE) "" *', 'LIST (NONSENSE) "" *',
    'LIST "" * RETURN (NONSENSE)', 'LIST "" * RETURN', 'LIST "" *  RETURN ()', "LIST", 'LIST ""',
    'LIST "" (', 'LIST "" ()', 'LIST "" * RETURN (STATUS)', 'LIST "" * RETURN (STATUS (NONE))',
    "LSUB", 'LSUB ""'])
def test_malformed_list_commands_are_bad(tree, command):
    tree.bad(command)


# RFC 5819 2
@pytest.mark.capability("LIST-STATUS")
def test_list_brings_the_status_of_each_mailbox(tree):
    assert "LIST-STATUS" in tree.capabilities()
    tree.append("a/b")
    answer = tree.ok('LIST "" a* RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))')
    assert answer.status_of("a/b") == {"MESSAGES": 1, "UNSEEN": 1, "UIDNEXT": 2}
    assert answer.status_of("a") == {"MESSAGES": 0, "UNSEEN": 0, "UIDNEXT": 1}
    # Each STATUS stands behind its own LIST.
    order = [line.split(" ")[0] for line in answer.lines]
    assert order == ["LIST", "STATUS"] * (len(order) // 2)
    gone = tree.ok('LIST (SUBSCRIBED) "" gone* RETURN (STATUS (MESSAGES))')
    assert gone.names() and not gone.of("STATUS")


# RFC 3501 6.3.9: "%" in LSUB shows the level above as \Noselect.
def test_lsub_shows_subscribed_names_and_the_level_above(tree):
    def names(pattern):
        return [line.split('"/" ')[1].strip('"') for line in tree.ok(f'LSUB "" {pattern}').lines]
    assert sorted(names("*")) == ["INBOX", "a/b", "gone/far"]
    answer = tree.ok('LSUB "" %')
    assert r"\Noselect" in answer.one(r"LSUB \([^)]*\) \"/\" \"?a\"?$")
    assert sorted(names("%")) == ["INBOX", "a", "gone"]
    tree.ok("UNSUBSCRIBE gone/far")
    assert sorted(names("*")) == ["INBOX", "a/b"]


# RFC 9051 6.3.7: a subscription outlives its mailbox.
def test_a_subscription_stays_when_its_mailbox_goes(tree):
    tree.ok("SUBSCRIBE d/e")
    tree.ok("DELETE d/e")
    assert "d/e" in tree.ok('LIST (SUBSCRIBED) "" *').names()
    tree.ok("UNSUBSCRIBE d/e")
    tree.ok("UNSUBSCRIBE khongco")


# RFC 2342
@pytest.mark.capability("NAMESPACE")
def test_namespace_tells_own_and_shared_prefix(connect):
    session = connect()
    assert "NAMESPACE" in session.capabilities()
    assert session.ok("NAMESPACE").one("NAMESPACE") == \
        'NAMESPACE (("" "/")) NIL (("Shared/" "/"))'
    session.bad("NAMESPACE x")
