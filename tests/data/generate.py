#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes reference.txt: what PyTorch says about every loss, for tests/reference_*.cpp to compare with.

    pip install torch==2.13.0 mpmath
    python tests/data/generate.py > tests/data/reference.txt

A case is a few lines, and everything in it is row-major:

    case <Loss> <name of the case>
    options <name>=<number>[,<number>...] ...          only those that are not the default
    argument f64|i64 <shape> : <values>                in order; a shape is 2x3, or scalar for rank 0
    argument number|integer : <value>                  a plain number instead of a tensor
    arguments as before                                those of the case above
    weights <shape> : <values>                         sample weights: loss.weighted(weights)
    none <shape> : <values>                            the unreduced loss
    sum|mean|batchmean|weightedmean : <value>
    divisor : <D>                                      what `mean` divides by; CTC divides each sequence by
                                                       max(its target length, 1) first
    gradient <k> : <values>                            that of sum for argument k (none has the same one)
    scale : <values>                                   sum of the |terms| of a unit's loss, roughly, ...
    gradient_scale <k> : <values>                      ... or of an entry of the gradient, where that is
                                                       more than the number itself; one value: for all
    note <text>                                        why it is not PyTorch's number

`any` in place of a number: nobody promises anything there. Inputs lie on a coarse binary grid, so that nearly
every case has the same inputs in float and the same kinks. The random numbers of a case depend on its name
alone; nothing depends on a clock.
"""
import math
import random
import sys
import warnings
import zlib

import mpmath
import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
mpmath.mp.dps = 50

NAN, INF = math.nan, math.inf
ANY = "any"
REDUCTIONS = ("none", "sum", "mean")


# ---------------------------------------------------------------- writing


def number(value):
    if value == ANY and isinstance(value, str):
        return ANY
    value = float(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value or 0.0)  # the shortest text that reads back as the same double: at most 17 digits
    return text[:-2] if text.endswith(".0") else text


def numbers(values):
    return " ".join(number(v) for v in values)


def short(values):
    texts = [format(1.5 * v, ".1g").replace("e+0", "e").replace("e-0", "e-") if math.isfinite(v) else "0" for v in values]
    return texts[0] if texts and len(set(texts)) == 1 else " ".join(texts)


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def shape_text(tensor):
    return "x".join(str(n) for n in tensor.shape) if tensor.dim() else "scalar"


def option_text(value):
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return ",".join(number(v) for v in value)
    return number(value)


def argument_text(argument):
    if isinstance(argument, torch.Tensor):
        if argument.dtype == torch.int64:
            return f"argument i64 {shape_text(argument)} : " + " ".join(map(str, flat(argument)))
        return f"argument f64 {shape_text(argument)} : {numbers(flat(argument))}"
    kind = "integer" if isinstance(argument, int) else "number"
    return f"argument {kind} : {argument if kind == 'integer' else number(argument)}"


lines, previous, count, seen = [], [], {}, set()


def write(loss, name, options, arguments, weights, results, gradients, scales, note):
    """results: {'none': tensor or list, ...}; gradients: {'gradient 0': list}; scales: {'scale': list}."""
    assert (loss, name) not in seen, (loss, name)
    seen.add((loss, name))
    count[loss] = count.get(loss, 0) + 1
    lines.append(f"case {loss} {name}")
    if options:
        lines.append("options " + " ".join(f"{k}={option_text(v)}" for k, v in options.items()))
    texts = [argument_text(a) for a in arguments]
    if texts == previous:
        lines.append("arguments as before")
    else:
        lines.extend(texts)
        previous[:] = texts
    if weights is not None:
        lines.append(f"weights {shape_text(weights)} : {numbers(flat(weights))}")
    for key, value in results.items():
        lines.append(f"{key} : {numbers(value)}")
    for key, value in gradients.items():
        lines.append(f"{key} : {numbers(value)}")
    for key, value in scales.items():
        lines.append(f"{key} : {short(value)}")
    if note:
        lines.append(f"note {note}")


# ---------------------------------------------------------------- computing


def same(a, b, tolerance=1e-13):
    if isinstance(a, str) or isinstance(b, str) or a == b or (math.isnan(a) and math.isnan(b)):
        return True
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def useful(scale, expected):
    """The scale, unless the expected numbers themselves say as much."""
    if scale is None:
        return None
    values = flat(scale.broadcast_to(expected.shape))
    ours = [abs(v) if math.isfinite(v) else 0 for v in flat(expected)]
    return values if any(math.isfinite(s) and s > 1.01 * o for s, o in zip(values, ours)) else None


def case(loss, name, arguments, call, options=None, wrt=(0,), scale=None, gradient_scale=None, divisor=None,
         weights=None, shares=None, safe=None, batch=None, fix=None, any_value=(), any_gradient=(), note=""):
    """One case: call(reduction, *arguments) is PyTorch's. fix(none, gradients) puts in what we do otherwise.

    safe: arguments to compute with, where those of the case hold NaN in masked units. shares: a unit's share
    of the divisor (1). any_gradient: (k, flat index) pairs; any_value: flat indices.
    """
    def inputs():
        chosen = [a.clone() if isinstance(a, torch.Tensor) else a for a in (safe or arguments)]
        for k in wrt:
            chosen[k].requires_grad_()
        return chosen

    def run(reduction):
        chosen = inputs()
        value = call(reduction, *chosen)
        if value.dim() or reduction == "none":
            total = (value * (1 if weights is None else weights)).sum()
        else:
            total = value
        got = torch.autograd.grad(total, [chosen[k] for k in wrt], allow_unused=True)
        return value.detach(), [torch.zeros_like(chosen[k]) if g is None else g for g, k in zip(got, wrt)]

    none, gradients = run("none")
    shape = none.shape
    total_divisor = float(none.numel() if divisor is None else divisor)
    if weights is not None:
        none = none * weights
    if fix is None and weights is None:  # PyTorch agrees with itself, and with the divisor
        total, mean = run("sum"), run("mean")
        for g, s, m in zip(gradients, total[1], mean[1]):
            floor = 1e-15 * max([1.0] + [abs(v) for v in flat(s) if math.isfinite(v)])  # a term may cancel
            for a, b, c in zip(flat(g), flat(s), flat(m)):
                assert same(a, b) or abs(a - b) < floor, (loss, name, "sum", a, b)
                if total_divisor:
                    assert same(b / total_divisor, c) or abs(b / total_divisor - c) < floor, (loss, name, "mean", b, c)
        sums, means = total[0].item(), mean[0].item()
        assert same(sums, none.sum().item(), 1e-11), (loss, name)
        assert not total_divisor or same(sums / total_divisor, means, 1e-11), (loss, name, sums, total_divisor, means)
    else:
        if fix is not None:
            none, gradients = fix(none.clone(), [g.clone() for g in gradients])
        sums = none.sum().item()
        means = sums / total_divisor if total_divisor else NAN
    assert none.shape == shape
    values = flat(none)
    for i in any_value:
        values[i] = ANY
        sums = means = ANY
    results = {f"none {shape_text(none)}": values, "sum": [sums], "mean": [means]}
    if batch is not None:
        results["batchmean"] = [call("batchmean", *arguments).item()]
        assert same(results["batchmean"][0], sums / batch, 1e-11), (loss, name)
    if weights is not None:
        share = torch.ones(shape) if shares is None else shares.broadcast_to(shape)
        total_weight = (weights.broadcast_to(shape) * share).sum().item()
        results["weightedmean"] = [sums / total_weight if total_weight else 0.0]
    results["divisor"] = [total_divisor]
    slots = {}
    for k, g in zip(wrt, gradients):
        slots[f"gradient {k}"] = flat(g)
    for k, i in any_gradient:
        slots[f"gradient {k}"][i] = ANY
    scales = {}
    plain = [a.detach() if isinstance(a, torch.Tensor) else a for a in (safe or arguments)]
    upstream = torch.ones(()) if weights is None else weights.abs()
    if scale is not None:
        kept = useful(scale(*plain) * upstream, none)
        if kept:
            scales["scale"] = kept
    if gradient_scale is not None:
        for k, s, g in zip(wrt, gradient_scale(*plain), gradients):
            if s is not None and weights is not None:
                s = s * largest_to(weights.abs(), s)
            kept = useful(s, g)
            if kept:
                scales[f"gradient_scale {k}"] = kept
    write(loss, name, options, arguments, weights, results, slots, scales, note)


def largest_to(weights, like):
    """The weights, where they belong to the entries of `like`; else their maximum."""
    fits = weights.dim() == like.dim() and all(n in (1, m) for n, m in zip(weights.shape, like.shape))
    return weights if fits else weights.max()


# ---------------------------------------------------------------- inputs


def grid(key, shape, low, high, step=1 / 16):
    """Random multiples of step in [low, high]."""
    source = random.Random(zlib.crc32(key.encode()))
    n = math.prod(shape)
    return tensor([step * source.randint(round(low / step), round(high / step)) for _ in range(n)]).reshape(shape)


def choice(key, shape, values):
    source = random.Random(zlib.crc32(key.encode()))
    picked = [source.choice(values) for _ in range(math.prod(shape))]
    return torch.tensor(picked, dtype=torch.int64 if isinstance(values[0], int) else torch.float64).reshape(shape)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def integers(values):
    return torch.tensor(values, dtype=torch.int64)


def text(shape):
    return "x".join(map(str, shape)) if shape else "scalar"


SHAPES = [(), (1,), (19,), (3, 5), (2, 3, 4), (2, 1, 3, 2)]  # every rank; packets and their remainders
X = tensor([[.5, -1.2], [3, .1]])
Y = tensor([[1, .3], [-.5, .1]])
W = tensor([[1., 2], [3, 4]])


def with_at(values, pairs):
    """The tensor with the first entries overwritten, where there is room."""
    values = values.clone()
    view = values.view(-1)
    for i, v in enumerate(pairs):
        if i < view.numel():
            view[i] = v
    return values


def describe(options):
    return " ".join(f"{k} {option_text(v)}" for k, v in options.items()) or "defaults"


def products(**axes):
    """Every combination of the options; a value of None leaves the default."""
    combinations = [{}]
    for key, values in axes.items():
        combinations = [{**c, **({} if v is None else {key: v})} for c in combinations for v in values]
    return combinations


def masks(key, shape):
    """Sample weights: in the shape of the loss, and broadcast along each dimension; zeros among them."""
    yield "", with_at(grid(key, shape, 0.25, 3, 1 / 4), [0.0])
    for d in range(len(shape)):
        if len(shape) > 1:
            broadcast = tuple(1 if i == d else n for i, n in enumerate(shape))
            yield f" broadcast along {d}", grid(key + str(d), broadcast, 0, 3, 1 / 4)


# ---------------------------------------------------------------- pointwise losses


def differences():
    """L1, MSE, SmoothL1, Huber."""
    losses = {
        "L1": (lambda r, x, t, **o: F.l1_loss(x, t, reduction=r), [{}]),
        "MSE": (lambda r, x, t, **o: F.mse_loss(x, t, reduction=r), [{}]),
        "SmoothL1": (lambda r, x, t, beta=1.0: F.smooth_l1_loss(x, t, reduction=r, beta=beta),
                     products(beta=[None, 0.5, 0.7, 2.0, 0.0, INF])),
        "Huber": (lambda r, x, t, delta=1.0: F.huber_loss(x, t, reduction=r, delta=delta),
                  products(delta=[None, 0.5, 0.7, 2.0, INF])),
    }
    for loss, (torch_call, option_sets) in losses.items():
        for options in option_sets:
            def call(r, x, t, options=options):
                return torch_call(r, x, t, **options)

            width = options.get("beta", options.get("delta", 1.0))
            for shape in SHAPES if not options or width == 0.5 else [(19,)]:
                key = f"{loss} {text(shape)}"
                t = grid(key + "t", shape, -2, 2)
                x = grid(key + "x", shape, -3, 3)
                case(loss, f"{describe(options)} {text(shape)}", [x, t], call, options)
            if width != 0.7:  # kinks: input == target, |input - target| == width, its neighbours
                corner = width if 0 < width < INF else 1.0
                d = [0, corner, -corner, corner + 2**-20, -corner - 2**-20, corner - 2**-20, 2**-20, -2**-20]
                t = tensor([1.0] * len(d))
                case(loss, f"{describe(options)} kinks", [t + tensor(d), t], call, options)
            x = tensor([NAN, 1, INF, -INF, 1, 1, INF, 1.5])
            t = tensor([1, NAN, 1, 1, INF, -INF, INF, 1])
            swallow = loss == "L1" or width == 0

            def fix(none, gradients):
                gradients[0][:2] = NAN
                return none, gradients

            if width not in (0.7, INF):
                case(loss, f"{describe(options)} NaN and infinity", [x, t], call, options,
                     fix=fix if swallow else None, any_gradient=[(0, 6)] if swallow else (),
                     note="PyTorch's gradient is 0 at a NaN" if swallow else "")
        for shape in [(3, 5), (2, 3, 4), ()]:
            x, t = grid(loss + "wx", shape, -3, 3), grid(loss + "wt", shape, -2, 2)
            for which, w in masks(loss, shape):
                case(loss, f"sample weights{which} {text(shape)}", [x, t],
                     lambda r, x, t: torch_call(r, x, t), weights=w)
                if w.shape == x.shape and loss in ("L1", "MSE"):  # PyTorch's weight is WeightedMean
                    f = {"L1": F.l1_loss, "MSE": F.mse_loss}[loss]
                    if w.sum():
                        expected = f(x, t, weight=w).item()
                        got = [l for l in lines if l.startswith("weightedmean")][-1].split()[-1]
                        assert same(float(got), expected), (loss, got, expected)
        case(loss, "masked NaN", [tensor([NAN, 1, INF, 3]), tensor([0, NAN, INF, 1.])],
             lambda r, x, t: torch_call(r, x, t), weights=tensor([0, 0, 0, 2.]),
             safe=[tensor([1, 1, 1, 3.]), tensor([0, 0, 0, 1.])], note="PyTorch: 0 NaN = NaN")
        case(loss, "all masked", [tensor([1, 2.]), tensor([0, 0.])], lambda r, x, t: torch_call(r, x, t),
             weights=tensor([0, 0.]))
        case(loss, "empty", [tensor([]).reshape(0, 3), tensor([]).reshape(0, 3)],
             lambda r, x, t: torch_call(r, x, t))
        case(loss, "values X, Y", [X, Y], lambda r, x, t: torch_call(r, x, t))
        case(loss, "values X[0], Y[0]", [X[0], Y[0]], lambda r, x, t: torch_call(r, x, t))
        case(loss, "values X, Y, weight W", [X, Y], lambda r, x, t: torch_call(r, x, t), weights=W)
        for options in {"SmoothL1": [{"beta": .7}, {"beta": 0.}], "Huber": [{"delta": .7}, {"delta": 2.}]}.get(loss, []):
            case(loss, f"values X, Y, {describe(options)}", [X, Y],
                 lambda r, x, t: torch_call(r, x, t, **options), options)
    case("SmoothL1", "values X, Y, weight W, beta 2", [X, Y], lambda r, x, t: F.smooth_l1_loss(x, t, reduction=r, beta=2),
         {"beta": 2.}, weights=W)
    case("Huber", "values X, Y, weight W, delta 2", [X, Y], lambda r, x, t: F.huber_loss(x, t, reduction=r, delta=2),
         {"delta": 2.}, weights=W)


def bce():
    def call(r, p, y):
        return F.binary_cross_entropy(p, y, reduction=r)

    for shape in SHAPES:
        p = grid("bce p" + text(shape), shape, 1 / 64, 63 / 64, 1 / 64)
        y = with_at(grid("bce y" + text(shape), shape, 0, 1, 1 / 8), [0, 1])
        case("BCE", text(shape), [p, y], call)
    case("BCE", "probabilities at and near 0 and 1",
         [tensor([0, 1, 0, 1, 0, 1, 0, 1, 2**-44, 2**-44, 2**-44, 2**-100, 1 - 2**-20, 1 - 2**-20, 2**-30, .5, .5]),
          tensor([0, 1, 1, 0, .25, .5, .5, .25, 0, 1, .5, 1, 0, 1, .5, .5, 1])], call)
    case("BCE", "probabilities near 1", [tensor([1 - 2**-50, 1 - 2**-50, 1 - 2**-53]), tensor([0, 1, .5])], call)
    for shape in [(3, 5), (2, 3, 4), ()]:
        p = grid("bce wp", shape, 1 / 64, 63 / 64, 1 / 64)
        y = grid("bce wy", shape, 0, 1, 1 / 8)
        for which, w in masks("bce", shape):
            case("BCE", f"sample weights{which} {text(shape)}", [p, y], call, weights=w)
            got = float([l for l in lines if l.startswith("mean")][-1].split()[-1])
            assert same(got, F.binary_cross_entropy(p, y, weight=w).item())  # PyTorch's weight is Mean
    case("BCE", "masked, out of range", [tensor([NAN, 2, .5, .25]), tensor([0, 0, NAN, 1.])], call,
         weights=tensor([0, 0, 0, 2.]), safe=[tensor([.5, .5, .5, .25]), tensor([0, 0, 0, 1.])],
         note="PyTorch throws; a masked unit reads nothing")
    case("BCE", "empty", [tensor([]).reshape(0, 3), tensor([]).reshape(0, 3)], call)
    p, y = tensor([[.3, .9], [.001, .5]]), tensor([[.6, 0], [1, .25]])
    case("BCE", "values p, y", [p, y], call)
    case("BCE", "values p, y, weight W", [p, y], call, weights=W)
    case("BCE", "values corners", [tensor([0, 1, 0, 1.]), tensor([0, 1, 1, 0.])], call)
    case("BCE", "values corners, soft", [tensor([0, 1.]), tensor([.25, .5])], call)


def bce_with_logits():
    def made(options):
        def along(pos_weight, x):
            if pos_weight is None:
                return None
            axis = options.get("axis", -1) % max(x.dim(), 1)
            weight = tensor(pos_weight)
            return weight.reshape(()) if weight.numel() == 1 else weight.reshape(
                tuple(-1 if d == axis else 1 for d in range(x.dim())))

        def call(r, x, y):
            return F.binary_cross_entropy_with_logits(x, y, reduction=r, pos_weight=along(options.get("pos_weight"), x))

        def parts(x, y):
            c = along(options.get("pos_weight"), x)
            c = torch.ones(()) if c is None else c
            return c, 1 + (c - 1) * y

        def scale(x, y):
            c, q = parts(x, y)
            return ((1 - y) * x).abs() + (q * F.logsigmoid(x)).abs()

        def gradient_scale(x, y):
            c, q = parts(x, y)
            return [(q * torch.sigmoid(x)).abs() * (1 + x.abs()) + (c * y).abs()]

        return dict(call=call, options=options, scale=scale, gradient_scale=gradient_scale)

    name = "BCEWithLogits"
    for shape in SHAPES:
        x = grid("bcel x" + text(shape), shape, -6, 6)
        y = with_at(grid("bcel y" + text(shape), shape, 0, 1, 1 / 8), [0, 1])
        case(name, text(shape), [x, y], **made({}))
        case(name, f"{text(shape)} pos_weight 2.5", [x, y], **made({"pos_weight": [2.5]}))
        if shape and shape[-1] > 1:
            weights = flat(grid("bcel c", (shape[-1],), .25, 4, 1 / 4))
            case(name, f"{text(shape)} pos_weight along the last", [x, y], **made({"pos_weight": weights}))
        for axis in range(len(shape)) if len(shape) > 1 else ():
            if shape[axis] > 1:
                weights = flat(grid("bcel a", (shape[axis],), .25, 4, 1 / 4))
                case(name, f"{text(shape)} pos_weight along {axis}", [x, y],
                     **made({"pos_weight": weights, "axis": axis}))
                case(name, f"{text(shape)} pos_weight along {axis - len(shape)}", [x, y],
                     **made({"pos_weight": weights, "axis": axis - len(shape)}))
    case(name, "targets outside [0, 1], negative pos_weight",
         [grid("bcel o", (3, 4), -4, 4), grid("bcel p", (3, 4), -2, 3, 1 / 4)],
         **made({"pos_weight": [2., .5, -1., 0.]}))
    extremes = tensor([1000, -1000, 1000, -1000, 40, -40, 40, -40, 90, -90, 20, -20, 0, 0, 100, -100])
    y = tensor([0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, .5, .5])
    case(name, "large logits", [extremes, y], **made({}))
    case(name, "large logits pos_weight 3", [extremes, y], **made({"pos_weight": [3.]}))
    case(name, "NaN and infinity", [tensor([NAN, 1, INF, INF, -INF, -INF, INF, 1]), tensor([0, NAN, 0, 1, 0, 1, .5, 1])],
         **made({}))
    for shape in [(3, 5), (2, 3, 4), ()]:
        x, y = grid("bcel wx", shape, -4, 4), grid("bcel wy", shape, 0, 1, 1 / 8)
        for which, w in masks("bcel", shape):
            case(name, f"sample weights{which} {text(shape)}", [x, y], **made({}), weights=w)
    case(name, "sample weights and pos_weight", [grid("bcel x1", (3, 4), -4, 4), grid("bcel y1", (3, 4), 0, 1, 1 / 8)],
         **made({"pos_weight": [1., 2., .5, 4.]}), weights=grid("bcel w", (3, 4), 0, 3, 1 / 4))
    case(name, "masked NaN", [tensor([NAN, INF, -INF, 2]), tensor([0, 1, 0, 1.])], **made({}),
         weights=tensor([0, 0, 0, 2.]), safe=[tensor([0, 0, 0, 2.]), tensor([0, 1, 0, 1.])], note="PyTorch: 0 NaN = NaN")
    case(name, "empty", [tensor([]).reshape(0, 3), tensor([]).reshape(0, 3)], **made({}))
    x, y = tensor([[.5, -1], [2, 0]]), tensor([[1, 0], [.25, 1]])
    case(name, "values x, y", [x, y], **made({}))
    case(name, "values x, y, pos_weight", [x, y], **made({"pos_weight": [2., 3.]}))
    case(name, "values x, y, pos_weight, weight W", [x, y], **made({"pos_weight": [2., 3.]}), weights=W)
    case(name, "values large", [tensor([1000, -1000, 40.]), tensor([0, 1, 1.])], **made({}))


def poisson_nll():
    def made(options):
        log_input, full, eps = options.get("log_input", True), options.get("full", False), options.get("eps", 1e-8)

        def call(r, x, t):
            return F.poisson_nll_loss(x, t, log_input=log_input, full=full, eps=eps, reduction=r)

        def scale(x, t):
            if log_input:
                terms = x.exp() * (1 + x.abs()) + (t * x).abs()
            else:
                terms = x.abs() + t.abs() * ((x + eps).log().abs() + 1)
            stirling = (t * t.log()).abs() + t + .5 * (2 * math.pi * t).log().abs()
            return terms + torch.where(t > 1, stirling, 0 * t) if full else terms

        def gradient_scale(x, t):
            return [x.exp() * (1 + x.abs()) + t.abs() if log_input else 1 + (t / (x + eps)).abs()]

        return dict(call=call, options=options, scale=scale, gradient_scale=gradient_scale)

    name = "PoissonNLL"
    for options in products(log_input=[None, False], full=[None, True], eps=[None, 2**-4]):
        positive = not options.get("log_input", True)
        for shape in SHAPES if "eps" not in options else [(19,)]:
            x = grid(f"poisson x{positive}" + text(shape), shape, 1 / 16 if positive else -3, 3)
            t = with_at(grid("poisson t" + text(shape), shape, 0, 6, 1 / 4), [0, 1, 1 + 2**-20, 1 - 2**-20, -2, 40])
            case(name, f"{describe(options)} {text(shape)}", [x, t], **made(options))
    case(name, "log_input infinity and NaN",
         [tensor([NAN, -INF, -INF, INF, INF, INF, -800, -80]), tensor([1, 2, 0, 0, 2, -2, 0, 0.])], **made({}))
    options = {"log_input": False, "eps": 2**-10}
    case(name, "log_input 0 at and below -eps", [tensor([-2**-10, -2**-10, -1, 0, NAN, INF]), tensor([2, 0, 2, 3, 1, 0.])],
         **made(options))
    for options in products(log_input=[None, False], full=[None, True]):
        x, t = grid("poisson wx", (2, 3, 4), 1 / 16, 3), grid("poisson wt", (2, 3, 4), 0, 6, 1 / 4)
        for which, w in masks("poisson", (2, 3, 4)):
            case(name, f"{describe(options)} sample weights{which}", [x, t], **made(options), weights=w)
    case(name, "masked NaN", [tensor([NAN, INF, 2]), tensor([0, 0, 1.])], **made({"full": True}), weights=tensor([0, 0, 2.]),
         safe=[tensor([0, 0, 2.]), tensor([0, 0, 1.])], note="PyTorch: 0 NaN = NaN")
    case(name, "empty", [tensor([]).reshape(0, 3), tensor([]).reshape(0, 3)], **made({}))
    x, t = tensor([.5, -1, 0, 1.2]), tensor([0, 1, 1.5, 3])
    case(name, "values x, t", [x, t], **made({}))
    case(name, "values x, t, full", [x, t], **made({"full": True}))
    x = tensor([.5, 1e-9, 2, 1.2])
    case(name, "values x, t, log_input 0, full", [x, t], **made({"log_input": False, "full": True}))
    case(name, "values x, t, log_input 0, full, eps .1", [x, t], **made({"log_input": False, "full": True, "eps": .1}))


def gaussian_nll():
    def made(options):
        full, eps = options.get("full", False), options.get("eps", 1e-6)

        def call(r, x, t, v):
            return F.gaussian_nll_loss(x, t, v, full=full, eps=eps, reduction=r)

        def broadcast(x, v):
            v = torch.full_like(x, v) if not isinstance(v, torch.Tensor) else v
            if v.dim() < x.dim():
                v = v.unsqueeze(-1)
            return v, v.clamp(min=eps)

        def scale(x, t, v):
            v = broadcast(x, v)[1]
            return .5 * v.log().abs() + .5 * (x - t)**2 / v + (1 if full else 0)

        def gradient_scale(x, t, v):
            if not isinstance(v, torch.Tensor):
                return [None]
            shape = v.shape
            original, v = broadcast(x, v)
            terms = (.5 * (1 / v + (x - t)**2 / v**2)).broadcast_to(x.shape)
            return [None, terms.sum_to_size(original.shape).reshape(shape)]

        return dict(call=call, options=options, scale=scale, gradient_scale=gradient_scale)

    name = "GaussianNLL"
    for options in products(full=[None, True], eps=[None, 0.5]):
        for shape in SHAPES if options in ({}, {"full": True, "eps": .5}) else [(19,), (3, 5)]:
            key = "gaussian" + text(shape)
            x, t = grid(key + "x", shape, -2, 2), grid(key + "t", shape, -2, 2)
            variances = [("", grid(key + "v", shape, .25, 3, 1 / 4))]
            if shape:
                variances.append((" variance without the last dimension", grid(key + "u", shape[:-1], .25, 3, 1 / 4)))
            for d in range(len(shape)):
                # PyTorch wants exactly one dimension that differs, and no other of size 1 that could be it
                if shape[d] > 1:
                    narrow = tuple(1 if i == d else n for i, n in enumerate(shape))
                    if narrow != shape[:-1]:
                        variances.append((f" variance 1 along {d}", grid(key + f"n{d}", narrow, .25, 3, 1 / 4)))
            for which, v in variances:
                case(name, f"{describe(options)} {text(shape)}{which}", [x, t, v], **made(options), wrt=(0, 2))
            case(name, f"{describe(options)} {text(shape)} variance a number", [x, t, 0.75], **made(options))
    case(name, "square with a variance for each row",
         [grid("gaussian sx", (3, 3), -2, 2), grid("gaussian st", (3, 3), -2, 2), tensor([.5, 1, 2])], **made({}), wrt=(0, 2))
    case(name, "variance at and below eps",
         [tensor([1, 1, 1, 1, 2.]), tensor([0, 0, 0, 1, 0.]), tensor([.5, .25, 0, 0, .5 + 2**-20])], **made({"eps": .5}), wrt=(0, 2))
    case(name, "variance 0", [tensor([1, 1.]), tensor([0, 1.]), tensor([0, 0.])], **made({}), wrt=(0, 2))
    case(name, "variance a number below eps", [tensor([1, 2.]), tensor([0, 1.]), 0.25], **made({"eps": .5}))
    case(name, "NaN and infinity",
         [tensor([NAN, 1, 1, INF, -INF, 1, 1]), tensor([1, NAN, 0, 1, 1, INF, 0]), tensor([1, 1, NAN, 1, 2, 1, INF])],
         **made({}), wrt=(0, 2))
    for shape, narrow in [((3, 4), (3, 4)), ((3, 4), (3,)), ((3, 4), (1, 4)), ((2, 3, 4), (2, 1, 4))]:
        x, t, v = grid("gwx", shape, -2, 2), grid("gwt", shape, -2, 2), grid("gwv", narrow, .5, 3, 1 / 4)
        for which, w in masks("gaussian", shape):
            case(name, f"sample weights{which} {text(shape)} variance {text(narrow)}", [x, t, v], **made({"full": True}),
                 wrt=(0, 2), weights=w)
    case(name, "masked NaN", [tensor([NAN, 1, 1, 2]), tensor([0, INF, 0, 1]), tensor([1, 1, NAN, 2])], **made({}), wrt=(0, 2),
         weights=tensor([0, 0, 0, 2.]), safe=[tensor([0, 1, 1, 2.]), tensor([0, 0, 0, 1.]), tensor([1, 1, 1, 2.])],
         note="PyTorch: 0 NaN = NaN")
    case(name, "empty", [tensor([]).reshape(0, 3)] * 3, **made({}), wrt=(0, 2))
    V = tensor([[.5, 2], [1e-9, .25]])
    case(name, "values X, Y, V", [X, Y, V], **made({}), wrt=(0, 2))
    case(name, "values X, Y, V, full, eps .1", [X, Y, V], **made({"full": True, "eps": .1}), wrt=(0, 2))
    case(name, "values X, Y, one a row", [X, Y, tensor([2, .5])], **made({}), wrt=(0, 2))
    case(name, "values X, Y, one a column", [X, Y, tensor([[2, .5]])], **made({}), wrt=(0, 2))
    case(name, "values number", [tensor(1.), tensor(0.), 2.0], **made({}))
    case(name, "values number, full", [tensor(1.), tensor(0.), 2.0], **made({"full": True}))


def kl_div():
    def made(options):
        log_target = options.get("log_target", False)

        def call(r, x, t):
            return F.kl_div(x, t, reduction=r, log_target=log_target)

        def scale(x, t):
            return t.exp() * (t.abs() + x.abs()) * (1 + t.abs()) if log_target else torch.xlogy(t, t).abs() + (t * x).abs()

        def gradient_scale(x, t):
            return [t.exp() * (1 + t.abs()) if log_target else None]

        return dict(call=call, options=options, scale=scale, gradient_scale=gradient_scale)

    name = "KLDiv"
    for options in [{}, {"log_target": True}]:
        for shape in SHAPES:
            key = f"kl {describe(options)} {text(shape)}"
            x = grid(key + "x", shape, -4, 0)
            t = grid(key + "t", shape, -4, 0) if options else with_at(grid(key + "t", shape, 0, 1, 1 / 32), [.5, 0, 1])
            case(name, f"{describe(options)} {text(shape)}", [x, t], **made(options), batch=shape[0] if shape else 1)

        x, t = grid(key + "wx", (2, 3, 4), -4, 0), grid(key + "wt", (2, 3, 4), -4 if options else 0, 0 if options else 1, 1 / 32)
        for which, w in masks(key, (2, 3, 4)):
            case(name, f"{describe(options)} sample weights{which}", [x, t], **made(options), weights=w)

    def fix(none, gradients):
        none[3:6] = 0
        gradients[0][3:6] = 0
        return none, gradients

    x = tensor([NAN, -INF, -1, INF, -INF, -1, NAN, 1])
    case(name, "target 0, negative, NaN, infinity", [x, tensor([.5, .5, -.5, 0, 0, 0, 0, NAN])], **made({}), fix=fix,
         note="PyTorch: NaN where the target is 0 and the input infinite")
    case(name, "log_target 1 target -inf, NaN, infinity", [x, tensor([-1, -1, -800, -INF, -INF, -INF, -INF, NAN])],
         **made({"log_target": True}), fix=fix, note="PyTorch: NaN where the target is -inf")
    case(name, "masked NaN", [tensor([NAN, -INF, -1]), tensor([1, 1, .5])], **made({}), weights=tensor([0, 0, 2.]),
         safe=[tensor([-1, -1, -1.]), tensor([1, 1, .5])], note="PyTorch: 0 NaN = NaN")
    for options in [{}, {"log_target": True}]:
        case(name, f"{describe(options)} empty", [tensor([]).reshape(2, 0)] * 2, **made(options))
    x, t = tensor([[-1, -2, -.5], [-.3, -3, 0]]), tensor([[.2, 0, .8], [.1, .5, .4]])
    case(name, "values x, t", [x, t], **made({}), batch=2)
    case(name, "values x, t, log_target", [x, tensor([[-.2, -1, -3], [0, -.5, -2]])], **made({"log_target": True}), batch=2)
    case(name, "values scalar", [tensor(-1.), tensor(.5)], **made({}), batch=1)


def hinge_embedding():
    def made(options):
        margin = options.get("margin", 1.0)

        def call(r, x, y):
            return F.hinge_embedding_loss(x, y, margin=margin, reduction=r)

        return dict(call=call, options=options, scale=lambda x, y: torch.where(y == 1, x.abs(), abs(margin) + 2 * x.abs()))

    name = "HingeEmbedding"
    for options in products(margin=[None, 0.5, 0.7, 2.0, 0.0, -0.5]):
        for shape in SHAPES if options.get("margin", .5) == .5 else [(19,)]:
            x = grid("hinge x" + text(shape), shape, -2, 3)
            y = choice("hinge y" + text(shape), shape, [1., -1., 1., -1., 0., .5])
            case(name, f"{describe(options)} {text(shape)}", [x, y], **made(options))
        m = options.get("margin", 1.0)
        if m != .7:
            x = tensor([m] * 4 + [m + 2**-20] * 3 + [m - 2**-20] * 3)
            case(name, f"{describe(options)} kinks", [x, tensor([1, -1, 0, .5] + [1, -1, 0] * 2)], **made(options))

    def fix(none, gradients):
        gradients[0][:3] = NAN
        return none, gradients

    case(name, "NaN and infinity", [tensor([NAN, NAN, NAN, INF, -INF, INF, -INF, INF, -INF]), tensor([1, -1, 0, 1, 1, -1, -1, 0, 0.])],
         **made({}), fix=fix, note="PyTorch's gradient does not show a NaN")
    for shape in [(2, 3, 4), ()]:
        x, y = grid("hinge wx", shape, -2, 3), choice("hinge wy", shape, [1., -1., 0.])
        for which, w in masks("hinge", shape):
            case(name, f"sample weights{which} {text(shape)}", [x, y], **made({}), weights=w)
    case(name, "masked NaN", [tensor([NAN, INF, -1]), tensor([1, 0, -1.])], **made({}), weights=tensor([0, 0, 2.]),
         safe=[tensor([-1, -1, -1.]), tensor([1, 0, -1.])], note="PyTorch: 0 NaN = NaN")
    case(name, "empty", [tensor([])] * 2, **made({}))
    x, y = tensor([.3, .2, 1.7, .4]), tensor([1, -1, -1, 0.])
    case(name, "values x, y", [x, y], **made({}))
    case(name, "values x, y, margin .35", [x, y], **made({"margin": .35}))
    case(name, "values x, y, margin 2", [x, y], **made({"margin": 2.}))


def soft_margin():
    def call(r, x, y):
        return F.soft_margin_loss(x, y, reduction=r)

    def stable(r, x, y):
        none = -F.logsigmoid(y * x)
        return none if r == "none" else none.sum() if r == "sum" else none.mean()

    scales = dict(scale=lambda x, y: -F.logsigmoid(y * x) * (1 + (x * y).abs()),
                  gradient_scale=lambda x, y: [y.abs() * torch.sigmoid(-x * y) * (1 + (x * y).abs())])
    name = "SoftMargin"
    for shape in SHAPES:
        x = grid("soft x" + text(shape), shape, -6, 6)
        y = choice("soft y" + text(shape), shape, [1., -1., 1., -1., .5, 0., -2.])
        case(name, text(shape), [x, y], call, **scales)
    x = tensor([-1000, 1000, -100, 100, 40, -40, 80, -80, 700, -700, 709, -750, 3000, -3000])
    for sign in (1., -1., .5):
        case(name, f"large, target {number(sign)}", [x, torch.full_like(x, sign)], stable, **scales,
             note="PyTorch overflows")
    case(name, "NaN and infinity", [tensor([NAN, INF, -INF, INF, 1]), tensor([1, 1, -1, 0, NAN])], call)
    case(name, "-inf", [tensor([-INF, INF]), tensor([1, -1.])], call,
         fix=lambda none, g: (none, [tensor([-1, 1.])]), note="PyTorch's gradient is NaN")
    for shape in [(2, 3, 4), ()]:
        x, y = grid("soft wx", shape, -2, 3), choice("soft wy", shape, [1., -1.])
        for which, w in masks("soft", shape):
            case(name, f"sample weights{which} {text(shape)}", [x, y], call, **scales, weights=w)
    case(name, "masked NaN", [tensor([NAN, INF, -1]), tensor([1, 0, -1.])], call, weights=tensor([0, 0, 2.]),
         safe=[tensor([-1, -1, -1.]), tensor([1, 1, -1.])], note="PyTorch: 0 NaN = NaN")
    case(name, "empty", [tensor([])] * 2, call)
    case(name, "values x, y", [tensor([.5, .5, 2, -3]), tensor([1, -1, .5, 1])], call, **scales)
    case(name, "values large", [tensor([-100, 100, 40.]), tensor([1, 1, 1.])], call, **scales)
    case(name, "values X", [X, tensor([[1, -1], [-1, 1.]])], call, **scales)


def margin_ranking():
    def made(options):
        margin = options.get("margin", 0.0)

        def call(r, a, b, y):
            return F.margin_ranking_loss(a, b, y, margin=margin, reduction=r)

        return dict(call=call, options=options, wrt=(0, 1), scale=lambda a, b, y: abs(margin) + y.abs() * (a.abs() + b.abs()))

    name = "MarginRanking"
    for options in products(margin=[None, 0.5, 0.7, 2.0, -0.5]):
        for shape in SHAPES if options.get("margin", .5) == .5 else [(19,)]:
            key = "ranking" + text(shape)
            case(name, f"{describe(options)} {text(shape)}",
                 [grid(key + "a", shape, -2, 2), grid(key + "b", shape, -2, 2), choice(key + "y", shape, [1., -1., 1., -1., 0., .5])],
                 **made(options))
        m = options.get("margin", 0.0)
        if m != .7:
            a = tensor([1 + m, 1 - m, 1 + m + 2**-20, 1 - m - 2**-20, 1 + m - 2**-20, 1 - m + 2**-20, 1])
            y = tensor([1, -1, 1, -1, 1, -1, 0.])
            case(name, f"{describe(options)} kinks", [a, torch.ones_like(a), y], **made(options))

    def fix(none, gradients):
        gradients[0][:2] = gradients[1][:2] = NAN
        return none, gradients

    case(name, "NaN and infinity",
         [tensor([NAN, 1, INF, INF, 1, 1, INF, -INF]), tensor([1, NAN, 1, 1, INF, INF, INF, 1.]), tensor([1, 1, 1, -1, 1, -1, 1, 1.])],
         **made({}), fix=fix, any_gradient=[(0, 6), (1, 6)], note="PyTorch's gradient does not show a NaN")
    for shape in [(2, 3, 4), ()]:
        a, b, y = grid("mr wa", shape, -2, 2), grid("mr wb", shape, -2, 2), choice("mr wy", shape, [1., -1.])
        for which, w in masks("ranking", shape):
            case(name, f"sample weights{which} {text(shape)}", [a, b, y], **made({"margin": .5}), weights=w)
    case(name, "masked NaN", [tensor([NAN, INF, -1]), tensor([0, INF, 1.]), tensor([1, 1, 1.])], **made({}), weights=tensor([0, 0, 2.]),
         safe=[tensor([-1, -1, -1.]), tensor([0, 0, 1.]), tensor([1, 1, 1.])], note="PyTorch: 0 NaN = NaN")
    case(name, "empty", [tensor([])] * 3, **made({}))
    arguments = [tensor([1, 2, 1.5, 3]), tensor([2, 1, 1, 1.]), tensor([1, 1, 1, -1.])]
    case(name, "values a, b, y", arguments, **made({}))
    case(name, "values a, b, y, margin .5", arguments, **made({"margin": .5}))
    case(name, "values a, b, y, margin 2", arguments, **made({"margin": 2.}))


# ---------------------------------------------------------------- row-wise losses


def classes_last(x, axis):
    return x.movedim(axis, -1)


def where_classes_lie(options, x):
    return options.get("axis", 1 if x.dim() > 1 else 0) % x.dim()


def torch_options(options):
    kept = {k: v for k, v in options.items() if k != "axis"}
    if "weight" in kept:
        kept["weight"] = tensor(kept["weight"])
    return kept


def cross_entropy():
    name = "CrossEntropy"

    def made(options):
        alpha = options.get("label_smoothing", 0.0)
        ignore = options.get("ignore_index", -100)

        def call(r, x, y):
            axis = where_classes_lie(options, x)
            if x.dim() > 1:
                x = x.movedim(axis, 1)
                y = y.movedim(axis, 1) if y.dtype == torch.float64 else y
            return F.cross_entropy(x, y, reduction=r, **torch_options(options))

        def weights(c):
            return tensor(options["weight"]) if "weight" in options else torch.ones(c)

        def soft(x, y):
            """The classes last; the coefficient of each -log p."""
            axis = where_classes_lie(options, x)
            x = classes_last(x, axis)
            c = x.shape[-1]
            w = weights(c)
            if y.dtype == torch.float64:
                t = classes_last(y, axis)
                return x, axis, w * ((1 - alpha) * t + alpha / c)
            used = (y != ignore)
            onehot = F.one_hot(torch.where(used, y, 0), c) * used.unsqueeze(-1)
            return x, axis, w * ((1 - alpha) * onehot + alpha / c * used.unsqueeze(-1))

        def scale(x, y):
            x, _, t = soft(x, y)
            m = x.amax(-1, keepdim=True)
            logs = (x - m).abs() + (x - m).exp().sum(-1, keepdim=True).log() + 1
            return (t.abs() * torch.where(t == 0, 0, logs)).sum(-1)

        def gradient_scale(x, y):
            x, axis, t = soft(x, y)
            p = x.log_softmax(-1)
            return [(t.abs().sum(-1, keepdim=True) * p.exp() * torch.where(p.isfinite(), 1 + p.abs(), 1) + t.abs()).movedim(-1, axis)]

        def shares(x, y):
            if y.dtype == torch.float64:
                return torch.ones(soft(x, y)[2].shape[:-1])
            used = y != ignore
            return weights(x.shape[where_classes_lie(options, x)])[torch.where(used, y, 0)] * used

        return call, scale, gradient_scale, shares

    def go(label, x, y, options=None, **more):
        options = options or {}
        call, scale, gradient_scale, shares = made(options)
        share = shares(*(more.get("safe") or [x, y]))
        case(name, label, [x, y], call, options, scale=scale, gradient_scale=gradient_scale, divisor=share.sum().item(),
             shares=share, **more)

    shapes = [(5,), (1, 3), (3, 5), (2, 19), (21, 3), (2, 3, 4), (2, 4, 3, 2)]
    for shape in shapes:
        axis = 1 if len(shape) > 1 else 0
        c = shape[axis]
        rows = tuple(n for i, n in enumerate(shape) if i != axis)
        x = grid("ce x" + text(shape), shape, -4, 4)
        y = choice("ce y" + text(shape), rows, list(range(c)))
        t = grid("ce t" + text(shape), shape, 0, 1, 1 / 8)
        w = flat(grid("ce w", (c,), .25, 4, 1 / 4))
        small = math.prod(shape) < 30
        for options in products(label_smoothing=[None, .25, 1.0], weight=[None, w]) if small else [{}, {"label_smoothing": .25, "weight": w}]:
            go(f"classes {text(shape)} {describe({k: (v if k != 'weight' else 'yes') for k, v in options.items()})}", x, y, options)
            go(f"probabilities {text(shape)} {describe({k: (v if k != 'weight' else 'yes') for k, v in options.items()})}", x, t, options)
        if rows:
            for ignore in [-100, 1, -1, 255]:
                ignored = y.clone()
                ignored.view(-1)[::3] = ignore
                if small or ignore == 1:
                    for options in products(label_smoothing=[None, .25], weight=[None, w]) if small else [{"label_smoothing": .25, "weight": w}]:
                        if ignore != -100:
                            options["ignore_index"] = ignore
                        if made(options)[3](x, ignored).sum() == 0:
                            continue
                        go(f"classes {text(shape)} ignored {ignore} "
                           f"{describe({k: (v if k != 'weight' else 'yes') for k, v in options.items() if k != 'ignore_index'})}",
                           x, ignored, options)
        if len(shape) > 1 and shape in [(3, 5), (2, 3, 4), (2, 4, 3, 2)]:  # the classes elsewhere
            for axis in [0, -1, len(shape) - 1, -2]:
                moved = x.movedim(1, axis).contiguous()
                probabilities = t.movedim(1, axis).contiguous()
                for options in ({"axis": axis}, {"weight": w, "label_smoothing": .25, "axis": axis}):
                    label = "plain" if len(options) == 1 else "weight label_smoothing"
                    go(f"classes {text(moved.shape)} axis {axis} {label}", moved, y, options)
                    go(f"probabilities {text(moved.shape)} axis {axis} {label}", moved, probabilities, options)
            y2 = y.clone()
            y2.view(-1)[0] = -100
            go(f"classes {text(shape)} axis -1 ignored", x.movedim(1, -1).contiguous(), y2, {"axis": -1, "weight": w})
    go("probabilities outside [0, 1]", grid("ce px", (3, 4), -2, 2), grid("ce pt", (3, 4), -1, 2, 1 / 8), {"weight": [1., 2., -1., 0.]})
    go("ignore_index has no effect on probabilities", grid("ce ix", (3, 4), -2, 2), grid("ce it", (3, 4), 0, 1, 1 / 8), {"ignore_index": -3})
    go("single class", grid("ce sx", (3, 1), -2, 2), integers([0, 0, 0]))
    big = tensor([[1e4, 0, -1e4], [-1e4, -1e4, -1e4 + 1], [40, 0, 0], [1000, 1000, 999]])
    for y in ([0, 2, 0, 2], [2, 0, 1, 0]):
        go(f"large logits, classes {y}", big, integers(y))
        go(f"large logits, label_smoothing, classes {y}", big, integers(y), {"label_smoothing": .25})
    go("large logits, probabilities", big, grid("ce bt", (4, 3), 0, 1, 1 / 8))
    x = tensor([[-INF, 1, 2], [-INF, 1, 2], [0, -INF, -INF], [1, 2, 3.]])
    go("logit -inf", x, integers([1, 0, 0, 2]))
    go("logit NaN or infinity", tensor([[NAN, 1, 2], [INF, 1, 2], [INF, 1, 2], [-INF, -INF, -INF], [1, 2, 3.]]), integers([1, 0, 1, 1, 2]))
    go("logit -inf and label_smoothing", x, integers([1, 0, 0, 2]), {"label_smoothing": .25},
       fix=lambda none, g: (none, g), any_gradient=[])
    # from here on PyTorch gives NaN
    finite = tensor([[-1e6, 1, 2], [-1e6, 1, 2], [0, -1e6, -1e6], [1, 2, 3.]])

    def zero_weight(none, gradients):
        return none, gradients

    go("logit -inf where the class weight is 0", x, integers([1, 0, 1, 2]), {"weight": [0., 1., 2.]}, safe=[finite, integers([1, 0, 1, 2])],
       fix=lambda none, g: (torch.where(tensor([0, 0, 1, 0]) > 0, INF, none), g), note="PyTorch: 0 inf = NaN")
    go("logit -inf where the class weight is 0, label_smoothing", x[:2], integers([1, 0]), {"weight": [0., 1., 2.], "label_smoothing": .25},
       safe=[finite[:2], integers([1, 0])], fix=zero_weight, note="PyTorch: 0 inf = NaN")
    t = tensor([[0, .5, .5], [0, 1, 0], [1, 0, 0], [.25, .25, .5]])
    go("logit -inf where the probability is 0", x, t, safe=[finite, t], fix=zero_weight, note="PyTorch: 0 inf = NaN")
    t = tensor([[.5, .5, 0], [0, 1, 0], [1, 0, 0], [.25, .25, .5]])
    go("logit -inf where the probability is 0, class weight 0", x, t, {"weight": [0., 1., 2.]}, safe=[finite, t], fix=zero_weight,
       note="PyTorch: 0 inf = NaN")
    x = tensor([[NAN, 1, 2], [INF, 1, 2], [1, 2, 3], [-INF, -INF, -INF]])
    safe = [tensor([[0, 1, 2], [0, 1, 2], [1, 2, 3], [0, 0, 0.]]), integers([-100, -100, 1, -100])]
    for options in products(label_smoothing=[None, .25], weight=[None, [1., 2., 4.]]):
        go(f"NaN and infinity in ignored rows {describe(options)}", x, safe[1], options, safe=safe, fix=zero_weight,
           note="PyTorch: that row's gradient is NaN")
    go("all ignored", tensor([[1, 2, 3], [NAN, 0, 0.]]), integers([-100, -100]), safe=[tensor([[1, 2, 3], [0, 0, 0.]]), integers([-100, -100])],
       fix=zero_weight, note="gradient 0 under every reduction")
    go("class weights in use add up to 0", tensor([[1, 2, 3], [1, 0, 0.]]), integers([0, 0]), {"weight": [0., 1., 2.]}, fix=zero_weight,
       note="PyTorch's gradient of the mean is NaN; ours 0")
    for shape, rows in [((4, 3), (4,)), ((2, 3, 4), (2, 4)), ((3,), ())]:
        x = grid("ce wx" + text(shape), shape, -3, 3)
        y = choice("ce wy" + text(shape), rows, [0, 1, 2])
        t = grid("ce wt" + text(shape), shape, 0, 1, 1 / 8)
        if y.dim() == 2:
            y[0, 1] = -100
        for which, w in masks("ce", rows):
            for options in products(weight=[None, [1., 2., 4.]], label_smoothing=[None, .25]):
                if not rows:
                    w = tensor(1.5)
                go(f"classes sample weights{which} {text(shape)} {describe(options)}", x, y, options, weights=w)
            go(f"probabilities sample weights{which} {text(shape)}", x, t, {"weight": [1., 2., 4.]}, weights=w)
    y = integers([0, 1, 2])
    go("masked NaN", tensor([[NAN, 1, 2], [INF, INF, 0], [1, 2, 3]]), y, {"weight": [1., 2., 4.]}, weights=tensor([0, 0, 2.]),
       safe=[tensor([[0, 1, 2], [0, 0, 0], [1, 2, 3.]]), y], note="PyTorch: 0 NaN = NaN")
    go("masked, all", tensor([[1, 2], [3, 1.]]), integers([0, 1]), weights=tensor([0, 0.]))
    go("empty", tensor([]).reshape(0, 3), integers([]))
    go("empty probabilities", tensor([]).reshape(0, 3), tensor([]).reshape(0, 3))
    x, y, w = tensor([[1, 2, 3], [0, 0, 0.]]), integers([0, 2]), [1., 2., 4.]
    go("values", x, y)
    go("values w", x, y, {"weight": w})
    go("values smoothing", x, y, {"label_smoothing": .1})
    go("values smoothing w", x, y, {"weight": w, "label_smoothing": .1})
    go("values smoothing w ignored", x, integers([0, -100]), {"weight": w, "label_smoothing": .1})
    go("values ignore_index 2", x, y, {"ignore_index": 2})
    go("values rank 1", x[0], integers(1), {"weight": w, "label_smoothing": .1})
    go("values rank 1, a plain integer", x[0], integers(1), {"weight": w, "label_smoothing": .1})
    t = tensor([[.2, .3, .5], [0, 1, 0]])
    go("values probabilities", x, t)
    go("values probabilities w", x, t, {"weight": w})
    go("values probabilities smoothing", x, t, {"label_smoothing": .1})
    go("values probabilities smoothing w", x, t, {"weight": w, "label_smoothing": .1})
    x = (torch.arange(24.) / 7).reshape(2, 3, 4)
    go("values rank 3", x, integers([[0, 1, 2, 0], [2, -100, 1, 1]]), {"weight": w, "label_smoothing": .2})


def nll():
    name = "NLL"

    def go(label, x, y, options=None, **more):
        options = options or {}
        ignore = options.get("ignore_index", -100)

        def call(r, x, y):
            if x.dim() > 1:
                x = x.movedim(where_classes_lie(options, x), 1).contiguous()
            return F.nll_loss(x, y, reduction=r, **torch_options(options))

        c = x.shape[where_classes_lie(options, x)]
        weight = tensor(options["weight"]) if "weight" in options else torch.ones(c)
        used = y != ignore
        share = weight[torch.where(used, y, 0)] * used
        case(name, label, [x, y], call, options, divisor=share.sum().item(), shares=share, **more)

    for shape in [(5,), (1, 3), (3, 5), (2, 19), (21, 3), (2, 3, 4), (2, 4, 3, 2)]:
        axis = 1 if len(shape) > 1 else 0
        c = shape[axis]
        rows = tuple(n for i, n in enumerate(shape) if i != axis)
        x = grid("nll x" + text(shape), shape, -4, 0)
        y = choice("nll y" + text(shape), rows, list(range(c)))
        w = flat(grid("nll w", (c,), .25, 4, 1 / 4))
        for options in products(weight=[None, w]):
            go(f"{text(shape)} {'weight' if options else 'plain'}", x, y, options)
        for ignore in [-100, 1, -1, 255] if rows else []:
            ignored = y.clone()
            ignored.view(-1)[::3] = ignore
            if (ignored == ignore).all():
                continue
            for options in products(weight=[None, w]):
                go(f"{text(shape)} ignored {ignore} {'weight' if options else 'plain'}", x, ignored,
                   {**options, **({"ignore_index": ignore} if ignore != -100 else {})})
        if shape in [(3, 5), (2, 3, 4), (2, 4, 3, 2)]:
            for axis in [0, -1, len(shape) - 1, -2]:
                go(f"{text(shape)} axis {axis}", x.movedim(1, axis).contiguous(), y, {"weight": w, "axis": axis})
    x = tensor([[NAN, -1, -2], [-INF, -1, -2], [INF, -1, -2], [-1, NAN, -3], [NAN, INF, -1]])
    go("NaN and infinity", x, integers([0, 0, 0, 0, -100]), {"weight": [2., 1., 1.]})
    go("class weight 0 and -inf", x, integers([1, 1, 0, 2, 2]), {"weight": [0., 2., 1.]},
       safe=[torch.nan_to_num(x, 0, 0, 0), integers([1, 1, 0, 2, 2])], fix=lambda none, g: (none, g), note="PyTorch: 0 inf = NaN")
    go("all ignored", tensor([[-1, -2], [NAN, -1]]), integers([-100, -100]), fix=lambda none, g: (none, g))
    go("class weights in use add up to 0", tensor([[-1, -2], [-3, -1.]]), integers([0, 0]), {"weight": [0., 1.]}, fix=lambda none, g: (none, g),
       note="PyTorch's gradient of the mean is NaN; ours 0")
    for shape, rows in [((4, 3), (4,)), ((2, 3, 4), (2, 4))]:
        x, y = grid("nll wx" + text(shape), shape, -3, 0), choice("nll wy" + text(shape), rows, [0, 1, 2])
        if y.dim() == 2:
            y[0, 1] = -100
        for which, w in masks("nll", rows):
            for options in products(weight=[None, [1., 2., 4.]]):
                go(f"sample weights{which} {text(shape)} {describe(options)}", x, y, options, weights=w)
    go("sample weights rank 1", tensor([-1, -2.]), integers(1), weights=tensor(1.5))
    y = integers([0, 1, 2])
    go("masked NaN", tensor([[NAN, 1, 2], [INF, INF, 0], [1, 2, 3]]), y, weights=tensor([0, 0, 2.]),
       safe=[tensor([[0, 1, 2], [0, 0, 0], [1, 2, 3.]]), y], note="PyTorch: 0 NaN = NaN")
    go("empty", tensor([]).reshape(0, 3), integers([]))
    x = tensor([[-.5, -1.5, -2], [-.7, -1.1, -1.2]])
    go("values", x, integers([0, 2]))
    go("values w", x, integers([0, 2]), {"weight": [1., 2., 4.]})
    go("values w ignore_index 2", x, integers([0, 2]), {"weight": [1., 2., 4.], "ignore_index": 2})


def rows_of(x, axis):
    """(rows, classes) and the shape of the rows."""
    last = x.movedim(axis, -1)
    return last.reshape(math.prod(last.shape[:-1]), x.shape[axis]), last.shape[:-1]


def reduced(none, r):
    return none if r == "none" else none.sum() if r == "sum" else none.sum() / none.numel()


def multi_margin():
    name = "MultiMargin"

    def go(label, x, y, options=None, **more):
        options = options or {}
        p, margin = options.get("p", 1), options.get("margin", 1.0)

        def call(r, x, y):
            kept = torch_options(options)
            if x.dim() < 2:
                return F.multi_margin_loss(x, y, reduction=r, **kept)
            if x.shape[0] == 0:
                return reduced(x.sum(1), r)
            flat_rows, shape = rows_of(x, where_classes_lie(options, x))
            return reduced(F.multi_margin_loss(flat_rows, y.reshape(-1), reduction="none", **kept).reshape(shape), r)

        def terms(x, y):
            axis = where_classes_lie(options, x)
            last = x.movedim(axis, -1)
            c = last.shape[-1]
            weight = (tensor(options["weight"]) if "weight" in options else torch.ones(c))[y].abs().unsqueeze(-1)
            z = abs(margin) + last.gather(-1, y.unsqueeze(-1)).abs() + last.abs()
            return z, weight / c, axis

        def scale(x, y):
            if x.dim() == 0:
                return torch.ones(())
            z, w, _ = terms(x, y)
            return (w * z**p).sum(-1)

        def gradient_scale(x, y):
            if x.dim() == 0:
                return [torch.ones(())]
            z, w, axis = terms(x, y)
            h = w * (1 + 0 * z if p == 1 else 2 * z)
            h = h.scatter(-1, y.unsqueeze(-1), h.sum(-1, keepdim=True))
            return [h.movedim(-1, axis)]

        case(name, label, [x, y], call, options, scale=scale, gradient_scale=gradient_scale, **more)

    for shape in [(), (1,), (5,), (1, 4), (3, 5), (2, 19), (21, 3)]:
        c = shape[-1] if shape else 1
        rows = shape[:-1] if len(shape) > 1 else ()
        x = grid("mm x" + text(shape), shape, -2, 2)
        y = choice("mm y" + text(shape), rows, list(range(c)))
        w = flat(grid("mm w", (c,), .25, 4, 1 / 4))
        big = math.prod(shape) > 30
        for options in products(p=[None, 2], margin=[.5] if big else [None, .5, -.5], weight=[w] if big else [None, w]):
            go(f"{text(shape)} {describe({k: (v if k != 'weight' else 'yes') for k, v in options.items()})}", x, y, options)
    x = tensor([[1, 0, 2, 1 + 2**-20], [1, 1, 0, 1]])
    for options in products(p=[None, 2]):
        go(f"kinks {describe(options)}", x, integers([0, 1]), {**options, "margin": 0.})
        go(f"kinks margin 1 {describe(options)}", x, integers([2, 0]), options)
        go(f"negative class weight {describe(options)}", x, integers([0, 1]), {**options, "weight": [-1., 2., 1., 0.]})
        go(f"infinity {describe(options)}", tensor([[0, INF, 1], [INF, 0, 1], [-INF, 0, 1], [0, -INF, 0]]), integers([0, 0, 0, 0]), options)
    x = tensor([[0, NAN, .5], [1, 0, .5]])

    def fix(none, gradients):
        none[0] = NAN
        gradients[0][0, :2] = NAN
        return none, gradients

    go("NaN in another class", x, integers([0, 0]), fix=fix, any_gradient=[(0, 2)], note="PyTorch swallows the NaN")

    def fix_all(none, gradients):
        none[0] = NAN
        gradients[0][0] = NAN
        return none, gradients

    go("NaN in the target's class", x, integers([1, 0]), fix=fix_all, note="PyTorch swallows the NaN")
    for shape in [(2, 4, 3), (2, 3, 2, 2)]:
        x = grid("mm r" + text(shape), shape, -2, 2)
        rows = shape[:1] + shape[2:]
        y = choice("mm ry" + text(shape), rows, list(range(shape[1])))
        go(f"{text(shape)}", x, y, note="PyTorch takes rank 2; its result for each row")
        for axis in [-1, 0, -2]:
            go(f"{text(shape)} axis {axis}", x.movedim(1, axis).contiguous(), y, {"p": 2, "weight": [1., 2., .5, 4.][:shape[1]], "axis": axis},
               note="PyTorch takes rank 2; its result for each row")
    go("axis 0", grid("mm a", (4, 3), -2, 2), integers([0, 2, 3]), {"axis": 0})
    x, y = grid("mm wx", (4, 3), -2, 2), integers([0, 1, 2, 0])
    for which, w in masks("mm", (4,)):
        for options in products(p=[None, 2], weight=[None, [1., 2., 4.]]):
            go(f"sample weights{which} {describe(options)}", x, y, options, weights=w)
    x = grid("mm wy", (2, 3, 4), -2, 2)
    for which, w in masks("mm", (2, 4)):
        go(f"sample weights{which} 2x3x4", x, choice("mm wy", (2, 4), [0, 1, 2]), weights=w, note="PyTorch takes rank 2; its result for each row")
    go("masked NaN", tensor([[NAN, 1, 2], [INF, INF, 0], [1, 2, 3]]), integers([0, 1, 2]), weights=tensor([0, 0, 2.]),
       safe=[tensor([[0, 1, 2], [0, 0, 0], [1, 2, 3.]]), integers([0, 1, 2])], note="PyTorch: 0 NaN = NaN")
    go("empty", tensor([]).reshape(0, 3), integers([]), note="PyTorch: uninitialised memory")
    x, y = tensor([[.1, .2, .4, .8], [1, 0, 2, .5]]), integers([3, 0])
    go("values", x, y)
    go("values p 2 margin .5 w", x, y, {"p": 2, "margin": .5, "weight": [1., 2., 3., 4.]})
    go("values p 2", x, y, {"p": 2})


def multi_label_margin():
    name = "MultiLabelMargin"

    def go(label, x, y, options=None, **more):
        options = options or {}

        def call(r, x, y):
            if x.dim() < 2:
                return F.multilabel_margin_loss(x, y, reduction=r)
            if x.shape[0] == 0:
                return reduced(x.sum(1), r)
            axis = where_classes_lie(options, x)
            flat_rows, shape = rows_of(x, axis)
            return reduced(F.multilabel_margin_loss(flat_rows, rows_of(y, axis)[0], reduction="none").reshape(shape), r)

        def scale(x, y):
            return 4 * x.abs().max() + 1 if x.numel() else torch.ones(())

        def gradient_scale(x, y):
            return [torch.ones(x.shape) * (2 if x.dim() else 1)]

        case(name, label, [x, y], call, options, scale=scale, gradient_scale=gradient_scale, **more)

    def targets(key, shape):
        source = random.Random(zlib.crc32(key.encode()))
        c = shape[-1] if shape else 1
        rows = []
        for _ in range(math.prod(shape[:-1])):
            k = source.randint(0, min(c, 4))
            row = source.sample(range(c), k) + [-1] * (c - k)
            rows.append(row[:k + 1] + [source.randint(-1, c - 1) for _ in range(c - k - 1)])
        return integers(rows).reshape(shape)

    go("scalar target 0", tensor(.5), integers(0))
    go("scalar target -1", tensor(.5), integers(-1))
    for shape in [(1,), (5,), (1, 4), (3, 5), (2, 19), (21, 3)]:
        for variant in range(2):
            go(f"{text(shape)} {variant}", grid(f"mlm x{variant}" + text(shape), shape, -1, 1), targets(f"mlm y{variant}" + text(shape), shape))
    x = grid("mlm k", (6, 4), -1, 1)
    go("no target, every class, twice", x,
       integers([[-1, 0, 1, 2], [0, 1, 2, 3], [2, 2, -1, 0], [0, 0, 0, 0], [1, 2, 1, -1], [3, -1, -1, -1]]))
    go("kinks", tensor([[1, 0, 2, 1 + 2**-20], [1, 1, 0, 2]]), integers([[2, -1, 0, 0], [0, 3, -1, 0]]))
    go("infinity", tensor([[0, INF, 1], [INF, 0, 1], [-INF, 0, 1], [0, -INF, 0]]), integers([[0, -1, -1]] * 4))

    def fix(none, gradients):
        none[0] = NAN
        gradients[0][0] = NAN
        return none, gradients

    go("NaN in a target", tensor([[0, NAN, .5], [1, 0, .5]]), integers([[1, -1, 0], [0, -1, 0]]), fix=fix, note="PyTorch swallows the NaN")
    go("NaN in another class", tensor([[0, NAN, .5], [1, 0, .5]]), integers([[0, -1, 0], [0, -1, 0]]), fix=fix, any_gradient=[(0, 2)],
       note="PyTorch swallows the NaN")
    for shape in [(2, 3, 4), (2, 3, 2, 4)]:
        x, y = grid("mlm r" + text(shape), shape, -1, 1), targets("mlm ry" + text(shape), shape)
        go(f"{text(shape)} axis -1", x, y, {"axis": -1}, note="PyTorch takes rank 2; its result for each row")
        for axis in (1, 0):
            go(f"{text(shape)} axis {axis}", x.movedim(-1, axis).contiguous(), y.movedim(-1, axis).contiguous(), {"axis": axis} if axis != 1 else {},
               note="PyTorch takes rank 2; its result for each row")
    go("axis 0", grid("mlm a", (4, 3), -1, 1), targets("mlm a", (3, 4)).t().contiguous(), {"axis": 0})
    for which, w in masks("mlm", (4,)):
        go(f"sample weights{which}", grid("mlm wx", (4, 3), -1, 1), targets("mlm wy", (4, 3)), weights=w)
    y = integers([[0, -1, 0], [1, -1, 0], [2, -1, 0]])
    go("masked NaN", tensor([[NAN, 1, 2], [INF, INF, 0], [1, 2, 3]]), y, weights=tensor([0, 0, 2.]),
       safe=[tensor([[0, 1, 2], [0, 0, 0], [1, 2, 3.]]), y], note="PyTorch: 0 NaN = NaN")
    go("empty", tensor([]).reshape(0, 3), integers([]).reshape(0, 3), note="PyTorch: uninitialised memory")
    x = tensor([[.1, .2, .4, .8], [.5, .5, .1, .9]])
    go("values", x, integers([[3, 0, -1, 1], [1, -1, 0, 0]]))
    go("values duplicate", x[0], integers([3, 3, -1, 0]))
    go("values one target", x[0], integers([3, -1, -1, 0]))


def multi_label_soft_margin():
    name = "MultiLabelSoftMargin"

    def go(label, x, y, options=None, **more):
        options = options or {}
        axis = options.get("axis", -1)
        weight = tensor(options["weight"]) if "weight" in options else torch.ones(x.shape[axis])

        def call(r, x, y):
            return F.multilabel_soft_margin_loss(x.movedim(axis, -1), y.movedim(axis, -1), reduction=r, **torch_options(options))

        def scale(x, y):
            x, y = x.movedim(axis, -1), y.movedim(axis, -1)
            terms = (y * F.logsigmoid(x)).abs() + ((1 - y) * F.logsigmoid(-x)).abs()
            return (weight.abs() * terms * (1 + x.abs())).sum(-1) / x.shape[-1]

        def gradient_scale(x, y):
            x, y = x.movedim(axis, -1), y.movedim(axis, -1)
            return [(weight.abs() * (torch.sigmoid(x) * (1 + x.abs()) + y.abs()) / x.shape[-1]).movedim(-1, axis)]

        case(name, label, [x, y], call, options, scale=scale, gradient_scale=gradient_scale, **more)

    for shape in [(1,), (5,), (3, 5), (2, 19), (21, 3), (2, 3, 4), (2, 4, 3, 2)]:
        x, y = grid("mlsm x" + text(shape), shape, -4, 4), with_at(grid("mlsm y" + text(shape), shape, 0, 1, 1 / 4), [0, 1])
        w = flat(grid("mlsm w", (shape[-1],), .25, 4, 1 / 4))
        go(f"{text(shape)}", x, y)
        go(f"{text(shape)} weight", x, y, {"weight": w})
        for axis in [0, 1, -2] if len(shape) > 1 else []:
            go(f"{text(shape)} axis {axis}", x.movedim(-1, axis).contiguous(), y.movedim(-1, axis).contiguous(), {"weight": w, "axis": axis})
    go("targets outside [0, 1]", grid("mlsm ox", (3, 4), -3, 3), grid("mlsm oy", (3, 4), -1, 2, 1 / 4), {"weight": [1., 2., -1., 0.]})
    go("large", tensor([[40, -40], [1000, -1000], [-1000, 1000], [90, 0], [-40, 40]]), tensor([[1, 0], [1, 0], [1, 0], [1, .5], [1, 0]]))
    go("NaN and infinity", tensor([[NAN, 0], [-INF, 0], [INF, 0], [-INF, 0], [INF, 0], [0, 1]]), tensor([[1, 0], [1, 0], [0, 0], [0, 0], [1, 0], [0, 1.]]))
    for shape, rows in [((4, 3), (4,)), ((2, 4, 3), (2, 4)), ((3,), ())]:
        x, y = grid("mlsm wx" + text(shape), shape, -3, 3), choice("mlsm wy" + text(shape), shape, [0., 1.])
        for which, w in masks("mlsm", rows):
            w = w if rows else tensor(1.5)
            go(f"sample weights{which} {text(shape)}", x, y, {"weight": [1., 2., .5]}, weights=w)
    y = tensor([[0, 1, 0], [1, 1, 0], [1, 0, 0.]])
    go("masked NaN", tensor([[NAN, 1, 2], [INF, INF, 0], [1, 2, 3]]), y, weights=tensor([0, 0, 2.]),
       safe=[tensor([[0, 1, 2], [0, 0, 0], [1, 2, 3.]]), y], note="PyTorch: 0 NaN = NaN")
    go("empty", tensor([]).reshape(0, 3), tensor([]).reshape(0, 3))
    x, y = tensor([[.5, -1, 2], [0, 3, -2]]), tensor([[1, 0, 1], [0, 1, .5]])
    go("values", x, y)
    go("values weight", x, y, {"weight": [1., 2., 3.]})
    go("values rank 1", x[0], y[0])


def cosine_embedding():
    name = "CosineEmbedding"

    def go(label, a, b, y, options=None, **more):
        options = options or {}
        axis, margin = options.get("axis", -1), options.get("margin", 0.0)

        def call(r, a, b, y):
            if a.dim() == 1:
                return F.cosine_embedding_loss(a, b, y, margin=margin, reduction=r)
            rows, shape = rows_of(a, axis)
            if rows.shape[0] == 0:
                return reduced(a.sum(axis), r)
            none = F.cosine_embedding_loss(rows, rows_of(b, axis)[0], y.reshape(-1), margin=margin, reduction="none")
            return reduced(none.reshape(shape), r)

        def gradient_scale(a, b, y):
            e = 9.999999960041972e-13
            a, b = a.movedim(axis, -1), b.movedim(axis, -1)
            A, B = (a * a).sum(-1, keepdim=True) + e, (b * b).sum(-1, keepdim=True) + e
            c = (a * b).abs().sum(-1, keepdim=True) / (A * B).sqrt()
            return [(b.abs() / (A * B).sqrt() + c * a.abs() / A).movedim(-1, axis), (a.abs() / (A * B).sqrt() + c * b.abs() / B).movedim(-1, axis)]

        case(name, label, [a, b, y], call, options, wrt=(0, 1), scale=lambda a, b, y: torch.full(y.shape, 2 + abs(margin)),
             gradient_scale=gradient_scale, **more)

    for shape in [(1,), (5,), (3, 5), (4, 19), (21, 3), (3, 1)]:
        a, b = grid("cos a" + text(shape), shape, -2, 2), grid("cos b" + text(shape), shape, -2, 2)
        y = choice("cos y" + text(shape), shape[:-1], [1., -1.])
        for options in products(margin=[None, .25, -.5, 1.0]):
            if options and shape in [(4, 19), (21, 3)]:
                continue
            if shape == (3, 1) and "margin" in options and options["margin"] == 1.0:
                continue  # cos is 1 to rounding: on which side of the kink is a coin's toss
            go(f"{text(shape)} {describe(options)}", a, b, y, options)
        if not shape[:-1]:
            go(f"{text(shape)} other target", a, b, -y)
    for shape in [(2, 3, 4), (2, 3, 2, 5)]:
        a, b = grid("cos ra" + text(shape), shape, -2, 2), grid("cos rb" + text(shape), shape, -2, 2)
        y = choice("cos ry" + text(shape), shape[:-1], [1., -1.])
        go(f"{text(shape)}", a, b, y, note="PyTorch takes rank 2; its result for each row")
        for axis in (0, 1, -2):
            go(f"{text(shape)} axis {axis}", a.movedim(-1, axis).contiguous(), b.movedim(-1, axis).contiguous(), y, {"axis": axis, "margin": .25},
               note="PyTorch takes rank 2; its result for each row")
    go("axis 0", grid("cos a0", (4, 3), -2, 2), grid("cos b0", (4, 3), -2, 2), tensor([1, -1, -1.]), {"axis": 0})
    go("kink", tensor([[1, 0], [0, 2], [3, 4]]), tensor([[0, 1], [1, 0], [-4, 3.]]), tensor([-1, -1, -1.]))
    go("zero and tiny vectors", tensor([[0, 0], [3, 4], [0, 0], [0, 0], [2**-24, 0], [2**-24, 2**-24]]),
       tensor([[3, 4], [0, 0], [0, 0], [3, 4], [2**-24, 0], [-2**-24, 2**-23]]), tensor([1, 1, 1, -1, 1, 1.]))
    go("NaN and infinity", tensor([[NAN, 1], [1, 2], [INF, 1], [1, 2], [1, 2]]), tensor([[1, 2], [1, NAN], [1, 2], [-INF, 1], [1, 2]]),
       tensor([1, -1, 1, 1, 1.]))
    for shape, rows in [((4, 3), (4,)), ((2, 4, 3), (2, 4)), ((3,), ())]:
        a, b = grid("cos wa" + text(shape), shape, -2, 2), grid("cos wb" + text(shape), shape, -2, 2)
        y = choice("cos wy" + text(shape), rows, [1., -1.])
        for which, w in masks("cos", rows):
            go(f"sample weights{which} {text(shape)}", a, b, y, weights=w if rows else tensor(1.5))
    b, y = tensor([[1, 1, 2], [1, 2, 0], [1, 2, 4.]]), tensor([1, -1, 1.])
    go("masked NaN", tensor([[NAN, 1, 2], [INF, INF, 0], [1, 2, 3]]), b, y, weights=tensor([0, 0, 2.]),
       safe=[tensor([[0, 1, 2], [0, 0, 1], [1, 2, 3.]]), b, y], note="PyTorch: 0 NaN = NaN")
    go("empty", tensor([]).reshape(0, 3), tensor([]).reshape(0, 3), tensor([]))
    go("no features", tensor([]).reshape(2, 0), tensor([]).reshape(2, 0), tensor([1, -1.]))
    a, b, y = tensor([[1, 2], [1, 2], [1, 0.]]), tensor([[3, 1], [3, 1], [-1, .5]]), tensor([1, -1, -1.])
    go("values", a, b, y)
    go("values margin .5", a, b, y, {"margin": .5})
    go("values zero vector", tensor([0, 0.]), tensor([3, 4.]), tensor(1.))


def triplet():
    def pieces(distance, margin, swap, axis, a, p, n):
        """Sums of |terms|: of the value and of the three gradients."""
        def d(u, v):
            u, v = u.detach().clone().requires_grad_(), v.detach().clone().requires_grad_()
            value = distance(u.movedim(axis, -1), v.movedim(axis, -1)) if u.dim() else distance(u, v)
            slopes = torch.autograd.grad(value.sum(), [u, v], allow_unused=True)
            gu, gv = (torch.zeros_like(u) if g is None else g.abs() for g in slopes)  # p = 0 has none
            return value.detach().abs(), gu, gv

        ap, an, pn = d(a, p), d(a, n), d(p, n)
        value = abs(margin) + ap[0] + (torch.minimum(an[0], pn[0]) if swap else an[0])
        return value, [ap[1] + an[1], ap[2] + (pn[1] if swap else 0), an[2] + (pn[2] if swap else 0)]

    def go(loss, label, a, p, n, options=None, **more):
        options = options or {}
        axis, margin, swap = options.get("axis", -1), options.get("margin", 1.0), options.get("swap", False)
        if loss == "TripletMargin":
            power, eps = options.get("p", 2.0), options.get("eps", 1e-6)

            def distance(u, v):
                return F.pairwise_distance(u, v, power, eps)
        else:
            distance = {"Euclidean": lambda u, v: F.pairwise_distance(u, v),
                        "Manhattan": lambda u, v: (u - v).abs().sum(-1),
                        "SquaredEuclidean": lambda u, v: ((u - v)**2).sum(-1)}[options.get("distance", "Euclidean")]

        def call(r, a, p, n):
            if a.dim():
                a, p, n = (v.movedim(axis, -1) for v in (a, p, n))
            if loss == "TripletMargin":
                return F.triplet_margin_loss(a, p, n, margin=margin, p=power, eps=eps, swap=swap, reduction=r)
            return F.triplet_margin_with_distance_loss(a, p, n, distance_function=distance, margin=margin, swap=swap, reduction=r)

        case(loss, label, [a, p, n], call, options, wrt=(0, 1, 2), scale=lambda *x: pieces(distance, margin, swap, axis, *x)[0],
             gradient_scale=lambda *x: pieces(distance, margin, swap, axis, *x)[1], **more)

    def three(key, shape):
        return (grid(key + "a", shape, -2, 2), grid(key + "p", shape, -2, 2), grid(key + "n", shape, -2, 2))

    first, second = "TripletMargin", "TripletMarginWithDistance"
    distances = [None, "Manhattan", "SquaredEuclidean"]
    shapes = [(), (1,), (5,), (3, 5), (3, 19), (21, 3), (2, 3, 4), (2, 1, 3, 4)]
    for shape in shapes:
        inputs = three("triplet" + text(shape), shape)
        for options in products(swap=[None, True]):
            go(first, f"{text(shape)} {describe(options)}", *inputs, options)
            for distance in distances if shape and shape not in [(3, 19), (21, 3)] else []:
                chosen = {**({"distance": distance} if distance else {}), **options}
                go(second, f"{text(shape)} {describe(chosen)}", *inputs, chosen)
        for axis in [0, 1, -2] if len(shape) > 1 and shape not in [(3, 19), (21, 3)] else []:
            moved = [v.movedim(-1, axis).contiguous() for v in inputs]
            go(first, f"{text(shape)} axis {axis}", *moved, {"axis": axis})
            go(second, f"{text(shape)} axis {axis}", *moved, {"distance": "Manhattan", "axis": axis})
    inputs = three("triplet p", (3, 4))
    for options in products(margin=[None, 0.25], p=[1., 1.5, None, 3., .5, INF, -INF, -1., 0.], eps=[None, 2**-6], swap=[None, True]):
        go(first, describe(options), *inputs, options)
    for options in products(distance=distances, margin=[.25, 3.], swap=[None, True]):
        go(second, describe(options), *inputs, options)
    origin, far = tensor([0, 0.]), tensor([3, 4.])
    for power, d in ((2., 5.), (1., 7.), (INF, 4.)):
        for swap in (False, True):
            options = {"eps": 0., "p": power, "swap": swap}
            kink = [origin, far, tensor([0, d + 1])]
            go(first, f"kink margin {describe(options)}", *kink, options)
            go(first, f"kink equal distances {describe(options)}", origin, 2 * far, far, options)
            go(first, f"kink zero distance {describe(options)}", origin, origin, far, {**options, "margin": 8.})
            go(first, f"kink zero distance to the negative {describe(options)}", origin, far, origin, {**options, "margin": 8.})
    go(first, "kink shared maximum", tensor([0, 0, 0.]), tensor([2, -2, 1]), tensor([1, 1, -1.]), {"p": INF, "eps": 0.})
    go(first, "kink zero entry, p .5", tensor([0, 0, 0.]), tensor([2, 0, 1]), tensor([1, 1, 0.]), {"p": .5, "eps": 0.})
    go(first, "kink zero entry, p 1.5", tensor([0, 0, 0.]), tensor([2, 0, 1]), tensor([1, 1, 0.]), {"p": 1.5, "eps": 0.})
    go(first, "kink zero entry, p 3", tensor([0, 0, 0.]), tensor([2, 0, 1]), tensor([1, 1, 0.]), {"p": 3., "eps": 0.})
    for swap in (False, True):
        options = {"distance": "Manhattan", "swap": swap}
        go(second, f"kink margin Manhattan swap {swap}", origin, far, tensor([0, 8.]), options)
        go(second, f"kink equal distances Manhattan swap {swap}", origin, 2 * far, far, options)
        go(second, f"kink equal entries Manhattan swap {swap}", tensor([3, 1]), far, tensor([1, 1.]), options)
    specials = [tensor([[NAN, 1], [1, 2], [1, 2], [INF, 1], [1, 2]]), tensor([[1, 1], [NAN, 2], [1, 2], [1, 1], [3, 2]]),
                tensor([[1, 1], [1, 2], [NAN, 2], [0, 1], [1, 0.]])]
    go(first, "NaN and infinity", *specials)
    go(second, "NaN and infinity", *specials)
    infinite = [tensor([[1, 2], [1, 2.]]), tensor([[INF, 2], [1, 3]]), tensor([[1, 1], [INF, 2]])]
    for loss in (first, second):
        go(loss, "infinity in positive and negative", *infinite)
        for shape, rows in [((4, 3), (4,)), ((2, 4, 3), (2, 4)), ((3,), ())]:
            inputs = three("triplet w" + text(shape), shape)
            for which, w in masks("triplet", rows):
                go(loss, f"sample weights{which} {text(shape)}", *inputs, weights=w if rows else tensor(1.5))
        go(loss, "masked NaN", tensor([[NAN, 1], [1, 2], [0, 1]]), tensor([[1, 1], [INF, 2], [2, 0]]), tensor([[1, 1], [1, 2], [1, 1.]]),
           weights=tensor([0, 0, 2.]), safe=[tensor([[0, 1], [1, 2], [0, 1.]]), tensor([[1, 1], [0, 2], [2, 0.]]), tensor([[1, 1], [1, 2], [1, 1.]])],
           note="PyTorch: 0 NaN = NaN")
        go(loss, "empty", *[tensor([]).reshape(0, 3)] * 3)
        go(loss, "no features", *[tensor([]).reshape(2, 0)] * 3)
    a, p, n, n2 = tensor([0, 1, 2.]), tensor([1, 3, 2.5]), tensor([.5, 0, 2.2]), tensor([.5, 2.5, 2.2])
    go(first, "values", a, p, n)
    for power in (1., 3., .5, INF):
        go(first, f"values p {number(power)}", a, p, n, {"p": power})
    go(first, "values swap, margin .5", a, p, n2, {"swap": True, "margin": .5})
    go(first, "values margin .5", a, p, n2, {"margin": .5})
    go(first, "values eps alone", tensor([0, 0.]), tensor([1, 0.]), tensor([0, 2.]))
    go(first, "values eps .001", a, p, n, {"eps": .001})
    go(second, "values", a, p, n)
    go(second, "values Manhattan", a, p, n, {"distance": "Manhattan"})
    go(second, "values Manhattan, swap, margin .5", a, p, n2, {"distance": "Manhattan", "swap": True, "margin": .5})


# ---------------------------------------------------------------- CTC


def ctc_sequence(log_probs, target, blank):
    """-log P(target) and the posterior of every class in every frame, by enumeration of states, in 50 digits."""
    frames, classes = len(log_probs), len(log_probs[0]) if log_probs else 0
    p = [[mpmath.exp(v) if v != -INF else mpmath.mpf(0) for v in row] for row in log_probs]
    states = [blank]
    for label in target:
        states += [label, blank]
    n = len(states)
    if frames == 0:
        return (mpmath.mpf(0) if not target else mpmath.inf), []

    def skips(s):
        return s >= 2 and states[s] != blank and states[s] != states[s - 2]

    alpha = [[mpmath.mpf(0)] * n for _ in range(frames)]
    for s in range(min(2, n)):
        alpha[0][s] = p[0][states[s]]
    for t in range(1, frames):
        for s in range(n):
            alpha[t][s] = (alpha[t - 1][s] + (alpha[t - 1][s - 1] if s >= 1 else 0) + (alpha[t - 1][s - 2] if skips(s) else 0)) * p[t][states[s]]
    beta = [[mpmath.mpf(0)] * n for _ in range(frames)]  # without the frame's own probability
    for s in range(max(0, n - 2), n):
        beta[-1][s] = mpmath.mpf(1)
    for t in range(frames - 2, -1, -1):
        for s in range(n):
            total = mpmath.mpf(0)
            for next_state in (s, s + 1, s + 2):
                if next_state < n and (next_state < s + 2 or skips(next_state)):
                    total += beta[t + 1][next_state] * p[t + 1][states[next_state]]
            beta[t][s] = total
    total = sum(alpha[-1][max(0, n - 2):])
    if total == 0:
        return mpmath.inf, None
    posterior = [[mpmath.mpf(0)] * classes for _ in range(frames)]
    for t in range(frames):
        for s in range(n):
            posterior[t][states[s]] += alpha[t][s] * beta[t][s] / total
    return -mpmath.log(total), posterior


def ctc():
    def go(loss, label, x, targets, input_lengths, target_lengths, options=None, weights=None, nan_sequences=(), note=""):
        options = options or {}
        blank, zero_infinity = options.get("blank", 0), options.get("zero_infinity", False)
        logits = loss == "CTCWithLogits"
        batched = x.dim() == 3
        x3 = x if batched else x.unsqueeze(1)
        frames, batch, classes = x3.shape
        lengths_in = input_lengths.tolist() if batched else [input_lengths]
        lengths_out = target_lengths.tolist() if batched else [target_lengths]
        factors = [1.0] * batch if weights is None else weights.broadcast_to((batch,) if batched else ()).reshape(-1).tolist()
        values, scales = [], []
        gradient, gradient_scale = torch.zeros(x3.shape), torch.zeros(x3.shape)
        offset = 0
        for i in range(batch):
            s = lengths_out[i]
            row = targets[i, :s].tolist() if targets.dim() == 2 else targets[offset:offset + s].tolist()
            offset += s
            t = lengths_in[i]
            rows = x3[:t, i].tolist()
            if factors[i] == 0:
                values.append(0.0)
                scales.append(0.0)
                continue
            if i in nan_sequences:
                values.append(NAN)
                scales.append(0.0)
                gradient[:t, i] = NAN
                continue
            if logits:
                exact = []
                for frame in rows:
                    normaliser = mpmath.log(sum(mpmath.exp(v) for v in frame if v != -INF))
                    exact.append([mpmath.mpf(v) - normaliser if v != -INF else -INF for v in frame])
                rows = exact
            value, posterior = ctc_sequence(rows, row, blank)
            if posterior is None or value == mpmath.inf:
                values.append(0.0 if zero_infinity else INF)
                scales.append(0.0)
                if t:
                    gradient[:t, i] = 0 if zero_infinity else NAN
                continue
            values.append(float(value) * factors[i])
            size = 1 + sum(max(abs(float(v)) for v in frame if v != -INF) for frame in rows)
            scales.append(size * abs(factors[i]))
            for f in range(t):
                for c in range(classes):
                    own = mpmath.exp(rows[f][c]) if logits and rows[f][c] != -INF else mpmath.mpf(0)
                    gradient[f, i, c] = float(own - posterior[f][c]) * factors[i]
                    gradient_scale[f, i, c] = float((own + posterior[f][c]) * size) * abs(factors[i])
        per_sequence = tensor([1 / max(s, 1) for s in lengths_out])
        none = tensor(values)
        divided = none * per_sequence

        # PyTorch agrees, but for what the table of deliberate exceptions says of its gradient
        leaf = x.clone().requires_grad_()
        log_probs = leaf.log_softmax(-1) if logits else leaf
        theirs = F.ctc_loss(log_probs, targets, integers(lengths_in) if batched else integers(input_lengths),
                            integers(lengths_out) if batched else integers(target_lengths), blank=blank, reduction="none",
                            zero_infinity=zero_infinity)
        if weights is None:
            for a, b in zip(values, flat(theirs)):
                assert same(a, b, 1e-11) or abs(a - b) < 1e-11, (loss, label, a, b)
            mean = F.ctc_loss(log_probs, targets, integers(lengths_in) if batched else integers(input_lengths),
                              integers(lengths_out) if batched else integers(target_lengths), blank=blank, zero_infinity=zero_infinity)
            assert same(mean.item(), divided.mean().item(), 1e-11), (loss, label)
            got_mean, = torch.autograd.grad(mean, leaf, retain_graph=True)
            got, = torch.autograd.grad(theirs.sum(), leaf)
            got = got.reshape(x3.shape)
            for a, b in zip(flat(got * (per_sequence / batch).reshape(1, -1, 1)), flat(got_mean)):
                assert same(a, b) or abs(a - b) < 1e-14, (loss, label, "mean", a, b)
            for i in range(batch):
                for f in range(frames):
                    live = f < lengths_in[i] and not math.isinf(values[i]) and not (zero_infinity and flat(theirs)[i] == 0)
                    for c in range(classes):
                        theirs_here = got[f, i, c].item()
                        if not logits and live:
                            theirs_here -= math.exp(x3[f, i, c].item())
                        ours = gradient[f, i, c].item()
                        if math.isnan(theirs_here) and (not math.isfinite(x3[f, i, c].item()) or (logits and not x3[f, i].isfinite().all())):
                            continue
                        assert same(theirs_here, ours) or abs(theirs_here - ours) < 1e-9, (loss, label, f, i, c, theirs_here, ours)
        shape = shape_text(none if batched else none.reshape(()))
        results = {f"none {shape}": values, "sum": [none.sum().item()], "mean": [divided.mean().item()]}
        if weights is not None:
            total = sum(factors)
            results["weightedmean"] = [divided.sum().item() / total if total else 0.0]
        results["divisor"] = [float(batch)]
        kept = {}
        if any(s > 0 for s in scales):
            kept["scale"] = scales
        if gradient_scale.any():
            kept["gradient_scale 0"] = flat(gradient_scale)
        slots = {"gradient 0": flat(gradient)}
        write(loss, label, options, [x, targets, input_lengths, target_lengths], weights, results, slots, kept, note)

    for loss in ("CTC", "CTCWithLogits"):
        def frames(key, shape, low=None):
            if loss == "CTC":
                return grid("ctc" + key, shape, -4, 0)
            return grid("ctc" + key, shape, -3, 3)

        note = "PyTorch's gradient minus exp(log_probs): the true derivative" if loss == "CTC" else ""
        x = frames("batch", (6, 4, 5))
        padded = integers([[1, 2, 0, -7], [3, 3, 1, 9], [4, 0, 0, 0], [2, 1, 2, 1]])
        lengths_in, lengths_out = integers([6, 5, 4, 6]), integers([2, 3, 1, 4])
        joined = integers([1, 2, 3, 3, 1, 4, 2, 1, 2, 1])
        go(loss, "padded", x, padded, lengths_in, lengths_out, note=note)
        go(loss, "concatenated", x, joined, lengths_in, lengths_out, note=note)
        for blank in (2, 4):
            renamed = torch.where(padded == blank, 0, padded)
            renamed_joined = torch.where(joined == blank, 0, joined)
            go(loss, f"padded blank {blank}", x, renamed, lengths_in, lengths_out, {"blank": blank})
            go(loss, f"concatenated blank {blank}", x, renamed_joined, lengths_in, lengths_out, {"blank": blank})
        go(loss, "every length the same", x, integers([[1, 2], [3, 4], [4, 3], [1, 1]]), integers([6] * 4), integers([2] * 4))
        for s, target in enumerate([[], [1], [1, 2], [1, 1], [2, 1, 2], [1, 1, 1]]):
            x1 = frames(f"one {s}", (5, 3))
            go(loss, f"unbatched target {target}", x1, integers(target), 5, len(target))
            if target:
                go(loss, f"unbatched target {target}, 4 of 5 frames", x1, integers(target), 4 if len(target) < 3 else 5, len(target))
        x = frames("edges", (4, 5, 3))
        edges = integers([[1, 1, 0], [1, 2, 1], [0, 0, 0], [2, 1, 2], [1, 2, 0]])
        for options in ({}, {"zero_infinity": True}):
            go(loss, f"unreachable {describe(options)}", x, edges, integers([2, 2, 3, 4, 0]), integers([2, 3, 0, 2, 2]), options)
            go(loss, f"no frames {describe(options)}", x, edges, integers([0, 0, 4, 4, 4]), integers([0, 1, 0, 3, 0]), options)
            go(loss, f"just reachable {describe(options)}", x, edges, integers([3, 3, 1, 2, 2]), integers([2, 3, 0, 2, 2]), options)
        peaked = torch.full((8, 2, 4), -500.0)
        for t, c in enumerate([0, 1, 1, 0, 2, 0, 3, 0]):
            peaked[t, :, c] = 0.
        go(loss, "peaked, right and wrong", peaked, integers([[1, 2, 3], [3, 2, 1]]), integers([8, 8]), integers([3, 3]))
        go(loss, "peaked further", peaked * 16, integers([[1, 2, 3], [3, 2, 1]]), integers([8, 8]), integers([3, 3]))
        x = frames("infinite", (5, 2, 4))
        x[1, 0, 3] = x[2, 0, 1] = x[3, 1, 0] = x[0, 1, 2] = -INF
        go(loss, "-inf", x, integers([[1, 2], [2, 3]]), integers([5, 5]), integers([2, 2]), note="PyTorch's gradient is NaN there")
        x = frames("nan", (5, 2, 4))
        x[4, 0, :] = NAN
        go(loss, "NaN after the end is not read", x, integers([[1, 2], [2, 3]]), integers([4, 5]), integers([2, 2]))
        x = frames("masked", (5, 3, 4))
        w = tensor([2., .5, 0])
        go(loss, "sample weights", x, integers([[1, 2], [2, 0], [3, 1]]), integers([5, 4, 5]), integers([2, 1, 2]), weights=w)
        go(loss, "sample weights broadcast", x, integers([[1, 2], [2, 0], [3, 1]]), integers([5, 4, 5]), integers([2, 1, 2]), weights=tensor([2.5]))
        x[1, 2, :] = NAN
        go(loss, "masked NaN", x, integers([[1, 2], [2, 0], [3, 1]]), integers([5, 4, 5]), integers([2, 1, 2]), weights=w)
        go(loss, "sample weights unbatched", x[:, 0], integers([1, 2]), 5, 2, weights=tensor(1.5))
        x = frames("long", (30, 2, 6))
        go(loss, "30 frames", x, integers([[1, 2, 3, 3, 4, 5, 1, 1, 2, 5], [5, 5, 5, 5, 5, 1, 1, 1, 1, 1]]), integers([30, 28]), integers([10, 10]))
        go(loss, "values of one class, no label", frames("single", (3, 1)), integers([]), 3, 0)

    z = tensor([[.5, -.2, .1], [.3, .3, -.4], [0, 1, .2], [-.6, .1, .4]])
    item1 = (1.5 * z).flip(0)
    for loss, f in (("CTC", lambda v: v.log_softmax(-1)), ("CTCWithLogits", lambda v: v)):
        go(loss, "values [1, 2]", f(z), integers([1, 2]), 4, 2)
        go(loss, "values [1, 1]", f(z), integers([1, 1]), 4, 2)
        go(loss, "values []", f(z), integers([]), 4, 0)
        go(loss, "values blank 2", f(z), integers([1, 0]), 4, 2, {"blank": 2})
        both = torch.stack([f(z), f(item1)], 1)
        go(loss, "values batch", both, integers([[1, 2], [2, 1]]), integers([3, 4]), integers([2, 1]))
        same_twice = both
        go(loss, "values concatenated", same_twice, integers([1, 2, 2, 1, 2]), integers([4, 4]), integers([2, 3]))
        go(loss, "values padded", same_twice, integers([[1, 2, 0], [2, 1, 2]]), integers([4, 4]), integers([2, 3]))
        go(loss, "values zero_infinity", both, integers([[1, 1], [1, 2]]), integers([2, 4]), integers([2, 2]), {"zero_infinity": True})


def main():
    assert torch.__version__.startswith("2.13."), torch.__version__
    for generate in (differences, bce, bce_with_logits, poisson_nll, gaussian_nll, kl_div, hinge_embedding, soft_margin, margin_ranking,
                     cross_entropy, nll, multi_margin, multi_label_margin, multi_label_soft_margin, cosine_embedding, triplet, ctc):
        generate()
    print(f"# Reference values for eigenloss, from PyTorch {torch.__version__} in float64.")
    print("# Made by: python tests/data/generate.py > tests/data/reference.txt (the format is described there)")
    print("# Cases: " + " ".join(f"{loss}={n}" for loss, n in count.items()) + f" total={sum(count.values())}")
    print("\n".join(lines))
    print(f"{sum(count.values())} cases", file=sys.stderr)


main()
