"""dlt: its generic REST source, told about the agents, into a DuckDB file.

As it comes, or, told `tuned`, as somebody would set it up who found that too slow.
"""

import json
import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import RESTAPIConfig, rest_api_source


def main(url: str, token_file: str, folder: str, told: str = "") -> None:
    config: RESTAPIConfig = {
        "client": {
            "base_url": f"{url}/web/api/v2.1/",
            "auth": {
                "type": "api_key",
                "name": "Authorization",
                "api_key": f"ApiToken {Path(token_file).read_text(encoding='utf-8')}",
                "location": "header",
            },
            "paginator": {
                "type": "cursor",
                "cursor_path": "pagination.nextCursor",
                "cursor_param": "cursor",
            },
        },
        "resources": [
            {
                "name": "agents",
                "primary_key": "id",
                "write_disposition": "replace",
                "endpoint": {
                    "path": "agents",
                    "params": {
                        "limit": 1000,
                        "sortBy": "id",
                        "sortOrder": "asc",
                        "isDecommissioned": "true,false",
                        "isUninstalled": "true,false",
                    },
                    "data_selector": "data",
                },
            }
        ],
    }
    pipeline = dlt.pipeline(
        pipeline_name="agents",
        pipelines_dir=f"{folder}/pipelines",
        destination=dlt.destinations.duckdb(f"{folder}/agents.duckdb"),
        dataset_name="console",
    )
    source = rest_api_source(config)
    if told == "tuned":
        # Lists stay JSON, as in Watchkeeper, instead of tables of their own; rows are not SQL.
        source.max_table_nesting = 0
        pipeline.run(source, loader_file_format="jsonl")
    else:
        pipeline.run(source)
    with pipeline.sql_client() as client:
        rows = client.execute_sql("SELECT count(DISTINCT id) FROM agents")[0][0]
    print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:5])
