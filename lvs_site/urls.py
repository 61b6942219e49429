"""All URLs: the pages, the admin, and the login."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from videos.views.favicon import favicon
from videos.views.manifest import manifest

urlpatterns = [
    path("admin/", admin.site.urls),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("favicon.ico", favicon),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("", include("videos.urls")),
]

handler400 = "videos.views.errors.bad_request"
handler404 = "videos.views.errors.not_found"
handler500 = "videos.views.errors.server_error"
