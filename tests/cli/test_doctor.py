"""`giveback doctor` looks through the program itself."""

import json

import runs


def test_it_looks_and_says_what_to_do():
    ended = runs.giveback("doctor", "--no-noise", "--format", "json")
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["noise"] is None and said["grade"] is None
    found = {row["id"]: row for row in said["findings"]}
    assert {"growth", "same_addresses", "callgrind", "steal"} <= set(found)
    for row in found.values():
        assert row["state"] in ("good", "note", "limit")
        assert row["seen"]
        assert row["remedy"] is None or row["state"] != "good"
