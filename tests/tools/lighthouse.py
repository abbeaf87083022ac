"""Print what Lighthouse says of each page as on a phone: the medians of five runs over gzip.

Run by `make lighthouse`; it needs Node's npx, a Chromium on the PATH or in CHROME_PATH, and once a
network for Lighthouse itself. Nothing of the build or the tests does.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

LIGHTHOUSE = "lighthouse@13.5.0"
HTML = Path(__file__).parents[2] / "_build/html"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
TEXT = {".html", ".css", ".js", ".svg"}
RUNS = 5


class GzipHandler(SimpleHTTPRequestHandler):
    """Serve as a host does, with text compressed."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        content, compress = path.read_bytes(), path.suffix in TEXT
        content = gzip.compress(content) if compress else content
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        if compress:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return self.wfile.write(content)

    def log_message(self, *args):
        pass


def measure(url):
    """The four scores, how long the page did not answer, its shift, its bytes less the images, and
    Lighthouse's measure of this machine, to which it adds a phone's slowness."""
    command = [shutil.which("npx"), "--yes", LIGHTHOUSE, url, "--quiet", "--output=json"]
    run = subprocess.run([*command, f"--chrome-flags={FLAGS}"], capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    report = json.loads(run.stdout)
    audits, scores = report["audits"], report["categories"]
    requests = audits["network-requests"]["details"]["items"]
    sent = sum(item["transferSize"] for item in requests if item["resourceType"] != "Image")
    names = ("performance", "accessibility", "best-practices", "seo")
    blocked = audits["total-blocking-time"]["numericValue"]
    shift = audits["cumulative-layout-shift"]["numericValue"]
    index = report["environment"]["benchmarkIndex"]
    points = (round(100 * scores[name]["score"]) for name in names)
    return *points, blocked, shift, sent / 1000, index


def main():
    """Measure every page of the built site but the one that only redirects."""
    if not shutil.which("npx"):
        sys.exit("Lighthouse needs Node: install it so that npx is on the PATH.")
    if not HTML.is_dir():
        sys.exit("There is no site yet: run make book.")
    system = next(filter(None, map(shutil.which, ["chromium", "chromium-browser"])), None)
    if system:
        os.environ.setdefault("CHROME_PATH", system)
    pages = [path.relative_to(HTML).as_posix() for path in sorted(HTML.rglob("*.html"))]
    print(
        "page                      performance  accessibility  practices  SEO"
        "  blocked ms  shift  KB sent  benchmark index"
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(GzipHandler, directory=HTML)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in pages:
            if page == "index.html" or page.startswith("_"):
                continue
            url = f"http://127.0.0.1:{server.server_port}/{page}"
            columns = map(median, zip(*(measure(url) for _ in range(RUNS))))
            line = "{:26}{:11.0f}{:15.0f}{:11.0f}{:5.0f}{:12.0f}{:7.3f}{:9.1f}{:17.0f}"
            print(line.format(page, *columns), flush=True)
        server.shutdown()


if __name__ == "__main__":
    main()
