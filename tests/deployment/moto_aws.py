"""moto as an AWS to which Zappa can deploy: its gaps filled for these tests, and functions that really run.

Against moto 5.2.5, which the lock pins: it runs functions in Docker, has no ListFunctionUrlConfigs, gives out package
addresses that cannot be fetched, and does not know `function:NAME:VERSION` (which Zappa's rollback uses).
"""

import functools
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from moto.awslambda import models
from moto.awslambda.urls import url_paths
from moto.server import ThreadedMotoServer

from photosky.deployment.runtime_api import FunctionError, LocalFunction, unpack

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing-testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Aws:
    """The endpoint, and the functions that run behind it."""

    def __init__(self, folder: Path, runtime: list[str]) -> None:
        self.folder, self.runtime = folder, runtime
        self.endpoint = self.packages = ""
        self.running = ExitStack()
        self._functions: dict[str, LocalFunction] = {}

    def environment(self) -> dict[str, str]:
        """Return the variables that lead boto3 here."""
        return {**CREDENTIALS, "AWS_ENDPOINT_URL": self.endpoint}

    def keep(self, function: Any) -> Path:
        """Keep a function's present package as a file, named by its content."""
        path = self.folder / f"{hashlib.sha256(function.code_bytes).hexdigest()}.zip"
        if not path.exists():
            path.write_bytes(function.code_bytes)
        return path

    def invoke(self, function: Any, event: Any) -> tuple[str, bool, str]:
        """Run an invocation in the function's own package, under its own handler and variables."""
        package = self.keep(function)
        key = json.dumps([package.name, function.handler, function.environment_vars], sort_keys=True)
        if key not in self._functions:
            root = package.with_suffix("")
            if not root.exists():
                unpack(package, root)
            local = LocalFunction(
                root,
                function.handler,
                self.runtime,
                {**self.environment(), **function.environment_vars},
                name=function.function_name,
                timeout_s=int(function.timeout),
                region=function.region,
            )
            self._functions[key] = self.running.enter_context(local)
        local = self._functions[key]
        try:
            return json.dumps(local.invoke(event)), False, local.log_text()[-4096:]
        except FunctionError as error:
            return json.dumps(error.payload), True, local.log_text()[-4096:]


@contextmanager
def running(folder: Path, runtime: list[str], patch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Run the server for the length of the block."""
    aws = Aws(folder, runtime)
    _patch(aws, patch)
    files = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(SimpleHTTPRequestHandler, directory=folder)
    )
    threading.Thread(target=files.serve_forever, daemon=True).start()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    aws.endpoint, aws.packages = f"http://{host}:{port}", f"http://127.0.0.1:{files.server_address[1]}"
    try:
        with aws.running:
            yield aws
    finally:
        server.stop()
        files.shutdown()
        files.server_close()


def _patch(aws: Aws, patch: pytest.MonkeyPatch) -> None:
    plain_code = models.LambdaFunction.get_code
    plain_lookup = models.LambdaStorage.get_function_by_name_or_arn_with_qualifier
    path = r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/urls/?$"

    def get_code(self: Any) -> dict[str, Any]:
        answer: dict[str, Any] = plain_code(self)
        answer["Code"] = {"RepositoryType": "S3", "Location": f"{aws.packages}/{aws.keep(self).name}"}
        return answer

    def lookup(self: Any, name_or_arn: str, qualifier: str | None = None) -> Any:
        if name_or_arn.startswith("function:"):
            _, name_or_arn, qualifier = name_or_arn.split(":")
        return plain_lookup(self, name_or_arn, qualifier)

    patch.setattr(models.LambdaFunction, "_invoke_lambda", lambda self, event=None: aws.invoke(self, event))
    patch.setattr(models.LambdaFunction, "get_code", get_code)
    patch.setattr(models.LambdaStorage, "get_function_by_name_or_arn_with_qualifier", lookup)
    patch.setitem(url_paths, path, _no_urls)


def _no_urls(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    return 200, {}, json.dumps({"FunctionUrlConfigs": []})
