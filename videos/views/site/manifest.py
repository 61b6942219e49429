"""The web app manifest, which makes the site installable."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# The dark background of site.css. Manifests do not support oklch().
BACKGROUND = "#0b0d12"
# (file, pixels, purpose). A maskable icon may be cropped to a circle.
_ICONS = [("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-maskable-512.png", 512, "maskable")]


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """Return the web app manifest in the language of the page. It needs no login."""
    home = reverse("gallery")
    content = {
        "id": home,
        "name": "Local Video Server",
        "short_name": gettext("Videos"),
        "description": gettext("A private library of your own videos."),
        "lang": get_language(),
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": BACKGROUND,
        "theme_color": BACKGROUND,
        "icons": [
            {"src": static(f"videos/{name}"), "sizes": f"{pixels}x{pixels}", "type": "image/png", "purpose": purpose}
            for name, pixels, purpose in _ICONS
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")
