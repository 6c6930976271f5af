"""A person asks to be forgotten: who holds the record, a version without it, and what is left to do."""
import csv
import json

from program import Program, main

RECIPE = """\
name: people
data: {dataset: people, features: [age, size]}
model:
  layers:
    - dense: {units: 4, activation: relu}
    - dense: {units: 2}
optimizer: {kind: adam, learning_rate: 0.01}
epochs: 2
batch_size: 8
seed: 1
"""

HEADER = ["id", "name", "age", "size", "species"]
NAMES = ["Ann Lee", "Bob Ray", "Cid Moe", "Dan Fox", "Eve Kim"]


def people(count):
    return [[i, f"{NAMES[i % 5]} {i}", 20 + i % 40, 1.5 + i % 7, "cat" if i % 3 else "dog"] for i in range(count)]


class Forget(Program):
    def setUp(self):
        super().setUp()
        self.serve()

    def add(self, rows):
        path = self.folder / "people.csv"
        with path.open("w", newline="") as out:
            csv.writer(out).writerows([HEADER, *rows])
        return self.ok_json("data", "add", "people", path, "--label", "species", "--test-share", "0.2")

    def held(self, answer):
        return {(h["kind"], h["ref"]): h for h in answer["held"]}

    def test_from_the_question_to_the_version_without(self):
        self.add(people(60))
        self.add(people(80))
        trained = self.ok_json("train", self.recipe_file(RECIPE.replace("people,", "people@1,")))
        model, run = trained["model"], trained["run"]
        self.ok("service", "deploy", "guess", model)
        condition = "name == 'Ann Lee 5'"

        answer = self.ok_json("data", "trace", "people@1", "--where", condition)
        self.assertEqual([(v["ref"], v["rows"], v["possible"]) for v in answer["versions"]],
                         [("people@2", 1, 0), ("people@1", 1, 0)])
        held = self.held(answer)
        self.assertEqual(list(held), [("run", run), ("model", model), ("service", "guess@1")])
        self.assertEqual(held["service", "guess@1"]["state"], "answers")
        # The same by its row.
        place = answer["versions"][1]["examples"][0]
        again = self.ok_json("data", "trace", "people@1", "--row", place["row"], "--split", place["split"])
        self.assertEqual(again, answer)
        text = self.ok("data", "trace", "people@1", "--where", condition)
        for word in (model, run, "guess@1", "people@2", "sinter model delete", "not searched"):
            self.assertIn(word, text)
        # Who was added later was never learnt.
        later = self.ok_json("data", "trace", "people", "--where", "id == 70")
        self.assertEqual([v["ref"] for v in later["versions"]], ["people@2"])
        self.assertEqual(later["held"], [])

        steps = self.folder / "forget.yaml"
        forgot = self.ok_json("data", "forget", "people", "--where", condition, "--reason", "case 17",
                              "--save-steps", steps)
        self.assertEqual(forgot["made"]["ref"], "people@3")
        self.assertIn("people@3", self.held(forgot)["model", model]["advice"])
        self.assertNotIn("Ann Lee 5", json.dumps(self.get("/sinter/v1/datasets/people@3")["details"]) + steps.read_text())
        self.assertEqual(self.ok_json("data", "trace", "people", "--where", condition)["versions"], [])
        self.assertIn("no record of people@3 fits", self.ok("data", "trace", "people", "--where", condition))
        self.assertIn("no record fits", self.fails("data", "forget", "people", "--where", condition))
        # Nothing was deleted.
        self.assertEqual([v["ref"] for v in self.ok_json("data", "trace", "people@1", "--where", condition)["versions"]],
                         ["people@2", "people@1"])

        # The source has the person still: the step is repeated on what it brings.
        self.assertEqual(self.add(people(90))["ref"], "people@4")
        self.ok("data", "clean", "people@4", steps, "--apply")
        self.assertEqual(self.ok_json("data", "trace", "people@5", "--where", condition)["records"], 0)

        # What the report says to do, done.
        trained = self.ok_json("train", self.recipe_file(RECIPE.replace("people,", "people@5,")))
        self.ok("service", "rollout", "guess", trained["model"], "--wait")
        answer = self.ok_json("data", "trace", "people@1", "--where", condition)
        self.assertEqual(self.held(answer)["service", "guess@1"]["state"], "before")
        self.ok("service", "delete", "guess")
        self.ok("model", "delete", model, "--reason", "case 17")
        for version in ("people@1", "people@2"):
            self.ok("data", "delete", version, "--reason", "case 17")
        answer = self.ok_json("data", "trace", "people@4", "--where", condition)
        self.assertEqual([v["ref"] for v in answer["versions"]], ["people@4"])
        self.assertEqual({(u["ref"], u["why"]) for u in answer["unread"]},
                         {("people@1", "its files were removed"), ("people@2", "its files were removed")})

    def test_only_writers_forget(self):
        self.add(people(40))
        reader = self.ok_json("token", "create", "looker", "--scope", "read")["token"]
        body = {"where": "id == 3"}
        self.assertEqual(self.request("POST", "/sinter/v1/datasets/people/trace", reader, body)[0], 200)
        self.assertEqual(self.request("POST", "/sinter/v1/datasets/people/forget", reader, body)[0], 403)
        self.assertEqual(self.request("POST", "/sinter/v1/datasets/people/trace", None, body)[0], 401)
        self.assertIn("either --where or --row", self.fails("data", "trace", "people"))


if __name__ == "__main__":
    main()
