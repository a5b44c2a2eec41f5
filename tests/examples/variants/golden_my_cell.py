"""MyCell over three steps, straight from its equations: prints the numbers of test_my_cell.cpp."""
import numpy as np

sigmoid = lambda a: 1 / (1 + np.exp(-a))

Wz, Uz, bz = np.array([[0.5], [-1.0]]), np.array([[0.1, 0.2], [0.3, -0.4]]), np.array([0.0, 0.5])
Wn, Un, bn = np.array([[1.0], [2.0]]), np.array([[-0.5, 0.6], [0.7, 0.8]]), np.array([0.1, -0.1])
s = np.array([1.0, -2.0])

h = np.array([0.0, 0.3])
for x in [1.0, -0.5, 2.0]:
    x = np.array([x])
    z = sigmoid(s) * sigmoid(Wz @ x + Uz @ h + bz)
    n = np.tanh(Wn @ x + Un @ h + bn)
    h = (1 - z) * h + z * n
    print("{:.15f}, {:.15f},".format(*h))
