"""Several parts of a file in one body: multipart/byteranges. RFC 9110 §14.6."""

import secrets
from collections.abc import Iterator, Sequence

from videos.streaming.files import BLOCK_BYTES, OpenFile
from videos.streaming.ranges import ByteRange


class ByteRanges:
    """The body with several ranges of an open file, to be read once, in blocks. sendfile has no use here.

    Takes over the file.
    """

    def __init__(self, file: OpenFile, ranges: Sequence[ByteRange], part_type: str) -> None:
        self._file = file
        # By chance, so that no file can hold the line that ends its part.
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/byteranges; boundary={boundary}"
        line = f"\r\n--{boundary}\r\nContent-Type: {part_type}\r\nContent-Range: "
        heads = [f"{line}{each.content_range(file.size_bytes)}\r\n\r\n".encode() for each in ranges]
        # A line break before the first part would stand for a preamble.
        self._parts = list(zip([heads[0].lstrip(), *heads[1:]], ranges, strict=True))
        self._end = f"\r\n--{boundary}--\r\n".encode()

    @property
    def length(self) -> int:
        return sum(len(head) + each.length for head, each in self._parts) + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body. Small parts share a block: hundreds of them are not sent as hundreds of packets."""
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
