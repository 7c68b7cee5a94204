"""What TensorBoard of PyPI makes of event files, and files that it writes."""

import json
import math
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary import Writer
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def number(value):
    """A number as JSON has it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def scalars(folder):
    """The scalars of a run, as TensorBoard shows them: by tag, time, step and value."""
    accumulator = EventAccumulator(folder, size_guidance={"scalars": 0})
    accumulator.Reload()
    return {
        tag: [[event.wall_time, event.step, number(event.value)] for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


def records(folder):
    """How many records TensorBoard reads of each file, by its name, before it meets the end or damage."""
    return {path.name: len(list(RawEventFileLoader(str(path)).Load())) for path in sorted(Path(folder).iterdir())}


def write(folder):
    """A run by each of its two writers, and what they were told."""
    told = [[1700000000.5 + i / 8, 2**40 + i, 1 / (i + 1)] for i in range(20)]
    writer = EventFileWriter(f"{folder}/simple")
    writer.add_event(Event(wall_time=1, step=1, graph_def=b"\x01\x02"))
    for wall_time, step, value in told:
        values = [
            Summary.Value(tag="loss/é", simple_value=value),
            Summary.Value(tag="up", simple_value=float("inf")),
            Summary.Value(tag="picture", histo=HistogramProto(min=0, max=1)),
        ]
        writer.add_event(Event(wall_time=wall_time, step=step, summary=Summary(value=values)))
    writer.close()
    writer = Writer(f"{folder}/tensors")
    for wall_time, step, value in told:
        writer.add_scalar("loss/é", value, step, wall_time=wall_time, description="a loss")
    writer.close()
    return told


commands = {"scalars": scalars, "records": records, "write": write}
print(json.dumps(commands[sys.argv[1]](*sys.argv[2:]), allow_nan=False))
