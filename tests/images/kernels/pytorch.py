import torch

torch.manual_seed(0)
layer = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
x = torch.linspace(-1, 1, 64)[:, None]
for _ in range(200):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(layer(x), 3 * x + 1).backward()
    optimizer.step()
assert not torch.cuda.is_available()
print(abs(layer.weight.item() - 3) < 0.2)
