"""Files and functions stay small enough to be read at once."""

from pathlib import Path

from tests.architecture.sources import files, functions, text

FILE_LIMIT = 300
TEST_FILE_LIMIT = 500
FUNCTION_LIMIT = 60


def _limit(path: Path) -> int:
    return TEST_FILE_LIMIT if path.parts[0] == "tests" else FILE_LIMIT


def test_no_file_is_longer_than_its_limit() -> None:
    lengths = {str(path): len(text(path).splitlines()) for path in files(".py", ".js")}
    too_long = [f"{path}: {length} lines" for path, length in lengths.items() if length > _limit(Path(path))]
    assert too_long == []


def test_no_function_is_longer_than_sixty_lines() -> None:
    too_long = [
        f"{path}:{function.lineno} {function.name}: {length} lines"
        for path in files(".py")
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LIMIT
    ]
    assert too_long == []


def test_booleans_are_passed_by_keyword() -> None:
    by_place = [
        f"{path}:{function.lineno} {function.name}({argument.arg})"
        for path in files(".py")
        if path.parts[0] in ("services", "shared")
        for function in functions(path)
        for argument in function.args.args
        if _is_bool(argument.annotation) and not _is_an_endpoint(function)
    ]
    assert by_place == []


def _is_bool(annotation: object) -> bool:
    return getattr(annotation, "id", None) == "bool"


def _is_an_endpoint(function: object) -> bool:
    """The framework, not a person, calls what is decorated."""
    return bool(getattr(function, "decorator_list", None))
