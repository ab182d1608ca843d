"""Trains the nets of nets.ts in PyTorch, on so many threads as the command line says (0: as many as PyTorch likes).

Answers each line with a net and a number of steps, in JSON, with the milliseconds that a step took.
"""

import json
import sys
import time

import torch
from torch import nn

BATCH_SIZE = 64


def lenet300():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))


def lenet5():
    return nn.Sequential(
        *(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10)),
    )


def conv(inputs, outputs, size, stride=1, groups=1):
    convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(conv(inputs, outputs, 3, stride), nn.ReLU(), conv(outputs, outputs, 3))
        self.shortcut = nn.Identity() if stride == 1 else conv(inputs, outputs, 1, stride)

    def forward(self, x):
        return torch.relu(self.branch(x) + self.shortcut(x))


def classifier(channels):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


def resnet20():
    layers, inputs = [conv(3, 16, 3), nn.ReLU()], 16
    for outputs in (16, 32, 64):
        for block in range(3):
            layers.append(Residual(inputs, outputs, 2 if outputs > 16 and block == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, *classifier(64))


def mobilenet():
    layers, inputs = [conv(3, 32, 3), nn.ReLU()], 32
    for outputs, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        layers += [conv(inputs, inputs, 3, stride, groups=inputs), nn.ReLU(), conv(inputs, outputs, 1), nn.ReLU()]
        inputs = outputs
    return nn.Sequential(*layers, *classifier(256))


NETS = {
    "LeNet-300-100": (lenet300, (1, 28, 28)),
    "LeNet-5": (lenet5, (1, 28, 28)),
    "ResNet-20-like": (resnet20, (3, 32, 32)),
    "MobileNet-like": (mobilenet, (3, 32, 32)),
}


def step_of(net):
    build, image = NETS[net]
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)
    x, y = torch.rand(BATCH_SIZE, *image), torch.randint(10, (BATCH_SIZE,))

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()  # As trainOnBatch gives it.

    return step


if int(sys.argv[1]) > 0:
    torch.set_num_threads(int(sys.argv[1]))
steps = {}
for line in sys.stdin:
    request = json.loads(line)
    if request["net"] not in steps:
        steps[request["net"]] = step_of(request["net"])
    step = steps[request["net"]]
    start = time.perf_counter()
    for _ in range(request["steps"]):
        step()
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1000 / request["steps"]}), flush=True)
