"""An open file, and a slice of it to send. Size and content are those at the time of opening."""

import errno
import os

from videos.streaming.ranges import ByteRange

BLOCK_BYTES = 256 * 1024


class FileShrank(BrokenPipeError):
    """The file became shorter than the response promised.

    The missing bytes cannot be replaced, so the connection has to close, like a broken pipe.
    """

    def __init__(self) -> None:
        super().__init__(errno.EPIPE, "the file became shorter while it was sent")


class OpenFile:
    """A file open for reading, with its size at that time. Takes over the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.status = os.fstat(descriptor)

    @property
    def size_bytes(self) -> int:
        return self.status.st_size

    def read_at(self, position: int, size: int) -> bytes:
        """Return at least one of these bytes. Raises FileShrank."""
        content = os.pread(self.descriptor, size, position)
        if not content:
            raise FileShrank
        return content

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class FileSlice:
    """A slice of an open file, to be read once, in order. Takes over the file.

    The unbuffered descriptor is positioned at the first byte, so that a server can use sendfile; others call read().
    """

    def __init__(self, file: OpenFile, byte_range: ByteRange) -> None:
        self._file = file
        self._left = byte_range.length
        os.lseek(file.descriptor, byte_range.start, os.SEEK_SET)

    def fileno(self) -> int:
        return self._file.descriptor

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, b"" after the last. Raises FileShrank."""
        wanted = self._left if size < 0 else min(size, self._left)
        content = os.read(self._file.descriptor, wanted)
        if wanted and not content:
            raise FileShrank
        self._left -= len(content)
        return content

    def seek(self, position: int) -> None:
        """Move to this byte of the file. socket.sendfile calls it if the client disconnects before the first byte."""
        os.lseek(self._file.descriptor, position, os.SEEK_SET)

    def close(self) -> None:
        self._file.close()
