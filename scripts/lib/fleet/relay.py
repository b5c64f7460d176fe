"""What the servers of a fleet reach outside their network, which has no way out: Debian's packages, and ports given to it.

Usage: relay.py ADDRESS CACHE [PORT=HOST:PORT]...

Listens on ADDRESS only, which is the host's in the network of the servers. Port 3142 is an HTTP proxy for apt: a file is
fetched by this machine's own apt, with its settings, once, and kept in CACHE. Nothing but Debian's archive is fetched.
Connections to each PORT go on to HOST:PORT.
"""

import asyncio
import contextlib
import pathlib
import re
import signal
import sys
import tempfile
import time
import urllib.parse

APT_PORT = 3142
ARCHIVES = {"deb.debian.org", "security.debian.org"}
# What has its hash or its version in its name stays as it is; anything else is asked for again after so many seconds.
LASTING = re.compile(r"/by-hash/|^/[^/]+/pool/")
FRESH = 600
REQUEST = re.compile(r"(GET|HEAD) http://([^/]+)(/[\w.~+:%/-]+) HTTP/1\.[01]\r\n", re.ASCII)


class Archive:
    """The files fetched so far. Who asks for one that is on its way waits for it."""

    def __init__(self, cache):
        self.cache = cache
        self.locks = {}

    async def file(self, host, path):
        """The file's place here, or None when there is no such file."""
        name = urllib.parse.unquote(path)
        if host not in ARCHIVES or ".." in name.split("/"):
            return None
        place = self.cache / host / name.lstrip("/")
        async with self.locks.setdefault(place, asyncio.Lock()):
            if not self.holds(place, name):
                return await self.fetch(f"http://{host}{path}", place)
        return place

    def holds(self, place, name):
        """Whether what is here will do."""
        with contextlib.suppress(FileNotFoundError):
            return place.is_file() and (LASTING.search(name) or time.time() - place.stat().st_mtime < FRESH)
        return False

    async def fetch(self, address, place):
        """Gets a file beside its place, then into it."""
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.cache) as directory:
            new = pathlib.Path(directory) / "file"
            helper = await asyncio.create_subprocess_exec(
                "/usr/lib/apt/apt-helper", "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=5",
                "download-file", address, str(new),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
            said, _ = await helper.communicate()
            if helper.returncode == 0:
                new.touch()
                new.rename(place)
                return place
        if b"404" in said:
            return None
        raise OSError(f"{address}: {said.decode(errors='replace').strip()[-300:]}")


async def serve(archive, reader, writer):
    """Answers the requests of one connection, one after the other."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            request = REQUEST.match(head)
            if not request:
                writer.write(b"HTTP/1.1 405 Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                break
            await answer(archive, request, writer)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def answer(archive, request, writer):
    """Sends one file, or says why not."""
    method, host, path = request.groups()
    try:
        place = await archive.file(host, path)
    except OSError as fault:
        print(fault, file=sys.stderr, flush=True)
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        return
    if place is None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        return
    with place.open("rb") as file:
        size = place.stat().st_size
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        while method == "GET" and (block := file.read(1 << 18)):
            writer.write(block)
            await writer.drain()


async def copy(reader, writer):
    """Passes on what comes, and then the end."""
    with contextlib.suppress(ConnectionError, RuntimeError):
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
        writer.write_eof()


async def forward(host, port, reader, writer):
    """Joins a connection with one to host and port."""
    with contextlib.suppress(OSError):
        theirs, ours = await asyncio.open_connection(host, port)
        await asyncio.gather(copy(reader, ours), copy(theirs, writer))
        ours.close()
    writer.close()


async def main(address, cache, *forwards):
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    archive = Archive(pathlib.Path(cache))
    await asyncio.start_server(lambda *pair: serve(archive, *pair), address, APT_PORT)
    for each in forwards:
        port, target = each.split("=", 1)
        host, _, theirs = target.rpartition(":")
        await asyncio.start_server(lambda *pair, at=(host, int(theirs)): forward(*at, *pair), address, int(port))
    print("listening", flush=True)
    await end.wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
