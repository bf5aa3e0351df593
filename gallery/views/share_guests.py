"""What a share link opens: its grid, its photos one by one, its password."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gallery import access, imaging, renditions, sharing
from gallery.models import Image, ShareLink
from gallery.sharing.doors import UNLOCKED_FOR_S
from gallery.sharing.names import name_of
from gallery.views import fragments, tiles
from gallery.views.share_cards import card
from gallery.views.share_doors import by_link, closed, cookie_options, gone, is_let_in
from gallery.views.share_pages import beyond, guest_alt, guest_facts, image_at, page_of, photo_url, title_of

VISIT_COOKIE = "share_visit"
VISIT_S = 12 * 3600
VIEWER_RUNGS = ("l1280", "l2560")


@csrf_exempt
def anything(request: HttpRequest) -> HttpResponse:
    return gone(request)


@by_link("GET", "HEAD", locked=True)
def slashless(_request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    return redirect("gallery:shared", token=link.plain)


@by_link("GET", "HEAD", locked=True)
def opened(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    if not is_let_in(request, link):
        return closed(request, link)
    token = link.plain
    if link.image_id:
        image = _only(link)
        return _counted(request, link, _photo_page(request, link, image))
    page = page_of(link, request.GET.get("after", ""), request.GET.get("from", ""))
    context = {
        "link": link,
        "token": token,
        "title": title_of(link),
        "words": link.album.description if link.album else "",
        "tiles": page.tiles,
        "count": access.images_opened_by(link).count(),
        "first": page.first,
        "older": page.older,
        "card": card(request, link, page.tiles[0].image if page.tiles else None),
    }
    return _counted(request, link, render(request, "share/album.html", context))


@by_link("POST", locked=True)
def unlock(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    token = link.plain
    if not link.password:
        return redirect("gallery:shared", token=token)
    try:
        right = sharing.try_password(
            link, request.POST.get("password", ""), request.META.get("REMOTE_ADDR", "")
        )
    except sharing.TooManyTries as error:
        response = closed(request, link, error.message, status=429)
        response["Retry-After"] = "60"
        return response
    if not right:
        return closed(request, link, _("This is not the password."), status=422)
    response = redirect("gallery:shared", token=token)
    response.set_cookie(
        sharing.COOKIE, sharing.unlocked_value(link), max_age=UNLOCKED_FOR_S, **cookie_options(request, token)
    )
    return response


@by_link("GET", "HEAD")
def photo(request: HttpRequest, link: ShareLink, place: str) -> HttpResponseBase:
    return _counted(request, link, _photo_page(request, link, image_at(link, place)))


def _only(link: ShareLink) -> Image:
    image = access.images_opened_by(link).defer("metadata").first()
    if image is None:
        raise Http404
    return image


def _photo_page(request: HttpRequest, link: ShareLink, image: Image) -> HttpResponse:
    images, token = access.images_opened_by(link).defer("metadata"), link.plain
    newer = older = None
    if not link.image_id:
        newer = beyond(images, image, onward=False).first()
        older = beyond(images, image, onward=True).first()
    urls = renditions.urls([image], VIEWER_RUNGS)[0]
    width, height = imaging.rung_size("l2560", image.width, image.height)
    alt = guest_alt(link, image)
    context = {
        "link": link,
        "token": token,
        "image": image,
        "alt": alt,
        "heading": image.title or (title_of(link) if link.image_id else alt),
        "title": title_of(link),
        "src": urls["l1280"],
        "video": renditions.video_url(image),
        "animation": renditions.animation_url(image),
        "srcset": tiles.srcset(image, urls),
        "width": width,
        "height": height,
        "ratio": f"{width / height:.4f}",
        "facts": guest_facts(link, image),
        "name": name_of(link, image),
        "newer": photo_url(link, newer) if newer else "",
        "older": photo_url(link, older) if older else "",
        "card": card(request, link, image),
    }
    return fragments.answer(request, "share/photo.html", "share/_viewer.html", context)


def _counted(request: HttpRequest, link: ShareLink, response: HttpResponse) -> HttpResponse:
    """Count the visit, once for each cookie; the owner's own looks are none."""
    own = request.user.is_authenticated and request.user.pk == link.owner_id
    if request.method == "GET" and not own and VISIT_COOKIE not in request.COOKIES:
        sharing.count_view(link)
        options = cookie_options(request, link.plain)
        response.set_cookie(VISIT_COOKIE, "1", max_age=VISIT_S, **options)
    return response
