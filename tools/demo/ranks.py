"""The ranks of a training run as processes of this machine."""
import os
import pathlib


def rank_pids(of=None):
    """rank -> process id, of the training ranks that run under mpirun; only those of one home's folder, if given."""
    found = {}
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if len(words) < 2 or words[1] != b"train-worker":
                continue
            environment = (process / "environ").read_bytes().split(b"\0")
            if of is not None and not any(e.startswith(b"SINTER_HOME=" + os.fsencode(of)) for e in environment):
                continue
            for entry in environment:
                if entry.startswith(b"OMPI_COMM_WORLD_RANK="):
                    found[int(entry.split(b"=")[1])] = int(process.name)
        except OSError:
            pass
    return found


def kill_rank(rank):
    pid = rank_pids()[rank]
    os.kill(pid, 9)
    return pid
