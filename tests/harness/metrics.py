"""The metrics page, read strictly: Prometheus's text format 0.0.4 as its documentation says it."""

import re
import urllib.request

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
                    r"|[-+]Inf|NaN)")


def page(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port('metrics')}/metrics",
                                timeout=20) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.read().decode()


def parse(text):
    """{'name{labels}': value}; fails on whatever a strict reader would not take."""
    assert text.endswith("\n")
    samples, types, done, family = {}, {}, set(), None
    for line in text.splitlines():
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert re.fullmatch(NAME, name) and rest
            if word == "HELP":
                assert name not in done, f"{name} comes in two groups"
                done.add(name)
                family = name
            else:
                assert word == "TYPE" and name == family and name not in types, line
                assert rest in ("counter", "gauge", "histogram"), line
                types[name] = rest
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name) if types[family] == "histogram" else name
        assert base == family, f"{line} is not of the group of {family}"
        assert types[family] != "counter" or name.endswith("_total"), name
        key = name + (f"{{{labels}}}" if labels else "")
        assert key not in samples, f"{key} is there twice"
        samples[key] = float(value)
    for name, kind in types.items():
        if kind == "histogram":
            bounds = [(float(re.search(r'le="([^"]+)"', key).group(1)), value)
                      for key, value in samples.items() if key.startswith(name + "_bucket{")]
            assert bounds == sorted(bounds), f"{name}: buckets must rise"
            assert bounds[-1] == (float("inf"), samples[name + "_count"])
            assert name + "_sum" in samples
    return samples


def read(server):
    return parse(page(server))
