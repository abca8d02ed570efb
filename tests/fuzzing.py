"""One run of a libFuzzer target, for the part `fuzz` of run.py."""

import os
import re
import subprocess


def fuzz(root, env, target, seconds, log_path, way):
    """One target from its seeds; (whether it found nothing, executions). way: 0 for a random one."""
    name = target.name[len("fuzz_"):]
    corpus = root / "build-test" / "corpus" / name
    findings = root / "build-test" / "findings" / name
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = root / "tests" / "seeds" / name
    dictionary = root / "tests" / "seeds" / f"{name}.dict"
    command = [target, f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2048",
               "-max_len=65536", "-verbosity=0", "-print_final_stats=1", f"-seed={way}",
               f"-artifact_prefix={findings}/"]
    if dictionary.is_file():
        command.append(f"-dict={dictionary}")
    with log_path.open("w", encoding="utf-8") as log:
        try:
            status = subprocess.run(
                [*command, corpus, *([seeds] if seeds.is_dir() else [])], cwd=root, stdout=log,
                stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                env={**os.environ, **env}, timeout=seconds * 4 + 120,
                check=False).returncode
        except subprocess.TimeoutExpired:
            status = 124
            log.write("\nthe target did not come to its end\n")
    found = re.search(r"stat::number_of_executed_units: (\d+)",
                      log_path.read_text(encoding="utf-8", errors="replace"))
    return status == 0, int(found.group(1)) if found else 0
