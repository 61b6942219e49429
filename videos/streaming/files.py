"""An open file, and the bytes that were promised of it. Both are as they were when it was opened."""

import errno
import os

from videos.streaming.ranges import ByteRange

BLOCK_BYTES = 256 * 1024


class FileShrank(BrokenPipeError):
    """The file has fewer bytes than were promised of it.

    Nothing true can be sent in place of those that are gone, so the connection has to end, as over a broken pipe.
    """

    def __init__(self) -> None:
        super().__init__(errno.EPIPE, "the file became shorter while it was sent")


class OpenFile:
    """A file open for reading, with the size that it had then. Takes over the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.status = os.fstat(descriptor)

    @property
    def size_bytes(self) -> int:
        return self.status.st_size

    def read_at(self, position: int, size: int) -> bytes:
        """Return some of these bytes, one at least. Raises FileShrank."""
        content = os.pread(self.descriptor, size, position)
        if not content:
            raise FileShrank
        return content

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class FileSlice:
    """Some bytes of an open file, to be read once, in order. Takes over the file.

    The descriptor stands at the first of them, unbuffered, so that a server with sendfile takes it from there; others
    call read().
    """

    def __init__(self, file: OpenFile, byte_range: ByteRange) -> None:
        self._file = file
        self._left = byte_range.length
        os.lseek(file.descriptor, byte_range.start, os.SEEK_SET)

    def fileno(self) -> int:
        return self._file.descriptor

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, none after the last. Raises FileShrank."""
        wanted = self._left if size < 0 else min(size, self._left)
        content = os.read(self._file.descriptor, wanted)
        if wanted and not content:
            raise FileShrank
        self._left -= len(content)
        return content

    def seek(self, position: int) -> None:
        """Stand at this byte of the file. socket.sendfile asks for it when the client is gone before the first byte."""
        os.lseek(self._file.descriptor, position, os.SEEK_SET)

    def close(self) -> None:
        self._file.close()
