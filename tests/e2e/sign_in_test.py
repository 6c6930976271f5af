"""Signing in to the console and finding one's way in it: links, refusals, keys, language and theme."""
import re

from browser import Browser
from program import main, recipe, small_data


class SignIn(Browser):
    def test_serve_prints_a_link_on_stderr_alone(self):
        process = self.start("serve", "--home", self.home, "--listen", "127.0.0.1:0")
        self.assertRegex(process.stdout.readline(), r"^ready http://127\.0\.0\.1:\d+\n$")
        link = process.stderr.readline().split()[1]
        self.assertRegex(link, r"^http://127\.0\.0\.1:\d+/#signin=[0-9a-f]{32}$")
        self.origin = link.split("/#")[0]
        page = self.browse()
        page.goto(link)
        page.wait_for_selector(".who >> visible=true")
        self.assertNotIn("signin", page.url, "the code stays in the address")
        [cookie] = self.context.cookies()
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        self.assertEqual(page.evaluate("document.cookie"), "", "scripts can read the session")
        home = b"".join(p.read_bytes() for p in self.home.rglob("*") if p.is_file() and p.name != "token")
        for secret in (cookie["value"], link.rsplit("=", 1)[1]):
            self.assertNotIn(secret.encode(), home, "a secret lies in the home unhashed")
        self.quiet()

    def test_who_did_not_sign_in_sees_services_alone(self):
        self.serve()
        page = self.browse()
        for place in ("", "data", "runs", "models/x"):
            self.go(place, "h1:has-text('Sign in')")
        self.axe("sign-in")
        self.fits(360, "sign-in")
        self.picture("sign-in")
        page.click("text=Look at the services")
        page.wait_for_selector("text=sinter service deploy NAME MODEL")
        self.assertEqual(page.locator(".actions button").count(), 0, "what needs a right is not offered")
        self.quiet()

    def test_a_link_opens_once(self):
        self.serve()
        link = self.console_link()
        page = self.browse()
        page.goto(link)
        page.wait_for_selector(".who >> visible=true")
        page.click("text=Sign out")
        page.wait_for_selector("h1:has-text('Sign in')")
        self.assertEqual(self.context.cookies(), [])
        page.goto("about:blank")
        page.goto(link)
        page.wait_for_selector("text=used already")
        # A wrong one, pasted; then none; then a whole link.
        page.fill("#code", "0" * 32)
        page.click("form button")
        page.wait_for_selector("text=not known here")
        page.fill("#code", "hello")
        page.click("form button")
        page.wait_for_selector("text=there is no code")
        page.fill("#code", self.console_link("--name", "ann", "--scope", "read"))
        page.click("form button")
        page.wait_for_selector(".who:has-text('ann') >> visible=true")
        self.assertIn("may look", page.locator(".who >> visible=true").text_content())

    def test_a_reader_is_offered_nothing_to_change(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        self.ok("train", self.recipe_file(recipe(epochs=1)))
        self.ok("service", "deploy", "clothes", "digits")
        page = self.browse()
        self.sign_in("--scope", "read")
        for place, ready in (("services", ".spark"), ("services/clothes", ".chart canvas"), ("models/digits", ".big")):
            self.go(place, ready)
            for word in ("Deploy", "Roll out", "Roll back", "End the service"):
                self.assertEqual(page.locator(f"button:has-text('{word}')").count(), 0, word)
        # And it would not help: the server asks as well.
        status = page.evaluate("""() => fetch("/sinter/v1/services/clothes", {method: "DELETE",
            headers: {"X-Sinter-Console": "1"}}).then(r => r.status)""")
        self.assertEqual(status, 403)
        self.assertEqual(self.get("/sinter/v1/services/clothes")["ready"], True)

    def test_the_session_is_no_good_to_other_pages(self):
        self.serve()
        page = self.browse()
        self.sign_in()
        # Without the header that no form can send.
        status = page.evaluate("""() => fetch("/sinter/v1/tokens", {method: "POST",
            body: '{"name":"x","scope":"admin"}'}).then(r => r.status)""")
        self.assertEqual(status, 403)
        # From another port of this host, which cookies do not tell apart.
        cookie = "; ".join(f"{c['name']}={c['value']}" for c in self.context.cookies())
        for headers, expected in (
                ({"Cookie": cookie}, 200),
                ({"Cookie": cookie, "Sec-Fetch-Site": "same-site"}, 403),
                ({"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}, 403)):
            self.assertEqual(self.request("GET", "/sinter/v1/runs", headers=headers)[0], expected, headers)
        status, _ = self.request("POST", "/sinter/v1/tokens", body={"name": "x", "scope": "admin"},
                                 headers={"Cookie": cookie, "X-Sinter-Console": "1", "Origin": "http://127.0.0.1:1"})
        self.assertEqual(status, 403)
        self.assertEqual(self.get("/sinter/v1/tokens")["items"][0]["name"], "local")
        self.assertEqual(len(self.get("/sinter/v1/tokens")["items"]), 1)

    def test_sessions_survive_a_restart_and_end_together(self):
        server = self.serve()
        port = self.origin.rsplit(":", 1)[1]
        page = self.browse()
        self.sign_in("--name", "ann")
        server.kill()
        server.wait()
        again = self.start("serve", "--home", self.home, "--listen", f"127.0.0.1:{port}")
        self.assertRegex(again.stdout.readline(), "^ready ")
        page.reload()
        page.wait_for_selector(".who:has-text('ann') >> visible=true")
        self.assertRegex(self.ok("console", "list"), r"^ann +admin  until 20")
        self.ok("console", "end")
        self.assertEqual(self.ok("console", "list"), "")
        # The page finds out by itself.
        page.wait_for_selector("h1:has-text('Sign in')")

    def test_a_link_needs_a_server_and_its_owner(self):
        error = self.fails("console", "link")
        self.assertIn("sinter serve", error)
        self.serve()
        self.environment["SINTER_TOKEN"] = self.ok("token", "create", "w", "--scope", "write").strip()
        self.assertIn("admin", self.fails("console", "link"))
        del self.environment["SINTER_TOKEN"]
        self.assertIn("scope", self.fails("console", "link", "--scope", "root"))

    def test_keys(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        page = self.browse()
        self.sign_in()
        self.go("", "h1")
        page.keyboard.press("Tab")
        self.assertEqual(page.evaluate("document.activeElement.className"), "skip")
        page.keyboard.press("Enter")
        self.assertEqual(page.evaluate("document.activeElement.id"), "main")
        for letter, title in (("d", "Data"), ("r", "Runs"), ("j", "Jobs"), ("m", "Models"), ("s", "Services")):
            page.keyboard.press("g")
            page.keyboard.press(letter)
            page.wait_for_selector(f"h1:has-text('{title}')")
            page.wait_for_function("() => document.activeElement.tagName === 'H1'")  # reading goes on at the title
        page.keyboard.press("?")
        page.wait_for_selector("dialog.keys[open]")
        self.axe("keys")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        page.keyboard.press("/")
        page.wait_for_selector("dialog.search[open]")
        page.keyboard.type("sma")
        page.wait_for_selector("[role=option]:has-text('small')")
        self.axe("search")
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('small')")
        # Letters in a field are letters.
        page.keyboard.press("/")
        page.keyboard.type("g?d")
        self.assertEqual(page.input_value("dialog input"), "g?d")
        page.wait_for_selector("text=Nothing has that")
        self.quiet()

    def test_language_and_theme_are_kept(self):
        self.serve()
        page = self.browse(color_scheme="light")
        self.sign_in()
        page.click("#language")
        page.wait_for_selector("h1:has-text('没有服务在线')")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.click("#theme")  # system -> light
        page.click("#theme")  # -> dark
        self.assertNotEqual(page.evaluate(ground), light)
        page.reload()
        page.wait_for_selector("h1:has-text('没有服务在线')")
        self.assertNotEqual(page.evaluate(ground), light)
        page.click("#theme")  # -> system
        self.assertEqual(page.evaluate(ground), light)
        page.emulate_media(color_scheme="dark")
        self.assertNotEqual(page.evaluate(ground), light)

    def test_headers_of_the_page(self):
        import urllib.request
        self.serve()
        with urllib.request.urlopen(self.origin + "/") as answer:
            policy = answer.headers["Content-Security-Policy"]
            html = answer.read().decode()
            for rule in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"):
                self.assertIn(rule, policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["Cache-Control"], "no-cache")
            tag = answer.headers["ETag"]
        self.assertEqual(self.request("GET", "/", headers={"If-None-Match": tag})[0], 304)
        self.assertEqual(self.request("GET", "/", headers={"Host": "evil.example"})[0], 421)
        self.assertNotIn("<script>", html)
        for name in re.findall(r'(?:src|href)="([^"]+)"', html):
            self.assertTrue(name.startswith("/console/"), name)
            request = urllib.request.Request(self.origin + name, headers={"Accept-Encoding": "gzip"})
            with urllib.request.urlopen(request) as answer:
                self.assertIn("immutable", answer.headers["Cache-Control"])
                if not name.endswith(".svg"):
                    self.assertEqual(answer.headers["Content-Encoding"], "gzip", name)


if __name__ == "__main__":
    main()
