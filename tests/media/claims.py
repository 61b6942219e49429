"""Real files made to claim what they are not: lengths, clocks, frame rates, sizes; a few bytes of each are patched."""

import struct
from collections.abc import Iterator
from pathlib import Path

import av

TS_PACKET = 188
CLOCK_WRAP = 1 << 33  # of the 90 kHz clock of MPEG


def patch(path: Path, at: int, new: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(new)


def boxes(path: Path, name: bytes) -> list[int]:
    """Return where the contents of the boxes of this name begin."""
    content = path.read_bytes()
    return [at + 4 for at in range(len(content)) if content.startswith(name, at)]


def claim_mp4_duration(path: Path, units: int, names: tuple[bytes, ...] = (b"mvhd", b"tkhd", b"mdhd")) -> None:
    """Set the duration in the headers of the movie, its tracks and their media, in the units of each."""
    places = {b"mvhd": 16, b"tkhd": 20, b"mdhd": 16}
    for name in names:
        for start in boxes(path, name):
            patch(path, start + places[name], struct.pack(">I", units))


def claim_mp4_timescale(path: Path, units: int, names: tuple[bytes, ...] = (b"mvhd", b"mdhd")) -> None:
    """Set how many units of time a second has."""
    for name in names:
        for start in boxes(path, name):
            patch(path, start + 12, struct.pack(">I", units))


def claim_mp4_edit(path: Path, units: int, start: int = 0) -> None:
    """Let the first entry of each edit list be so long, from a moment of the media on."""
    for at in boxes(path, b"elst"):
        patch(path, at + 8, struct.pack(">Ii", units, start))


def claim_mp4_sample_duration(path: Path, units: int) -> None:
    """Let each picture and sound last so long."""
    for at in boxes(path, b"stts"):
        for entry in range(struct.unpack_from(">I", path.read_bytes(), at + 4)[0]):
            patch(path, at + 8 + 8 * entry + 4, struct.pack(">I", units))


def claim_matroska_duration(path: Path, duration: float | bytes) -> None:
    """Set the element Duration, of eight bytes, in milliseconds."""
    at = path.read_bytes().index(b"\x44\x89\x88")
    patch(path, at + 3, duration if isinstance(duration, bytes) else struct.pack(">d", duration))


def claim_matroska_frame_time(path: Path, nanoseconds: int) -> None:
    """Set the element DefaultDuration of the video track, whatever its length."""
    content = path.read_bytes()
    at = content.index(b"\x23\xe3\x83")
    patch(path, at + 4, nanoseconds.to_bytes(content[at + 3] & 0x7F))


def claim_avi_rate(path: Path, rate: int, scale: int) -> None:
    """Set the frames a second, as a fraction, of the video stream."""
    at = path.read_bytes().index(b"strh") + 8
    patch(path, at + 20, struct.pack("<II", scale, rate))


def claim_avi_frames(path: Path, frames: int) -> None:
    """Set how many frames the file and its streams have."""
    content = path.read_bytes()
    patch(path, content.index(b"avih") + 8 + 16, struct.pack("<I", frames))
    at = -1
    while (at := content.find(b"strh", at + 1)) >= 0:
        patch(path, at + 8 + 32, struct.pack("<I", frames))


def claim_flv_number(path: Path, name: bytes, value: float) -> None:
    """Set a number of the metadata, such as duration or framerate."""
    at = path.read_bytes().index(name + b"\0") + len(name)
    patch(path, at + 1, struct.pack(">d", value))


def claim_asf_duration(path: Path, units: int) -> None:
    """Set the play and send duration of the file, in ten millionths of a second."""
    at = path.read_bytes().index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
    patch(path, at + 64, struct.pack("<QQ", units, units))


def claim_rm_duration(path: Path, milliseconds: int) -> None:
    """Set the duration of the file and of its streams."""
    content = path.read_bytes()
    patch(path, content.index(b"PROP") + 30, struct.pack(">I", milliseconds))
    at = -1
    while (at := content.find(b"MDPR", at + 1)) >= 0:
        patch(path, at + 36, struct.pack(">I", milliseconds))


def claim_ogg_end(path: Path, granule: int) -> None:
    """Set the position of the last page of each stream, with its checksum."""
    content = bytearray(path.read_bytes())
    pages = [at for at in range(len(content) - 27) if content[at : at + 4] == b"OggS" and content[at + 4] == 0]
    last = {bytes(content[at + 14 : at + 18]): at for at in pages}
    for at in last.values():
        content[at + 6 : at + 14] = struct.pack("<q", granule)
        segments = content[at + 26]
        end = at + 27 + segments + sum(content[at + 27 : at + 27 + segments])
        content[at + 22 : at + 26] = bytes(4)
        content[at + 22 : at + 26] = struct.pack("<I", _ogg_checksum(bytes(content[at:end])))
    path.write_bytes(content)


def _ogg_checksum(page: bytes) -> int:
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ 0x04C11DB7 if checksum & 0x80000000 else checksum << 1) & 0xFFFFFFFF
    return checksum


def set_back_ts_clock(content: bytes, ticks: int) -> bytes:
    """Return a transport stream whose clocks (PCR, PTS, DTS) are so many ticks of 90 kHz later, wrapped at 33 bits."""
    packets = bytearray(content)
    for start in range(0, len(packets) - TS_PACKET + 1, TS_PACKET):
        has_field, has_payload = packets[start + 3] & 0x20, packets[start + 3] & 0x10
        payload = start + 4
        if has_field:
            length = packets[start + 4]
            if length and packets[start + 5] & 0x10:
                _shift_pcr(packets, start + 6, ticks)
            payload += 1 + length
        is_start = packets[start + 1] & 0x40
        if has_payload and is_start and packets[payload : payload + 3] == b"\0\0\1":
            _shift_pes(packets, payload, ticks)
    return bytes(packets)


def set_back_ps_clock(content: bytes, ticks: int) -> bytes:
    """Return a program stream (MPEG-2) whose clocks are so many ticks of 90 kHz later, wrapped at 33 bits."""
    stream = bytearray(content)
    at = 0
    while (at := stream.find(b"\0\0\1", at)) >= 0 and at + 14 < len(stream):
        code = stream[at + 3]
        if code == 0xBA and stream[at + 4] >> 6 == 1:
            _shift_scr(stream, at + 4, ticks)
            at += 14
        elif code >= 0xBD:
            if code not in (0xBE, 0xBF):
                _shift_pes(stream, at, ticks)
            at += 6 + int.from_bytes(stream[at + 4 : at + 6])
        else:
            at += 4
    return bytes(stream)


def _shift_pcr(packets: bytearray, at: int, ticks: int) -> None:
    value = int.from_bytes(packets[at : at + 6])
    base = ((value >> 15) + ticks) % CLOCK_WRAP
    packets[at : at + 6] = (base << 15 | value & 0x7FFF).to_bytes(6)


def _shift_scr(stream: bytearray, at: int, ticks: int) -> None:
    value = int.from_bytes(stream[at : at + 6])
    base = (value >> 43 & 7) << 30 | (value >> 27 & 0x7FFF) << 15 | value >> 11 & 0x7FFF
    base = (base + ticks) % CLOCK_WRAP
    kept = value & ~(7 << 43 | 0x7FFF << 27 | 0x7FFF << 11)
    stream[at : at + 6] = (kept | base >> 30 << 43 | (base >> 15 & 0x7FFF) << 27 | (base & 0x7FFF) << 11).to_bytes(6)


def _shift_pes(packets: bytearray, at: int, ticks: int) -> None:
    if packets[at + 6] >> 6 != 2:
        return
    for number in range({2: 1, 3: 2}.get(packets[at + 7] >> 6, 0)):
        place = at + 9 + 5 * number
        head, high, middle, low, last = packets[place : place + 5]
        value = (head >> 1 & 7) << 30 | high << 22 | middle >> 1 << 15 | low << 7 | last >> 1
        value = (value + ticks) % CLOCK_WRAP
        packets[place : place + 5] = bytes(
            [head & 0xF0 | value >> 30 << 1 | 1, value >> 22 & 0xFF, (value >> 15 & 0x7F) << 1 | 1, value >> 7 & 0xFF,
             (value & 0x7F) << 1 | 1]
        )  # fmt: skip


def timestamps(path: Path) -> Iterator[float]:
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.pts is not None:
                yield float(packet.pts * packet.time_base)
