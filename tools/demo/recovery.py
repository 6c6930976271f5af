"""A training job whose server, and whose own processes, are killed half way: as if the machine had lost its power."""
import os
import signal
import time

import jobs


def train_through_a_power_cut(sinter, recipe, say):
    """Gives the finished run, and the step at which everything was killed."""
    job = sinter.run("job", "submit", "--recipe", recipe)
    run = job["spec"]["run"]
    deadline = time.monotonic() + 120
    while True:
        state = sinter.api(f"/runs/{run}")
        if state["checkpoints"] and state["steps"] and state["step"] >= state["steps"] // 3:
            break
        if state["state"] in ("succeeded", "failed") or time.monotonic() > deadline:
            raise SystemExit(f"the training is {state['state']} before a third of its steps: {state['message']}")
        time.sleep(0.02)
    sinter.kill()
    for pid in jobs.keepers(sinter.home):
        os.kill(pid, signal.SIGKILL)
    killed_at = state["step"]
    say(f"server and training killed with SIGKILL at about step {killed_at}; starting the server again")
    sinter.start_again()
    deadline = time.monotonic() + 180
    while True:
        state = sinter.api(f"/jobs/{job['id']}")
        if state["state"] in ("succeeded", "failed", "cancelled"):
            break
        if time.monotonic() > deadline:
            raise SystemExit(f"the job is {state['state']}: {state['reason']}")
        time.sleep(0.1)
    if state["state"] != "succeeded":
        raise SystemExit(f"the job {state['state']}: {state['reason']}")
    finished = sinter.api(f"/runs/{run}")
    resumed_from = finished["attempts"][-1]["from_step"]
    losses = sinter.series(run, "train.loss", 100000)
    if [step for step, _ in losses] != list(range(1, finished["steps"] + 1)):
        raise SystemExit("steps are missing from the run's metrics")
    say(f"the job went on from step {resumed_from} and is done; every step's metrics are there")
    return finished, killed_at, resumed_from
