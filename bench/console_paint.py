"""One first visit of the console in Debian's Chromium, with nothing cached: console_paint.py BINARY FOLDER.

Prints a JSON object: when the first content was painted and when the overview stood there whole, in milliseconds since
the visit began; and the bytes that were loaded for it, as they came (compressed) and as they are. The same of a page
that is one word, whose paint is what the browser itself takes.
"""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

from playwright.sync_api import sync_playwright

PAINT = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return paint === undefined ? null : paint.startTime;
}"""
LOADED = """() => {
  const all = [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
    .filter(e => !e.name.includes("/sinter/v1/"));
  const sum = field => all.reduce((total, e) => total + e[field], 0);
  const code = all.filter(e => !e.name.endsWith(".woff2"));
  return {loaded: sum("encodedBodySize"), raw: sum("decodedBodySize"),
          code: code.reduce((total, e) => total + e.encodedBodySize, 0)};
}"""
WORD = b"<!doctype html><title>word</title><p>Overview"


class Word(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(WORD)))
        self.end_headers()
        self.wfile.write(WORD)

    def log_message(self, *_):
        pass


def painted(page):
    page.wait_for_function(PAINT)
    return page.evaluate(PAINT)


def visit_word(browser):
    server = http.server.HTTPServer(("127.0.0.1", 0), Word)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_context().new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    figure = painted(page)
    server.shutdown()
    return figure


def visit_console(browser, binary, environment):
    def link():
        return subprocess.run([binary, "console", "link"], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    # The cookie comes from another visit; what it loaded is in another cache.
    first = browser.new_context()
    page = first.new_page()
    page.goto(link())
    page.wait_for_selector(".who >> visible=true")
    second = browser.new_context(storage_state=first.storage_state(), viewport={"width": 1440, "height": 900})
    first.close()
    page = second.new_page()
    page.goto(link().split("#")[0])
    page.wait_for_selector("main h1")
    whole = page.evaluate("() => performance.now()")
    figures = {"paint": painted(page), "whole": whole}
    page.wait_for_load_state("load")
    return {**figures, **page.evaluate(LOADED)}


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    environment = {**os.environ, "SINTER_HOME": str(home)}
    server = subprocess.Popen([binary, "serve", "--home", home, "--listen", "127.0.0.1:0"], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        server.stdout.readline()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            visit_word(browser)  # the browser's own beginnings
            figures = {"word": visit_word(browser), **visit_console(browser, binary, environment)}
            browser.close()
    finally:
        server.terminate()
        server.wait()
    print(json.dumps(figures))


main()
