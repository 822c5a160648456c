"""The scripted model provider: one script for all agents, in all their protocols."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.stand_ins.model_server import (
    BAD_KEY,
    FIXED,
    SCENARIOS,
    BadScript,
    ModelServer,
    Script,
    Step,
    Tokens,
    load_scripts,
    mark,
    model_server,
)

SHELL: dict[str, Any] = {"command": {"type": "string"}}
FILE = "def add(a, b):\n    return a - b\n"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(SCENARIOS) as server:
        yield server


def object_of(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def ask(
    server: ModelServer,
    messages: list[dict[str, Any]],
    tools: dict[str, dict[str, Any]] | None = None,
    *,
    key: str = "k",
    model: str = "some",
    path: str = "/v1/chat/completions",
    **more: Any,
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers of the answer to a conversation."""
    offered = [
        {"type": "function", "function": {"name": name, "parameters": object_of(properties)}}
        for name, properties in (tools if tools is not None else {"bash": SHELL}).items()
    ]
    body = {"model": model, "messages": messages, "tools": offered, **more}
    return post(server, path, body, key)


def post(
    server: ModelServer, path: str, body: dict[str, Any], key: str = "k"
) -> tuple[int, dict[str, Any], dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        connection.request("POST", path, json.dumps(body), {"authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, json.loads(answer.read()), headers
    finally:
        connection.close()


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str = "") -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def result(text: str = "ok") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "1", "content": text}


def said(answer: tuple[int, dict[str, Any], dict[str, str]]) -> str:
    return str(answer[1]["choices"][0]["message"]["content"])


def call(answer: tuple[int, dict[str, Any], dict[str, str]]) -> tuple[str, dict[str, Any]]:
    [made] = answer[1]["choices"][0]["message"]["tool_calls"]
    return made["function"]["name"], json.loads(made["function"]["arguments"])


def looked(text: str = FILE) -> list[dict[str, Any]]:
    """A conversation in which the file was read."""
    return [user(f"Work. <cwd>/w/repo</cwd> {mark('fix')}"), assistant("I look."), result(text)]


PATCH = "*** Begin Patch\n*** Update File: calc.py\n@@\n-    return a - b\n+    return a + b\n*** End Patch\n"


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        (
            {"Edit": {"file_path": {}, "old_string": {}, "new_string": {}}},
            {"file_path": "/w/repo/calc.py", "old_string": "a - b", "new_string": "a + b"},
        ),
        (
            {"edit": {"filePath": {}, "oldString": {}, "newString": {}}, "bash": SHELL},
            {"filePath": "/w/repo/calc.py", "oldString": "a - b", "newString": "a + b"},
        ),
        (
            {"edit_file": {"path": {}, "old": {}, "new": {}}},
            {"path": "calc.py", "old": "a - b", "new": "a + b"},
        ),
        ({"apply_patch": {"patchText": {}}, "bash": SHELL}, {"patchText": PATCH}),
    ],
)
def test_tools_are_used_by_the_names_that_are_offered(
    server: ModelServer, tools: dict[str, dict[str, Any]], expected: dict[str, str]
) -> None:
    # Agents show files with or without numbers of their lines.
    for shown in (FILE, "1: def add(a, b):\n2:     return a - b\n"):
        assert call(ask(server, looked(shown), tools)) == (next(iter(tools)), expected)


def test_without_a_tool_to_edit_a_command_does_it(server: ModelServer, tmp_path: Path) -> None:
    name, args = call(ask(server, looked(), {"exec_command": {"cmd": {}}}))
    assert name == "exec_command"
    (tmp_path / "calc.py").write_text(FILE)
    subprocess.run(["sh", "-c", args["cmd"]], cwd=tmp_path, check=True)
    assert (tmp_path / "calc.py").read_text() == FILE.replace("a - b", "a + b")


def test_a_tool_that_takes_plain_text_gets_plain_text(server: ModelServer) -> None:
    items = [
        {"role": "user", "content": mark("fix")},
        {"type": "function_call", "call_id": "1", "name": "exec_command", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": FILE},
    ]
    tools = [{"type": "custom", "name": "apply_patch"}]
    _, body, _ = post(server, "/v1/responses", {"model": "some", "input": items, "tools": tools})
    assert (body["output"][-1]["type"], body["output"][-1]["input"]) == ("custom_tool_call", PATCH)


def test_an_agent_without_tools_gets_a_round_of_edits_as_text(server: ModelServer) -> None:
    rules = {"role": "system", "content": "Answer with *SEARCH/REPLACE* blocks."}
    padding = [user("An example"), assistant("<<<<<<< SEARCH"), user("Files."), assistant("Ok.")]
    talk = [
        rules,
        *padding,
        user(f"calc.py\n```\n{FILE}```"),
        assistant("Ok."),
        user(mark("two-rounds")),
    ]
    first = said(ask(server, talk, {}))
    edit = (
        "calc.py\n```\n<<<<<<< SEARCH\n    return a - b\n=======\n    return b - a\n>>>>>>> REPLACE"
    )
    assert edit in first
    again = [rules, *padding, user(mark("two-rounds")), assistant(first), user("It fails.")]
    assert FIXED in said(ask(server, again, {}))
    assert [entry.round for entry in server.asked()] == [0, 1]


def test_titles_are_answered_and_not_counted(server: ModelServer) -> None:
    assert said(ask(server, [user(f"Name this: {mark('fix')}")], {})) == "A short title"
    assert server.asked() == []
    assert server.tokens() == Tokens()
    assert server.tokens(side=True).output > 0


def test_every_new_message_of_a_user_begins_the_next_round(server: ModelServer) -> None:
    talk = [user(mark("two-rounds")), assistant("I look."), result()]
    aside = user("<system-reminder>Remember.</system-reminder>")
    nudge = user("The task tools haven't been used recently. Consider them.")
    for interruption in (aside, nudge):
        assert said(ask(server, [*talk, interruption])) == "I swap them."
    # Also where the first round was ended from outside.
    assert said(ask(server, [*talk, user("It fails.")])) == "I look."
    last = [*talk, user("It fails."), assistant("I look."), result(), assistant(""), result()]
    assert said(ask(server, last)) == "I test it."
    assert [(e.round, e.position) for e in server.asked()][1:] == [(0, 1), (1, 0), (1, 2)]


def test_a_plain_list_of_steps_goes_on_where_it_was() -> None:
    steps = [Step("One."), Step("Two.", "bash", {"command": "ls"}), Step("Three.")]
    with model_server(steps) as server:
        talk = [user("Go."), assistant("One."), user("On."), assistant("Two."), result()]
        assert said(ask(server, talk[:3])) == "Two."
        assert said(ask(server, [*talk, user("Well?")])) == "Three."
        over = [*talk, assistant("Three."), user("More.")]
        assert said(ask(server, over)) == "There is nothing more to do."


def test_scripts_are_chosen_by_mark_then_by_model() -> None:
    scripts = {"": [Step("none")], "one": [Step("1")], "two": [Step("2")]}
    with model_server(scripts) as server:
        assert said(ask(server, [user("Go.")])) == "none"
        assert said(ask(server, [user("Go.")], model="gpt-5-two")) == "2"
        assert said(ask(server, [user(mark("one"))], model="two")) == "1"
        assert said(ask(server, [user(mark("unknown"))])) == "none"
        assert len(server.asked("one")) == 1


def test_tokens_are_counted_per_script_and_key(server: ModelServer) -> None:
    _ = [ask(server, looked(), key=key) for key in ("first", "second", "second")]
    first, second = server.tokens(key="first"), server.tokens("fix", "second")
    assert first + first == second
    assert 0 < first.cached < first.input
    _, body, _ = ask(server, looked(), key="third")
    assert body["usage"]["prompt_tokens"] == first.input
    assert body["usage"]["prompt_tokens_details"] == {"cached_tokens": first.cached}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
def test_errors_have_their_status(server: ModelServer, status: int, path: str) -> None:
    body = {"model": str(status), "messages": [user("Go.")], "input": "Go.", "stream": True}
    answered, error, headers = post(server, path, body)
    assert answered == status
    assert error["error"]["message"]
    assert headers.get("retry-after") == ("1" if status == 429 else None)
    [entry] = server.asked()
    assert (entry.kind, entry.fail) == ("refused", str(status))


def test_a_bad_key_is_refused_everywhere(server: ModelServer) -> None:
    assert ask(server, looked(), key=f"my-{BAD_KEY}-1")[0] == 401


def test_what_fails_twice_works_then_for_each_conversation(server: ModelServer) -> None:
    for talk in ([user(f"{mark('flaky')} a")], [user(f"{mark('flaky')} b")]):
        assert [ask(server, talk)[0] for _ in range(4)] == [500, 500, 200, 200]


def test_a_cut_stream_ends_in_the_middle(server: ModelServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    body = {"model": "cut", "messages": [user("Go.")], "stream": True, "tools": [{"name": "bash"}]}
    connection.request("POST", "/v1/messages", json.dumps(body))
    with pytest.raises(http.client.IncompleteRead) as cut:
        connection.getresponse().read()
    assert b"content_block_delta" in cut.value.partial
    assert b"message_stop" not in cut.value.partial
    [entry] = server.asked()
    assert entry.kind == "broken"
    connection.close()


@pytest.mark.parametrize("name", ["hang", "stall"])
def test_what_hangs_is_let_go_when_the_server_ends(name: str) -> None:
    with ThreadPoolExecutor(1) as pool, model_server(SCENARIOS) as server:
        answer = pool.submit(lambda: ask(server, [user(mark(name))], stream=True))
        assert not answer.done()
    with pytest.raises((http.client.HTTPException, ConnectionError, ValueError)):
        answer.result(timeout=10)


def test_scripts_are_read_from_json() -> None:
    steps = '[{"say": "a", "tool": "bash", "args": {"command": "ls"}}, {"say": "b"}]'
    assert load_scripts(steps)[""].rounds == [[Step("a", "bash", {"command": "ls"}), Step("b")]]
    named = load_scripts('{"x": {"rounds": [[{"say": "a"}]], "fail": "500", "times": 2}, "y": []}')
    assert named["x"] == Script([[Step("a")]], fail="500", times=2)
    assert named["y"].rounds == []
    with pytest.raises(BadScript, match="none of"):
        load_scripts('[{"say": "a", "fail": "often"}]')


def test_it_is_a_program_too(tmp_path: Path) -> None:
    (tmp_path / "steps.json").write_text('[{"say": "Hello."}]')
    program = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.stand_ins.model_server"),
            *("--port", "0", "--script", str(tmp_path / "steps.json")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        address, _, port = program.stdout.readline().strip().rpartition(":")
        assert address == "http://127.0.0.1"
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
        body = json.dumps({"model": "m", "messages": [user("Hi.")], "tools": [{"name": "bash"}]})
        connection.request("POST", "/v1/messages", body)
        assert b"Hello." in connection.getresponse().read()
        connection.request("GET", "/_log")
        [entry] = json.loads(connection.getresponse().read())
        assert (entry["kind"], entry["position"]) == ("step", 0)
        connection.close()
    finally:
        program.terminate()
        program.wait(10)
        assert program.stdout is not None
        program.stdout.close()
