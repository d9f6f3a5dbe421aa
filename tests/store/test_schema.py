"""What importing the tables' schema brings with it."""

import subprocess

from store.processes import child

MAKE = "import sys, store.schema, pyarrow as pa; table = pa.table({'a': [1.5, None]}); "


def python(code: str) -> str:
    return subprocess.check_output(
        [*child.command("code")[:2], "-W", "error", "-c", code], env=child.environment(), text=True
    )


def test_arrays_are_made_without_pandas() -> None:
    assert python(MAKE + "print('pandas' in sys.modules)") == "False\n"


def test_pandas_reads_tables_and_makes_them_all_the_same() -> None:
    code = "frame = table.to_pandas(); import pandas; print(pa.Table.from_pandas(frame).equals(table))"
    assert python(MAKE + code) == "True\n"
    assert python("import pandas; " + MAKE + code) == "True\n", "whoever imported it first"
