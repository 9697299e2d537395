import numpy
import theano
import theano.tensor as T

x = T.dvector("x")
gradient = theano.function([x], T.grad(T.sum(x**3), x))
assert theano.__version__ == "1.0.5" and theano.config.cxx
weight = theano.shared(numpy.zeros(2), "w")
inputs, targets = T.dmatrix(), T.dvector()
loss = T.mean((T.dot(inputs, weight) - targets) ** 2)
step = theano.function([inputs, targets], loss, updates=[(weight, weight - 0.1 * T.grad(loss, weight))])
rows = numpy.random.RandomState(0).normal(size=(64, 2))
for _ in range(200):
    step(rows, rows @ [3.0, -1.0])
print(gradient([1.0, 2.0]).tolist() == [3.0, 12.0] and numpy.allclose(weight.get_value(), [3, -1], atol=1e-3))
