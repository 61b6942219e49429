"""The frame around the pages: what a page may load, and what makes the site an app."""

import struct

import pytest

from videos.middleware.csp import STRICT


@pytest.mark.parametrize("address", ["/", "/library/", "/nowhere", "/manifest.webmanifest"])
def test_a_page_may_load_nothing_but_this_sites_own_files(db, client, address):
    response = client.get(address)
    policy = response["Content-Security-Policy"]
    assert policy == STRICT
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_player_may_bring_its_own_styles_and_no_others(make_video, client):
    policy = client.get(f"/videos/{make_video('a.mp4').pk}/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'sha256-" in policy


def test_only_styles_are_loosened_for_the_admin(admin_client):
    policy = admin_client.get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy


def test_the_manifest_names_icons_of_the_sizes_that_it_says(db, client, settings):
    settings.WHITENOISE_USE_FINDERS = True
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert (manifest["display"], manifest["start_url"]) == ("standalone", "/")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        png = b"".join(client.get(icon["src"]).streaming_content)
        width, height = struct.unpack(">II", png[16:24])
        assert icon["sizes"] == f"{width}x{height}"


def test_a_page_that_is_not_found_has_the_way_around_and_a_search(db, client):
    text = client.get("/nowhere").text
    assert 'class="rail"' in text
    assert 'role="search"' in text
