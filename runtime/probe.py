"""Ask a process whether it is well: `python -m runtime.probe URL`. Exits 0, or 1 with the reason.

It imports nothing but the standard library, so that looking often costs little.
"""

import sys
import urllib.error
import urllib.request

_PATIENCE_SECONDS = 5.0


def main(url: str) -> int:
    """Return 0 if the process at a URL says it is well; print what it says otherwise."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PATIENCE_SECONDS):
            return 0
    except urllib.error.HTTPError as answered:
        sys.stderr.write(answered.read().decode(errors="replace") + "\n")
    except OSError as unreachable:
        sys.stderr.write(f"{url} does not answer: {unreachable}\n")
    return 1


_ARGUMENTS = 2

if __name__ == "__main__":
    if len(sys.argv) != _ARGUMENTS:
        sys.exit("usage: python -m runtime.probe URL")
    sys.exit(main(sys.argv[1]))
