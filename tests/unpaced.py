"""How fast a simulated console is asked where the vendor's rates are not what is looked at."""

from watchkeeper.sentinelone.limits import PUBLISHED_RATES, Limits

# By the vendor's prefixes, as a client also remembers by them how large a page may be.
RATES = tuple((prefix, 50 * rate, 50 * burst) for prefix, rate, burst in PUBLISHED_RATES)
UNPACED = Limits(rates=RATES)
