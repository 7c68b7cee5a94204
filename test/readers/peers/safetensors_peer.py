"""What the safetensors package of PyPI makes of files, and files that it writes."""

import json
import struct
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import load_file, save, save_file


def described(tensors):
    """Tensors as JSON: dtype, shape, and the bytes in hexadecimal."""
    return {
        name: {"dtype": info["dtype"], "shape": list(info["shape"]), "data": bytes(info["data"]).hex()}
        for name, info in tensors
    }


def read(path):
    """All that a file holds, read as its header says and as numpy arrays."""
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}
    return {
        "metadata": metadata,
        "tensors": described(deserialize(Path(path).read_bytes())),
        "arrays": {name: {"dtype": array.dtype.name, "values": str(array.tolist())} for name, array in arrays.items()},
    }


def copy(source, target):
    """Writes what a file holds once more, as numpy arrays."""
    with safe_open(source, framework="np") as file:
        metadata = file.metadata()
    save_file(load_file(source), target, metadata=metadata)
    return None


def write(target):
    """A file of every type, and one of the same numbers in which the types of two bytes are float32."""
    halves = np.arange(65536, dtype=np.uint16)
    wide = {
        "bool": np.array([True, False]),
        "uint8": np.array([0, 255], dtype=np.uint8),
        "int8": np.array([-128, 127], dtype=np.int8),
        "uint16": np.array([[65535]], dtype=np.uint16),
        "int16": np.array([-32768], dtype=np.int16),
        "uint32": np.array([2**32 - 1], dtype=np.uint32),
        "int32": np.array([-(2**31)], dtype=np.int32),
        "uint64": np.array([2**64 - 1], dtype=np.uint64),
        "int64": np.array([-(2**63)], dtype=np.int64),
        "float32": np.array([1 / 3, -0.0, np.nan, np.inf], dtype=np.float32),
        "float64": np.array([[1 / 3], [5e-324]], dtype=np.float64),
        "scalar": np.array(3, dtype=np.int32),
        "empty": np.zeros((2, 0), dtype=np.float32),
    }
    half = {"f16": halves.view(np.float16), "bf16": halves.view(ml_dtypes.bfloat16)}
    save_file({**wide, **half}, f"{target}.safetensors", metadata={"é": "\u0000\U0001f600", "format": "np"})
    widened = {name: array.astype(np.float32) for name, array in half.items()}
    save_file({**wide, **widened}, f"{target}-wide.safetensors")
    return None


def verdicts(path):
    """What each file of a row of files is: its tensors, or why it is refused. A file comes behind its length in eight bytes."""
    content = Path(path).read_bytes()
    answers = []
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        at += 8
        try:
            answers.append(described(deserialize(content[at : at + length])))
        except SafetensorError as error:
            answers.append(str(error))
        at += length
    return answers


commands = {"read": read, "copy": copy, "write": write, "verdicts": verdicts}
print(json.dumps(commands[sys.argv[1]](*sys.argv[2:]), allow_nan=False))
