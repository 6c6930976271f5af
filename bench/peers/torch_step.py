"""One training step of tools/demo/cnn.yaml in PyTorch: torch_step.py contiguous|channels_last|compiled BATCH THREADS SECONDS"""
import sys

import torch
from torch import nn

from timing import measure

layout, batch, threads, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))

    def forward(self, pixels):
        x = (pixels.unsqueeze(1).float() * (1 / 255) - 0.286) / 0.353
        return self.layers(x)


net = Net().train()
if layout == "channels_last":
    net = net.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(net.parameters(), lr=0.002, fused=True)
pixels = torch.randint(0, 256, (batch, 28, 28), dtype=torch.uint8)
labels = torch.randint(0, 10, (batch,))


def loss_of(pixels, labels):
    return nn.functional.cross_entropy(net(pixels), labels)


if layout == "compiled":
    loss_of = torch.compile(loss_of)


def step():
    optimizer.zero_grad()
    loss = loss_of(pixels, labels)
    loss.backward()
    optimizer.step()
    return loss.item()


if layout == "compiled":
    step()  # compiles
measure(step, seconds, batch)
