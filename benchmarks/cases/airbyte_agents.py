"""airbyte-cdk: a declarative source told about the agents, its messages as JSON lines in a file."""

import json
import sys
from pathlib import Path

from airbyte_cdk.entrypoint import (  # type: ignore[import-not-found] # only their environment has it
    AirbyteEntrypoint,
)
from airbyte_cdk.models import (  # type: ignore[import-not-found]
    ConfiguredAirbyteCatalogSerializer,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (  # type: ignore[import-not-found]
    ConcurrentDeclarativeSource,
)

CATALOG = {
    "streams": [
        {
            "stream": {
                "name": "agents",
                "json_schema": {"type": "object", "additionalProperties": True},
                "supported_sync_modes": ["full_refresh"],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "overwrite",
        }
    ]
}


def manifest(url: str) -> dict[str, object]:
    """The source as the connector builder would write it."""
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["agents"]},
        "concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": 2},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "agents",
                "primary_key": "id",
                "schema_loader": {
                    "type": "InlineSchemaLoader",
                    "schema": {"type": "object", "additionalProperties": True},
                },
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": requester(url),
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
                    },
                    "paginator": {
                        "type": "DefaultPaginator",
                        "page_token_option": {
                            "type": "RequestOption",
                            "inject_into": "request_parameter",
                            "field_name": "cursor",
                        },
                        "pagination_strategy": {
                            "type": "CursorPagination",
                            "cursor_value": "{{ response['pagination']['nextCursor'] }}",
                            "stop_condition": "{{ not response['pagination']['nextCursor'] }}",
                        },
                    },
                },
            }
        ],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "additionalProperties": True},
        },
    }


def requester(url: str) -> dict[str, object]:
    """Whom to ask and for what: the parameters that Watchkeeper asks with too."""
    return {
        "type": "HttpRequester",
        "url_base": f"{url}/web/api/v2.1/",
        "path": "agents",
        "http_method": "GET",
        "authenticator": {
            "type": "ApiKeyAuthenticator",
            "api_token": "{{ config['token'] }}",
            "inject_into": {
                "type": "RequestOption",
                "inject_into": "header",
                "field_name": "Authorization",
            },
        },
        "request_parameters": {
            "limit": "1000",
            "sortBy": "id",
            "sortOrder": "asc",
            "isDecommissioned": "true,false",
            "isUninstalled": "true,false",
        },
    }


def main(url: str, token_file: str, folder: str) -> None:
    config = {"token": f"ApiToken {Path(token_file).read_text(encoding='utf-8')}"}
    catalog_file, config_file = Path(folder, "catalog.json"), Path(folder, "config.json")
    catalog_file.write_text(json.dumps(CATALOG), encoding="utf-8")
    config_file.write_text(json.dumps(config), encoding="utf-8")
    catalog = ConfiguredAirbyteCatalogSerializer.load(CATALOG)
    source = ConcurrentDeclarativeSource(
        catalog=catalog, config=config, state=None, source_config=manifest(url)
    )
    told = ["read", "--config", str(config_file), "--catalog", str(catalog_file)]
    rows = 0
    with Path(folder, "messages.jsonl").open("w", encoding="utf-8") as file:
        for message in AirbyteEntrypoint(source).run(AirbyteEntrypoint.parse_args(told)):
            file.write(message + "\n")
            rows += message.startswith('{"type":"RECORD"')
    print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
