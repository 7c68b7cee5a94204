"""The nets in PyTorch, eager, as its users write them. Arguments: mlp or cnn, MNIST's folder, samples an epoch, threads."""

import sys
import time
from pathlib import Path

import numpy
import torch
from torch import nn

kind, mnist, samples, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
batch_size = 64

images = numpy.fromfile(mnist / "train-images-idx3-ubyte", dtype=numpy.uint8)[16 : 16 + samples * 784]
labels = numpy.fromfile(mnist / "train-labels-idx1-ubyte", dtype=numpy.uint8)[8 : 8 + samples]
x = torch.from_numpy(images.astype(numpy.float32) / 255).reshape(samples, *([784] if kind == "mlp" else [1, 28, 28]))
y = torch.from_numpy(labels.astype(numpy.int64))

if kind == "mlp":
    net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
else:
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 10),
    )
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

print("ready", flush=True)
for _ in sys.stdin:
    begun = time.perf_counter()
    total = 0.0
    # Shuffled as cheaply as PyTorch can: no DataLoader, one gather a batch.
    order = torch.randperm(samples)
    for at in range(0, samples, batch_size):
        rows = order[at : at + batch_size]
        optimizer.zero_grad()
        loss = criterion(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    milliseconds = (time.perf_counter() - begun) * 1000
    print(f"turn {milliseconds} PyTorch {torch.__version__}, {threads} threads, loss {total / samples:.4f}", flush=True)
