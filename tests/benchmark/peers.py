#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Times torch.compile (Inductor), JAX under jit or warp-ctc on the cells of the benchmark, at one thread.

    benchmark --list > cells.txt
    venv/bin/python peers.py inductor cells.txt >  peers.csv     # needs torch
    venv/bin/python peers.py jax      cells.txt >> peers.csv     # needs jax
    venv/bin/python peers.py optax    cells.txt >> peers.csv     # needs jax, optax
    WARP_CTC=libwarpctc.so python3 peers.py warp_ctc cells.txt >> peers.csv  # needs warp-ctc, numpy
    benchmark --peers peers.csv

Same protocol: the mean, value or value with gradient, the best of batches of about a millisecond. Writes
`peer,cell,ns a call`. An optional third argument is a regular expression over the cells. Row-major float and
double cells at one thread only; a column-major cell gets the time of its row-major twin.
"""
import ctypes
import math
import os
import re
import sys
import time

os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import numpy as np  # noqa: E402

SECONDS = 0.3  # a cell, at least three rounds

# What an argument holds, as in table.hpp; an upper case letter is differentiable.
ARGUMENTS = {
    "L1": "Xx", "SmoothL1": "Xx", "Huber": "Xx", "MSE": "Xx", "BCE": "Pp", "BCEWithLogits": "Xb",
    "PoissonNLL": "Xv", "GaussianNLL": "XxV", "KLDiv": "Lp", "HingeEmbedding": "Xs", "SoftMargin": "Xs",
    "MarginRanking": "XXs", "CrossEntropy": "Xc", "NLL": "Lc", "MultiMargin": "Xc",
    "MultiLabelMargin": "Xm", "MultiLabelSoftMargin": "Xb", "CosineEmbedding": "XXr",
    "TripletMargin": "XXX", "TripletMarginWithDistance": "XXX", "CTC": "Ltio", "CTCWithLogits": "Xtio",
}


def content(letter, s, dtype, rng):
    rows = s[:1] + s[2:]
    make = {
        "x": lambda: rng.standard_normal(s),
        "v": lambda: rng.uniform(0.5, 1.5, s),
        "p": lambda: rng.uniform(0.001, 0.999, s),
        "l": lambda: -rng.uniform(0.05, 8.05, s),
        "s": lambda: rng.choice([-1.0, 1.0], s),
        "b": lambda: rng.integers(0, 2, s),
        "r": lambda: rng.choice([-1.0, 1.0], s[:1]),
    }
    if letter.lower() in make:
        return make[letter.lower()]().astype(dtype)
    if letter == "c":
        return rng.integers(0, s[1], rows)
    if letter == "m":
        labels = np.full(s, -1)
        labels[:, :5] = rng.integers(0, s[1], labels[:, :5].shape)
        return labels
    if letter == "t":
        return rng.integers(1, s[2], (s[1], s[3]))
    return np.full(s[1], s[0] if letter == "i" else s[3])


def arguments(loss, shape, dtype):
    rng = np.random.default_rng(1)
    full = shape[:3] if loss.startswith("CTC") else shape
    return [content(a, shape if a in "tio" else full, dtype, rng) for a in ARGUMENTS[loss]]


def differentiable(loss):
    return [i for i, a in enumerate(ARGUMENTS[loss]) if a.isupper()]


class Inductor:
    """The functional of torch.nn, compiled; the whole step, backward included, is what is timed."""

    def __init__(self):
        import torch
        import torch.nn.functional as F
        import warnings
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        self.torch = torch
        self.losses = {
            "L1": F.l1_loss, "SmoothL1": F.smooth_l1_loss, "Huber": F.huber_loss, "MSE": F.mse_loss,
            "BCE": F.binary_cross_entropy, "BCEWithLogits": F.binary_cross_entropy_with_logits,
            "PoissonNLL": F.poisson_nll_loss, "GaussianNLL": self.gaussian_nll, "KLDiv": F.kl_div,
            "HingeEmbedding": F.hinge_embedding_loss, "SoftMargin": F.soft_margin_loss,
            "MarginRanking": F.margin_ranking_loss, "CrossEntropy": F.cross_entropy, "NLL": F.nll_loss,
            "MultiMargin": F.multi_margin_loss, "MultiLabelMargin": F.multilabel_margin_loss,
            "MultiLabelSoftMargin": F.multilabel_soft_margin_loss,
            "CosineEmbedding": F.cosine_embedding_loss, "TripletMargin": F.triplet_margin_loss,
            "TripletMarginWithDistance": F.triplet_margin_with_distance_loss, "CTC": F.ctc_loss,
            "CTCWithLogits": lambda x, *rest: F.ctc_loss(x.log_softmax(2), *rest),
        }

    def gaussian_nll(self, x, t, v):  # without the check of the variance, which breaks the graph
        v = v + (v.clamp(min=1e-6) - v).detach()
        return (0.5 * (v.log() + (x - t) ** 2 / v)).mean()

    def step(self, loss, inputs, fused):
        torch = self.torch
        tensors = [torch.from_numpy(a) for a in inputs]
        if loss.startswith("Multi") and tensors[0].dim() > 2:
            tensors = [t.movedim(1, -1).reshape(-1, inputs[0].shape[1]).contiguous()
                       if t.shape == tensors[0].shape else t.flatten() for t in tensors]
        torch._dynamo.reset()
        forward = torch.compile(self.losses[loss], dynamic=False)
        if not fused:
            def value():
                with torch.no_grad():
                    return forward(*tensors)
            return value
        leaves = [tensors[i].requires_grad_() for i in differentiable(loss)]

        def value_and_gradient():
            forward(*tensors).backward()
            for leaf in leaves:
                leaf.grad = None
        return value_and_gradient


class Jax:
    """The formulas as a JAX user writes them, under jit with value_and_grad."""

    def __init__(self):
        import jax
        import jax.numpy as jnp
        jax.config.update("jax_cpu_enable_async_dispatch", False)  # twice as fast a call on one core
        self.jax, self.jnp = jax, jnp
        nn = jax.nn

        def smooth(x, t):
            d = jnp.abs(x - t)
            return jnp.where(d < 1, 0.5 * d * d, d - 0.5).mean()

        def bce(p, y):
            log = lambda z: jnp.maximum(z, -100)
            return -(y * log(jnp.log(p)) + (1 - y) * log(jnp.log1p(-p))).mean()

        def pick(x, y):
            return jnp.take_along_axis(x, jnp.expand_dims(y, 1), 1)

        def multi_margin(x, y):
            other = jnp.arange(x.shape[1]).reshape((-1,) + (1,) * (x.ndim - 2)) != jnp.expand_dims(y, 1)
            return (jnp.where(other, nn.relu(1 - pick(x, y) + x), 0).sum(1) / x.shape[1]).mean()

        def cosine(a, b, y):
            cos = (a * b).sum(-1) / jnp.sqrt(((a * a).sum(-1) + 1e-12) * ((b * b).sum(-1) + 1e-12))
            return jnp.where(y > 0, 1 - cos, nn.relu(cos)).mean()

        def triplet(a, p, n):
            distance = lambda u, v: jnp.sqrt(((u - v + 1e-6) ** 2).sum(-1))
            return nn.relu(1 + distance(a, p) - distance(a, n)).mean()

        self.losses = {
            "L1": lambda x, t: jnp.abs(x - t).mean(), "SmoothL1": smooth, "Huber": smooth,
            "MSE": lambda x, t: ((x - t) ** 2).mean(), "BCE": bce,
            "BCEWithLogits": lambda x, y: (nn.relu(x) - x * y + jnp.log1p(jnp.exp(-jnp.abs(x)))).mean(),
            "PoissonNLL": lambda x, t: (jnp.exp(x) - t * x).mean(),
            "GaussianNLL": lambda x, t, v: (0.5 * (jnp.log(jnp.maximum(v, 1e-6)) +
                                                   (x - t) ** 2 / jnp.maximum(v, 1e-6))).mean(),
            "KLDiv": lambda x, t: (jnp.where(t > 0, t * jnp.log(t), 0) - t * x).mean(),
            "HingeEmbedding": lambda x, y: jnp.where(y > 0, x, nn.relu(1 - x)).mean(),
            "SoftMargin": lambda x, y: nn.softplus(-y * x).mean(),
            "MarginRanking": lambda a, b, y: nn.relu(-y * (a - b)).mean(),
            "CrossEntropy": lambda x, y: (nn.logsumexp(x, 1) - pick(x, y)[:, 0]).mean(),
            "NLL": lambda x, y: -pick(x, y).mean(), "MultiMargin": multi_margin,
            "MultiLabelSoftMargin": lambda x, y: (nn.softplus(-x) * y + nn.softplus(x) * (1 - y)).mean(),
            "CosineEmbedding": cosine, "TripletMargin": triplet, "TripletMarginWithDistance": triplet,
        }

    def step(self, loss, inputs, fused):
        jax = self.jax
        jax.config.update("jax_enable_x64", inputs[0].dtype == np.float64)  # slows down float
        function = self.losses[loss]
        if fused:
            function = jax.value_and_grad(function, argnums=tuple(differentiable(loss)))
        compiled = jax.jit(function)
        arrays = [jax.device_put(a) for a in inputs]
        return lambda: jax.block_until_ready(compiled(*arrays))


class Optax(Jax):
    """What optax has of these losses."""

    def __init__(self):
        super().__init__()
        import optax
        jnp = self.jnp
        unbatched = lambda f: lambda *a: f(*a).mean()

        def ctc(x, labels, lengths, target_lengths):
            pad = lambda n, size: (jnp.arange(size) >= n[:, None]).astype(x.dtype)
            loss = optax.ctc_loss(jnp.swapaxes(x, 0, 1), pad(lengths, x.shape[0]), labels,
                                  pad(target_lengths, labels.shape[1]))
            return (loss / target_lengths).mean()

        def multi_label(x, y):
            return optax.sigmoid_binary_cross_entropy(x, y).mean()

        self.losses = {
            "MSE": unbatched(optax.squared_error), "Huber": unbatched(optax.huber_loss),
            "SmoothL1": unbatched(optax.huber_loss), "BCEWithLogits": multi_label,
            "MultiLabelSoftMargin": multi_label, "CTCWithLogits": ctc,
            "CrossEntropy": lambda x, y: optax.softmax_cross_entropy_with_integer_labels(
                x, y, axis=1).mean(),
        }


class WarpCtc:
    """warp-ctc through its C interface: the costs of the sequences, not averaged, with storage and workspace kept."""

    def __init__(self):
        class Where(ctypes.Union):
            _fields_ = [("num_threads", ctypes.c_uint), ("stream", ctypes.c_void_p)]

        class Options(ctypes.Structure):
            _anonymous_ = ["where"]
            _fields_ = [("loc", ctypes.c_int), ("where", Where), ("blank_label", ctypes.c_int)]

        self.options = Options(0, Where(num_threads=1), 0)  # on the CPU, the blank is 0
        self.library = ctypes.CDLL(os.environ.get("WARP_CTC", "libwarpctc.so"))
        self.losses = {"CTCWithLogits": None}

    def step(self, loss, inputs, fused):
        library, (x, labels, lengths, target_lengths) = self.library, inputs
        if x.dtype != np.float32:
            raise NotImplementedError(x.dtype)
        pointer = lambda a: a.ctypes.data_as(ctypes.c_void_p)
        arrays = [a.astype(np.int32).ravel() for a in (labels, target_lengths, lengths)]
        numbers = [pointer(a) for a in arrays]
        sizes, size = (ctypes.c_int(x.shape[2]), ctypes.c_int(x.shape[1])), ctypes.c_size_t()
        if library.get_workspace_size(*numbers[1:], *sizes, self.options, ctypes.byref(size)):
            raise RuntimeError("get_workspace_size")
        gradient, costs = np.empty_like(x), np.empty(x.shape[1], x.dtype)
        workspace = np.empty(size.value, np.int8)
        call = (pointer(x), pointer(gradient) if fused else None, *numbers, *sizes, pointer(costs),
                pointer(workspace), self.options)

        def value_or_both(kept=(arrays, gradient)):
            if library.compute_ctc_loss(*call):
                raise RuntimeError("compute_ctc_loss")
            return costs
        return value_or_both


def best(step):
    """Nanoseconds a call, the best of batches of about a millisecond."""
    clock = time.perf_counter_ns
    step()
    start = clock()
    step()
    once = clock() - start
    if once > 20 * SECONDS * 1e9:
        return once
    repeats = max(1, min(10000, int(1e6 / once)))
    fastest, begin, rounds = math.inf, clock(), 0
    while rounds < 3 or clock() - begin < SECONDS * 1e9:
        start = clock()
        for _ in range(repeats):
            step()
        fastest = min(fastest, (clock() - start) / repeats)
        rounds += 1
        if rounds >= 1 and clock() - begin > 6 * SECONDS * 1e9:
            break
    return fastest


def sizes(text):
    units = {"k": 1000, "M": 1000000}
    return tuple(int(n.rstrip("kM")) * units.get(n[-1], 1) for n in text.split("x"))


def main():
    name, cells = sys.argv[1:3]
    chosen = re.compile(sys.argv[3] if len(sys.argv) > 3 else ".")
    library = {"inductor": Inductor, "jax": Jax, "optax": Optax, "warp_ctc": WarpCtc}[name]()
    inputs, key = None, None
    print("peer,cell,ns")
    for cell in open(cells, encoding="utf-8").read().split():
        loss, shape, layout, scalar, threads, work = cell.split("/")
        if (loss not in library.losses or layout != "row" or threads != "1t"
                or scalar not in ("float", "double") or not chosen.search(cell)):
            continue
        if key != (loss, shape, scalar):
            key = (loss, shape, scalar)
            inputs = arguments(loss, sizes(shape), "f4" if scalar == "float" else "f8")
        try:
            ns = best(library.step(loss, inputs, work == "fused"))
        except Exception as error:  # not supported there: the cell stays empty
            print(f"{name} {cell}: {error!r:.120}", file=sys.stderr)
            continue
        for twin in (cell, cell.replace("/row/", "/col/")):
            print(f"{name},{twin},{ns:.1f}", flush=True)


main()
