"""What a company is at one moment, for those who let it live."""

from datetime import datetime, timedelta

from watchkeeper.simulator.activities import Log
from watchkeeper.simulator.exclusions import Exclusions
from watchkeeper.simulator.fleet import Fleet
from watchkeeper.simulator.people import People
from watchkeeper.simulator.places import Places
from watchkeeper.simulator.policies import Policies
from watchkeeper.simulator.settings import Settings
from watchkeeper.simulator.times import stamp
from watchkeeper.simulator.world import Plan, Row


class State:
    """Everything a console knows about one company at one moment."""

    plan: Plan
    places: Places
    policies: Policies
    fleet: Fleet
    people: People
    exclusions: Exclusions
    settings: Settings
    agents: list[Row]
    packages: list[Row]
    threats: list[Row]
    alerts: list[Row]
    rogues: list[Row]
    activities: list[Row]
    # Where the console writes down what happens.
    log: Log
    # Agents that are out of the console's sight for now, by id.
    away: dict[str, Row]
    # The agent whose clock is ahead, empty when none is.
    ahead: str

    @property
    def now(self) -> datetime:
        """The moment at which the company is seen."""
        return self.plan.now

    @property
    def profile(self) -> str:
        """Which API its console speaks."""
        return self.plan.profile

    def change(self, row: Row, **values: object) -> Row:
        """The agent with other values; whoever holds the former row keeps it as it was."""
        return row | {"updatedAt": stamp(self.now - timedelta(seconds=15))} | values
