"""Every way in which one key of a valid body can be wrong."""

import copy

# `certain`: no service takes it, whatever the key means.
NASTY = {
    "over 256": "x" * 257, "over 65536": "x" * 65537, "SQL": "'; DROP TABLE users; --",
    "header": "a\r\nX-Bad: 1", "a nul": "a\0b", "not a UUID": "0b5d7a4e-6d0f-4d7c-9c57",
    "percent": "%s%n%x%(project_id)s$(x)s", "empty": "", "blank": " ",
    "not ASCII": "\u202e\U0001f600",
    "negative": -1, "huge": 10**30, "wide": 2**63, "narrow": -2**63 - 1, "a fraction": 1.5,
    "very large": 1e308, "a number": 7, "true": True, "null": None, "no list": [], "no object": {},
}
# Enough where a good value costs the hash of a password.
FEW = ("over 65536", "a nul", "a number", "null", "no object")


def walk(body, path=()):
    yield path
    rows = body.items() if isinstance(body, dict) else enumerate(
        body if isinstance(body, list) else [])
    for key, value in rows:
        yield from walk(value, (*path, key))


def at(body, path):
    for key in path:
        body = body[key]
    return body


def with_value(body, path, value):
    if not path:
        return value
    changed = copy.deepcopy(body)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def without(body, path):
    changed = copy.deepcopy(body)
    del at(changed, path[:-1])[path[-1]]
    return changed


def of(body, costly=False):
    """(what, certain, changed body) for every node."""
    nasty = {what: NASTY[what] for what in FEW} if costly else NASTY
    for path in walk(body):
        old, where = at(body, path), "/".join(map(str, path)) or "the body"
        scalar = not isinstance(old, (dict, list))
        structure = {"nonsense": [None]} if scalar or isinstance(old, list) else [[{}]]
        yield f"{where}: another structure", old is not None, with_value(body, path, structure)
        for what, value in nasty.items():
            yield f"{where}: {what}", False, with_value(body, path, value)
        if path:
            alone = len(body) == 1 == len(path) and isinstance(old, dict)
            yield f"{where}: missing", alone, without(body, path)
        if isinstance(old, dict):
            for key in ("nonsense",) if costly else ("nonsense", "x" * 300, "'; --", ""):
                yield (f"{where}: unknown {key:.10}", False,
                       with_value(body, path, {**old, key: {"x": [1]}}))
        if isinstance(old, list):
            yield f"{where}: too many", False, with_value(body, path, old * 2000)
