"""`fuzz_study.py` guided by coverage: atheris chooses the bytes of one file of the small record, or of a bare text.

pip install atheris
python tests/fuzz/fuzz_study_guided.py --seconds 60 --seed 1
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from types import ModuleType


def main() -> None:
    """Runs until the seconds are over; atheris ends the process, with an exit code other than 0 for a finding."""
    import atheris

    with atheris.instrument_imports(include=["recount"]):
        import fuzz_study

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz_study", metavar="DIR")
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    fuzz_study.watch()
    with tempfile.TemporaryDirectory() as name:
        corpus, words, folder = _prepared(Path(name), fuzz_study)
        flags = [f"-max_total_time={args.seconds}", f"-seed={args.seed}", f"-dict={words}"]
        flags += [f"-artifact_prefix={args.keep}/", "-max_len=4000", "-timeout=20", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *flags, str(corpus)], lambda data: _one(data, folder, fuzz_study))
        atheris.Fuzz()


def _prepared(base: Path, fuzz: ModuleType) -> tuple[Path, Path, Path]:
    """The corpus to begin with, the words to mix in, and the folder of the study."""
    corpus, words, folder = base / "corpus", base / "words", base / "study"
    corpus.mkdir()
    folder.mkdir()
    fuzz.written(folder, fuzz.small_files(), {})
    for k, name in enumerate(sorted(fuzz.SMALL)):
        (corpus / name).write_bytes(bytes([k]) + fuzz.SMALL[name].encode())
    for k, text in enumerate(fuzz.NASTY):
        (corpus / f"text{k}").write_bytes(bytes([len(fuzz.SMALL)]) + text.encode())
    short = (text.encode() for text in fuzz.NASTY if 0 < len(text) < 60)
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in short))
    return corpus, words, folder


def _one(data: bytes, folder: Path, fuzz: ModuleType) -> None:
    """Judges one input: its first byte says which file the rest is, or that it is a bare text."""
    names = sorted(fuzz.SMALL)
    which = data[0] % (len(names) + 1) if data else 0
    if which == len(names):
        fuzz.check_text(data[1:].decode("utf-8", "replace"))
        return
    base = fuzz.small_files()
    fuzz.written(folder, base | {names[which]: data[1:]}, base)
    fuzz.check(folder)
    fuzz.written(folder, base, base | {names[which]: data[1:]})


if __name__ == "__main__":
    main()
