"""A video for a player outside the browser: a playlist with one entry, and its stream."""

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from videos.accounts.signed_values import loads_recent, sealed, unsealed
from videos.models import Video
from videos.userdata.cached_reads import filename_of
from videos.views.watch.stream import stream_file

# Long enough for a long film with a night in between. Until then the address plays this one video for anybody.
KEY_SECONDS = 24 * 60 * 60
_SALT = "videos.views.watch.external.stream"


@require_safe
def playlist(request: HttpRequest, video_id: int) -> HttpResponse:
    """Return an M3U playlist with one entry, the video's stream, which VLC, mpv and others open.

    Such a player has no session. If a login is required, the address holds a key for exactly this video, which is valid
    for a day at most, and only as long as the session that it was made in: until a logout, a new password or a closed
    account.
    """
    video = get_object_or_404(Video.objects.present(), pk=video_id)
    if settings.REQUIRE_LOGIN:
        # Encrypted, since people pass playlists on, and a session key gives access to everything.
        session_key = sealed(request.session.session_key or "", _SALT)
        key = signing.dumps([video.pk, request.user.pk, session_key], salt=_SALT, compress=True)
        path = reverse("stream_by_key", args=[key])
    else:
        path = reverse("stream", args=[video.pk])
    title = " ".join(video.display_title.split())
    seconds = -1 if video.duration is None else round(video.duration)
    lines = ["#EXTM3U", f"#EXTINF:{seconds},{title}", request.build_absolute_uri(path), ""]
    response = HttpResponse("\n".join(lines).encode(errors="replace"), content_type="audio/x-mpegurl; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{title[:100]}.m3u") or "attachment"
    # It contains a key.
    response["Cache-Control"] = "no-store"
    return response


@login_not_required
@require_safe
def stream_by_key(request: HttpRequest, key: str) -> HttpResponseBase:
    """Return the bytes of the video that the key from `playlist` is for."""
    try:
        video_id, user_id, session_key = loads_recent(key, _SALT, KEY_SECONDS)
        session = type(request.session)(unsealed(session_key, _SALT))
    except (signing.BadSignature, ValueError, TypeError, AttributeError) as error:
        raise Http404("The key is wrong, or too old.") from error
    if not _is_logged_in(session, user_id):
        raise Http404("The session has ended.")
    filename = filename_of(video_id)
    if filename is None:
        raise Http404("There is no such video.")
    response = stream_file(request, filename)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _is_logged_in(session: SessionBase, user_id: int) -> bool:
    """Return whether the session still belongs to the account, with the same password."""
    if session.get(SESSION_KEY) != str(user_id):
        return False
    account = User.objects.filter(pk=user_id, is_active=True).first()
    return account is not None and constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash()
    )
