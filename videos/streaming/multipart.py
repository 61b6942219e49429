"""Several ranges of a file in one body: multipart/byteranges. RFC 9110 §14.6."""

import secrets
from collections.abc import Iterator, Sequence

from videos.streaming.files import BLOCK_BYTES, OpenFile
from videos.streaming.ranges import ByteRange


class ByteRanges:
    """A body with several ranges of an open file, to be read once, in blocks. It cannot use sendfile.

    Takes over the file.
    """

    def __init__(self, file: OpenFile, ranges: Sequence[ByteRange], part_type: str) -> None:
        self._file = file
        # A random boundary, so that no file can contain it.
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/byteranges; boundary={boundary}"
        line = f"\r\n--{boundary}\r\nContent-Type: {part_type}\r\nContent-Range: "
        heads = [f"{line}{each.content_range(file.size_bytes)}\r\n\r\n".encode() for each in ranges]
        # A line break before the first part would be a preamble.
        self._parts = list(zip([heads[0].lstrip(), *heads[1:]], ranges, strict=True))
        self._end = f"\r\n--{boundary}--\r\n".encode()

    @property
    def length(self) -> int:
        return sum(len(head) + each.length for head, each in self._parts) + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body. Small parts share a block, so that hundreds of them do not need hundreds of packets."""
        block = bytearray()
        for head, each in self._parts:
            block += head
            position = each.start
            while position < each.stop:
                if len(block) >= BLOCK_BYTES:
                    yield bytes(block)
                    block.clear()
                content = self._file.read_at(position, min(each.stop - position, BLOCK_BYTES))
                position += len(content)
                block += content
        yield bytes(block + self._end)

    def close(self) -> None:
        self._file.close()
