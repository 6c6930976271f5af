"""The ranks of a training run as processes of this machine."""
import os
import pathlib


def rank_pids(of):
    """rank -> process id, of the training ranks that run under mpirun for the home `of`, or for a home in that folder.

    Ranks of other homes on this machine are somebody else's work: nothing here may see or end them.
    """
    own, found = b"SINTER_HOME=" + os.fsencode(of), {}
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if len(words) < 2 or words[1] != b"train-worker":
                continue
            environment = (process / "environ").read_bytes().split(b"\0")
            if not any(e == own or e.startswith(own + b"/") for e in environment):
                continue
            for entry in environment:
                if entry.startswith(b"OMPI_COMM_WORLD_RANK="):
                    found[int(entry.split(b"=")[1])] = int(process.name)
        except OSError:
            pass
    return found
