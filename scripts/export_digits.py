"""Exports scikit-learn's handwritten digits to examples/data/digits.npz (run it with .venv/bin/python)."""

import pathlib
import sys
import zipfile

import numpy as np
from sklearn.datasets import load_digits

TARGET = pathlib.Path(__file__).parent.parent / "examples" / "data" / "digits.npz"


def main() -> None:
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    digits = load_digits()
    # Pixels are the integers 0..16: bytes lose nothing.
    arrays = {"X": digits.data.astype(np.uint8), "y": digits.target.astype(np.uint8)}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            # A fixed date, so that the same arrays are the same bytes.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


if __name__ == "__main__":
    main()
