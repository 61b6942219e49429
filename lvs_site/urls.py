"""All URLs: the pages, the admin, and the login."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from videos.views.site.favicon import favicon
from videos.views.site.login import password_change
from videos.views.site.manifest import manifest

# Here and not when Django starts: the admin imports numpy and PyAV, and a command asks for no page.
admin.autodiscover()

urlpatterns = [
    # Before the admin's own page, which lets anybody with an open session guess the password.
    path("admin/password_change/", password_change),
    # The admin named its pages of missing files otherwise until the model was renamed.
    re_path(
        r"^admin/videos/disappearance/(?P<rest>.*)$",
        RedirectView.as_view(url="/admin/videos/missingbatch/%(rest)s", query_string=True),
    ),
    path("admin/", admin.site.urls),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    # The login page has the choice of languages, too.
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("favicon.ico", favicon),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("", include("videos.urls")),
]

handler400 = "videos.presentation.error_pages.bad_request"
handler404 = "videos.presentation.error_pages.not_found"
handler500 = "videos.presentation.error_pages.server_error"
