"""Examples of what is sent and answered, made from the shapes: a hook of drf-spectacular, so that none is forgotten."""

from collections.abc import Mapping
from typing import Any

from gallery.api import problems

ID = "01984f2e-7c1a-7d3e-9f42-5b6c7d8e9f01"
OTHER_ID = "01984f2e-9b20-7a51-8c13-2d4e6f8a0b12"
MOMENT = "2026-09-14T16:03:00Z"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SITE = "https://photos.example.com"

# Bodies of requests, where not every member may be sent together, or the first choice is not the telling one.
SENT: dict[str, Any] = {
    "PatchedImage": {
        "title": "Above the fog", "tags": ["ridge", "autumn"], "is_favorite": True,
        "taken_at": "2026-09-14T18:03:00+02:00", "place": {"name": "Fuente Dé", "latitude": 43.144, "longitude": -4.812},
    },
    "Album": {"title": "Picos 2026", "description": "Nine days along the ridge"},
    "PatchedAlbum": {"title": "Picos 2026", "sort": "oldest"},
    "Announcement": {
        "files": [
            {
                "client_ref": "1", "filename": "IMG_0001.jpg", "bytes": 4182113, "content_type": "image/jpeg",
                "sha256": SHA256, "modified_at": MOMENT,
            }
        ],
        "album": None,
    },
    "Bulk": {"action": "add_tags", "images": [ID, OTHER_ID], "tags": ["ridge"]},
    "Decision": {"action": "keep", "images": [ID, OTHER_ID], "keep": [ID]},
    "Empty": {"images": 12},
    "Fill": {"confirm": "delete all photos"},
    "Invite": {"username": "bob", "role": "contributor"},
    "NewInvitation": {"email": "bob@example.com", "album": ID, "role": "viewer"},
    "NewZip": {"images": [ID, OTHER_ID], "title": "Picos"},
    "NewToken": {"name": "laptop", "scopes": ["read", "upload"], "expires_at": None},
    "Parts": {"parts": [{"number": 1, "sha256": SHA256}]},
    "PatchedMe": {"language": "de"},
    "PatchedShareLink": {"title": "For grandma", "expires_at": "2027-01-01T00:00:00Z"},
    "PatchedUser": {"quota_bytes": 50000000000},
    "Restore": {"images": [ID, OTHER_ID]},
    "NewLink": {"album": ID, "title": "Picos 2026", "allow_download": True, "password": "edelweiss"},
    "SmartAlbum": {"title": "Ridges at dusk", "query": 'tag:ridge "evening light"'},
    "PatchedSmartAlbum": {"query": "tag:ridge before:2026"},
    "PatchedTag": {"name": "ridge"},
    "Tagging": {"images": [ID, OTHER_ID], "names": ["ridge", "autumn"]},
    "Turn": {"degrees": 90},
    "Webhook": {"name": "backup", "url": "https://nas.example.com/photosky", "events": ["photo.ready", "photo.deleted"]},
    "PatchedWebhook": {"active": False},
    "Replay": {"deliveries": [ID]},
}  # fmt: skip
# Members by their names, wherever they stand.
MEMBERS: dict[str, Any] = {
    "action": "top", "address": SITE, "after": None, "album": None, "bytes": 4182113, "camera": None, "client_ref": "1",
    "code": "", "color": "#6a7b5c", "content_type": "image/jpeg", "count": 128, "country": "ES", "cover": None, "days": 30,
    "degrees": 90, "description": "", "detail": "", "done": 12, "total": 128, "email": "alice@example.com",
    "expires_s": 900, "exposure_s": 0.004, "f_number": 5.6, "filename": "IMG_0001.jpg", "first_name": "Alice",
    "focal_length_35mm": 27.0, "focal_length_mm": 18.0, "guest_name": "Zoe", "height": 4000, "iso": 200, "language": "en",
    "last_name": "", "latitude": 43.144, "lens": "XF18-55mmF2.8-4", "longitude": -4.812, "altitude_m": 1823.0,
    "make": "Fujifilm", "model": "X-T5", "month": 202609, "name": "Fuente Dé", "next": None, "previous": None, "number": 1,
    "part_bytes": None, "place": "Fuente Dé", "prefix": "photosky_3f9a2c71", "quota_bytes": 0, "ratio": 1.5, "reason": "",
    "region": "Cantabria", "rotation": 0, "sha256": SHA256, "taken_local": "2026-09-14T18:03:00",
    "taken_offset_minutes": 120, "thumbhash": "2fcZFIB3iId/h3iJh4aIYJ2V8g", "title": "Above the fog", "until": MOMENT,
    "used_bytes": 41821130, "username": "alice", "width": 6000, "query": "tag:ridge", "bbox": [-4.9, 43.1, -4.7, 43.2],
    "token": "photosky_3f9a2c71" + "0" * 32, "duration_s": None, "part_count": 4, "method": "PUT", "sent_to": "",
    "invited_by": "alice", "views": 7, "upload_bytes": 0, "upload_limit_bytes": 0, "parent": None, "before": None,
    "confirm": "delete all photos", "invitation": None,
}  # fmt: skip
FORMATS: dict[str, Any] = {
    "uuid": ID,
    "date-time": MOMENT,
    "date": "2026-09-14",
    "uri": f"{SITE}/api/images/{ID}/",
    "email": "alice@example.com",
}
TYPES: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}
SAID = {
    "400": ("invalid", "title: This field may not be blank."),
    "401": ("not_authenticated", "Authentication credentials were not provided."),
    "403": ("scope_missing", "This token does not allow POST here; its scopes are: read. Use a token with the scope manage."),
    "404": ("not_found", "There is no such thing here, or it is not yours to see."),
    "405": ("method_not_allowed", 'Method "PUT" not allowed.'),
    "406": ("not_acceptable", "Could not satisfy the request Accept header."),
    "409": ("tag_exists", "There is a tag “ridge” already: merge the two instead."),
    "410": ("cursor_too_old", "This cursor is older than 90 days: ask for a new cursor, list everything again."),
    "412": ("changed_meanwhile", "Somebody changed this since you read it: read it again, then send the change."),
    "413": ("body_too_large", "The body is over 1024 KB: send fewer items at a time."),
    "415": ("unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
    "429": ("throttled", "Request was throttled. Expected available in 12 seconds."),
    "502": ("store_failed", "The object store refused the request. Tell the owner of this site."),
    "503": ("store_unavailable", "The object store does not answer at the moment: try again in a few seconds."),
}  # fmt: skip
Shapes = Mapping[str, Any]


def add_examples(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Give every body of every operation an example, unless its view gives one."""
    shapes = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            for body in content.values():
                body.setdefault("example", _request(body["schema"], shapes))
            for response in operation["responses"].values():
                for body in response.get("content", {}).values():
                    body.setdefault("example", example(body["schema"], shapes))
    for name, response in result["components"].get("responses", {}).items():
        for body in response["content"].values():
            body["example"] = _problem(name[-3:])
    return result


def example(schema: Mapping[str, Any], shapes: Shapes, name: str = "", *, sent: bool = False) -> Any:
    """Return an example of a schema; what is only read is not `sent`, and what is only sent is not answered."""
    if "$ref" in schema:
        return example(shapes[schema["$ref"].rsplit("/", 1)[-1]], shapes, name, sent=sent)
    if "properties" in schema:
        hidden = "readOnly" if sent else "writeOnly"
        members = {key: one for key, one in schema["properties"].items() if not one.get(hidden)}
        return {key: example(one, shapes, key, sent=sent) for key, one in members.items()}
    if choices := schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
        return example(choices[0], shapes, name, sent=sent)
    if "items" in schema and not isinstance(MEMBERS.get(name), list):
        return [example(schema["items"], shapes, name, sent=sent)]
    return schema["enum"][0] if "enum" in schema else _value(schema, name)


def _value(schema: Mapping[str, Any], name: str) -> Any:
    """Return a value of the type: the one that tells most, where the name is known."""
    kinds, known = schema.get("type", []), MEMBERS.get(name)
    if name in MEMBERS and known is None and "null" in kinds:
        return None
    kind = kinds if isinstance(kinds, str) else next((one for one in kinds if one != "null"), "null")
    if kind == "object":
        return {"content-type": "image/jpeg"}
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    known_kind: Any = {"string": str, "integer": int, "number": int | float, "array": list}.get(kind, bool)
    return known if isinstance(known, known_kind) else TYPES.get(kind)


def _request(schema: Mapping[str, Any], shapes: Shapes) -> Any:
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1].removesuffix("Request")
    return SENT[name] if name in SENT else example(schema, shapes, sent=True)


def _problem(status: str) -> dict[str, Any]:
    code, detail = SAID[status]
    return {
        "type": "about:blank",
        "title": problems.title(int(status)),
        "status": int(status),
        "detail": detail,
        "code": code,
        "instance": "/api/images/",
    }
