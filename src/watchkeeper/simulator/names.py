"""Names of people, machines and places in the simulated company, the nasty ones included."""

from random import Random
from typing import Final

ACCOUNTS: Final = ("Northwind Holding", "Northwind Retail", "Northwind Logistics")

# (name, what stands there, share of the fleet)
SITES: Final = (
    ("Zürich HQ", "office", 20),
    ("London", "office", 14),
    ("Frankfurt Data Centre", "servers", 14),
    ("New York", "office", 11),
    ("Singapore", "office", 9),
    ("Cloud Platform", "kubernetes", 9),
    ("São Paulo", "office", 7),
    ("東京オフィス", "office", 6),
    ("Warehouse Łódź", "office", 5),
    ("Acquired GmbH", "office", 1),
    ("Dublin Data Centre", "servers", 6),
    ("Closed Branch Oslo", "office", 0),
)

FIRST: Final = tuple(
    "Anna Ben Chloé Diego Elif Farid Grace Hiro Ines Jonas Kateřina Luca Mei Nadia Omar Priya"
    " Quentin Rosa Søren Tomasz Uma Viktor Wanjiru Ximena Yusuf Zoë".split()
)
LAST: Final = tuple(
    "Ahmed Berger Costa Dubois Eriksson Fischer García Huber Ivanova Jansen Keller Li Müller"
    " Nowak O'Brien Papadopoulos Quist Rossi Schmid Tanaka Ueda Virtanen Weber Yılmaz Zhang".split()
)

# Text that breaks pages, spreadsheets, terminals and file names when it is not handled.
HOSTILE: Final = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x")',
    "invoice\u202egpj.exe",
    "bell\x07 tab\t newline\n escape\x1b[31m",
    "経理部-デスクトップ",
    "laptop-🦊-🚀",
    "L" * 200,
    "Bob \"The Builder\", Jr., 'quoted'; DROP TABLE agents;--",
    "+41 44 000 00 00",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../etc/passwd",
    "  spaces around  ",
    "e\u0301 combining and \u00e9 composed",
    "{{ 7 * 7 }} ${7*7} %s %(name)s",
)

THREATS: Final = (
    ("Trojan", "invoice_4711.pdf.exe"),
    ("Ransomware", "locker.exe"),
    ("PUA", "toolbar-setup.exe"),
    ("Malware", "eicar.com"),
    ("Infostealer", "chrome_update.js"),
    ("Hacktool", "mimikatz.exe"),
    ("Cryptominer", "xmrig"),
    ("Generic.Heuristic", "macro_report.docm"),
)


def person(random: Random) -> tuple[str, str]:
    """A full name and the mail address made of it."""
    first, last = random.choice(FIRST), random.choice(LAST)
    plain = f"{first}.{last}".lower().replace("'", "").encode("ascii", "ignore").decode()
    return f"{first} {last}", f"{plain}{random.randrange(10_000)}@northwind.example"
