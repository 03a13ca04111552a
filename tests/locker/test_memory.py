"""What is freed goes back to the system."""

import platform
import subprocess
import sys


def test_arrow_takes_its_memory_from_where_it_is_given_back() -> None:
    """In a process of its own: what was loaded first decides."""
    asked = "import watchkeeper, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    told, complaint = done.stdout, done.stderr
    assert complaint == ""
    known = sys.platform == "linux" and platform.machine() == "x86_64"
    assert told.strip() == ("jemalloc" if known else "system")
