"""Pages of a list: rows the token sees, picked, cut to size, wrapped as the console does it."""

from typing import Any, Final

from watchkeeper.simulator.catalogue import endpoint
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.faults import ENDS, Faults
from watchkeeper.simulator.query import Selection, Wish, invalid, select, write_cursor
from watchkeeper.simulator.records import render
from watchkeeper.simulator.world import Row

_VIEWS: Final = {"agents": "AgentView", "threats": "ThreatView", "activities": "ActivityView"}
_ACTIVITIES_COUNTED: Final = 50_000


class Pages:
    """The lists of one company at one moment."""

    def __init__(self, company: Company, profile: str, faults: Faults, site: str | None) -> None:
        """Selections are made once for each query and kept."""
        self.company, self.profile, self.faults, self.site = company, profile, faults, site
        # Set by the fault that moves rows: that it is time, and after which agent.
        self.moving, self.last = False, "0"
        self._selections: dict[tuple[object, ...], Selection] = {}
        self._threats = {row["id"]: row for row in self.rows("threats", None)}

    def rows(self, resource: str, owner: Row | None) -> list[Row]:
        """Everything of a kind that the token sees."""
        company, site = self.company, self.site
        lists: dict[str, list[Row]] = {
            "agents": company.agents,
            "threats": company.threats,
            "groups": company.places.groups,
            "sites": company.places.sites,
            "accounts": company.places.accounts,
            "users": company.people.users,
            "service-users": company.people.service_users,
            "roles": company.people.roles,
            "activities": company.activities,
            "packages": company.packages,
        }
        if owner is not None:
            events: list[Row] = owner["_events"]
            return events
        rows = lists[resource]
        if site is None or resource in {"roles", "packages", "accounts"}:
            return rows
        if resource == "sites":
            return [row for row in rows if row["id"] == site]
        if resource in {"users", "service-users"}:
            return [row for row in rows if site in row["_scopes"]]
        return [row for row in rows if row["siteId"] == site]

    def threat(self, identity: str) -> Row | None:
        """The threat of that id, if the token sees it."""
        return self._threats.get(identity)

    def render(self, resource: str, row: Row) -> Row:
        """One row as it is served."""
        return render(resource, row, self.company.now, self.profile, self.faults)

    def _selection(self, resource: str, wish: Wish, owner: Row | None) -> Selection:
        key = (resource, owner["id"] if owner else None, wish.where, wish.sort, wish.order)
        if key not in self._selections:
            rows = self.rows(resource, owner)
            if resource == "sites" and not {"states", "state"} & {name for name, _ in wish.where}:
                rows = [row for row in rows if row["state"] != "deleted"]
            self._selections[key] = select(endpoint(resource), rows, wish)
        return self._selections[key]

    def envelope(self, resource: str, wish: Wish, owner: Row | None) -> Row:
        """The page asked for, with its pagination."""
        chosen = self._selection(resource, wish, owner)
        total = len(chosen.rows) + 7 * ("count-too-large" in self.faults)
        if resource == "activities":
            total = min(total, _ACTIVITIES_COUNTED)
        pagination: dict[str, Any] = {
            "totalItems": 0 if wish.skip_count else total,
            "nextCursor": None,
        }
        if wish.count_only:
            return self._wrap(resource, [], pagination)
        view = _VIEWS.get(resource, "View")
        start = chosen.position(wish.cursor, view) if wish.cursor is not None else wish.skip
        number = start // wish.limit
        overlap = "duplicates" in self.faults and wish.limit > 1 and wish.cursor is not None
        rows = chosen.page(start - overlap, wish.limit)
        self._check_cursor(resource, wish, number)
        end = start - overlap + len(rows)
        more = end < len(chosen.rows) or ("end-empty-page" in self.faults and bool(rows))
        if rows and more:
            pagination["nextCursor"] = write_cursor(rows[-1], view, wish.sort, wish.order)
            if wish.cursor and self._strikes("repeated-cursor", resource, wish):
                pagination["nextCursor"] = wish.cursor
        envelope = self._wrap(resource, [self.render(resource, row) for row in rows], pagination)
        if pagination["nextCursor"] is None:
            self._end(envelope)
        elif "moving-rows" in self.faults and resource == "agents":
            self.moving = number >= 1 or end + wish.limit >= len(chosen.rows)
            self.last = rows[-1]["id"]
        return envelope

    def _strikes(self, name: str, resource: str, wish: Wish) -> bool:
        return self.faults.strikes(name, resource, f"{resource} {wish}")

    def _check_cursor(self, resource: str, wish: Wish, number: int) -> None:
        if number == 2 and wish.cursor and self._strikes("expired-cursor", resource, wish):
            raise invalid("Invalid cursor value received")

    def _wrap(self, resource: str, rows: list[Row], pagination: Row) -> Row:
        data: list[Row] | Row = rows
        if resource == "sites":
            seen = self.rows("sites", None)
            licences = {
                name: sum(site[name] for site in seen)
                for name in ("totalLicenses", "activeLicenses")
            }
            data = {"sites": rows, "allSites": licences}
        return {"data": data, "pagination": pagination}

    def _end(self, envelope: Row) -> None:
        """Mark the last page the way the console at hand does."""
        if not envelope["data"]:
            return
        for name in ENDS:
            if name not in self.faults:
                continue
            if name == "end-empty-string":
                envelope["pagination"]["nextCursor"] = ""
            elif name == "end-null-string":
                envelope["pagination"]["nextCursor"] = "null"
            elif name == "end-absent":
                del envelope["pagination"]["nextCursor"]
            elif name == "end-no-pagination":
                del envelope["pagination"]
