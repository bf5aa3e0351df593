"""What schemathesis is not to try: a form sends the parameters that were left empty, which is as if they were not sent."""

from typing import Any

import schemathesis


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out what has an empty parameter in its query."""
    return all(
        value not in {"", None} for value in (case.query or {}).values() if isinstance(value, str | None)
    )
