"""Controls judged over collections: the inputs, the sandbox, the verdict, the sealed assessment."""

from watchkeeper.assessment.assess import assess
from watchkeeper.assessment.verdict import as_read

__all__ = ["as_read", "assess"]
