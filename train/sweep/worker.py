"""`python -m train.sweep.worker`: trains the run that standard input tells of; see `train.sweep.job`.

A run has a process of its own: what ends one ends no other, and each is stopped after an update of its own.
"""

import sys

from store.logs import start_log
from store.place import invoked
from store.processes.cores import cores
from store.processes.ending import exit_status
from train.arithmetic.threads import blas_threads
from train.fit import fit
from train.ranking.stage import rank
from train.sweep.job import Job


def main() -> None:
    """Train the run, and its ranker if it is to have one."""
    job = Job.model_validate_json(sys.stdin.buffer.read())
    start_log(job.verbosity)
    with invoked(job.config, job.pipeline, job.verbosity), blas_threads(max(1, cores() // job.sharing)):
        run = fit(job.train, job.dataset, job.features, job.runs, sharing=job.sharing)
        if job.train.ranker:
            rank(run, job.dataset, job.features, job.train.seed)


if __name__ == "__main__":
    sys.exit(exit_status(main))
