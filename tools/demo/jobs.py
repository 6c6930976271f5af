"""Trainings as jobs of the queue: submitted, waited for, and what came of them."""
import os
import pathlib
import time
import urllib.parse


def keepers(home):
    """The processes beside the jobs of a home."""
    found = []
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"job-keeper" in words and any(w.startswith(os.fsencode(home / "jobs")) for w in words):
            found.append(int(process.name))
    return found


def kill_rank(rank, home):
    """SIGKILL to a rank of the trainings that run as jobs of the home; its process. None: it is not there."""
    left = keepers(home)
    while left:
        pid = left.pop()
        process = pathlib.Path("/proc") / str(pid)
        try:
            for thread in (process / "task").iterdir():
                left += [int(child) for child in (thread / "children").read_text().split()]
            if (process / "cmdline").read_bytes().split(b"\0")[1:2] != [b"train-worker"]:
                continue
            if b"OMPI_COMM_WORLD_RANK=%d" % rank in (process / "environ").read_bytes().split(b"\0"):
                os.kill(pid, 9)
                return pid
        except OSError:
            pass  # it ended meanwhile
    return None


def wait_for_run(sinter, run, ready, what, over=("succeeded", "failed", "cancelled"), seconds=600):
    deadline = time.monotonic() + seconds
    while True:
        state = sinter.api(f"/runs/{run}")
        if ready(state):
            return state
        if state["state"] in over or time.monotonic() > deadline:
            raise SystemExit(f"the training is {state['state']} before {what}: {state['message']}")
        time.sleep(0.02)


def wait_for_job(sinter, job, seconds=600):
    """Until it has succeeded; the demo ends where it does not."""
    deadline = time.monotonic() + seconds
    while True:
        state = sinter.api(f"/jobs/{job['id']}")
        if state["state"] in ("succeeded", "failed", "cancelled"):
            break
        if time.monotonic() > deadline:
            raise SystemExit(f"the job is {state['state']}: {state['reason']}")
        time.sleep(0.1)
    if state["state"] != "succeeded":
        raise SystemExit(f"the job {state['state']}: {state['reason']}")


def finish(sinter, job):
    """Waits for the job; gives what came of the run that it trained."""
    wait_for_job(sinter, job)
    run = sinter.api(f"/runs/{job['spec']['run']}")
    details = sinter.api(f"/models/{urllib.parse.quote(run['model'], safe='')}")["details"]
    rates = [rate for _, rate in sinter.series(run["id"], "train.images_per_second", 100000)]
    return {"run": run["id"], "model": run["model"], "steps": run["steps"], "figures": details["figures"],
            "confusion": details["confusion"], "images_per_second": sum(rates) / len(rates),
            "resumed_from_step": run["attempts"][-1]["from_step"], "attempts": len(run["attempts"])}


def train(sinter, recipe, *words):
    return finish(sinter, sinter.run("job", "submit", "--recipe", recipe, *words))


def train_and_kill_a_rank(sinter, recipe, say):
    """Two ranks; rank 1 is killed half way, and the queue tries again. Gives the result and where it was killed."""
    job = sinter.run("job", "submit", "--recipe", recipe, "--ranks", 2, "--retries", 1)
    run = job["spec"]["run"]
    wait_for_run(sinter, run, lambda r: r["steps"] and r["step"] >= r["steps"] // 2, "half of its steps")
    pid = kill_rank(1, sinter.home)
    if pid is None:
        raise SystemExit("rank 1 is not among the processes of the job")
    killed_at = sinter.api(f"/runs/{run}")["step"]
    say(f"rank 1 (process {pid}) killed with SIGKILL at about step {killed_at}; the queue tries again")
    # Between the two it has failed.
    state = wait_for_run(sinter, run, lambda r: len(r["attempts"]) == 2, "its second try", over=("succeeded", "cancelled"))
    print(f"the first try: {state['attempts'][0]['message']}; resumed from step {state['attempts'][1]['from_step']}", flush=True)
    # Progress is told twice a second: a checkpoint may be ahead of it.
    return finish(sinter, job), max(killed_at, state["attempts"][1]["from_step"])
