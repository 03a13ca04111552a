"""`watchkeeper check`: what a console and a token are good for, before anything is collected."""

from watchkeeper.cli._console import (
    AllowHost,
    AsJson,
    CaFile,
    ConsoleUrl,
    Silence,
    TokenFile,
    Total,
    Tries,
    open_console,
    print_json,
    visible,
)

_MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}


def command(
    console: ConsoleUrl,
    token_file: TokenFile = None,
    as_json: AsJson = False,
    allow_host: AllowHost = None,
    silence: Silence = 30.0,
    total: Total = 60.0,
    tries: Tries = 3,
    ca_file: CaFile = None,
) -> None:
    """Test a console and its token: is it reached, whose token is it, what may it read.

    Nothing is collected or saved. Exit code 0: everything can be read; 3: something cannot;
    4: the console is not reached or the token is dead; 2: wrong usage.

    JSON: {"console", "findings": [{"topic", "state": "ok|warning|problem", "text", "advice",
    "records", "permission"}]}.
    """
    import typer

    from watchkeeper.collection.preflight import State, preflight

    client = open_console(
        console,
        token_file,
        allow_host=allow_host,
        silence=silence,
        total=total,
        tries=tries,
        ca_file=ca_file,
    )
    findings = []
    for finding in preflight(client):
        findings.append(finding)
        if not as_json:
            print(f"{_MARKS[finding.state]} {visible(finding.text)}")
            if finding.advice:
                print(f"    → {visible(finding.advice)}")
    if as_json:
        print_json(
            {
                "console": client.address.url,
                "findings": [
                    {
                        "topic": finding.topic,
                        "state": finding.state.value,
                        "text": finding.text,
                        "advice": finding.advice,
                        "records": finding.records,
                        "permission": finding.permission,
                    }
                    for finding in findings
                ],
            }
        )
    problems = {finding.topic for finding in findings if finding.state is State.PROBLEM}
    if problems & {"reach", "tls", "token"}:
        raise typer.Exit(4)
    if problems:
        raise typer.Exit(3)
