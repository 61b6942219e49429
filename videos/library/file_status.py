"""What the system says of a file, as numbers that every database can hold."""

import os

# Size in bytes, modified, arrived (put here), device, inode. Dates are in nanoseconds since 1970. All of them are
# between -2**63 and 2**63 - 1: what the system says beyond that is brought in by file_status().
FileStatus = tuple[int, int, int, int, int]

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def file_status(status: os.stat_result) -> FileStatus:
    """Return the numbers of a file. Whoever compares them with a row asks here, so that a clamped date stays equal."""
    modified_ns, changed_ns = status.st_mtime_ns, status.st_ctime_ns
    # The bounds are the years 1677 and 2262. NTFS says 1601 for "no date"; ext4 goes to 2446, tmpfs further still.
    if not (_LOWEST <= modified_ns <= _HIGHEST and _LOWEST <= changed_ns <= _HIGHEST):
        modified_ns, changed_ns = _clamped(modified_ns), _clamped(changed_ns)
    return min(status.st_size, _HIGHEST), modified_ns, changed_ns, signed(status.st_dev), signed(status.st_ino)


def signed(number: int) -> int:
    """Return a number that the system counts up to 2**64, as overlays, ZFS and NFS do, as a database stores it.

    Windows has file numbers of 128 bits: of these the lower half counts.
    """
    if _LOWEST <= number <= _HIGHEST:
        return number
    return (number - _LOWEST) % 2**64 + _LOWEST


def _clamped(number: int) -> int:
    return max(_LOWEST, min(number, _HIGHEST))
