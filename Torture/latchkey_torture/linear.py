"""Whether a history of one key is linearizable: whether each operation can have happened at one moment between its start and its
end, one after the other, with these answers.

The search is Wing and Gong's (1993) with Lowe's (2017) memory: it takes operations whose turn it may be, in the order of their
starts, goes back where none fits, and never comes twice to the same operations done in the same state.
"""

import dataclasses
import math

from .register import ABSENT, Operation, State, after


@dataclasses.dataclass(frozen=True)
class Flaw:
    """A history that no order explains."""

    #: The operations that stood around where the search could not get on.
    around: list[Operation]
    #: How many could be put in order at best.
    longest: int
    count: int

    def __str__(self) -> str:
        lines = "\n".join(f"    {operation}" for operation in self.around)
        return f"no order explains more than {self.longest} of {self.count} operations; these were about then:\n{lines}"


class _Event:
    """A start or an end in the history, in a list that operations are taken from and put back to."""

    __slots__ = ("operation", "number", "end", "before", "next")

    def __init__(self, operation: Operation, number: int) -> None:
        self.operation, self.number = operation, number
        #: The event of the end, for a start whose operation has one.
        self.end: _Event | None = None
        self.before: _Event | None = None
        self.next: _Event | None = None

    def take(self) -> None:
        """Takes it and its end out of the list."""
        for event in (self, self.end):
            if event:
                event.before.next = event.next
                if event.next:
                    event.next.before = event.before

    def put_back(self) -> None:
        """Undoes `take`, of which it was the last."""
        for event in (self.end, self):
            if event:
                event.before.next = event
                if event.next:
                    event.next.before = event


def flaw(history: list[Operation], initial: State = ABSENT) -> Flaw | None:
    """What shows that the history of a key is not linearizable; None where it is."""
    history = sorted(history, key=lambda operation: operation.start)
    head = _listed(history)
    certain = sum(operation.end != math.inf for operation in history)
    state, done, certain_done, longest = initial, 0, 0, 0
    seen: set[tuple[int, State]] = set()
    path: list[tuple[_Event, State, int]] = []
    event = head.next
    best: list[Operation] = []
    while certain_done < certain:
        is_start = event is not None and event.number >= 0
        if is_start:
            following = after(state, event.operation)
            if following is not None and (mark := (done | 1 << event.number, following)) not in seen:
                seen.add(mark)
                path.append((event, state, done))
                event.take()
                state, done = following, mark[0]
                certain_done += event.end is not None
                event = head.next
            else:
                event = event.next
            continue
        # An end before which its operation found no place, or the end of the list: the last step was wrong.
        if len(path) >= longest:
            longest, best = len(path), _first(head, 12)
        if not path:
            return Flaw(best, longest, len(history))
        event, state, done = path.pop()
        event.put_back()
        certain_done -= event.end is not None
        event = event.next
    return None


def _listed(history: list[Operation]) -> _Event:
    """The head of the list of starts and ends in the order of their times; a start comes before an end at the same time."""
    marks: list[tuple[float, int, _Event]] = []
    for number, operation in enumerate(history):
        start = _Event(operation, number)
        marks.append((operation.start, 0, start))
        if operation.end != math.inf:
            start.end = _Event(operation, -1)
            marks.append((operation.end, 1, start.end))
    marks.sort(key=lambda mark: mark[:2])
    head = last = _Event(history[0], -1) if history else _Event(None, -1)
    for _, _, event in marks:
        last.next, event.before = event, last
        last = event
    return head


def _first(head: _Event, count: int) -> list[Operation]:
    found: list[Operation] = []
    event = head.next
    while event and len(found) < count:
        if event.number >= 0:
            found.append(event.operation)
        event = event.next
    return found


def overlap_share(history: list[Operation]) -> float:
    """The share of operations during which another one on the same key was on its way."""
    ordered = sorted(history, key=lambda operation: operation.start)
    overlapping = 0
    latest_end = -math.inf
    for operation, following in zip(ordered, [*ordered[1:], None]):
        if operation.start < latest_end or (following and following.start < operation.end):
            overlapping += 1
        latest_end = max(latest_end, operation.end)
    return overlapping / max(1, len(ordered))
