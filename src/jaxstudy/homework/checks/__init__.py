"""What `checks.py` and `hidden.py` import.

    from jaxstudy.homework.checks import points, value, under_jit, normal

    @points(2, reread="02_functions#softmax-1")
    def test_softmax(student, reference, rng):
        "Rows of softmax are probabilities."
        value(student.softmax, normal(rng, 3, 4), expected="every row positive, with sum 1")
        under_jit(student.softmax, normal(rng, 3, 4))

A check is a function `test_…` that asks for any of `student` (the student's file), `reference` (the assignment with
its solutions) and `rng` (a `numpy.random.Generator`, seeded by the run's seed and the check's name: the same inputs in
any order). `student.softmax(x)` calls the student's function and gives plain data: NumPy arrays, numbers, strings,
lists, tuples, dicts. What is no data (a module, a closure, a train state) stays where it is; what comes back stands
for it: pass it on (`student.loss(state, x)`), call it (`model(x)`), call a method (`model.apply(params, x)`), or look
at an attribute (`fetch(state.params)`).

Helpers don't stop a check: all that they find is reported together. A plain `assert` stops it.
They compare with `reference` by the function's own name unless `like=` says otherwise, so that most are one line.
Arrays arrive as JAX arrays. Wrap what is to arrive otherwise: `key(3)`, `numpy_array(x)`, `tensor(x)`,
`function("lambda x: (x ** 3).sum()")`; a student's own function is passed as it is: `student.train(student.loss, x)`.

The student's copy of the checks comes with the reference's recorded answers, not with the reference: ask the
reference only with inputs from `rng` or written in the check, never with something that the student's code made.
"""

from jaxstudy.homework.checks.arguments import function, integers, key, normal, numpy_array, tensor, uniform
from jaxstudy.homework.checks.asking import Asked, fetch, grad, jit, listed, value_and_grad, vmap
from jaxstudy.homework.checks.findings import fail, part, points
from jaxstudy.homework.checks.metrics import reaches, within
from jaxstudy.homework.checks.modules import flax_module, parameters, torch_module
from jaxstudy.homework.checks.purity import no_host_callback, no_unrolled_loop, one_trace, pure, uses
from jaxstudy.homework.checks.transforms import gradient, under_jit, under_vmap
from jaxstudy.homework.checks.values import raises, shape, value

__all__ = [
    "Asked",
    "fail",
    "fetch",
    "flax_module",
    "function",
    "grad",
    "gradient",
    "integers",
    "jit",
    "key",
    "listed",
    "no_host_callback",
    "no_unrolled_loop",
    "normal",
    "numpy_array",
    "one_trace",
    "parameters",
    "part",
    "points",
    "pure",
    "raises",
    "reaches",
    "shape",
    "tensor",
    "torch_module",
    "under_jit",
    "under_vmap",
    "uniform",
    "uses",
    "value",
    "value_and_grad",
    "vmap",
    "within",
]
