"""A file that crashes, stalls or bloats the decoder costs that file alone; what the decoder says is doubted."""

import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import PROJECT
from tests.counts import at_full_count
from tests.media.samples import SAMPLES, make_sample, recipe, write
from videos.media import decoder_protocol
from videos.media.decoder_client import Analysis, Decoder, NoDecoder
from videos.media.decoder_protocol import (
    Message,
    Nonsense,
    facts_body,
    facts_in,
    pictures_in,
    pictures_message,
    reason_in,
)
from videos.media.demuxer import UnreadableMedia, open_media
from videos.media.probe import Chapter, Facts, Track, facts_of
from videos.media.thumbnails import Pictures, Sprite, take_pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("decoding")


@pytest.fixture(scope="module")
def good(folder) -> Path:
    return make_sample("h264.mp4", folder)


@pytest.fixture(scope="module")
def slow(folder) -> Path:
    """A file that is decoded for seconds: large, black, and every frame a keyframe, so that a better one is sought."""
    options = {"preset": "ultrafast", "g": "1"}
    drawn = "color=black:size={size}:rate=25"
    made = recipe(
        "silent.mp4", name="slow.mp4", picture=drawn, width=1920, height=1080, seconds=32, video_options=options
    )
    return write(made, folder)


# A hang is told from slow work by this; the child has the lowest priority, and the machine may be busy.
STALL_SECONDS = 4


@contextmanager
def decoder(**options: Any) -> Iterator[Decoder]:
    decoder = Decoder(**options)
    try:
        yield decoder
    finally:
        decoder.close()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Decoder]:
    """A decoder for tests that do not disturb it."""
    with decoder() as one:
        yield one


def analyze(decoder: Decoder, path: Path) -> Analysis:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return decoder.analyze(descriptor)
    finally:
        os.close(descriptor)


def seconds_for(decoder: Decoder, path: Path) -> float:
    """Return how long an analysis takes on this machine, as busy as it is."""
    analyze(decoder, path)
    started = time.monotonic()
    analyze(decoder, path)
    return time.monotonic() - started


def refusal(decoder: Decoder, path: Path) -> str:
    with pytest.raises(UnreadableMedia) as refused:
        analyze(decoder, path)
    return str(refused.value)


def cpu_seconds(process_id: int) -> float:
    """Return the seconds of computing that a process has had."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def analyze_and_disturb(decoder: Decoder, path: Path, disturb: Callable[[int], None]) -> Future[Analysis]:
    """Analyze the slow file in a thread, and disturb the child when it is in the midst of the pictures."""
    child = decoder.process_id
    assert child is not None
    before = cpu_seconds(child)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(analyze, decoder, path)
        until(lambda: cpu_seconds(child) > before + 0.3)
        disturb(child)
    return future


@pytest.mark.parametrize("name", SAMPLES)
def test_the_child_sees_what_an_analysis_in_this_process_sees(tmp_path, lasting, name):
    path = make_sample(name, tmp_path)
    seen = analyze(lasting, path)
    descriptor = os.open(path, os.O_RDONLY)
    with open_media(descriptor) as container:
        facts = facts_of(container, descriptor)
        assert seen == Analysis(facts, take_pictures(container, facts), "")
    os.close(descriptor)


def test_one_child_analyzes_one_file_after_another(good):
    with decoder() as one:
        assert one.process_id is None
        analyze(one, good)
        child = one.process_id
        for _ in range(5):
            assert analyze(one, good).pictures is not None
        assert one.process_id == child


def test_a_new_child_takes_over_after_so_many_files(good):
    with decoder(files_per_child=2) as one:
        children = []
        for _ in range(4):
            analyze(one, good)
            children.append(one.process_id)
    assert children[1] is None
    assert children[0] != children[2]


def test_a_file_that_is_no_video_is_refused_and_the_child_goes_on(tmp_path, good):
    path = tmp_path / "letter.mp4"
    path.write_text("Dear child")
    with decoder() as one:
        analyze(one, good)
        child = one.process_id
        assert refusal(one, path) == "a text file, not a video"
        assert analyze(one, good).problem == ""
        assert one.process_id == child


def test_facts_without_pictures_come_with_the_reason(tmp_path):
    path = make_sample("silent.mp4", tmp_path)
    content = bytearray(path.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    path.write_bytes(content)
    with decoder() as one:
        seen = analyze(one, path)
    assert seen.facts.duration_seconds == 4
    assert (seen.pictures, seen.problem) == (None, "none of its pictures can be decoded")


@pytest.fixture(scope="module")
def unmeasured(folder) -> Path:
    """A file whose facts take seconds: it does not say how long it lasts, and has a million frames."""
    made = recipe("silent.mp4", name="endless.mkv", seconds=40, width=64, height=64, container_options={"live": "1"})
    path = write(replace(made, picture="color=red:size={size}:rate=25"), folder)
    content = path.read_bytes()
    cluster = content.index(bytes.fromhex("1f43b675"))
    path.write_bytes(content[:cluster] + content[cluster:] * 1500)
    return path


def test_a_crash_before_the_facts_costs_the_file(good, unmeasured):
    with decoder() as one:
        analyze(one, good)
        child = one.process_id
        crash = analyze_and_disturb(one, unmeasured, lambda child: os.kill(child, signal.SIGSEGV)).exception()
        assert (type(crash), str(crash)) == (UnreadableMedia, "the decoder crashed on it")
        assert analyze(one, good).pictures is not None
        assert one.process_id != child


def test_a_hang_before_the_facts_costs_the_file(good, unmeasured):
    with decoder(stall_seconds=STALL_SECONDS) as one:
        analyze(one, good)
        hang = analyze_and_disturb(one, unmeasured, lambda child: os.kill(child, signal.SIGSTOP)).exception()
        assert (type(hang), str(hang)) == (UnreadableMedia, f"the decoder made no progress for {STALL_SECONDS} s")
        assert analyze(one, good).pictures is not None


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_crash_after_the_facts_costs_the_pictures(good, slow, how):
    with decoder() as one:
        analyze(one, good)
        seen = analyze_and_disturb(one, slow, lambda child: os.kill(child, how)).result()
        assert seen.facts.width == 1920
        assert (seen.pictures, seen.problem) == (None, "the decoder crashed on it")
        assert analyze(one, good).pictures is not None


def test_a_child_that_never_begins_takes_no_more_time_than_agreed(good):
    with decoder(stall_seconds=STALL_SECONDS) as one:
        analyze(one, good)
        child = one.process_id
        assert child is not None
        os.kill(child, signal.SIGSTOP)
        started = time.monotonic()
        assert analyze(one, good).pictures is not None
        # Once as long as agreed, and what the next one takes for the file, which is much less.
        assert time.monotonic() - started < 3 * STALL_SECONDS
        assert one.process_id != child
        assert not Path(f"/proc/{child}").exists()


def test_a_hang_after_the_facts_costs_the_pictures(good, slow):
    with decoder(stall_seconds=STALL_SECONDS) as one:
        analyze(one, good)
        seen = analyze_and_disturb(one, slow, lambda child: os.kill(child, signal.SIGSTOP)).result()
        assert (seen.facts.width, seen.pictures) == (1920, None)
        assert seen.problem == f"the decoder made no progress for {STALL_SECONDS} s"
        assert analyze(one, good).pictures is not None


def test_slow_work_that_goes_on_is_no_hang(good, slow, lasting):
    """It takes longer than a hang may, and says all the while that it goes on."""
    stall_seconds = seconds_for(lasting, slow) / 3
    with decoder(stall_seconds=stall_seconds) as one:
        # It is not the start that is measured.
        analyze(one, good)
        started = time.monotonic()
        assert analyze(one, slow).pictures is not None
        assert time.monotonic() - started > stall_seconds


def test_work_without_end_is_ended(good, slow, lasting):
    most_seconds = round(seconds_for(lasting, slow) / 3, 2)
    with decoder(most_seconds=most_seconds) as one:
        analyze(one, good)
        seen = analyze(one, slow)
        assert (seen.pictures, seen.problem) == (None, f"decoding it takes more than {most_seconds:g} s")
        assert analyze(one, good).pictures is not None


def huge_picture() -> bytes:
    """Return a PNG that says it is 14,000 pixels square, 16 bits deep, and holds next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 14_000, 14_000, 16, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def test_a_file_that_takes_too_much_memory_costs_that_file_alone(tmp_path, good):
    path = tmp_path / "huge.mov"
    with av.open(str(path), "w") as container:
        track: Any = container.add_mux_stream("png", rate=25, width=640, height=360)
        for number in range(3):
            packet = av.Packet(huge_picture())
            packet.pts = packet.dts = number
            packet.duration, packet.time_base, packet.stream = 1, track.time_base or Fraction(1, 25), track
            packet.is_keyframe = True
            container.mux(packet)
    with decoder() as one:
        analyze(one, good)
        child = one.process_id
        seen = analyze(one, path)
        assert (seen.pictures, seen.problem) == (None, "decoding it takes more than 1 GiB of memory")
        assert analyze(one, good).pictures is not None
        assert one.process_id != child


def test_a_child_that_died_between_two_files_is_replaced(good):
    with decoder() as one:
        analyze(one, good)
        child = one.process_id
        assert child is not None
        os.kill(child, signal.SIGKILL)
        assert analyze(one, good).pictures is not None


def test_the_child_has_its_limits(good):
    with decoder() as one:
        analyze(one, good)
        child = one.process_id
        assert child is not None
        assert resource.prlimit(child, resource.RLIMIT_AS) == (1024**3, 1024**3)
        assert resource.prlimit(child, resource.RLIMIT_CORE) == (0, 0)
        assert resource.prlimit(child, resource.RLIMIT_FSIZE) == (0, 0)
        assert 300 <= resource.prlimit(child, resource.RLIMIT_CPU)[0] <= 320
        assert os.getpriority(os.PRIO_PROCESS, child) == 19
        assert os.getsid(child) == child
        # Standard input, output and errors, and the channel; the file and FFmpeg's copy of it came and went.
        # The file is closed just after the answer is sent.
        end = time.monotonic() + 10
        while (opened := sorted(map(int, os.listdir(f"/proc/{child}/fd")))) != [0, 1, 2, 3]:
            assert time.monotonic() < end, opened
        assert resource.prlimit(child, resource.RLIMIT_NOFILE) == (6, 6)
        names = {pair.split(b"=")[0] for pair in Path(f"/proc/{child}/environ").read_bytes().split(b"\0") if pair}
        assert names <= {
            b"LANG",
            b"PYTHONDONTWRITEBYTECODE",
            b"MALLOC_ARENA_MAX",
            b"OPENBLAS_NUM_THREADS",
            b"PYTHONPATH",
            b"LD_LIBRARY_PATH",
        }


@pytest.mark.parametrize("busy", [False, True])
def test_the_child_ends_when_its_parent_is_gone(good, slow, busy):
    code = (
        "import os, sys, threading, time\n"
        "from videos.media.decoder_client import Decoder\n"
        "one = Decoder()\n"
        "one.analyze(os.open(sys.argv[1], os.O_RDONLY))\n"
        "print(one.process_id, flush=True)\n"
        "one.analyze(os.open(sys.argv[2], os.O_RDONLY)) if sys.argv[3] == 'True' else time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(good), str(slow), str(busy)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    until(lambda: not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes())


def test_nothing_is_left_open_by_children_that_died(good):
    with decoder() as one:
        analyze(one, good)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            assert one.process_id is not None
            os.kill(one.process_id, signal.SIGKILL)
            analyze(one, good)
        assert len(os.listdir("/proc/self/fd")) == before
    assert len(os.listdir("/proc/self/fd")) == before - 1


def test_the_descriptor_stays_open_and_the_callers(good):
    descriptor = os.open(good, os.O_RDONLY)
    with decoder() as one:
        one.analyze(descriptor)
    assert os.pread(descriptor, 4, 4) == b"ftyp"
    os.close(descriptor)


def test_a_decoder_that_is_closed_starts_again_at_need(good):
    one = Decoder()
    one.close()
    assert analyze(one, good).pictures is not None
    one.close()
    assert one.process_id is None


def test_two_decoders_work_side_by_side(good):
    def work() -> int:
        with decoder() as one:
            return sum(analyze(one, good).pictures is not None for _ in range(10))

    with ThreadPoolExecutor(2) as pool:
        assert [future.result() for future in [pool.submit(work), pool.submit(work)]] == [10, 10]


def test_an_installation_without_a_decoder_blames_no_file(good, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(NoDecoder), decoder() as one:
        analyze(one, good)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NoDecoder), decoder() as one:
        analyze(one, good)


FACTS = Facts(
    4.0, 320, 180, 25.0, 0, "mp4", "h264", "aac", 1_000_000, (Track("aac", "deu", "Ton", 2, True),),
    (Track("subrip", "", "", 0, False),), (Chapter(0.0, 4.0, "Anfang"),),
)  # fmt: skip
WEBP = b"RIFF" + struct.pack("<I", 12) + b"WEBPVP8 abcd"
PICTURES = Pictures(WEBP, "#0a0b0c", Sprite(WEBP, 2, 240, 136, (0.0, 10.0)))


def exchange(send: Callable[[socket.socket], None]) -> Message:
    """Return the message as it arrives at the other end of a channel."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(target=send, args=(theirs,))
        sender.start()
        try:
            return decoder_protocol.receive(ours, time.monotonic() + 5)
        finally:
            ours.close()
            sender.join()


def test_facts_and_pictures_arrive_as_they_were_sent():
    assert facts_in(exchange(lambda channel: decoder_protocol.send(channel, "facts", facts_body(FACTS)))) == FACTS
    body, blobs = pictures_message(PICTURES)
    assert pictures_in(exchange(lambda channel: decoder_protocol.send(channel, "pictures", body, *blobs))) == PICTURES
    alone = Pictures(WEBP, "#0a0b0c", None)
    body, blobs = pictures_message(alone)
    assert pictures_in(Message("pictures", body, tuple(blobs))) == alone


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value inside a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@pytest.mark.long("videos/media")
@settings(max_examples=at_full_count(300, 60))
@given(st.data(), JSON)
def test_facts_of_a_wrong_type_or_size_are_nonsense_and_the_others_are_sound(data, new):
    body = json.loads(json.dumps(facts_body(FACTS)))
    path = data.draw(st.sampled_from(list(places(body))[1:]))
    try:
        facts = facts_in(Message("facts", changed(body, path, new), ()))
    except Nonsense:
        return
    assert json.loads(json.dumps(facts_body(facts), allow_nan=False))
    assert 0 < facts.width <= 65_535
    assert facts.duration_seconds is None or 0 <= facts.duration_seconds <= 10_000_000
    assert all("\0" not in text for text in (facts.container, facts.video_codec, facts.audio_codec))
    assert all(len(track.title.encode()) <= 800 for track in facts.audio + facts.subtitles)


@pytest.mark.long("videos/media")
@settings(max_examples=at_full_count(200, 60))
@given(st.data(), JSON)
def test_pictures_of_a_wrong_type_or_size_are_nonsense_and_the_others_are_sound(data, new):
    body, blobs = pictures_message(PICTURES)
    path = data.draw(st.sampled_from(list(places(body))[1:]))
    blobs = data.draw(st.sampled_from([blobs, blobs[:1], [WEBP[:-1], WEBP], [b"<script>", WEBP]]))
    try:
        pictures = pictures_in(Message("pictures", changed(body, path, new), tuple(blobs)))
    except Nonsense:
        return
    assert len(pictures.color) == 7
    assert pictures.sprite is None or 1 <= pictures.sprite.columns <= len(pictures.sprite.times)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 0), ("width", 2**31), ("width", True), ("width", 320.0), ("width", "320"), ("rotation", -90),
        ("duration_seconds", -1), ("duration_seconds", 1e15), ("duration_seconds", "4"), ("frame_rate", 1e9),
        ("video_codec", "h\0"), ("video_codec", "\ud800"), ("video_codec", "x" * 201), ("video_codec", None),
        ("container", ["mp4"]), ("bit_rate", 1.5), ("audio", {}), ("audio", [{}]), ("chapters", [[]] * 2),
        ("chapters", [{"start_seconds": 0, "end_seconds": 1, "title": ""}] * 1001), ("unknown", 1),
    ],
)  # fmt: skip
def test_facts_that_the_child_would_not_send_are_nonsense(field, value):
    with pytest.raises(Nonsense):
        facts_in(Message("facts", {**json.loads(json.dumps(facts_body(FACTS))), field: value}, ()))


@pytest.mark.parametrize("reason", [None, 1, "a\nb", "x" * 201, "\ud800"])
def test_a_reason_that_no_person_could_read_is_nonsense(reason):
    with pytest.raises(Nonsense):
        reason_in(Message("failed", {"reason": reason}, ()))


HEADERS = [
    b"\xff\xff\xff\xff",
    b"\0\0\0\4null",
    b"\0\0\0\2{}",
    b"\0\0\0\5[[[[[",
    *(
        len(header).to_bytes(4) + header
        for header in (
            b'{"kind": "facts", "body": {}, "sizes": [1e9]}',
            b'{"kind": "facts", "body": {}, "sizes": [99999999999]}',
            b'{"kind": "facts", "body": {}, "sizes": [-1]}',
            b'{"kind": "facts", "body": {"x": NaN}, "sizes": []}',
            b'{"kind": "facts", "body": {"x": Infinity}, "sizes": []}',
            b'{"kind": "facts", "body": {}, "sizes": [0, 0, 0]}',
            b'{"kind": 1, "body": {}, "sizes": []}',
            b"[" * 100_000,
            b"\xff\xfe",
        )
    ),
]


@pytest.mark.parametrize("sent", HEADERS, ids=range(len(HEADERS)))
def test_a_header_that_the_child_would_not_send_is_nonsense(sent):
    with pytest.raises(Nonsense):
        exchange(lambda channel: channel.sendall(sent))


def test_a_message_that_breaks_off_is_an_end_and_one_that_stops_is_late():
    def break_off(channel: socket.socket) -> None:
        channel.sendall(b"\0\0\0\4nu")
        channel.shutdown(socket.SHUT_WR)

    with pytest.raises(ConnectionResetError):
        exchange(break_off)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\0\0\0\4nu")
        with pytest.raises(TimeoutError):
            decoder_protocol.receive(ours, time.monotonic() + 0.1)
