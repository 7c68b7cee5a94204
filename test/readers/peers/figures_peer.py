"""What Python's own readers make of files of figures."""

import csv
import json
import sys

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
with open(sys.argv[2], encoding="utf-8") as file:
    lines = [json.loads(line) for line in file]
print(json.dumps({"csv": rows, "jsonl": lines}, allow_nan=False))
