"""The ranks of a training run as processes of this machine."""
import os
import pathlib


def rank_pids():
    """rank -> process id, of the training ranks that this user runs under mpirun."""
    found = {}
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if len(words) < 2 or words[1] != b"train-worker":
                continue
            for entry in (process / "environ").read_bytes().split(b"\0"):
                if entry.startswith(b"OMPI_COMM_WORLD_RANK="):
                    found[int(entry.split(b"=")[1])] = int(process.name)
        except OSError:
            pass
    return found


def kill_rank(rank):
    pid = rank_pids()[rank]
    os.kill(pid, 9)
    return pid
