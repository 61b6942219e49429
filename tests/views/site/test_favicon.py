"""Browsers ask for /favicon.ico by themselves, logged in or not."""


def test_the_icon_is_the_sites_mark_also_before_the_login(client, db, settings):
    settings.REQUIRE_LOGIN = True
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, "/static/videos/mark.svg")
    assert "max-age=86400" in response["Cache-Control"]
    assert client.post("/favicon.ico").status_code == 405
