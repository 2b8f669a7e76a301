"""Writes the docstrings of Python's standard library as one text: python3.11 scripts/make_corpus.py [--out FILE].

Every module, class and function of the installed library that has a docstring, test packages and site-packages left out, in the
order of their hashes: a shuffle that is always the same, so that the last tenth speaks of what the rest speaks of and not of the
modules from u to z. Characters outside printable ASCII and docstrings that have any are dropped; so are repeats. It prints the size
and the SHA-256 of the text, which depend on the library's version.
"""

import argparse
import ast
import hashlib
import inspect
import sys
import sysconfig
from pathlib import Path

LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "lib2to3"}


def docstrings(root: Path) -> list[str]:
    """The docstrings of all files below a folder, each once."""
    found: dict[str, None] = {}
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        if LEFT_OUT & set(path.relative_to(root).parts):
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                text = ast.get_docstring(node)
                if text and text.isascii():
                    found.setdefault(inspect.cleandoc(text).expandtabs())
    return sorted(found, key=lambda text: hashlib.sha256(text.encode()).digest())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/data/docstrings.txt"))
    args = parser.parse_args()
    text = "\n\n".join(docstrings(Path(sysconfig.get_paths()["stdlib"]))) + "\n"
    text = "".join(c for c in text if c == "\n" or c.isprintable())
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text, encoding="ascii")
    digest = hashlib.sha256(text.encode()).hexdigest()
    print(f"{args.out}: {len(text):,} characters, sha256 {digest}, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
