"""The computer's address in the house, and the code that a phone reads it from."""

import re
import socket

import pytest
import segno

from videos.server.lan import lan_address, qr_code, url_of

HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def test_the_address_is_one_of_this_computer_that_others_could_reach():
    address = lan_address()
    if address is None:
        pytest.skip("this computer has no network")
    assert not address.startswith("127.")
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))  # only an own address can be bound to


@pytest.mark.parametrize("text", ["http://192.168.1.20:8000/", "http://[fd00::20]:65535/", "http://a/"])
def test_the_code_on_the_terminal_is_the_code_of_the_text_with_a_light_edge(text):
    lines = qr_code(text).splitlines()
    # Black on white by numbers that no theme changes, and the terminal's own colours again at the end of each line.
    shown = [re.fullmatch("  \x1b\\[38;5;16;48;5;231m([ ▀▄█]+)\x1b\\[0m", line)[1] for line in lines]
    rows = [[HALVES[half][part] for half in line] for line in shown for part in (0, 1)]
    expected = [[int(module) for module in row] for row in segno.make(text, error="l", micro=False).matrix]
    size = len(expected)
    assert [row[2 : 2 + size] for row in rows[2 : 2 + size]] == expected
    edges = [*rows[:2], *rows[2 + size :], *([*row[:2], *row[2 + size :]] for row in rows)]
    assert not any(map(any, edges))
    assert all(len(line) == size + 4 for line in shown)


@pytest.mark.parametrize(
    ("host", "url"),
    [("192.168.1.20", "http://192.168.1.20:80/"), ("fd00::1", "http://[fd00::1]:80/"), ("nas", "http://nas:80/")],
)
def test_an_address_becomes_a_url(host, url):
    assert url_of(host, 80) == url
