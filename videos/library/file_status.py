"""A file's status as numbers that every database can store."""

import os

# Size in bytes, modified, arrived (created in the folder), device, inode. Dates are in nanoseconds since 1970.
# file_status() clamps all of them to signed 64 bits.
FileStatus = tuple[int, int, int, int, int]

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def file_status(status: os.stat_result) -> FileStatus:
    """Return a file's status. Use it for every comparison with a row, so that clamped dates stay equal."""
    modified_ns, changed_ns = status.st_mtime_ns, status.st_ctime_ns
    # The bounds are the years 1677 and 2262. NTFS uses 1601 for "no date"; ext4 reaches 2446, tmpfs further.
    if not (_LOWEST <= modified_ns <= _HIGHEST and _LOWEST <= changed_ns <= _HIGHEST):
        modified_ns, changed_ns = _clamped(modified_ns), _clamped(changed_ns)
    return min(status.st_size, _HIGHEST), modified_ns, changed_ns, signed(status.st_dev), signed(status.st_ino)


def signed(number: int) -> int:
    """Return an unsigned 64-bit number, as overlays, ZFS and NFS use them, as a signed one.

    Windows has 128-bit file numbers: only their lower half is used.
    """
    if _LOWEST <= number <= _HIGHEST:
        return number
    return (number - _LOWEST) % 2**64 + _LOWEST


def _clamped(number: int) -> int:
    return max(_LOWEST, min(number, _HIGHEST))
