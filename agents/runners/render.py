"""Agent events as log text with ANSI colours: what a person reads in the live log."""

from __future__ import annotations

from agents.runners.base import (
    AgentError,
    AgentEvent,
    FileEdit,
    Finished,
    Message,
    SessionStarted,
    ToolCall,
    ToolResult,
    Usage,
)

_DIM, _RED, _GREEN, _BLUE, _OFF = "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[34m", "\x1b[0m"


def render(event: AgentEvent) -> str:
    """The event as text that ends with a newline; '' for events that are only counted."""
    match event:
        case Message(text):
            return f"{text.rstrip()}\n"
        case ToolCall(name, summary):
            return f"{_BLUE}> {name}{_OFF} {summary}\n"
        case ToolResult(_, ok, summary):
            mark = f"{_GREEN}ok{_OFF}" if ok else f"{_RED}failed{_OFF}"
            return f"  {mark} {_DIM}{summary}{_OFF}\n"
        case FileEdit(path):
            return f"  {_DIM}edited {path}{_OFF}\n"
        case AgentError(text):
            return f"{_RED}{text}{_OFF}\n"
        case Finished(ok, text):
            colour = _GREEN if ok else _RED
            return f"{colour}{text.rstrip()}{_OFF}\n" if text else ""
        case SessionStarted(_, model):
            return f"{_DIM}session started{f', model {model}' if model else ''}{_OFF}\n"
        case Usage():
            return ""
