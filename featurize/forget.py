"""What `bokeru forget` does in a cache: the vectors of forgotten photos go."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.register.stages import Stage
from store.shard_reader import Shard
from store.shards import shard_paths, whole_parquet


def facts(stage: Stage) -> Iterator[str]:
    """Yield nothing: a cache knows photos by their sha256 alone."""
    yield from ()


def forget(stage: Stage, content: Content, forgotten: ForgottenFilter) -> int:
    """Write the shards that hold vectors of forgotten photos again without them; return how many."""
    sha256s = pa.array(content.sha256s, pa.string())
    changed = 0
    for path in shard_paths(stage.directory):
        if not pc.any(pc.is_in(Shard(path).read(["sha256"])["sha256"], sha256s)).as_py():
            continue
        changed += 1
        with Shard(path) as shard, whole_parquet(path, shard.schema_arrow) as writer:
            for group in range(shard.num_row_groups):
                rows = shard.read_row_group(group)
                writer.write_table(rows.filter(pc.invert(pc.is_in(rows["sha256"], sha256s))))
    return changed
