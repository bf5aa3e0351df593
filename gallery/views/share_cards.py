"""How a shared link looks elsewhere: the preview card, the embedded frame, oEmbed (oembed.com) and the feed (RSS 2.0)."""

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import Resolver404, resolve, reverse
from django.utils.feedgenerator import Enclosure, Rss201rev2Feed
from django.views.decorators.http import require_safe

from gallery import access, imaging, renditions
from gallery.models import Image, ShareLink
from gallery.sharing.addresses import absolute
from gallery.sharing.names import name_of
from gallery.views.share_doors import by_link, gone
from gallery.views.share_pages import guest_alt, guest_tiles, image_at, photo_url, title_of

CARD_SIZE = (1200, 630)
FRAME_SIZE = (640, 480)
FEED_ITEMS = 50
FRAME_PHOTOS = 24
# By the tie of access.images_opened_by: what came last into the album.
LATEST: str = "-tie"


def card(request: HttpRequest, link: ShareLink, image: Image | None) -> dict[str, Any]:
    """Return what link previews read (ogp.me). Behind a password the picture is the same for everybody."""
    page = absolute(request, request.path)
    generic = absolute(request, static("gallery/share-card.png"))
    found: dict[str, Any] = {"url": page, "title": title_of(link), "image": generic, "size": CARD_SIZE}
    if link.password or image is None:
        return found
    found["image"] = absolute(request, reverse("gallery:shared_preview", args=[link.plain]))
    if request.resolver_match and request.resolver_match.url_name == "shared_photo":
        found["image"] += f"?photo={name_of(link, image)}"
    found["alt"] = guest_alt(link, image)
    found["size"] = imaging.rung_size("og", image.width, image.height)
    found["feed"] = absolute(request, reverse("gallery:shared_feed", args=[link.plain]))
    found["oembed"] = absolute(request, reverse("gallery:share_oembed"))
    return found


@by_link("GET", "HEAD", locked=True)
def preview(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    # An address that holds as long as the link, for those who fetch the card later; the store's own does not.
    place = request.GET.get("photo", "")
    return _picture(_public(link), image_at(link, place) if place else _cover(link), "og")


@by_link("GET", "HEAD", locked=True)
def picture(_request: HttpRequest, link: ShareLink, place: str) -> HttpResponseBase:
    return _picture(_public(link), image_at(link, place), "l1280")


@by_link("GET", "HEAD", locked=True)
def embed(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    images = list(access.images_opened_by(_public(link)).defer("metadata")[:FRAME_PHOTOS])
    context = {"link": link, "title": title_of(link), "tiles": guest_tiles(link, images)}
    response = render(request, "share/embed.html", context)
    # What the decorators of Django and django-csp set. They would open the answer for links that do not work as well.
    response.xframe_options_exempt = True
    response._csp_replace = {"frame-ancestors": ["*"]}  # type: ignore[attr-defined]
    return response


@by_link("GET", "HEAD", locked=True)
def feed(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    title = title_of(_public(link))
    made = Rss201rev2Feed(
        title=_plain(title),
        link=absolute(request, reverse("gallery:shared", args=[link.plain])),
        description=_plain(link.album.description if link.album else "") or _plain(title),
        feed_url=absolute(request, request.path),
    )
    images = access.images_opened_by(link).defer("metadata").order_by(LATEST)[:FEED_ITEMS]
    for number, image in enumerate(images, start=1):
        at = reverse("gallery:shared_picture", args=[link.plain, name_of(link, image)])
        page = absolute(request, photo_url(link, image))
        made.add_item(
            title=_plain(image.title or guest_alt(link, image, number)),
            link=page,
            description=_plain(image.description),
            unique_id=page,
            # Its length is not known here; RSS asks for one all the same.
            enclosures=[Enclosure(absolute(request, at), "0", "image/webp")],
        )
    return HttpResponse(made.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only format=json is spoken here.\n", status=501, content_type="text/plain")
    try:
        link = _public(access.link_opened_by(_token(request)))
    except Http404:
        return gone(request)
    width = _within(request.GET.get("maxwidth", ""), FRAME_SIZE[0])
    height = _within(request.GET.get("maxheight", ""), FRAME_SIZE[1])
    source = absolute(request, reverse("gallery:shared_embed", args=[link.plain]))
    frame = {"source": source, "title": title_of(link), "width": width, "height": height}
    answer = JsonResponse(
        {
            "version": "1.0",
            "type": "rich",
            "title": title_of(link),
            "provider_name": "PhotoSky",
            "width": width,
            "height": height,
            "html": render_to_string("share/frame.html", frame).strip(),
        }
    )
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _public(link: ShareLink) -> ShareLink:
    """Return the link; raise Http404 for one with a password, of which nothing is shown elsewhere."""
    if link.password:
        raise Http404
    return link


def _cover(link: ShareLink) -> Image:
    images = access.images_opened_by(link).defer("metadata")
    chosen = images.filter(pk=link.album.cover_id).first() if link.album and link.album.cover_id else None
    image = chosen or images.first()
    if image is None:
        raise Http404
    return image


def _picture(_link: ShareLink, image: Image, rung: str) -> HttpResponse:
    response = redirect(renditions.url(image, rung))
    # Where it leads to expires.
    response["Cache-Control"] = "private, no-store"
    return response


def _token(request: HttpRequest) -> str:
    """Return the token in the address that a consumer asks about; nothing for another site's or another page's."""
    try:
        parts = urlsplit(request.GET.get("url", ""))
        if parts.netloc not in {request.get_host(), urlsplit(absolute(request, "/")).netloc}:
            return ""
        match = resolve(parts.path)
    except (ValueError, Resolver404):
        return ""
    return str(match.kwargs.get("token", "")) if match.url_name in {"shared", "shared_photo"} else ""


def _within(text: str, most: int) -> int:
    return min(max(int(text), 1), most) if text.isdecimal() and len(text) < 6 else most


def _plain(text: str) -> str:
    """Return text that XML can hold: no control characters."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")
