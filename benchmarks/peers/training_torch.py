"""The training of `benchmarks.train` in PyTorch eager, run by a Python that has it.

Its arguments are a device, sizes, and whether it has one thread and goes by processor time. It trains for
each number of seconds that it reads, and prints the captions per second.
"""

import sys
import time

import numpy as np
import torch

device = sys.argv[1]
hidden, vocabulary, batch, tokens, vector, count, one_thread = map(int, sys.argv[2:])
if one_thread:
    torch.set_num_threads(1)
clock = time.process_time if one_thread else time.perf_counter
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
ids = np.random.default_rng(0).integers(4, vocabulary, (count, batch, tokens + 1))
ids[:, :, 0], ids[:, :, -1] = 2, 3
ids = torch.from_numpy(ids).to(device)
photos = np.random.default_rng(1).standard_normal((count * batch, vector), np.float32)
photos = torch.from_numpy(photos.reshape(count, batch, vector)).to(device)
photo, embedding = torch.nn.Linear(vector, hidden), torch.nn.Embedding(vocabulary, hidden)
lstm, output = torch.nn.LSTM(hidden, hidden, batch_first=True), torch.nn.Linear(hidden, vocabulary)
# Moved, not made there by torch.set_default_device, which would slow every call down.
modules = [module.to(device) for module in (photo, embedding, lstm, output)]
adam = torch.optim.Adam([p for module in modules for p in module.parameters()])
criterion = torch.nn.CrossEntropyLoss()
number = 0
for line in sys.stdin:
    limit, done, start = float(line), 0, clock()
    while done < 2 or clock() - start < limit:
        batch_number, number, done = number % count, number + 1, done + 1
        x = embedding(ids[batch_number, :, :-1])
        x[:, 0] += photo(photos[batch_number])
        logits = output(lstm(x)[0]).reshape(-1, vocabulary)
        loss = criterion(logits, ids[batch_number, :, 1:].reshape(-1))
        adam.zero_grad()
        loss.backward()
        adam.step()
    loss.item()
    print(done * batch / (clock() - start), flush=True)
