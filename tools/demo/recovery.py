"""A training job whose server, and whose own processes, are killed half way: as if the machine had lost its power."""
import os
import signal

import jobs


def train_through_a_power_cut(sinter, recipe, say):
    """Gives the finished run, and the step at which everything was killed."""
    job = sinter.run("job", "submit", "--recipe", recipe)
    run = job["spec"]["run"]
    state = jobs.wait_for_run(sinter, run, lambda r: r["checkpoints"] and r["steps"] and r["step"] >= r["steps"] // 3,
                              "a third of its steps")
    sinter.kill()
    for pid in jobs.keepers(sinter.home):
        os.kill(pid, signal.SIGKILL)
    killed_at = state["step"]
    say(f"server and training killed with SIGKILL at about step {killed_at}; starting the server again")
    sinter.start_again()
    jobs.wait_for_job(sinter, job)
    finished = sinter.api(f"/runs/{run}")
    resumed_from = finished["attempts"][-1]["from_step"]
    losses = sinter.series(run, "train.loss", 100000)
    if [step for step, _ in losses] != list(range(1, finished["steps"] + 1)):
        raise SystemExit("steps are missing from the run's metrics")
    say(f"the job went on from step {resumed_from} and is done; every step's metrics are there")
    return finished, killed_at, resumed_from
