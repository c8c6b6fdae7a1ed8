"""What was measured, each beside what it is compared with."""

import dataclasses

# Upstream on two cores: Debian's Zed, MariaDB, RabbitMQ, memcached, two workers each.
UPSTREAM = {"token validation": 60, "password login": 5.6, "version document": 835,
            "user list": 71, "one server shown": 23, "1,000 servers with details": 0.27,
            "networks created": 10.5, "ports created": 4.9, "1,000 ports listed": 2.1,
            "image records created": 27, "servers to ACTIVE": 40}


@dataclasses.dataclass
class Figure:
    name: str
    value: float
    unit: str
    beside: str = ""      # what it is compared with, in words
    ratio: float = None   # to that
    target: str = ""      # in words
    met: bool = None

    def line(self):
        value = f"{self.value:,.2f}" if abs(self.value) < 100 else f"{self.value:,.0f}"
        ratio = "" if self.ratio is None else f"{self.ratio:,.2f}"
        verdict = "" if self.met is None else ("yes" if self.met else "NO")
        return f"| {self.name} | {value} {self.unit} | {self.beside} | {ratio} | " \
               f"{self.target} | {verdict} |"


class Report:
    """Prints a table's line as soon as it is known."""

    def __init__(self):
        self.figures = []

    def begin(self):
        print("| figure | haneul | beside | ratio | target | met |")
        print("|---|---:|---|---:|---|---|", flush=True)

    def add(self, *arguments, **named):
        figure = Figure(*arguments, **named)
        self.figures.append(figure)
        print(figure.line(), flush=True)
        return figure

    def upstream(self, name, value, times, unit="/s", label=None):
        """Beside upstream's figure: at least `times` as much."""
        theirs = UPSTREAM[name]
        return self.add(label or name, value, unit, f"upstream {theirs}", value / theirs,
                        f"≥ {times} ×" if times else "", value >= times * theirs if times else None)

    def at_most(self, name, value, unit, limit, beside=""):
        return self.add(name, value, unit, beside, None, f"≤ {limit:g} {unit}", value <= limit)

    def at_least(self, name, value, unit, of, share, beside):
        """`share` of what something bare did in the same run."""
        return self.add(name, value, unit, f"{beside} {of:,.0f}", value / of,
                        f"≥ {share:.0%}" if share else "", value >= share * of if share else None)
