import jax
import optax
from flax import linen

gradient = jax.jit(jax.grad(lambda x: x**3))
model = linen.Dense(1)
parameters = model.init(jax.random.key(0), jax.numpy.ones((1, 2)))
optimizer = optax.sgd(0.1)
optimizer.update(jax.tree.map(jax.numpy.ones_like, parameters), optimizer.init(parameters))
print(float(gradient(2.0)) == 12.0)
