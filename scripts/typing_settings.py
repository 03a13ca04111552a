"""Django's settings as the type checker needs them: the product's own, for a folder that is gone.

Only mypy loads this; a running Watchkeeper is configured by `watchkeeper.bootstrap`.
"""

import tempfile
from pathlib import Path

from watchkeeper.bootstrap.configuration import django_configuration
from watchkeeper.clock import SYSTEM_CLOCK
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.secrets import Vault, new_key
from watchkeeper.locker.locker import Locker
from watchkeeper.settings import Settings

with tempfile.TemporaryDirectory() as name:
    settings = Settings(data=Path(name), locker=f"{name}/locker")
    folder = DataFolder(settings.data)
    folder.prepare()
    installation = Installation(
        locker=lambda: Locker.open(settings.locker),
        vault=Vault([new_key()]),
        uploads=folder.uploads,
        allowed_consoles=(),
        clock=SYSTEM_CLOCK,
    )
    globals().update(django_configuration(settings, folder, installation))
