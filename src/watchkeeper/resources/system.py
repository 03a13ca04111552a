"""The console's own version."""

from watchkeeper.model.resource import Column, Resource, Walk

RESOURCE = Resource(
    name="system",
    title="Console version",
    path="/system/info",
    permission="",
    walk=Walk.SINGLE,
    order=10,
    key="version",
    columns=(
        Column("version", "version"),
        Column("build", "build"),
        Column("release", "release"),
        Column("patch", "patch"),
        Column("latest_agent_version", "latestAgentVersion"),
    ),
)
