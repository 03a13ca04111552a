"""Data from one site although the account has several: the token's scope is too narrow."""

from collections.abc import Iterator

from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight, named


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """What the token's user may see, beside what the account says it has."""
    sites = facts.rows("sites", ["id", "name", "account_id", "account_name"])
    if not sites:
        return
    seen: dict[str, int] = {}
    for site in sites:
        seen[site["account_id"]] = seen.get(site["account_id"], 0) + 1
    collection = facts.complete("sites")
    where = collection.id if collection else ""
    for account in facts.rows("accounts", ["id", "name", "number_of_sites"]):
        known, has = seen.get(account["id"], 0), account["number_of_sites"]
        if has is not None and known < has:
            yield _narrow(
                f"{known} of {has} sites of {account['name']} are seen",
                f"The account says that it has {has} sites; the list of sites has {known}.",
                where,
            )
    own = facts.rows("own_user", ["scope"])
    scope = (own[0]["scope"] or "").lower() if own else facts.connection.scope.lower()
    if scope == "site":
        names = [str(site["name"] or site["id"]) for site in sites]
        yield _narrow(
            "Only one site is seen" if len(sites) == 1 else f"Only {len(sites)} sites are seen",
            f"The token's user has Site scope, for {named(names)}. Whether the account has others "
            "cannot be seen with it.",
            where,
        )


def _narrow(title: str, fact: str, collection: str) -> Diagnosis:
    return Diagnosis(
        Weight.BLIND,
        title,
        (fact, "Devices, threats and policies of other sites are in no list and in no result."),
        "An administrator of the account gives the service user Account scope: Settings > Users > "
        "Service Users > the user > Scope of Access > Account, role Viewer. Then generate a new "
        "token and give it with Edit Connection.",
        None,
        collection,
    )
