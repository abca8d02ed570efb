"""The runner adds up what really ran: an empty or broken part never counts as passed."""

import importlib.util
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def runner(tmp_path):
    spec = importlib.util.spec_from_file_location("congvu_run", ROOT / "tests" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT = tmp_path
    module.LOGS = tmp_path / "logs"
    module.LOGS.mkdir()
    return module


OPTIONS = types.SimpleNamespace(long=False, only=None, fuzz_seconds=None)


def test_a_part_that_ran_nothing_fails(runner, capsys):
    runner.PARTS["empty"] = (lambda part: None, True, "")
    part = runner.run_part("empty", OPTIONS)
    assert (part.passed, part.failed) == (0, 1)
    assert "nothing was there to run" in capsys.readouterr().out


def test_a_failing_command_fails_its_part_and_shows_its_output(runner, capsys):
    runner.PARTS["bad"] = (lambda part: part.check("sh", "-c", "echo broken-here; exit 3"), True, "")
    part = runner.run_part("bad", OPTIONS)
    assert (part.passed, part.failed) == (0, 1)
    assert "broken-here" in capsys.readouterr().out


def test_pytest_results_are_counted_one_by_one(runner, tree):
    tree({"suite/test_it.py": "import pytest\n"
                              "def test_a(): pass\n"
                              "def test_b(): assert False\n"
                              "@pytest.mark.skip(reason='why')\n"
                              "def test_c(): pass\n"})
    part = runner.Part("suite", OPTIONS)
    runner.pytest(part, "suite", build_name=None)
    assert (part.passed, part.failed, part.skipped) == (1, 1, 1)


def test_pytest_that_cannot_collect_fails(runner, tree):
    tree({"suite/test_it.py": "import nowhere\n"})
    part = runner.Part("suite", OPTIONS)
    runner.pytest(part, "suite", build_name=None)
    assert part.failed == 1


def test_cmocka_counts_are_read_from_its_summary(runner):
    output = "[==========] Running 3 test(s).\n[  PASSED  ] 2 test(s).\n" \
             "[  FAILED  ] tests: 1 test(s), listed below:\n[  FAILED  ] a_test\n"
    assert runner.CMOCKA.findall(output) == [("PASSED", "2"), ("FAILED", "1")]


def test_a_file_out_of_form_is_counted(runner, tree):
    tree({".clang-format": "BasedOnStyle: LLVM\n", "src/a.c": "int a;\n",
          "src/b.c": "int    b  ;\nint   c;\n"})
    part = runner.Part("format", OPTIONS)
    runner.part_format(part)
    assert (part.passed, part.failed) == (1, 1)


def test_what_compares_times_runs_after_the_others_and_counts(runner, tree):
    root = tree({"suite/test_a.py": "import pathlib, pytest\n"
                                    "@pytest.mark.alone\n"
                                    "def test_alone(): assert pathlib.Path('order').read_text() == 'b'\n",
                 "suite/test_b.py": "import pathlib\n"
                                    "def test_b(): pathlib.Path('order').write_text('b')\n"})
    part = runner.Part("suite", OPTIONS)
    runner.pytest(part, "suite", build_name=None)
    assert (part.passed, part.failed) == (2, 0) and (root / "order").exists()


def test_a_suite_of_nothing_fails_although_another_passed(runner, tree):
    tree({"one/test_it.py": "def test_a(): pass\n", "two/test_it.py": ""})
    part = runner.Part("suite", OPTIONS)
    runner.pytest(part, "one", build_name=None)
    runner.pytest(part, "two", build_name=None)
    assert (part.passed, part.failed) == (1, 1)


def test_what_failed_keeps_its_folder_in_memory_and_what_passed_does_not(runner, tmp_path, monkeypatch):
    scratch = sys.modules["scratch"]
    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "ROOM", 0)
    for failed in (0, 1):
        part = types.SimpleNamespace(name="suite", failed=failed)
        with scratch.scratch(tmp_path, part, True) as (_, place):
            place.mkdir()
        assert place.exists() == bool(failed)
    monkeypatch.setattr(scratch, "ROOM", 1 << 62)
    with scratch.scratch(tmp_path, part, True) as words:
        assert words == []
