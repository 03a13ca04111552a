"""Pages of a list: rows the token sees, picked, cut to size, wrapped as the console does it."""

from threading import RLock
from typing import Any, Final

import msgspec

from watchkeeper.simulator.catalogue import endpoint
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.exclusions import seen_by
from watchkeeper.simulator.faults import ENDS, MOVING, Faults
from watchkeeper.simulator.moving import Walk
from watchkeeper.simulator.query import Selection, Wish, invalid, select, write_cursor
from watchkeeper.simulator.records import render
from watchkeeper.simulator.world import Row

_VIEWS: Final = {"agents": "AgentView", "threats": "ThreatView", "activities": "ActivityView"}
_ACTIVITIES_COUNTED: Final = 50_000
# Filters that name a few rows among many, those that name fewest first.
_POINTERS: Final = ("ids", "groupIds", "siteIds", "accountIds")
# So many rows may all selections hold together.
_MOST_SELECTED: Final = 40_000_000


class Pages:
    """The lists of one company at one moment."""

    def __init__(self, company: Company, profile: str, faults: Faults, site: str | None) -> None:
        """Selections are made once for each query and kept."""
        self.company, self.profile, self.faults, self.site = company, profile, faults, site
        # Set by the fault that moves rows: that it is time, and after which agent.
        self.moving, self.last = False, "0"
        self.walk = Walk()
        self._selections: dict[tuple[object, ...], Selection] = {}
        self._selected = 0
        self._lock = RLock()
        self._visible: dict[str, list[Row]] = {}
        self._ids: dict[str, dict[str, Row]] = {}
        self._indexes: dict[tuple[str, str], dict[str, list[Row]]] = {}

    def rows(self, resource: str, owner: Row | None) -> list[Row]:
        """Everything of a kind that the token sees."""
        if owner is not None:
            below: list[Row] = owner["_notes" if resource == "notes" else "_events"]
            return below
        if resource not in self._visible:
            self._visible[resource] = self._see(resource)
        return self._visible[resource]

    def _see(self, resource: str) -> list[Row]:
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
            "exclusions": company.exclusions.classic,
            "unified-exclusions": company.exclusions.unified,
            "rogues": company.rogues,
            "alerts": company.alerts,
        }
        rows = lists[resource]
        if site is None or resource in {"roles", "packages", "accounts"}:
            return rows
        if resource.endswith("exclusions"):
            return seen_by(rows, site)
        if resource == "sites":
            return [row for row in rows if row["id"] == site]
        if resource in {"users", "service-users"}:
            return [row for row in rows if site in row["_scopes"]]
        return [row for row in rows if row["siteId"] == site]

    def threat(self, identity: str) -> Row | None:
        """The threat of that id, if the token sees it."""
        with self._lock:
            return self._known("threats").get(identity)

    def render(self, resource: str, row: Row) -> Row | msgspec.Raw:
        """One row as it is served."""
        return render(resource, row, self.company.now, self.profile, self.faults)

    def _selection(self, resource: str, wish: Wish, owner: Row | None) -> Selection:
        if owner is not None:  # a few rows, fewer than their selection takes to keep
            return select(endpoint(resource), self.rows(resource, owner), wish)
        key = (resource, wish.where, wish.sort, wish.order)
        with self._lock:  # one reader scans, the others wait for what it finds
            chosen = self._selections.get(key)
            if chosen is None:
                rows = self._near(resource, wish)
                if resource == "sites" and not {"states", "state"} & wish.names:
                    rows = [row for row in rows if row["state"] != "deleted"]
                chosen = select(endpoint(resource), rows, wish)
                self._selected += len(chosen.rows)
                if self._selected > _MOST_SELECTED:
                    self._selections.clear()
                    self._selected = len(chosen.rows)
                self._selections[key] = chosen
            return chosen

    def _near(self, resource: str, wish: Wish) -> list[Row]:
        """The rows worth looking through: of a few places only those that are there."""
        filters = endpoint(resource).filters
        where = dict(wish.where)
        for name in _POINTERS:
            spec = filters.get(name)
            if name not in where or spec is None or spec.kind != "in" or spec.field[0] == "_":
                continue
            if spec.field == "id":
                known = self._known(resource)
                return [known[value] for value in where[name] if value in known]
            index = self._index(resource, spec.field)
            return [row for value in where[name] for row in index.get(value, ())]
        return self.rows(resource, None)

    def _known(self, resource: str) -> dict[str, Row]:
        """The rows of a kind by their id, which is theirs alone."""
        if resource not in self._ids:
            self._ids[resource] = {row["id"]: row for row in self.rows(resource, None)}
        return self._ids[resource]

    def _index(self, resource: str, field: str) -> dict[str, list[Row]]:
        """The rows of a kind by the value of a field; made once, in a single pass."""
        index = self._indexes.get((resource, field))
        if index is None:
            index = {}
            for row in self.rows(resource, None):
                index.setdefault(row[field], []).append(row)
            self._indexes[resource, field] = index
        return index

    def count(self, resource: str, wish: Wish) -> int:
        """How many rows a query asks for."""
        return len(self._selection(resource, wish, None).rows)

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
        if resource == "agents" and any(name in self.faults for name in MOVING):
            with self._lock:
                self.walk.served(wish, rows, self.company.places.groups, ended=not more)
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

    def _wrap(self, resource: str, rows: list[Row | msgspec.Raw], pagination: Row) -> Row:
        data: list[Row | msgspec.Raw] | Row = rows
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
