"""Every public function, class and method is used by something that ships, not by tests alone."""

import ast
import re
import symtable
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("commands", "crawler", "dataset", "demo", "featurize", "judging", "store", "train", "web")
SCRIPTS = ("benchmarks",)
"""They are run by hand: what they use is used, and what is in them is not asked about."""
DOOR = "bokeru"
"""Users call what is in it; docs/python.md names all of it (tests/test_bokeru.py)."""
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in PACKAGES
    for path in (ROOT / folder).rglob("*.py")
]
TEXTS = ("pyproject.toml", "scrapy.cfg", "Makefile")
"""Where things are named that something outside calls: entry points, Scrapy's settings."""
CALLED_BY_DECORATOR = {"router", "docs", "field_validator", "model_validator"}
CALLED_BY_FRAMEWORKS = {
    # Scrapy: https://docs.scrapy.org/en/latest/topics/api.html and the pages of each component
    *("process_request", "process_response", "process_exception", "open_spider", "close_spider"),
    *("process_item", "has_pending_requests", "enqueue_request", "next_request", "closed", "allowed"),
    "handle_referer",
    *("Command", "syntax", "short_desc"),  # scrapy.commands finds the class by COMMANDS_MODULE
    *("process_options", "update_vars", "print_items", "print_results"),
    *("update_settings", "handles_request", "post_process", "serialize_field", "export_item"),
    # itemadapter.adapter.AdapterInterface
    *("is_item", "is_item_class", "get_field_names_from_class", "get_json_schema"),
    *("get_field_meta", "field_names"),
    *("readable", "seekable", "readinto"),  # io.RawIOBase, by io.BufferedReader
    # http.server.BaseHTTPRequestHandler; chainer.training.Updater and chainer.FunctionNode
    *("do_GET", "do_HEAD", "log_message"),
    "build_editable",  # pip, by PEP 660
    # pydantic.json_schema.GenerateJsonSchema
    *("float_schema", "nullable_schema", "default_schema", "field_is_required", "field_title_should_be_set"),
    *("get_all_optimizers", "connect_trainer", "finalize", "forward", "backward"),
}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Source:
    """One file: what it defines, and what it uses of others."""

    def __init__(self, path: Path) -> None:
        self.module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        self.text = path.read_text()
        self.tree = ast.parse(self.text)
        self.modules = dict(self._imports())

    def _imports(self) -> Iterator[tuple[str, str]]:
        """Yield each imported name, and the dotted name of what it stands for here."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield (alias.asname, alias.name) if alias.asname else (alias.name, alias.name)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"

    def definitions(self) -> Iterator[tuple[str, Definition]]:
        """Yield the public functions and classes at the top, and the public methods as `Class.method`."""
        for node in self.tree.body:
            if isinstance(node, Definition):
                yield node.name, node
                if isinstance(node, ast.ClassDef):
                    methods = (inner for inner in node.body if isinstance(inner, Definition))
                    yield from ((f"{node.name}.{inner.name}", inner) for inner in methods)

    def uses(self) -> Iterator[str]:
        """Yield what is used: `package.module.name` where that is known, `.name` of an unknown object."""
        yield from (f"{self.module}.{name}" for name in globals_of(symtable.symtable(self.text, "", "exec")))
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Attribute):
                name = dotted(node.value)
                yield f"{self.modules[name]}.{node.attr}" if name in self.modules else f".{node.attr}"
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"[\w.]+", node.value.replace(":", "."))

    def modules_as_values(self) -> Iterator[str]:
        """Yield the modules that are handed around, or named by a string: what is used of them is unseen."""
        bases = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute) and id(node) not in bases:
                yield self.modules.get(dotted(node), "")
            if isinstance(node, ast.Call) and dotted(node.func).endswith("import_module"):
                prefix = re.findall(r"[\w.]+(?=\.\{)", ast.unparse(node.args[0]))
                yield from (name for name in MODULES if prefix and name.startswith(prefix[0] + "."))


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` where an expression is only that, else nothing; `ast.unparse` would take 10 s in all."""
    if isinstance(node, ast.Name):
        return node.id
    inner = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if isinstance(node, ast.Attribute) and inner else ""


def globals_of(scope: symtable.SymbolTable) -> Iterator[str]:
    """Yield the module's own names that are used in it, but not parameters that are named like them."""
    is_module = scope.get_type() == "module"
    for symbol in scope.get_symbols():
        if symbol.is_referenced() and (is_module or symbol.is_global()):
            yield symbol.get_name()
    for inner in scope.get_children():
        yield from globals_of(inner)


def sources(*folders: str) -> list[Source]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [Source(path) for path in [*sorted(ROOT.glob("*.py")), *paths]]


def is_called_from_outside(name: str, node: Definition) -> bool:
    decorators = {re.split(r"[.(]", ast.unparse(decorator))[0] for decorator in node.decorator_list}
    own = name.rpartition(".")[2]
    return bool(decorators & CALLED_BY_DECORATOR) or own in CALLED_BY_FRAMEWORKS or own.startswith("__")


def unused() -> list[str]:
    """Return `module: name` of each public definition that nothing that ships uses."""
    ours, uses = sources(*PACKAGES), set[str]()
    for source in [*ours, *sources(*SCRIPTS)]:
        uses.update(source.uses())
    for path in [*(ROOT / name for name in TEXTS), *(ROOT / "web").rglob("*.html")]:
        uses.update(re.findall(r"[\w.]+", path.read_text().replace(":", ".")))
        uses.update(re.findall(r"\.\w+", path.read_text()))
    handed_around = {name for source in ours for name in source.modules_as_values()}
    found = []
    for source in ours:
        if source.module == DOOR:
            continue
        for name, node in source.definitions():
            ways = {f"{source.module}.{name}"}
            if "." in name or source.module in handed_around:
                ways.add("." + name.rpartition(".")[2])
            if source.module in handed_around:
                ways.add(name)  # as in getattr(module, "name")
            if not ways & uses and not is_called_from_outside(name, node):
                found.append(f"{source.module}: {name}")
    return found


def test_nothing_is_there_for_tests_alone() -> None:
    assert not unused()
