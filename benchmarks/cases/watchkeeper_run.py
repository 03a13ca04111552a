"""`watchkeeper run --only agents`: as collected, and every control that reads agents judged."""

import contextlib
import io
import json
import sys

from watchkeeper.cli import main as watchkeeper


def main(url: str, token_file: str, folder: str) -> None:
    sys.argv = ["watchkeeper", "run", "--json", "--only", "agents", "--console", url]
    sys.argv += ["--token-file", token_file, "--locker", f"{folder}/locker"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        watchkeeper()  # ends with what the controls found
    document = json.loads(printed.getvalue())
    rows = {each["resource"]: each["distinct"] for each in document["collections"]}
    print(json.dumps({"rows": rows["agents"], "controls": len(document["results"])}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
