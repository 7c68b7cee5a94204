"""A file system in FUSE that writes down, in order, everything that decides what a disk holds after the power has gone.

    python3 recorder.py BACKING MOUNTPOINT LOG

Files lie in BACKING. Each operation is a line of JSON in LOG: what was written where, which names came and went, and what was
synced. Looking for a name that begins with `.said-` writes that down too, and finds nothing: a process so says, in order with its
writes, what it has promised. SQLite's -shm files are left out: they are made anew by whoever opens the database first.
"""

import base64
import errno
import itertools
import json
import os
import sys

try:
    from fusepy import FUSE, FuseOSError, Operations
except ImportError:  # its name outside of Debian
    from fuse import FUSE, FuseOSError, Operations


def left_out(path):
    return path.endswith("-shm")


class Recorder(Operations):
    def __init__(self, backing, log):
        self.backing = backing
        self.log = open(log, "w", encoding="ascii")
        self.numbers = itertools.count(1)
        # What the files are called by now, and which file a handle is of: a file outlives its names.
        self.files = {}
        self.handles = {}

    def at(self, path):
        return self.backing + path

    def write_down(self, op, **what):
        self.log.write(json.dumps({"op": op, **what}) + "\n")
        self.log.flush()

    # What changes.

    def create(self, path, mode, fi=None):
        handle = os.open(self.at(path), os.O_RDWR | os.O_CREAT, mode)
        if not left_out(path):
            file = self.files[path] = next(self.numbers)
            self.handles[handle] = file
            self.write_down("create", path=path, file=file)
        return handle

    def open(self, path, flags):
        handle = os.open(self.at(path), flags & ~os.O_APPEND)
        if path in self.files:
            self.handles[handle] = self.files[path]
            if flags & os.O_TRUNC:
                self.write_down("truncate", file=self.files[path], size=0)
        return handle

    def write(self, path, data, offset, handle):
        written = os.pwrite(handle, data, offset)
        if handle in self.handles:
            content = base64.b64encode(data[:written]).decode("ascii")
            self.write_down("write", file=self.handles[handle], offset=offset, data=content)
        return written

    def truncate(self, path, length, fh=None):
        os.truncate(self.at(path), length)
        if path in self.files:
            self.write_down("truncate", file=self.files[path], size=length)

    def rename(self, old, new):
        os.rename(self.at(old), self.at(new))
        self.files[new] = self.files.pop(old)
        self.write_down("rename", path=old, to=new)

    def unlink(self, path):
        os.unlink(self.at(path))
        if self.files.pop(path, None) is not None:
            self.write_down("unlink", path=path)

    def mkdir(self, path, mode):
        os.mkdir(self.at(path), mode)
        self.write_down("mkdir", path=path)

    def rmdir(self, path):
        os.rmdir(self.at(path))
        self.write_down("unlink", path=path)

    # What makes it durable.

    def fsync(self, path, datasync, handle):
        if handle in self.handles:
            self.write_down("sync", file=self.handles[handle])

    def fsyncdir(self, path, datasync, handle):
        self.write_down("syncFolder", path=path)

    # What only looks.

    def getattr(self, path, fh=None):
        name = os.path.basename(path)
        if name.startswith(".said-"):
            self.write_down("said", number=int(name[len(".said-"):]))
            raise FuseOSError(errno.ENOENT)
        found = os.lstat(self.at(path)) if fh is None else os.fstat(fh)
        keys = ("st_atime", "st_ctime", "st_gid", "st_mode", "st_mtime", "st_nlink", "st_size", "st_uid", "st_blocks")
        return {key: getattr(found, key) for key in keys}

    def access(self, path, mode):
        if not os.access(self.at(path), mode):
            raise FuseOSError(errno.EACCES)

    def chmod(self, path, mode):
        os.chmod(self.at(path), mode)

    def chown(self, path, uid, gid):
        os.chown(self.at(path), uid, gid)

    def utimens(self, path, times=None):
        os.utime(self.at(path), times)

    def statfs(self, path):
        found = os.statvfs(self.at(path))
        keys = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files", "f_flag", "f_frsize", "f_namemax")
        return {key: getattr(found, key) for key in keys}

    def readdir(self, path, fh):
        return [".", "..", *os.listdir(self.at(path))]

    def read(self, path, size, offset, handle):
        return os.pread(handle, size, offset)

    def flush(self, path, handle):
        return 0

    def release(self, path, handle):
        self.handles.pop(handle, None)
        os.close(handle)


if __name__ == "__main__":
    backing, mountpoint, log = sys.argv[1:]
    # hard_remove: an open file that is removed is not renamed instead.
    FUSE(Recorder(backing, log), mountpoint, foreground=True, nothreads=True, big_writes=True, hard_remove=True)
