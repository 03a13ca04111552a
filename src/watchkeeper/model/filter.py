"""Which part of a console a connection watches: all of it, or some accounts, or some sites."""

from dataclasses import dataclass, replace

from watchkeeper.errors import UsageError
from watchkeeper.model.resource import Resource

SITES, ACCOUNTS = "siteIds", "accountIds"
_MOST = 500  # ids in one filter (reference, appendix A)


@dataclass(frozen=True, slots=True)
class Filter:
    """The console's own ids of the accounts or of the sites to watch; neither: everything."""

    accounts: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, str]:
        """As the console's lists take it."""
        found = {ACCOUNTS: self.accounts, SITES: self.sites}
        return {name: ",".join(ids) for name, ids in found.items() if ids}

    def narrowed(self, resource: Resource) -> Resource:
        """The resource, asked for within the filter where its list takes one.

        Who may use the console is never narrowed: an administrator of the account is one of each
        of its sites.
        """
        own = tuple(
            (name, ids) for name, ids in self.parameters.items() if name in resource.filters
        )
        return replace(resource, parameters=resource.parameters + own) if own else resource


def parse_filter(accounts: str, sites: str) -> Filter:
    """The filter in two texts of ids, separated by commas or blanks; raises UsageError."""
    if accounts.strip() and sites.strip():
        raise UsageError(
            "Both accounts and sites are given.",
            hint="Give the sites alone, or the accounts to watch all of their sites.",
        )
    return Filter(_ids(accounts, "account"), _ids(sites, "site"))


def _ids(text: str, what: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for each in found:
        if not (each.isascii() and each.isdecimal() and len(each) <= 20):  # noqa: PLR2004 - digits of 2^64
            raise UsageError(
                f"{each[:40]!r} is no id of a {what}.",
                hint=f"The console shows it in the {what}'s details; it has about 18 digits.",
            )
    if len(found) > _MOST:
        raise UsageError(
            f"{len(found)} ids of {what}s are too many.", hint=f"Give {_MOST} at most."
        )
    return tuple(sorted(found))
