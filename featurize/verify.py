"""What `bokeru verify` checks in a cache of vectors: one row a photo, and numbers in every vector."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from store.register.stages import Stage
from store.register.verify import Problem, Problems, check_files, check_table


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a cache."""
    yield from check_files(stage)
    rows_of: Counter[str] = Counter()

    def check_vectors(path: Path, rows: pa.Table) -> Problems:
        rows_of.update(rows["sha256"].to_pylist())
        computed = pc.equal(rows["outcome"], "ok")
        vectors = rows["vector"].combine_chunks()
        if pc.sum(pc.xor(computed, vectors.is_valid())).as_py():
            yield Problem(f"{path}: rows whose outcome is ok without a vector, or with one though it is not")
        if not pc.all(pc.is_finite(vectors.flatten()), min_count=0).as_py():
            yield Problem(f"{path}: a vector holds values that are no numbers")

    for table in stage.tables():
        yield from check_table(table, check_vectors)
    for sha256, count in rows_of.items():
        if count > 1:
            yield Problem(f"{stage.directory}: photo {sha256} has {count} rows", damaged=False)


def check_inputs(stage: Stage) -> Problems:
    """Yield nothing: a cache may hold photos of any number of datasets, and outlive them."""
    yield from ()
