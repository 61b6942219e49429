"""/favicon.ico, which browsers request on their own."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    response = redirect(static("videos/mark.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response
