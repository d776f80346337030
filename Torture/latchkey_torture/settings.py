"""How much is done to the server."""

import dataclasses

from . import slow_clients


@dataclasses.dataclass(frozen=True)
class Settings:
    """Sizes of a run. The defaults are those of `make torture`."""

    fuzz_seconds: float = 600
    #: Of cases that two engines are compared by.
    engine_seconds: float = 120
    #: Runs of the linearizability check, and operations in each.
    histories: int = 20
    operations: int = 100_000
    #: Operations of a history that is falsified on its way, to see that it is noticed.
    false_operations: int = 10_000
    #: Rounds of serving, SIGTERM and serving on the same port again.
    endings: int = 100
    #: Of each fault; see `faults.py`.
    fault_seconds: float = 10
    fault_intervals: tuple[int, ...] = (2, 3, 5, 10, 50, 200, 1000)
    slow: slow_clients.Crowd = slow_clients.FULL
    churn_seconds: float = 3600
    #: With each policy.
    hostile_seconds: float = 300
    parser_seconds: int = 60
    soak_seconds: float = 3600
    race_seconds: float = 600

    def lasting(self, seconds: float | None) -> "Settings":
        """The same, with the parts that last for a time lasting for this one."""
        if seconds is None:
            return self
        return dataclasses.replace(self, fuzz_seconds=seconds, engine_seconds=seconds, churn_seconds=seconds,
                                   hostile_seconds=seconds, soak_seconds=seconds, race_seconds=seconds)


#: The short forms, which CI runs.
QUICK = Settings(fuzz_seconds=60, engine_seconds=15, histories=1, operations=20_000, false_operations=2_000, endings=5,
                 fault_seconds=1.5, fault_intervals=(3, 50), slow=slow_clients.QUICK, churn_seconds=20, hostile_seconds=10,
                 parser_seconds=4, soak_seconds=20, race_seconds=30)
