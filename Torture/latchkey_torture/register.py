"""What one key may do: a register with versions, as a sequential program. Operations are checked against it."""

import dataclasses

#: The entity tag of a value that was stored by a request whose answer nobody has seen.
UNSEEN = ""


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """The value of a key, and its tag; both None where there is none."""

    value: int | None = None
    tag: str | None = None


ABSENT = State()


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """What a client asked and was answered, in the time from `start` to `end`.

    `end` is infinite and `status` 0 where the answer is unknown: it may have taken effect at any time after `start`, or never.
    """

    client: int
    start: int
    end: float
    #: get, put, delete, create (If-None-Match: *), replace (If-Match), incr.
    kind: str
    #: What is stored or added.
    argument: int
    #: The tag of the condition.
    condition: str
    status: int
    value: int | None
    tag: str | None


def after(state: State, done: Operation) -> State | None:
    """The state after the operation, or None where in `state` it could not have been answered so."""
    return _STEPS[done.kind](state, done)


def _has_tag(state: State, tag: str | None) -> bool:
    """Whether the value's tag may be this one."""
    return state.tag == tag or (state.tag == UNSEEN and tag is not None)


def _get(state: State, done: Operation) -> State | None:
    if done.status == 404:
        return state if state.value is None else None
    # What is read for the first time tells the tag that its writer has not seen.
    return State(state.value, done.tag) if state.value == done.value is not None and _has_tag(state, done.tag) else None


def _stored(state: State, done: Operation, value: int) -> State | None:
    """A write that was not refused."""
    if done.status == 0:
        return State(value, UNSEEN)
    replaced = 200 if done.kind == "incr" else 204
    return State(value, done.tag) if done.status == (201 if state.value is None else replaced) else None


def _put(state: State, done: Operation) -> State | None:
    return _stored(state, done, done.argument)


def _create(state: State, done: Operation) -> State | None:
    if done.status == 412:
        return State(state.value, done.tag) if state.value is not None and _has_tag(state, done.tag) else None
    if state.value is not None:
        return state if done.status == 0 else None
    return _stored(state, done, done.argument)


def _replace(state: State, done: Operation) -> State | None:
    holds = state.value is not None and (state.tag == done.condition)
    if done.status == 412:
        if state.value is None:
            return state if done.tag is None else None
        return State(state.value, done.tag) if not holds and _has_tag(state, done.tag) and done.tag != done.condition else None
    if not holds:
        return state if done.status == 0 else None
    return _stored(state, done, done.argument)


def _delete(state: State, done: Operation) -> State | None:
    if done.status == 404:
        return state if state.value is None else None
    return ABSENT if state.value is not None or done.status == 0 else None


def _incr(state: State, done: Operation) -> State | None:
    value = (state.value or 0) + done.argument
    if done.status != 0 and done.value != value:
        return None
    return _stored(state, done, value)


_STEPS = {"get": _get, "put": _put, "create": _create, "replace": _replace, "delete": _delete, "incr": _incr}
