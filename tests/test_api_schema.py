"""The description of the API: complete, with examples that fit, in the file that is committed, and codes that are told."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from django.core.management import call_command

from gallery.api import problems
from tests.api_routes import description, operations

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "docs" / "openapi.yaml"
DOCS = ROOT / "docs" / "api.md"
PROBLEM_KEYS = ("type", "title", "status", "detail", "code", "instance")


def test_committed_description_is_that_of_the_program(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--file", str(made))

    assert made.read_text(encoding="utf-8") == WRITTEN.read_text(encoding="utf-8"), (
        "docs/openapi.yaml is not what the program says of itself: run `make schema` and commit the file"
    )


@pytest.mark.parametrize("name", sorted(operations()))
def test_operation_is_described_in_words(name: str) -> None:
    operation = operations()[name]

    assert operation["summary"]
    assert operation["description"]
    assert operation["description"] != operation["summary"]
    for parameter in operation.get("parameters", ()):
        assert "schema" in parameter


def fits(schema: dict[str, Any], example: Any) -> list[str]:
    whole = {**schema, "components": description()["components"]}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(example)]


@pytest.mark.parametrize("name", sorted(operations()))
def test_every_body_has_an_example_that_fits_its_shape(name: str) -> None:
    operation = operations()[name]
    bodies = list(operation.get("requestBody", {}).get("content", {}).values())
    for answer in operation["responses"].values():
        bodies += answer.get("content", {}).values()

    for body in bodies:
        assert fits(body["schema"], body["example"]) == []


@pytest.mark.parametrize("name", sorted(operations()))
def test_every_operation_describes_the_problems_it_can_answer_with(name: str) -> None:
    operation = operations()[name]
    answers = operation["responses"]

    assert {"400", "406", "429"} <= answers.keys()
    if name != "health":
        assert {"401", "403"} <= answers.keys()
        assert operation["security"] == [{"token": []}, {"session": []}]
    if "requestBody" in operation:
        assert {"413", "415"} <= answers.keys()


def test_every_problem_has_the_shape_of_a_problem() -> None:
    for name, answer in description()["components"]["responses"].items():
        body = answer["content"][problems.CONTENT_TYPE]
        assert fits(body["schema"], body["example"]) == []
        assert set(PROBLEM_KEYS) <= body["example"].keys()
        assert body["example"]["status"] == int(name.removeprefix("Problem"))


def test_ways_to_sign_in_are_described() -> None:
    schemes = description()["components"]["securitySchemes"]

    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    assert (schemes["session"]["type"], schemes["session"]["in"]) == ("apiKey", "cookie")


@cache
def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "gallery").rglob("*.py"))]


def classes() -> Iterator[ast.ClassDef]:
    for tree in trees():
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def codes_of_errors() -> set[str]:
    """Return the code of every error that the program can answer with: GalleryErrors, and what the API itself raises."""
    below = {"GalleryError", "APIException"}
    while more := {
        node.name
        for node in classes()
        if node.name not in below
        and any(getattr(base, "id", getattr(base, "attr", "")) in below for base in node.bases)
    }:
        below |= more
    names = {"code", "default_code"}
    return {
        str(line.value.value)
        for node in classes()
        if node.name in below
        for line in node.body
        if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(line.value, ast.Constant)
        and {getattr(target, "id", "") for target in getattr(line, "targets", [getattr(line, "target", None)])} & names
    } - {"error"}  # fmt: skip


def codes_said_beside() -> set[str]:
    """Return the codes that are written where an error is raised in the API, and those that problems are made of."""
    found = set()
    for path in sorted((ROOT / "gallery" / "api").rglob("*.py")):
        if "immich" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_body":
                code = node.args[1]
                found |= {str(code.value)} if isinstance(code, ast.Constant) else set()
    return found


def told() -> set[str]:
    """Return the codes of the tables in docs/api.md."""
    text = DOCS.read_text(encoding="utf-8")
    part = text[text.index("## Errors") :]
    return set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))


def test_every_code_is_told_in_the_docs() -> None:
    assert sorted((codes_of_errors() | codes_said_beside()) - told()) == []


def test_descriptions_are_in_the_form_that_tools_read() -> None:
    assert yaml.safe_load(WRITTEN.read_text(encoding="utf-8"))["openapi"] == "3.1.1"
