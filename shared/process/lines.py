"""Line tools: one line of standard input gives one JSON object on standard output, in order and at once."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import IO


class InputRefused(Exception):
    """The line is not what the tool takes; the message says why."""


def answer_lines(
    source: IO[bytes], target: IO[bytes], limit: int, answer: Callable[[bytes], Mapping[str, object]]
) -> None:
    """Answers each line, `{"error"}` for one that is refused or longer than limit bytes; no line ends the tool.

    Lines end at newlines only: whatever else stands in one, a carriage return too, belongs to it.
    """
    for line in _lines(source, limit):
        try:
            answered = {"error": f"line longer than {limit} bytes"} if line is None else answer(line)
        except InputRefused as refused:
            answered = {"error": str(refused)}
        # ASCII only: what a line holds must not depend on the terminal's encoding.
        target.write(json.dumps(answered, ensure_ascii=True).encode("ascii") + b"\n")
        target.flush()


def _lines(source: IO[bytes], limit: int) -> Iterator[bytes | None]:
    """Lines without their closing newline, None for one that is too long."""
    while line := source.readline(limit + 1):
        if line.endswith(b"\n"):
            yield line[:-1]
        elif len(line) <= limit:
            yield line
        else:
            while (rest := source.readline(limit)) and not rest.endswith(b"\n"):
                pass
            yield None
