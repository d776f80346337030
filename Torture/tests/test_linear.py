"""Histories that no order explains are noticed, and no others."""

import dataclasses
import math
import random
import unittest

from latchkey_torture import linear
from latchkey_torture.register import ABSENT, Operation, State, after


def operation(start: int, end: float, kind: str, argument: int = 0, condition: str = "", status: int = 0,
              value: int | None = None,
              tag: str | None = None, client: int = 0) -> Operation:
    return Operation(client, start, end, kind, argument, condition, status, value, tag)


def simulated(seed: int, count: int, clients: int = 6) -> list[Operation]:
    """A true history: each operation takes effect at some moment between its start and its end."""
    chance = random.Random(seed)
    planned = []
    for client in range(clients):
        now = 0
        for number in range(count // clients):
            start = now + chance.randrange(1, 30)
            moment = start + chance.randrange(1, 100)
            now = moment + chance.randrange(1, 100)
            planned.append((moment, start, now, client, client * 10_000 + number * 10))
    state, history, seen = ABSENT, [], set()
    for version, (_, start, end, client, argument) in enumerate(sorted(planned), 1):
        done, state = _step(state, chance, version, argument, seen)
        is_unseen = chance.random() < 0.01 and done["kind"] != "get"
        if is_unseen:
            done.update(status=0, value=None, tag=None)
        seen.add(done.get("tag"))
        history.append(operation(start, math.inf if is_unseen else end, client=client, **done))
    return history


def _step(state: State, chance: random.Random, version: int, argument: int, seen: set[str | None]) -> tuple[dict, State]:
    """Something that is done in `state`, and the state after it. Conditions are made of tags that somebody has `seen`."""
    kind = chance.choice(["get", "put", "delete", "create", "replace", "incr"])
    tag, is_there = f"v{version}", state.value is not None
    done = {"kind": kind, "argument": 0}
    written = State(argument, tag)
    status = 204 if is_there else 201
    match kind:
        case "get":
            return done | {"status": 200 if is_there else 404, "value": state.value, "tag": state.tag}, state
        case "delete":
            return done | {"status": 204 if is_there else 404}, ABSENT
        case "put":
            return done | {"argument": argument, "status": status, "tag": tag}, written
        case "create":
            if is_there:
                return done | {"argument": argument, "status": 412, "tag": state.tag}, state
            return done | {"argument": argument, "status": 201, "tag": tag}, written
        case "replace":
            condition = state.tag if is_there and state.tag in seen and chance.random() < 0.6 else "v0"
            if condition != state.tag:
                return done | {"argument": argument, "condition": condition, "status": 412, "tag": state.tag}, state
            return done | {"argument": argument, "condition": condition, "status": 204, "tag": tag}, written
    value = (state.value or 0) + 1
    return done | {"argument": 1, "status": 200 if is_there else 201, "value": value, "tag": tag}, State(value, tag)


class LinearTests(unittest.TestCase):
    def test_true_histories_pass(self):
        for seed in range(30):
            self.assertIsNone(linear.flaw(simulated(seed, 300)), seed)

    def test_a_stale_read_is_noticed(self):
        history = [operation(0, 1, "put", 1, status=201, tag="a"), operation(2, 3, "put", 2, status=204, tag="b"),
                   operation(4, 5, "get", status=200, value=1, tag="a")]
        self.assertIsNotNone(linear.flaw(history))

    def test_a_read_during_a_write_may_see_either(self):
        for value, tag in [(1, "a"), (2, "b")]:
            history = [operation(0, 1, "put", 1, status=201, tag="a"), operation(2, 9, "put", 2, status=204, tag="b"),
                       operation(3, 4, "get", status=200, value=value, tag=tag)]
            self.assertIsNone(linear.flaw(history))

    def test_a_lost_write_is_noticed(self):
        history = [operation(0, 1, "put", 1, status=201, tag="a"), operation(2, 3, "get", status=404)]
        self.assertIsNotNone(linear.flaw(history))

    def test_two_who_win_the_same_swap_are_noticed(self):
        history = [operation(0, 1, "put", 1, status=201, tag="a"), operation(2, 9, "replace", 2, "a", 204, tag="b"),
                   operation(2, 9, "replace", 3, "a", 204, tag="c")]
        self.assertIsNotNone(linear.flaw(history))

    def test_two_sums_that_are_the_same_are_noticed(self):
        history = [operation(0, 9, "incr", 1, status=201, value=1, tag="a"), operation(0, 9, "incr", 1, status=201, value=1,
                                                                                       tag="b")]
        self.assertIsNotNone(linear.flaw(history))

    def test_what_nobody_knows_of_may_have_happened_or_not(self):
        unknown = operation(0, math.inf, "put", 7)
        for answer in [{"status": 404}, {"status": 200, "value": 7, "tag": "z"}]:
            self.assertIsNone(linear.flaw([unknown, operation(5, 6, "get", **answer)]))
        twice = [unknown, operation(5, 6, "get", status=200, value=7, tag="z"), operation(7, 8, "get", status=404)]
        self.assertIsNotNone(linear.flaw(twice))

    def test_histories_that_are_falsified_are_noticed(self):
        noticed = 0
        for seed in range(40):
            history = simulated(seed, 200)
            reads = [place for place, done in enumerate(history) if done.kind == "get" and done.status == 200]
            later, earlier = reads[-1], reads[len(reads) // 2]
            if history[later].tag == history[earlier].tag:
                continue
            stale = dataclasses.replace(history[later], value=history[earlier].value, tag=history[earlier].tag)
            noticed += 1
            self.assertIsNotNone(linear.flaw([*history[:later], stale, *history[later + 1:]]), seed)
        self.assertGreater(noticed, 20)

    def test_the_share_of_overlaps_is_counted(self):
        self.assertEqual(linear.overlap_share([operation(0, 1, "get"), operation(2, 3, "get")]), 0)
        self.assertEqual(linear.overlap_share([operation(0, 3, "get"), operation(2, 4, "get"), operation(9, 10, "get")]),
                         2 / 3)


class RegisterTests(unittest.TestCase):
    def test_a_failed_condition_tells_the_tag(self):
        self.assertEqual(after(State(1, "a"), operation(0, 1, "replace", 2, "b", 412, tag="a")), State(1, "a"))
        self.assertIsNone(after(State(1, "a"), operation(0, 1, "replace", 2, "b", 412, tag="c")))
        self.assertIsNone(after(State(1, "a"), operation(0, 1, "replace", 2, "a", 412, tag="a")))

    def test_a_condition_on_nothing_fails(self):
        self.assertEqual(after(ABSENT, operation(0, 1, "replace", 2, "b", 412)), ABSENT)
        self.assertIsNone(after(ABSENT, operation(0, 1, "replace", 2, "b", 204, tag="c")))


if __name__ == "__main__":
    unittest.main()
