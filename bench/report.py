"""One row of the table: what was measured for each system, how congvu compares, whether the bar
holds."""

import measure


class Row:
    """label and unit; `higher` when more is better. The bar, any of: `ratios`, how many times
    better than the peers whose name holds the key; `at_most`, for our own value; `of_ceiling`, a
    share of `ceiling` that is enough even where a ratio does not hold."""

    def __init__(self, label, unit, higher, ratios=None, at_most=None, of_ceiling=None):
        self.label, self.unit, self.higher = label, unit, higher
        self.ratios, self.at_most, self.of_ceiling = ratios or {}, at_most, of_ceiling
        self.ceiling = None
        self.values, self.notes = {}, {}

    def add(self, name, value, note=""):
        self.values.setdefault(name, []).append(value)
        if note:
            self.notes[name] = note

    def median(self, name):
        return measure.median(self.values[name])

    def ratio(self, name):
        """How many times better congvu is than `name`."""
        a, b = self.median("congvu"), self.median(name)
        return a / b if self.higher else b / a

    def wanted(self, name):
        """The ratio that the bar asks for against `name`, or None."""
        return next((r for key, r in self.ratios.items() if key in name), None)

    def reaches_ceiling(self):
        return (self.of_ceiling is not None and self.ceiling is not None
                and self.median("congvu") >= self.of_ceiling * self.ceiling)

    def own_bar(self):
        """(text, holds or None) of what the bar says of our own value."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {self.unit}", self.median("congvu") <= self.at_most
        if self.of_ceiling is not None and self.ceiling is not None:
            return (f"or {self.of_ceiling:g} of {self.ceiling:.4g}",
                    True if self.reaches_ceiling() else None)
        return "", None

    def judge(self, name):
        """(bar, verdict) as text for one line."""
        if "congvu" not in self.values:
            return "", ""
        if name == "congvu":
            bar, holds = self.own_bar()
            return bar, "" if holds is None else "holds" if holds else "does not hold"
        wanted = self.wanted(name)
        if wanted is None:
            return "", ""
        if self.ratio(name) >= wanted:
            return f"{wanted:g} ×", "holds"
        return f"{wanted:g} ×", "by the ceiling" if self.reaches_ceiling() else "does not hold"

    def lines(self):
        for name, values in self.values.items():
            ratio = (f"{self.ratio(name):.2f} ×" if "congvu" in self.values and name != "congvu"
                     else "")
            bar, verdict = self.judge(name)
            yield (f"| {self.label} | {name} | {measure.median(values):.4g} {self.unit} | "
                   f"{measure.spread(values)} | {ratio} | {bar} | {verdict} | "
                   f"{self.notes.get(name, '')} |")

    def markdown(self):
        return "\n".join(self.lines())

    def holds(self):
        """None when the row has no bar."""
        verdicts = [v for v in (self.judge(name)[1] for name in self.values) if v]
        return None if not verdicts else "does not hold" not in verdicts


HEAD = ["| what | system | median | spread | congvu is better by | bar | | beside it |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | --- |"]


def summary(rows):
    judged = [row for row in rows if row.holds() is not None]
    missed = [row.label for row in judged if not row.holds()]
    text = f"{len(judged) - len(missed)} of {len(judged)} bars hold."
    return text if not missed else f"{text} Not: {'; '.join(missed)}."
