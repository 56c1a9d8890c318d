# SPDX-License-Identifier: BSL-1.0
"""The mutants of run.py: a name, a file below include/eigenloss, a text that stands there once, what takes its
place, and the tests (below tests/, without .cpp) of which one must notice, the likeliest first.

Texts are as short as they can be and still say which formula they break, so that they outlive a change around them.
A change that no test could notice does not belong here: one that gives the same numbers, say by a slower way.
"""
from collections import namedtuple

Mutant = namedtuple("Mutant", "name file text replacement tests")
ALL = []


def mutant(name, file, text, replacement, *tests):
    ALL.append(Mutant(name, file, text, replacement, tests))


def of_file(group, file, *usual):
    """A function that adds mutants of one file to a group; `usual` are the tests where none are named."""
    def add(what, text, replacement, *tests):
        mutant(f"{group}: {what}", file, text, replacement, *(tests or usual))
    return add


def of_files(group, path, *usual):
    """The same for several files: `path` has {} for the file's name."""
    def add(what, file, text, replacement, *tests):
        mutant(f"{group}: {what}", path.format(file), text, replacement, *(tests or usual))
    return add


# ---- Kernels of elements: value, slope, the choice at kinks, options and ranges. ----


def loss(header):
    """Adds mutants of losses/<header>.hpp, which tests/losses/<header>.cpp should notice."""
    def add(what, text, replacement, *more):
        mutant(f"{header}: {what}", f"losses/{header}.hpp", text, replacement, f"losses/{header}", *more)
    return add


add = loss("l1")
add("value", "return abs(x - t);", "return abs(x);")
add("slope", "detail::sign(x - t)", "detail::sign(t - x)")
add("kink", "where(x == t, T(0), detail::sign(x - t))", "where(x == t, T(1), detail::sign(x - t))")
add("equal infinities", "where(x == t, T(0), detail::sign(x - t))", "detail::sign(x - t)")
add("slope of NaN", "detail::sign(x - t)", "where(x - t < T(0), T(-1), where(x - t > T(0), T(1), T(0)))")

add = loss("mse")
add("value", "return detail::square(x - t);", "return T(0.5) * detail::square(x - t);")
add("slope", "return d + d;", "return d;")

add = loss("smooth_l1")
add("value of the parabola", "T(0.5) * detail::inverse<T>(beta)", "detail::inverse<T>(beta)")
add("value of the line", "a - T(0.5 * beta)", "a")
add("slope of the parabola", "inner = d * detail::inverse<T>(beta)", "inner = d")
add("slope above", "T(1), where(", "T(2), where(")
add("slope below", "T(-1), inner", "T(1), inner")
add("end above", "d >= T(beta)", "d >= T(0.5 * beta)")
add("end below", "d <= T(-beta)", "d <= T(-0.5 * beta)")
add("kink of beta 0", "where(x == t, T(0), slope)", "where(x == t, T(1), slope)")
add("equal infinities and beta 0", "where(x == t, T(0), slope) : slope", "slope : slope")
add("equal infinities and another beta", "beta < least ? where", "beta >= 0 ? where")
add("beta that rounds to 0", "beta < least ? where", "beta == 0 ? where")
add("default of beta", "double beta = 1.0;", "double beta = 2.0;")
add("NaN as beta", "beta >= 0", "!(beta < 0)")
add("beta 0 refused", "beta >= 0", "beta > 0")

add = loss("huber")
add("value of the parabola", "a - T(0.5) * bent", "a")
add("value of the line", "at_most(T(delta), a)", "a")
add("slope above", "at_most(T(delta), at_least(", "at_most(T(1), at_least(")
add("slope below", "at_least(T(-delta), x - t)", "at_least(T(-1), x - t)")
add("slope of the parabola", "at_least(T(-delta), x - t)", "at_least(T(-delta), (x - t) + (x - t))")
add("delta 0 accepted", "delta > 0", "delta >= 0")
add("default of delta", "double delta = 1.0;", "double delta = 2.0;")

add = loss("bce")
add("value", "(T(1) - y) * detail::log1m_unit(p, -100)", "detail::log1m_unit(p, -100)")
add("least logarithm", "log_unit(p, -100) +", "log_unit(p, -90) +")
add("slope", "(p - y) / at_least(", "(y - p) / at_least(")
add("clamp of the slope", "at_least(T(9.999999960041972e-13), p * (T(1) - p))", "(p * (T(1) - p))")
add("input above 1", "{0, 0.0, 1.0, detail::NaN::refused", "{0, 0.0, 2.0, detail::NaN::refused")
add("input below 0", "{0, 0.0, 1.0, detail::NaN::refused", "{0, -2.0, 1.0, detail::NaN::refused")
add("target above 1", "{1, 0.0, 1.0, detail::NaN::refused", "{1, 0.0, 2.0, detail::NaN::refused")
add("target below 0", "{1, 0.0, 1.0, detail::NaN::refused", "{1, -2.0, 1.0, detail::NaN::refused")
add("NaN as input", "{0, 0.0, 1.0, detail::NaN::refused", "{0, 0.0, 1.0, detail::NaN::taken")
add("NaN as target", "{1, 0.0, 1.0, detail::NaN::refused", "{1, 0.0, 1.0, detail::NaN::taken")

mutant("bce: least logarithm of other numbers", "detail/numeric.hpp", "return at_least(V(least), log(p));",
       "return log(p);", "engine/other_numbers")
mutant("bce: least log(1 - p) of other numbers", "detail/numeric.hpp",
       "return at_least(V(least), log1p(-p));", "return log1p(-p);", "engine/other_numbers")

add = loss("bce_with_logits")
add("value", "weight_of_x(x, y, y) * x + log1p_unit(exp_nonpositive(minus_abs(x)))", "weight_of_x(x, y, y) * x")
add("value with pos_weight", "(T(1) - y + m) * log1p_unit(exp_nonpositive(minus_abs(x)))",
    "log1p_unit(exp_nonpositive(minus_abs(x)))")
add("fused value", "weight_of_x(x, y, y) * x + log1p_unit(e)", "log1p_unit(e)")
add("fused value with pos_weight", "(T(1) - y + m) * log1p_unit(e)", "log1p_unit(e)")
add("slope", "detail::sigmoid_minus(x, y, e)", "detail::sigmoid_minus(x, T(0), e)")
add("slope with pos_weight", "where(negative, T(1), e) * m", "where(negative, T(1), e)")
add("slope of labels 0 with pos_weight", "where(negative, e, T(1)) * (T(1) - y)", "where(negative, e, T(1))")
add("value at -inf", "(x - x) - m", "-m")
add("default of axis", "std::int64_t axis = -1;", "std::int64_t axis = 0;")

add = loss("poisson_nll")
add("value of logarithms", "exp(x) - t * x : x", "exp(x) - x : x")
add("value of rates", "t * log(x + T(eps))", "t * log(x)")
add("fused value of logarithms", "e - t * x + constant_of(t)", "e - t * x")
add("slope of logarithms", "e - t};", "e};")
add("slope of rates", "T(1) - t / (x + T(eps))", "T(1) - t / x")
add("Stirling's formula", "(t + T(0.5)) * log(t)", "t * log(t)")
add("default of log_input", "bool log_input = true;", "bool log_input = false;")
add("default of full", "bool full = false;", "bool full = true;")
add("default of eps", "double eps = 1e-8;", "double eps = 1e-3;")
add("Stirling's formula from 1 on", "where(t > T(1),", "where(t >= T(1),")

add = loss("gaussian_nll")
add("value", "return T(0.5) * (log(v) + d * (d / v))", "return (log(v) + d * (d / v))")
add("fused value", "{T(0.5) * (log(v) + d * s)", "{T(0.5) * (log(v) + d * d)")
add("slope of the variance", "return {{s, T(0.5) * (inverse - s * s)}};", "return {{s, (inverse - s * s)}};")
add("fused slope of the variance", "constant<T>(), {{s, T(0.5) * (inverse - s * s)}}",
    "constant<T>(), {{s, T(0.5) * inverse}}")
add("eps", "return at_least(T(eps), variance);", "return variance;")
add("NaN as eps", "eps == eps, \"eps\"", "true, \"eps\"")
add("full", "full ? 0.91893", "full ? 1.91893")
add("negative variance", "{{2, 0.0,", "{{2, -9.0,")
add("default of full", "bool full = false;", "bool full = true;")
add("default of eps", "double eps = 1e-6;", "double eps = 1e-3;")
add("NaN as variance", "infinity(), detail::NaN::taken,", "infinity(), detail::NaN::refused,")

add = loss("kl_div")
add("value", "t * (log(t) - x)", "t * log(t)")
add("target 0", "where((t == T(0)) & (x == x), T(0), t * (log(t) - x))", "t * (log(t) - x)")
add("target 0 at NaN", "(t == T(0)) & (x == x)", "t == T(0)")
add("value of logarithms", "e * (t - x)", "e * t")
add("target -inf", "where(never & (x == x), T(0), e * (t - x))", "e * (t - x)")
add("slope", "log_target ? -exp(t) : -t", "log_target ? -exp(t) : t")
add("slope of logarithms", "log_target ? -exp(t) : -t", "-t")
add("fused slope of logarithms", "log_value(x, t, e), -e", "log_value(x, t, e), e")

add = loss("hinge_embedding")
add("terms that cancel", "Signs::both", "Signs::one", "engine/sums")
add("value of other labels", "hinge, hinge + x", "hinge, hinge")
add("value of -1", "detail::positive_part(T(margin) - x)", "T(margin) - x")
add("kink", "x <= T(margin)", "x < T(margin)")
add("NaN", "where(x == x, T(1), x)", "T(1)")
add("slope of other labels", "hinge + T(1)", "hinge")
add("default of margin", "double margin = 1.0;", "double margin = 2.0;")

add = loss("soft_margin")
add("value", "return softplus(-(y * x));", "return softplus(-x);")
add("fused value", "both(-(y * x))", "both(y * x)")
add("slope", "-(y * both.sigmoid)", "-both.sigmoid")

add = loss("margin_ranking")
add("value", "detail::positive_part(T(margin) - y * (a - b))", "detail::positive_part(T(margin) - (a - b))")
add("hinge", "detail::positive_part(T(margin) - y * (a - b))", "(T(margin) - y * (a - b))")
add("kink", "z >= T(0)", "z > T(0)")
add("slope of the first input", "{{-slope, slope}}", "{{slope, slope}}")
add("slope of the second input", "{{-slope, slope}}", "{{-slope, -slope}}")
add("NaN", "detail::nan_among(a, b, y)", "T(0)")
add("default of margin", "double margin = 0.0;", "double margin = 1.0;")

# ---- Kernels of rows. ----

add = loss("cross_entropy")
add("value", "softmax.log_total - (at(x, y) - softmax.maximum)", "softmax.log_total - at(x, y)")
add("slope", "? weigh(w_y, p - is_y) : p - is_y", "? weigh(w_y, p - is_y) : p")
add("class weight of the slope", "? weigh(w_y, p - is_y) : p - is_y", "? p - is_y : p - is_y")
add("class weight 0", "where(w == N(0), N(0), w * number)", "w * number")
add("smoothing: value", "V(certain) * loss + V(even)", "loss + V(even)")
add("smoothing: slope", "weigh(total, p) - (certain_w * is_y + P(even) * w_c)", "certain_w * (p - is_y)")
add("smoothing: sum of class weights", "P(even * weights.sum())", "P(even * double(x.size()))")
add("probabilities: smoothing", "w_c * (certain * t_c + even)", "w_c * t_c")
add("probabilities: slope", "weigh(total, p) - w_t(t_c, w_c)", "p - w_t(t_c, w_c)")
add("ignore_index", "return label == ignore_index;", "return label == -100;")
add("share of Mean", "return weight[static_cast<Eigen::Index>(label)];", "return (void(label), 1.0);")
add("smoothing above 1 accepted", "label_smoothing <= 1", "label_smoothing <= 2")
add("smoothing below 0 accepted", "label_smoothing >= 0", "label_smoothing >= -1")
add("no classes", "c.has_classes(classes);", "", "engine/errors")
add("weights of another length", 'c.class_weights("weight", weight, classes);', "")
add("ignore_index of probabilities", "ignore_index < 0", "ignore_index < 1000", "engine/errors")
add("default of axis", "std::int64_t axis = 1;", "std::int64_t axis = -1;")
add("default of ignore_index", "std::int64_t ignore_index = -100;", "std::int64_t ignore_index = -1;", "laws/cross_entropy")

add = loss("nll")
add("value", "-w * at(x, y)", "-at(x, y)")
add("slope", "replace(slope, y, V(0), -w);", "replace(slope, y, V(0), V(-1));")
add("class weight 0", "where(w == V(0), V(0), -w * at(x, y))", "-w * at(x, y)")
add("ignore_index", "return label == ignore_index;", "return label == -100;")
add("share of Mean", "return weight[static_cast<Eigen::Index>(label)];", "return (void(label), 1.0);")
add("no classes", "c.has_classes(classes);", "")
add("weights of another length", 'c.class_weights("weight", weight, classes);', "", "engine/errors")
add("default of axis", "std::int64_t axis = 1;", "std::int64_t axis = -1;", "engine/reductions")
add("default of ignore_index", "std::int64_t ignore_index = -100;", "std::int64_t ignore_index = -1;", "engine/reductions")

add = loss("multi_margin")
add("value of p 2", "linear ? z : z * z", "z")
add("kink", "where(z > N(0), N(1), z)", "where(z >= N(0), N(1), z)")
add("slope of p 2", "N(2) * z", "z")
add("the right class", "where(is_y == P(1), P(0),", "where(is_y == P(2), P(0),")
add("class weight", "factor = w / V(double(x.size()))", "factor = V(1) / V(double(x.size()))")
add("number of classes", "factor = w / V(double(x.size()))", "factor = w")
add("NaN at the right class", "where(x == x, nan, x)", "where(x == x, N(0), x)")
add("NaN elsewhere", "where(x == x, nan, x)", "nan")
add("class weight 0", "where(w == V(0), V(0), factor * total[0])", "factor * total[0]")
add("p 3 accepted", "p == 1 || p == 2", "p >= 1")
add("default of p", "std::int64_t p = 1;", "std::int64_t p = 2;")
add("default of margin", "double margin = 1.0;", "double margin = 2.0;")
add("no classes", "c.has_classes(classes);", "")
add("weights of another length", 'c.class_weights("weight", weight, classes);', "")

add = loss("multi_label_margin")
add("number of classes", ".sum() / typename Row::V(double(x.size()))", ".sum()")
add("no classes", "c.has_classes(classes);", "")

label_margin = of_file("multi_label_margin", "engine/label_margin.hpp", "losses/multi_label_margin")
label_margin("labels behind -1", "if (label == -1) break;", "if (label == -1) continue;")
label_margin("few targets: value", "sum[g] += where(z > P(0), z, P(0));", "sum[g] += z;")
label_margin("few targets: kink", "where(z > P(0), P(1), P(0))", "where(z >= P(0), P(1), P(0))")
label_margin("few targets: listed twice", "-active[k] * share_ * T(double(times))", "-active[k] * share_")
label_margin("few targets: NaN", "has_nan_ = has_nan_ || any(nan != nan);", "")
label_margin("few targets: chunks of a row", "const Index c = target[k] - begin;", "const Index c = target[k];")
label_margin("few targets: groups", "shifts[g] = P(shift[k + g])", "shifts[g] = P(shift[g])")
label_margin("few targets: slopes of groups", "active[k + g] = T(active[k + g] +", "active[k + g] = T(0 *")
label_margin("few targets: sums of groups", "sum[0] += sum[g];", "")
label_margin("hits of earlier labels", "(P::load(hits + i) + here).store(hits + i)", "here.store(hits + i)")
label_margin("NaN without a pair", "if (std::find(times, times + count, 0) == times + count) continue;", "")

label_tile = of_file("multi_label_margin: rows side by side", "engine/label_margin_tile.hpp", "losses/multi_label_margin")
label_tile("chunks", "total += chunk(", "total = chunk(")
label_tile("its own class in later chunks", "return c - begin;", "return c;")
label_tile("rows without this label", "P(T(int(k))) < lengths", "P(T(int(k))) < P(99)")
label_tile("other labels", "target = target | (at[k] == c);", "")
label_tile("targets count nothing", "where(target, P(-infinity<T>()), x)", "x")
label_tile("active classes of earlier chunks", "active_[k + g] += active[g];", "active_[k + g] = active[g];")
label_tile("groups", "shift_ + k, others", "shift_, others")
label_tile("labels in another block", "(high_[j] == high_[k]) & (low_[j] == low_[k])", "low_[j] == low_[k]")
label_tile("labels of the same block", "(high_[j] == high_[k]) & (low_[j] == low_[k])", "high_[j] == high_[k]")
label_tile("listed twice", "if (j < k) before +=", "if (false) before +=")
label_tile("NaN in rows without labels", "& (lists_.lengths() > P(0))", "")
label_tile("NaN where every class is listed", "(others_ > P(0)) & ", "")
label_tile("NaN in the slopes", "slope_.flood(lost, nan);", "")
label_tile("NaN in the value", "return where(lost > P(0), P(nan), total);", "return total;")
label_lists = of_file("multi_label_margin: lists", "engine/label_lists.hpp", "losses/multi_label_margin")
label_lists("the first -1", "if (label == -1) break;", "")
label_lists("rows of as many as fit", "if (length > most) {", "if (length >= most) {")
label_lists("rows that are left out", "leaves_out_ = true;", "")
label_lists("behind the last", "labels_[k].classes[lane] = first;", "labels_[k].classes[lane] = 0;")
label_sweep = of_file("multi_label_margin: many targets", "engine/label_sweep.hpp", "losses/multi_label_margin")
label_sweep("value", "* (below_ * above_)", "* below_")
label_sweep("slope of a target", "Value(-(often * above_))", "Value(-above_)")
label_sweep("slope of another class", "set(entry.order, below_);", "")
label_sweep("listed twice", "below_ = below_ + often;", "below_ = below_ + Value(1);")
label_sweep("which are listed twice", "distinct_ != listed_", "false")
label_sweep("kink", "x == b.x && order < b.order", "x == b.x && order > b.order")
label_sweep("NaN", "has_nan_ = has_nan_ || !(numbers[k] == numbers[k]);", "")
label_sweep("every class", "if (distinct_ == x_.size()) return fill_with(T(0));", "")
label_sweep("several passes", "if (collect(to) && !others_alone) ++edge;", "collect(to), ++edge;")
label_sweep("more than are sorted at a time", "held_ = goal;", "held_ = goal - 1;")
label_sweep("ends of passes", "if (!(from_ < entry) || to < entry) continue;", "if (entry < from_ || to < entry) continue;")
label_sweep("chunks of a row", "look_at(x.load(i, AllLanes{}), c + i, P::lanes, to)",
            "look_at(x.load(i, AllLanes{}), i, P::lanes, to)")
label_sweep("end of a row", "if (i < count) all &= look_at(x.load(i, count - i), c + i, count - i, to);", "")

add = loss("multi_label_soft_margin")
add("value", "(where(x < P(0), P(0), P(1)) - y) * x", "(P(1) - y) * x")
add("slope", "detail::sigmoid_minus(x, y, e)", "detail::sigmoid_minus(x, P(0), e)")
add("share of a slope", "e) * share", "e)")
add("class weight", "w_c * number", "number")
add("class weight 0", "where(w_c == P(0), P(0), w_c * number)", "w_c * number")
add("default of axis", "std::int64_t axis = -1;", "std::int64_t axis = 0;")
add("no classes", "c.has_classes(classes);", "")
add("weights of another length", 'c.class_weights("weight", weight, classes);', "", "engine/errors")

add = loss("cosine_embedding")
add("value of 1", "V(1) - cos", "-cos")
add("value of -1", "detail::positive_part(excess)", "excess")
add("kink", "where(excess < V(0), V(0), V(1))", "where(excess <= V(0), V(0), V(1))")
add("slope of input1", "other * b_i - own_a * a_i", "other * b_i")
add("slope of input2", "other * a_i - own_b * b_i", "other * a_i - own_a * b_i")
add("the zero vector", "constexpr double e = 9.999999960041972e-13;", "constexpr double e = 0;")
add("target 0 accepted", "y == T(1) || y == T(-1)", "y <= T(1)")
add("default of margin", "double margin = 0.0;", "double margin = 0.5;")
add("default of axis", "std::int64_t axis = -1;", "std::int64_t axis = 0;")

add = loss("triplet_margin")
mutant("triplet_margin: infinite entry of order below 0", "engine/distances.hpp", "return p < 0 ? slope :", "return",
       "losses/triplet_margin")
mutant("cross_entropy: no class with a weight, smoothed", "losses/cross_entropy.hpp",
       "weigh(total, p) - (certain_w", "total * p - (certain_w", "losses/cross_entropy")
add("margin 0 accepted", "!(margin <= 0)", "!(margin < 0)", "engine/errors")
add("swap", "if (swap) return", "if (!swap) return")
add("eps", "with(Euclidean{eps})", "with(Euclidean{0.0})")
add("eps of p 1", "with(Manhattan{eps})", "with(Manhattan{0.001})")
add("eps of infinite p", "ExtremeNorm{p > 0, eps}", "ExtremeNorm{p > 0, 0.001}")
add("p of -inf", "ExtremeNorm{p > 0, eps}", "ExtremeNorm{true, eps}")
add("default of margin", "double margin = 1.0;", "double margin = 2.0;")
add("default of p", "double p = 2.0;", "double p = 1.0;")
add("default of eps", "double eps = 1e-6;", "double eps = 1e-3;")
add("default of swap", "bool swap = false;", "bool swap = true;")
add("default of axis", "std::int64_t axis = -1;", "std::int64_t axis = 0;")

add = loss("triplet_margin_with_distance")
add("margin 0 accepted", "!(margin <= 0)", "!(margin < 0)", "engine/errors")
add("swap", "if (swap)", "if (!swap)")
add("default of margin", "double margin = 1.0;", "double margin = 2.0;")
add("default of swap", "bool swap = false;", "bool swap = true;")
add("default of axis", "std::int64_t axis = -1;", "std::int64_t axis = 0;")

triplet = of_files("triplet", "engine/{}.hpp")
TRIPLETS = ("losses/triplet_margin", "losses/triplet_margin_with_distance")
triplet("value", "triplet", "V(margin) + distance[0] - nearer", "V(margin) + distance[0]", *TRIPLETS)
triplet("kink", "triplet", "where(z >= V(0), V(1), V(0))", "where(z > V(0), V(1), V(0))", *TRIPLETS)
triplet("share of a tie", "triplet", "V(0), V(0.5)", "V(0), V(1)", *TRIPLETS)
triplet("nearer negative", "triplet", "where((distance[2] < distance[1])", "where((distance[1] < distance[2])", *TRIPLETS)
triplet("slope of the negative", "triplet", "factor[1] = -active * share;", "factor[1] = active * share;", *TRIPLETS)
triplet("slope of the swapped pair", "triplet", "active * (share - V(1))", "active * share", *TRIPLETS)
triplet("shared extreme", "triplet", "hinge.factor[k] / count[k]", "hinge.factor[k]", *TRIPLETS)
triplet("smallest difference", "triplet", "norm.largest ? extreme[k] : -extreme[k]", "extreme[k]", *TRIPLETS)
mutant("triplet: no features", "losses/triplet_margin.hpp", "if (anchor.size() == 0) return typename A::V(margin);", "", "losses/triplet_margin")
triplet("slope of the anchor by dual numbers", "distance_of_sums", "Dual<P>(u, P(1)), Dual<P>(v)", "Dual<P>(u), Dual<P>(v)", TRIPLETS[1])
triplet("swapped pair of the positive", "triplet", "result[1] += pair[2][0];", "", *TRIPLETS)
triplet("swapped pair of the negative", "triplet", "result[2] += pair[2][1];", "", *TRIPLETS)
triplet("slope of the positive by dual numbers", "distance_of_sums", "Dual<P>(u), Dual<P>(v, P(1))", "Dual<P>(u), Dual<P>(v)", TRIPLETS[1])
triplet("slope of a distance of several sums", "distance_of_sums", "V(m == n ? 1 : 0)", "V(1)", TRIPLETS[1])
triplet("entries that reach the extreme", "triplet",
        "where(size(u, v, k) == extremes[k], sign(u - v + eps), P(0))", "sign(u - v + eps)", TRIPLETS[0])
triplet("Euclidean distance", "distances", "return sqrt(sum);", "return sum;", *TRIPLETS)
triplet("Manhattan distance", "distances", "abs(u - v + V(eps));\n  }\n  template <class V>\n  std::array",
        "abs(u + v + V(eps));\n  }\n  template <class V>\n  std::array", *TRIPLETS)
triplet("cosine distance", "distances", "V(1) - sum[0] /", "V(1) + sum[0] /", TRIPLETS[1])
triplet("integer power", "distances", "k < int(p); ++k", "k < 1; ++k", TRIPLETS[0])
triplet("Euclidean slope at 0", "distances", "where(sum == V(0), V(0), V(1) / sqrt(sum))", "V(1) / sqrt(sum)", *TRIPLETS)
triplet("squared Euclidean slope", "distances", "V(2) * (u - v)", "u - v", TRIPLETS[1])
triplet("Manhattan slope", "distances", "detail::sign(u - v + V(eps))", "detail::sign(v - u + V(eps))", *TRIPLETS)
triplet("cosine of the zero vector", "distances", "where(root < V(eps), V(eps), root)", "root", TRIPLETS[1])
triplet("power norm", "distances", "p == 0 ? sum : power(sum, 1 / p)", "sum", TRIPLETS[0])
triplet("power norm: slope", "distances", "power(abs(r), p - 1)", "power(abs(r), p)", TRIPLETS[0])
triplet("power norm: slope at 0", "distances", "where(r == V(0), V(0), sign(r)", "where(r == V(3), V(0), sign(r)", TRIPLETS[0])
triplet("p 0", "distances", "if (p == 0) return where(r > V(0), V(1), r);", "", TRIPLETS[0])

# ---- CTC: the scaled recursion, the wide numbers, the log domain, and what surrounds them. ----

CTC = ("losses/ctc", "losses/ctc_with_logits")

ctc = of_files("ctc", "{}", "losses/ctc", "engine/ctc_sequence")
SCALED, WIDE, ANY = "detail/ctc_scaled.hpp", "detail/ctc_wide.hpp", "detail/ctc_any_number.hpp"
EMISSIONS, SEQUENCE = "detail/ctc_emissions.hpp", "detail/ctc_sequence.hpp"
SEQUENCES, FRAMES = "engine/sequences.hpp", "engine/frames.hpp"
TARGETS = "engine/sequence_targets.hpp"
ctc("scaled: step into a label", SCALED, "pmul(c, pmadd(pload<CtcPacket>(a.skip + s), before, pmadd(w, b, l)))",
    "pmul(c, pmadd(w, b, l))")
ctc("scaled: step into a blank", SCALED, "pmul(c, padd(b, before))", "pmul(c, b)")
ctc("scaled: end in a blank", SCALED, "(a.labels > 0 ? from[a.labels - 1] : 0.0)", "0.0")
ctc("scaled: exponent", SCALED, "exponent -= shift;", "")
ctc("scaled: backward into a label", SCALED, "pmadd(skip, l_after, padd(l, b_after))", "padd(l, b_after)")
ctc("scaled: posterior of the blank", SCALED, "a.occupancy[a.blank_slot] = blanks;", "")
ctc("scaled: posterior of repeated classes", SCALED, "a.occupancy[a.slot[s]] += a.product[s];",
    "a.occupancy[a.slot[s]] = a.product[s];")
ctc("scaled: labels that are no longer too late", SCALED, "a.earliest[low - 1] + a.slack >= t", "a.earliest[low - 1] + a.slack > t")
ctc("scaled: labels that are too early", SCALED, "a.earliest[high] <= t", "a.earliest[high] < t")
ctc("scaled: label before", SCALED, "ctc_across<ctc_lanes - 1>(l_before, l)", "l")
ctc("scaled: labels of the packet before", SCALED, "l_before = l;", "")
ctc("scaled: label behind", SCALED, "ctc_across<1>(l, l_next)", "l")
ctc("scaled: blank behind", SCALED, "ctc_across<1>(b, b_next)", "b")
ctc("scaled: labels behind the packet", SCALED, "l_next = pload<CtcPacket>(from + s + ctc_lanes);", "")
ctc("scaled: blanks behind the packet", SCALED, "b_next = pload<CtcPacket>(from + a.width + s + ctc_lanes);", "")
ctc("scaled: emissions of the next frame", SCALED, "(a.keeps_labels ? t : t % 2) * a.width", "0")
ctc("scaled: emissions of long sequences", SCALED, "ctc_frame(a, t - 1, frame.band, a.keeps_labels)",
    "ctc_frame(a, t - 1, frame.band, true)", "engine/ctc_sequence")
ctc("scaled: emissions behind the labels", SCALED, "if (band.end > a.labels) pstore(label + band.end - ctc_lanes, pset1<CtcPacket>(0));",
    "", "engine/ctc_sequence")
ctc("emissions that may be near their largest", EMISSIONS, "smallest_of(lowest) - highest > ctc_least_log", "true",
    "engine/ctc_sequence")
ctc("lowest of each packet", EMISSIONS, "smallest = smaller(smallest, y);", "smallest = y;", "engine/ctc_sequence")
ctc("lowest of the frames before", EMISSIONS, "smallest = lowest;", "smallest = pset1<CtcPacket>(infinity);", "engine/ctc_sequence")
ctc("highest of the frames before", EMISSIONS, "highest = (std::max)(highest, tops[t - first]);", "highest = tops[t - first];",
    "engine/ctc_sequence")
ctc("scaled: range of a row", SCALED, "peak > 0x1p476 && peak < 0x1p489", "peak > 0", "engine/ctc_sequence")
ctc("scaled: in front of the band", SCALED, "pstore(to + band.first - ctc_lanes, zero);", "", "engine/ctc_sequence")
ctc("scaled: the floor", SCALED, "larger(x, least)", "x", "engine/ctc_sequence")
ctc("last classes", EMISSIONS, "copy(a.symbols - ctc_lanes);", "", "losses/ctc_with_logits", "engine/ctc_sequence")
ctc("padding of the last classes", EMISSIONS, "pstore(x + k, none);", "", "losses/ctc_with_logits",
    "engine/ctc_sequence")
ctc("largest of each frame", EMISSIONS, "tops[t - first];", "tops[0];", "losses/ctc_with_logits", "engine/ctc_sequence")
ctc("emissions of frames that come together", EMISSIONS, "first + some, a.frames", "first + some, first + 1")
ctc("repeated labels", EMISSIONS, "repeat || s == 0 ? 0.0 : a.weight", "s == 0 ? 0.0 : a.weight")
ctc("room for repeats", EMISSIONS, "a.frames - a.labels - repeats", "a.frames - a.labels")
ctc("tilt", SCALED, "a.tilt * static_cast<double>(a.labels)", "0.0")
ctc("range of emissions", SEQUENCE, "bool holds = !(wanted && a.raised), raised = false;",
    "bool holds = true, raised = false;", "engine/ctc_sequence")
ctc("proof of the value", SEQUENCE, "holds = !(raised || a.raised) || ctc_holds(a, log_p);", "", "engine/ctc_sequence")
ctc("proof of the gradient", SEQUENCE, "holds = ctc_backward(a, floor, write) > 0x1p240;",
    "ctc_backward(a, floor, write);", "engine/ctc_sequence")
ctc("dropped emissions", SEQUENCE, "holds = !a.dropped || log_p > ctc_least_after_drop(a.frames);", "",
    "engine/ctc_sequence")
ctc("zero_infinity", SEQUENCE, "return zero_infinity ? constant(0, 0) : constant(",
    "return !zero_infinity ? constant(0, 0) : constant(")
ctc("NaN", SEQUENCE, "return constant(Limits::quiet_NaN(), Limits::quiet_NaN());", "return constant(0, 0);")
ctc("gradient of log-probabilities", SEQUENCE, "static_cast<double>(entry) - occupancy[k] * share",
    "static_cast<double>(entry) + occupancy[k] * share")
ctc("gradient of logits, all classes", SEQUENCE, "emission[c] * softmax - occupancy[c] * share",
    "emission[c] * softmax", "losses/ctc_with_logits")
ctc("gradient of logits, few classes", SEQUENCE, "pmul(packet_exp_nonpositive(psub(x, top)), share)",
    "packet_exp_nonpositive(psub(x, top))", "losses/ctc_with_logits", "engine/ctc_sequence")
ctc("mass of a frame", EMISSIONS, "*mass += static_cast<double>(sum_of(ones))", "*mass += static_cast<double>(0)",
    "losses/ctc_with_logits", "engine/ctc_sequence")
ctc("scale of a frame", EMISSIONS, "add(top - a.top[t]);", "", "losses/ctc_with_logits", "engine/ctc_sequence")
ctc("compensation of scales", EMISSIONS, "a.log_scale += lost - std::log(masses);",
    "a.log_scale -= std::log(masses);", "engine/ctc_sequence")
ctc("wide: skipped blank", WIDE, "if (lattice.skips(s)) sum = sum + from[s - 2];", "", "engine/ctc_sequence")
ctc("wide: sum", WIDE, "greater.mantissa + greater.mantissa * ctc_ratio(lesser, greater)", "greater.mantissa",
    "engine/ctc_sequence")
ctc("wide: masks", WIDE, "(x.huge - y.huge) + (x.exponent - y.exponent) * ctc_ln2",
    "(x.exponent - y.exponent) * ctc_ln2", "losses/ctc", "engine/ctc_sequence")
ctc("wide: backward", WIDE, "if (s + 1 < states) sum = sum + next[s + 1];", "", "engine/ctc_sequence")
ctc("log domain: skipped blank", ANY, "if (from && skips(s))", "if (from && s > 1)", "losses/ctc")
ctc("log domain: backward", ANY, "s + 1 < states) sum = ctc_log_add(sum, at(s + 1));", "s + 1 < 0) sum = at(s);", *CTC)
ctc("log domain: sum of two", ANY, "T(b + log1p_of_any(T(exp(T(a - b)))))", "b", *CTC)
ctc("blank out of range", SEQUENCES, "kernel.blank >= frames.classes", "kernel.blank > frames.classes", *CTC)
ctc("negative blank", SEQUENCES, "kernel.blank < 0 ||", "", "engine/errors")
ctc("no frames or classes", SEQUENCES, "frames.frames == 0 || frames.classes == 0", "frames.frames < 0", *CTC,
    "engine/errors")
ctc("length above", TARGETS, "lengths.at(n) <= most", "lengths.at(n) <= most + 1", *CTC)
ctc("length below 0", TARGETS, "lengths.at(n) >= 0 &&", "", *CTC)
ctc("sum of target lengths", TARGETS, "!padded && sum != room", "!padded && sum > room", *CTC, "engine/errors")
ctc("rows of padded targets", TARGETS, "if (shape[0] == frames_.sequences) return;", "return;", *CTC, "engine/errors")
ctc("label is the blank", TARGETS, "if (label == blank) {", "if (label == -1) {", *CTC)
ctc("label above", TARGETS, "label < 0 || label >= frames_.classes", "label < 0 || label > frames_.classes", *CTC)
ctc("label below 0", TARGETS, "label < 0 || label >= frames_.classes", "label < -1 || label >= frames_.classes", *CTC,
    "engine/errors")
ctc("masked sequence", SEQUENCES, "if (weight(weights, n) != T(0)) targets_", "targets_", *CTC)
ctc("gradient of a masked sequence", SEQUENCES, "if (term.first) clear(sink, n);", "", *CTC)
ctc("division by the target's length", SEQUENCES, "(std::max)(targets_.labels_of(n), Index(1)) : Index(1)",
    "Index(1) : Index(1)", *CTC)
ctc("empty target under Mean", SEQUENCES, "(std::max)(targets_.labels_of(n), Index(1)) : Index(1)",
    "targets_.labels_of(n) : Index(1)", *CTC)
ctc("concatenated targets", SEQUENCES, "offsets ? offsets[n] : 0", "0", *CTC)
ctc("padded targets of either layout", TARGETS, "Targets::row_major ? n * shape[1] + s : n + s * shape[0]",
    "n * shape[1] + s", *CTC)
ctc("frames past the end", FRAMES, "clear(sink_, shape_, sequence_, length_);", "", *CTC)
ctc("gradient of a second term", FRAMES, "to[k] = to[k] + numbers(k);", "to[k] = numbers(k);", *CTC)
ctc("column-major frames", FRAMES, "copy(t - t % frames_at_once)", "copy(0)", *CTC)

ctc("weight of a sequence", SEQUENCES, "loss = loss * Number(w);", "", *CTC)
ctc("weight of a gradient", SEQUENCES, "Number(scale) * Number(w) / each", "Number(scale) / each", "laws/ctc")
ctc("gradient divided by the target's length", SEQUENCES, "Number(scale) * Number(w) / each", "Number(scale) * Number(w)", *CTC)
ctc("unreduced value of a second term", SEQUENCES, "term.first ? number : T(value_sink.at(n) + number)", "number",
    "losses/ctc", "engine/combination", "laws/ctc")
ctc("scale of an unreduced value", SEQUENCES, "T(loss * Number(scale))", "T(loss)", "losses/ctc", "engine/combination", "laws/ctc")
ctc("counted sequences", SEQUENCES, "partial.counted.add(Number(R::count(Single<T>(T(loss))).parts[0]));", "",
    "losses/ctc", "laws/ctc", "engine/reductions")
ctc("workspace that is too small", "detail/ctc_workspace.hpp", "buffer_.bytes >= bytes", "buffer_.bytes > 0", *CTC)
ctc("workspace of the caller", "detail/ctc_workspace.hpp", "workspace ? *workspace : of_this_thread()", "of_this_thread()", *CTC)
ctc("workspace that is kept", "detail/ctc_workspace.hpp", "idle_.push_back(std::move(buffer));", "", *CTC)

# ---- Reductions. ----

reduction = of_file("reductions", "reductions.hpp")
reduction("Mean", "return totals.loss / totals.divisor; }", "return totals.loss; }", "losses/mse")
reduction("scale of Mean", "return totals.divisor == T(0) ? T(0) : T(T(1) / totals.divisor);", "return T(1);", "losses/mse")
reduction("scale of Mean of nothing", "return totals.divisor == T(0) ? T(0) : T(T(1) / totals.divisor);",
          "return T(1) / totals.divisor;", "losses/nll")
reduction("scale of Sum", "static T scale(const Totals<T>&) { return T(1); }",
          "static T scale(const Totals<T>&) { return T(2); }", "losses/l1")
reduction("BatchMean", "return totals.loss / totals.batch;", "return totals.loss / totals.divisor;", "losses/kl_div")
reduction("scale of BatchMean", "T(T(1) / totals.batch)", "T(T(1) / totals.divisor)", "losses/kl_div")
reduction("BatchMean of CTC", "struct BatchMean { static constexpr bool averages = false;",
          "struct BatchMean { static constexpr bool averages = true;", "losses/ctc", "laws/ctc_with_logits")
reduction("Sum of CTC", "struct Sum { static constexpr bool averages = false;",
          "struct Sum { static constexpr bool averages = true;", "losses/ctc")
reduction("WeightedMean", "T(totals.loss / totals.weights)", "T(totals.loss / totals.divisor)", "losses/mse")
reduction("WeightedMean of nothing", "totals.weights == T(0) ? T(0) : T(totals.loss / totals.weights)",
          "T(totals.loss / totals.weights)", "losses/nll")
mutant("WeightedMean: masked rows of an infinite class weight", "engine/evaluation.hpp", "if (w[k] != T(0) && shares[k] != T(0))",
       "if (shares[k] != T(0))", "engine/reductions")
reduction("scale of WeightedMean", "T(T(1) / totals.weights)", "T(T(1) / totals.divisor)", "losses/mse")
reduction("scale of WeightedMean of nothing", "totals.weights == T(0) ? T(0) : T(T(1) / totals.weights)",
          "T(T(1) / totals.weights)", "engine/reductions")
reduction("RootMean", "return sqrt(T(totals.loss / totals.divisor));", "return T(totals.loss / totals.divisor);", "losses/mse")
reduction("scale of RootMean", "T(T(1) / (T(2) * root * totals.divisor))", "T(T(1) / (root * totals.divisor))",
          "engine/reductions", "laws/mse")
reduction("scale of RootMean at 0", "root == T(0) || totals.divisor == T(0) ? T(0) : T(", "T(", "losses/mse")
reduction("RootMean's losses come first",
          "struct RootMean { static constexpr bool needs_losses = true;",
          "struct RootMean { static constexpr bool needs_losses = false;", "engine/reductions", "laws/mse")
reduction("weights of a user's reduction", "!std::is_same<R, RootMean>::value> {};",
          "!std::is_same<R, RootMean>::value && std::is_same<R, WeightedMean>::value && false> {};", "losses/mse")

# ---- Checks and their sentences. ----

check = of_files("check", "{}", "engine/errors")
CHECKS = "detail/check.hpp"
check("handler", CHECKS, "if (ErrorHandler handler = error_handler().load()) handler(message.c_str());", "")
check("name of the loss", "detail/words.hpp", "while (name > kernel && name[-1] != ':') --name;", "name = kernel;", "losses/huber")
check("option", CHECKS, "if (!holds) fail(option_name", "if (false) fail(option_name", "losses/huber")
check("no classes", CHECKS, "if (classes == 0) fail(", "if (classes < 0) fail(")
check("class weights", CHECKS, "weights.size() != 0 && Index(weights.size()) != classes",
      "Index(weights.size()) > classes", "losses/cross_entropy")
check("class above", "engine/label_check.hpp", "number(label) >= number(classes_)", "number(label) > number(classes_)",
      "losses/nll")
check("first of the wrong classes", "engine/label_check.hpp", "first + k), \" = \"", "first), \" = \"", "losses/nll", "engine/errors")
check("classes behind the first chunk", "engine/label_check.hpp", "if (outside > 0) refuse_first(first,",
      "if (first == 0 && outside > 0) refuse_first(first,", "losses/nll")
check("labels that are copied", "engine/label_check.hpp", "look_at(first, count, all.read(first, count, labels));", "",
      "losses/nll")
check("shape of labels", "engine/rowwise.hpp", 'inputs_.template check_shape<I>(units_, "one number for each row: ");', "",
      "losses/nll", "engine/errors")
check("label of one row", "engine/rowwise.hpp",
      'inputs_.template check_shape<I>(Shape<1>{{1}}, "one number for the one row: () or ");', "", "losses/nll", "engine/errors")
check("class below", "engine/rowwise.hpp", "r == Role::label_row ? -1 : 0", "-1", "losses/multi_margin")
check("class of a row of labels below", "engine/rowwise.hpp", "r == Role::label_row ? -1 : 0", "-2",
      "losses/multi_label_margin")
check("ignored class", "engine/label_check.hpp", "ignored += Index(skip);", "", "losses/nll")
check("whether any label is ignored", "engine/rowwise.hpp", "ignores_some_ = sums.ignored > 0;", "", "losses/nll", "losses/cross_entropy")
check("ignored labels before a wrong one", "engine/label_check.hpp",
      "if (Ignores<Kernel>::label(kernel_, label)) continue;", "", "losses/nll")
check("share of the classes in use", "engine/label_check.hpp", "shares_.add(share_of(kernel_,",
      "shares_.add(Share<Kernel>::of(kernel_,", "losses/nll", "laws/nll")
check("share of ignored rows", "engine/label_check.hpp", "double(all.size() - ignored_)", "double(all.size())", "losses/nll")
check("shares of weights", "engine/label_check.hpp", "Ignores<Kernel>::label(kernel, label) ? 0.0 :", "", "engine/exact_averages",
      "laws/nll")
check("number of a row", "engine/rowwise.hpp", "if (Kernel::accepts(view<I>().at(row))) continue;", "continue;",
      "losses/cosine_embedding")
check("number of a masked row", "engine/rowwise.hpp", "if (weights.at(row) == T(0)) continue;", "",
      "losses/cosine_embedding")
check("rank 0", "engine/rowwise.hpp", "Inputs::rank == 0 && !AcceptsRank0<Kernel>::value", "false")
check("batch of axis 0", "engine/rowwise.hpp", "axis_ == 0 ? 1 : 0", "0", "engine/reductions",
      "engine/exact_averages")
check("axis above", "engine/axis.hpp", "axis >= dimensions", "axis > dimensions")
check("axis below", "engine/axis.hpp", "axis < -dimensions ||", "", "losses/cross_entropy")
check("axis from the end", "engine/axis.hpp", "axis < 0 ? axis + dimensions : axis", "axis < 0 ? 0 : axis",
      "losses/cross_entropy")
check("pos_weight's length", "engine/operands.hpp", "given <= 1 || given == expected", "given <= 1 || given > expected",
      "losses/bce_with_logits")
check("shape of the variance", "engine/operands.hpp", "right = right && own[k] == 1;", "", "losses/gaussian_nll")
check("two dimensions of the variance", "engine/operands.hpp", "right = right && repeated <= 1;", "", "losses/gaussian_nll")
check("shorter variance", "engine/operands.hpp", "right = right && view.shape()[k] == shape[k];", "", "losses/gaussian_nll")
check("storage in memory", "detail/output.hpp", "return same_shape(shape_of(array), shape) ||\n           (std::is_same<PlainOf<A>, A>::value && count", "return true ||\n           (count")
check("storage that counts too little", "detail/output.hpp", "count <= largest_count<A>()", "count > 0")
check("storage of a fixed number of rows", "detail/output.hpp",
      "A::RowsAtCompileTime == Eigen::Dynamic || A::RowsAtCompileTime == rows", "true", "losses/l1")
check("storage of a fixed number of columns", "detail/output.hpp",
      "A::ColsAtCompileTime == Eigen::Dynamic || A::ColsAtCompileTime == cols", "true", "losses/l1")
check("storage of a few rows", "detail/output.hpp",
      "A::MaxRowsAtCompileTime == Eigen::Dynamic || rows <= A::MaxRowsAtCompileTime", "true", "losses/l1")
check("storage of a few columns", "detail/output.hpp",
      "A::MaxColsAtCompileTime == Eigen::Dynamic || cols <= A::MaxColsAtCompileTime", "true", "losses/l1")
check("storage of fixed tensors", "detail/output.hpp", "return false; } else { return same_shape(shape_of(array), shape); }",
      "return false; } else { return true; }", "losses/l1")
check("fused terms of a reduction that is not linear", "engine/fused.hpp", "is_linear<typename A::Reduction> &&", "",
      "engine/combination")
check("fused terms of a reduction that counts", "engine/fused.hpp", "!NeedsLosses<R>::value && !Counts<R, Vector<float>>::value",
      "!NeedsLosses<R>::value", "engine/combination")
check("divisors of a combination", "engine/combination.hpp", "if (own == common || (own != own && common != common)) return;", "return;",
      "engine/combination")
check("divisors that are NaN", "engine/combination.hpp", "own == common || (own != own && common != common)", "own == common")
check("numbers as given", "engine/arguments.hpp", "view<I>().original(i)", "view<I>().at(i)")
check("arguments of every term", "engine/combination.hpp",
      "(check_arguments(std::get<I>(loss.terms), w, in...), ...);", "", "engine/combination", "engine/errors")

# ---- Devices and sums. ----

blocks = of_files("blocks", "{}")
blocks("order of the sums", "detail/blocks.hpp", "total.add(partials[i - first]);",
       "total.add(partials[last - 1 - i]);", "engine/sums")
blocks("lost wave", "detail/blocks.hpp", "first < blocks; first += wave", "first + wave < blocks; first += wave",
       "engine/sums", "engine/exceptions")
blocks("lowest exception", "detail/blocks.hpp", "if (i < failed) {", "if (failed == end || i > failed) {", "engine/exceptions")
blocks("swallowed exception", "detail/blocks.hpp", "if (error) std::rethrow_exception(error);", "", "engine/exceptions")
blocks("first refused number", "detail/blocks.hpp", "if (refused < 0) refused = later.refused;",
       "if (later.refused >= 0) refused = later.refused;", "engine/exceptions")
blocks("counted units", "detail/blocks.hpp", "counted.add(later.counted);", "", "engine/elements")
blocks("compensation of packs", "detail/total.hpp", "lost += (sum - (next - taken)) + (term - taken);", "", "engine/sums")
blocks("compensation in order", "detail/total.hpp", "if (std::isfinite(other.total_.sum)) add(other.total_.lost);", "",
       "engine/sums")
blocks("compensation of lanes of double", "detail/total.hpp", "if (std::isfinite(sum[i])) add(lost[i]);", "",
       "engine/sums")
blocks("compensation of lanes of float", "detail/total.hpp", "sums + sum_of(lost) : sums", "sums : sums", "engine/sums")
blocks("compensation of lanes at infinity", "detail/total.hpp", "sums + sum_of(lost) : sums",
       "sums : sums + sum_of(lost)", "engine/sums")
blocks("sum of lanes", "detail/total.hpp", "halves[i] = numbers[i] + numbers[i + N / 2];", "halves[i] = numbers[i];", "engine/sums")
blocks("the last block", "detail/blocks.hpp", "(units + block - 1) / block", "units / block", "engine/elements", "engine/rows")
blocks("the end of the last block", "detail/blocks.hpp", "(std::min)(block, units - i * block)", "block", "engine/elements")
blocks("later waves", "detail/blocks.hpp", "begin + Index(first)", "Index(first)", "engine/sums")
blocks("compensation at infinity", "detail/total.hpp", "std::isfinite(total_.sum) ? total_.sum + total_.lost : total_.sum",
       "total_.sum + total_.lost", "engine/sums")
blocks("softplus of positive numbers", "detail/numeric.hpp",
       "at_least(V(0), x) + log1p_unit(exp_nonpositive(minus_abs(x)))",
       "log1p_unit(exp_nonpositive(minus_abs(x)))", "losses/soft_margin")
blocks("sigmoid less a label", "detail/numeric.hpp", "- y) - y * e) / (V(1) + e)", "- y)) / (V(1) + e)",
       "losses/bce_with_logits", "losses/multi_label_soft_margin")
blocks("sigmoid of negative numbers", "detail/numeric.hpp", "sigmoid = where(x < V(0), e, V(1)) / (V(1) + e);",
       "sigmoid = V(1) / (V(1) + e);", "losses/soft_margin")
blocks("where of plain numbers", "detail/numeric.hpp", "(condition & 1) != 0", "condition != 0", "engine/formula")
blocks("min of plain numbers", "detail/numeric.hpp", "T(b) < T(a) || T(b) != T(b) ? T(b) : T(a)", "T(b) < T(a) ? T(b) : T(a)",
       "engine/formula")
blocks("max of plain numbers", "detail/numeric.hpp", "T(a) < T(b) || T(b) != T(b) ? T(b) : T(a)", "T(a) < T(b) ? T(b) : T(a)",
       "engine/formula")
blocks("sigmoid", "detail/numeric.hpp", "const V e = exp_nonpositive(minus_abs(x)); return where(x < V(0), e, V(1))",
       "const V e = exp_nonpositive(minus_abs(x)); return where(x < V(0), V(1), e)", "engine/formula")
blocks("sign of NaN", "detail/numeric.hpp", "where(x > V(0), V(1), x)", "where(x > V(0), V(1), V(0))", "losses/l1",
       "losses/triplet_margin")
blocks("positive part of NaN", "detail/numeric.hpp",
       "V positive_part(const V& x) { return at_least(V(0), x); }",
       "V positive_part(const V& x) { return where(x > V(0), x, V(0)); }", "losses/margin_ranking")
blocks("tiny beta", "detail/numeric.hpp", "number < least ? least : number", "number", "losses/smooth_l1")

# ---- Containers: reading and writing. ----

container = of_files("containers", "{}", "engine/elements", "losses/l1")
container("strided lines", "detail/memory.hpp", "(i / inner) * outer_stride + (i % inner) * inner_stride",
          "(i / inner) * inner + (i % inner) * inner_stride")
container("end of a line", "detail/memory.hpp", "inner - first % inner", "inner")
container("contiguous lines", "detail/memory.hpp", "(outer_stride == inner || outer <= 1)", "true")
container("inner stride", "detail/memory.hpp", "(inner_stride == 1 || inner <= 1)", "true")
container("strided input", "detail/source.hpp", "to[i] = convert<T>(from[i * stride]);", "to[i] = convert<T>(from[i]);")
container("rest of a tensor expression", "detail/source.hpp", "to[i] = convert<T>(at(first + i));", "to[i] = convert<T>(at(i));")
container("start in a line of an expression", "detail/source.hpp", "begin = first % inner;", "begin = 0;")
container("later lines of an expression", "detail/source.hpp", "begin = 0; }", "}")
container("row-major expressions", "detail/source.hpp", "A::IsRowMajor ? outer_index : inner_index", "inner_index")
container("strided output", "detail/output.hpp", "to[i * stride] = convert<S>(from[i]);", "to[i] = convert<S>(from[i]);")
container("later pieces of an output", "detail/output.hpp", "from += numbers;", "", "engine/elements", "losses/cosine_embedding")
container("reading an output", "detail/output.hpp", "static_cast<const A*>(array)).copy(first, count, to)",
          "static_cast<const A*>(array)).copy(0, count, to)")
container("at least a number, of plain ones", "detail/comparison.hpp", "select(less(x, low), low, x)", "x",
          "engine/formula")
container("at most a number, of plain ones", "detail/comparison.hpp", "select(less(high, x), high, x)", "x",
          "engine/formula")
container("at least a number, of duals", "detail/dual.hpp", "where(a < low, low, a)", "a",
          "engine/formula")
container("at most a number, of duals", "detail/dual.hpp", "where(high < a, high, a)", "a",
          "engine/formula")
container("writing past the buffer", "detail/output.hpp", "if (!contiguous_) calls_->write(array_, first, count, buffer);", "")
container("resizing a matrix", "detail/output.hpp",
          "array.resize(static_cast<Eigen::Index>(shape[0]), static_cast<Eigen::Index>(shape[1]));", "")
container("resizing a vector", "detail/output.hpp", "array.resize(static_cast<Eigen::Index>(shape[0]));", "",
          "engine/elements", "losses/l1", "losses/cosine_embedding")
container("packets of a tensor expression", "detail/source.hpp", "static_cast<typename Evaluator::Index>(first + i)",
          "static_cast<typename Evaluator::Index>(i)")
container("packets of a matrix expression", "detail/source.hpp", "row(outer_index, i), col(outer_index, i)",
          "row(0, i), col(0, i)")
container("entries that lie apart", "detail/view.hpp", "at(first + i * step)", "at(first + i)", "engine/rows")
container("outer dimensions of a column-major array", "engine/axis.hpp", "row_major ? before : behind", "before",
          "losses/cross_entropy", "engine/rows")
container("inner dimensions of a column-major array", "engine/axis.hpp", "row_major ? behind : before", "behind",
          "losses/cross_entropy", "engine/rows")
container("resizing a tensor", "detail/output.hpp", "array.resize(dimensions);", "")
container("position in row-major order", "detail/view.hpp",
          "const std::size_t dimension = row_major ? Rank - 1 - k : k; if (shape[dimension] > 0) {",
          "const std::size_t dimension = k; if (shape[dimension] > 0) {", "losses/bce", "engine/errors")
container("broadcast of size 1", "detail/view.hpp", "own[dimension] == 1 && shape[dimension] != 1 ? 0 : step", "step")
container("broadcast order", "detail/view.hpp", "step *= own[dimension];", "step *= shape[dimension];")
container("broadcast line", "detail/view.hpp", "line - (first + done) % line", "line")
container("broadcast numbers", "detail/view.hpp", "if (line_step() == 0) {", "if (false) {")
container("pos_weight: start", "engine/operands.hpp", "c = (first / inner_) % size", "c = 0",
          "losses/bce_with_logits", "engine/reductions")
container("pos_weight: side by side", "engine/operands.hpp", "numbers_.data() + c, here", "numbers_.data(), here",
          "losses/bce_with_logits")
container("pos_weight: to the end", "engine/operands.hpp", "inner_ == 1 ? size - c : left", "inner_ == 1 ? size : left",
          "losses/bce_with_logits")
container("pos_weight: runs", "engine/operands.hpp", "      left = inner_;\n", "", "losses/bce_with_logits", "engine/reductions")
container("pos_weight: repetition", "engine/operands.hpp", "const Index repeated = done - done % period;",
          "const Index repeated = 1;", "losses/bce_with_logits", "engine/reductions")
container("repeated variance: gradient", "engine/repeated_gradient.hpp", "of_line[i].add(Value(slopes[r * width + i]));",
          "of_line[i].add(Value(slopes[i]));", "losses/gaussian_nll")
container("repeated variance: second term", "engine/repeated_gradient.hpp", "first_term_ ? sum : T(sink_.at(entry) + sum)",
          "sum", "engine/reductions")
container("repeated variance: last tile", "engine/repeated_gradient.hpp", "(cut_.outer + lines_ - 1) / lines_",
          "cut_.outer / lines_", "losses/gaussian_nll")
container("repeated variance: columns", "engine/repeated_gradient.hpp", "(cut_.inner + width_ - 1) / width_",
          "cut_.inner / width_", "losses/gaussian_nll")
container("repeated variance: later columns", "engine/repeated_gradient.hpp", "(line + l) * cut_.inner + column + i",
          "(line + l) * cut_.inner + i", "losses/gaussian_nll")
container("repeated variance: several lines", "engine/repeated_gradient.hpp", "(row + r) / cut_.size * width", "0",
          "losses/gaussian_nll")
container("repeated variance: which elements", "engine/repeated_gradient.hpp", "(line * cut_.size) + row) * cut_.inner + column",
          "(line * cut_.size) + row) * cut_.inner", "losses/gaussian_nll")
container("refused variance that is repeated", "engine/pointwise.hpp",
          "i = i / (repeated->size * repeated->inner) * repeated->inner + i % repeated->inner;", "", "losses/gaussian_nll")
container("batch of pos_weight's axis 0", "engine/pointwise.hpp", "== 0) dimension = 1;", "== 0) dimension = 0;",
          "losses/bce_with_logits")

# ---- Combinations, formulas and dual numbers. ----

composition = of_files("compositions", "{}")
COMBINATION = "engine/combination.hpp"
composition("factor of a fused value", "engine/fused.hpp", "sum = sum + T(factor) * kernel.value(x, more...);",
            "sum = sum + kernel.value(x, more...);", "engine/combination")
composition("factor of a fused slope", "engine/fused.hpp", "sum.second[g] + T(factor) * term.slopes[g]", "sum.second[g] + term.slopes[g]",
            "engine/combination")
composition("factor of a fused value with slopes", "engine/fused.hpp", "sum.first + T(factor) * term.value", "sum.first + term.value",
            "engine/combination")
composition("values of several terms", COMBINATION,
            "value = value + Part::Engine::template evaluate<Value, Gradient>(part, workers, w, next, values, outs, in...);",
            "value = Part::Engine::template evaluate<Value, Gradient>(part, workers, w, next, values, outs, in...);",
            "engine/combination")
composition("batch of a term", COMBINATION, "if (dimensions > 1 && (loss.axis == 0 || loss.axis == -dimensions)) return false;", "",
            "engine/combination")
composition("shapes of unreduced terms", COMBINATION, "if (same_shape(expected, found)) return;", "return;", "engine/combination")
composition("weights of joined sums", COMBINATION, "sum.weights.begin() + sizeof...(A)", "sum.weights.begin()", "engine/combination")
composition("second term", COMBINATION, "first = false;", "", "engine/combination")
composition("factor of a term", COMBINATION, "term.factor * factor", "term.factor",
            "engine/combination")
composition("difference", COMBINATION, "return a + (-1.0) * b;", "return a + b;", "engine/combination")
composition("terms with pos_weight", COMBINATION, "return loss.along_axis().size() == 0;", "return true;", "engine/combination")
composition("weights of a product", COMBINATION, "for (double& w : product.weights) w *= weight;",
            "for (double& w : product.weights) w = weight;", "engine/combination")

dual = of_file("slopes", "detail/dual.hpp", "engine/formula", "laws/formula")
dual("a sum", "a.slope + b.slope};", "a.slope};")
dual("a negative", "{-a.value, -a.slope}", "{-a.value, a.slope}")
dual("a product", "times(a.slope, b.value) + times(b.slope, a.value)", "times(a.slope, b.value)")
dual("a product with a number", "V(number) * a.slope", "a.slope")
dual("a quotient", "over(a.slope - times(b.slope, quotient), b.value)", "over(a.slope, b.value)")
dual("a quotient by a number", "a.slope / V(number)", "a.slope")
dual("a difference", "{a.value - b.value, a.slope - b.slope}", "{a.value - b.value, a.slope}")
dual("where", "where(mask, a.slope, b.slope)", "a.slope")
dual("min at a tie", "const Dual smaller = where((b < a) | (b != b), b, a); return where(a == b,",
     "const Dual smaller = where((b < a) | (b != b), b, a); return where(a != a,")
dual("max at a tie", "const Dual larger = where((a < b) | (b != b), b, a); return where(a == b,",
     "const Dual larger = where((a < b) | (b != b), b, a); return where(a != a,")
dual("abs", "a.slope * detail::sign(a.value)", "a.slope")
dual("sqrt", "over(V(0.5) * a.slope, root)", "over(a.slope, root)")
dual("exp", "times(a.slope, e)", "a.slope")
dual("log", "over(a.slope, a.value)", "a.slope")
dual("log1p", "over(a.slope, V(1) + a.value)", "over(a.slope, a.value)")
dual("expm1", "times(a.slope, exp(a.value))", "times(a.slope, expm1(a.value) + V(1))")
dual("sin", "times(a.slope, cos(a.value))", "times(a.slope, sin(a.value))")
dual("cos", "-times(a.slope, sin(a.value))", "times(a.slope, sin(a.value))")
dual("sinh", "times(a.slope, cosh(a.value))", "times(a.slope, sinh(a.value))")
dual("cosh", "times(a.slope, sinh(a.value))", "times(a.slope, cosh(a.value))")
dual("tanh", "times(times(a.slope, sech), sech)", "times(a.slope, (V(1) - tanh(a.value)) * (V(1) + tanh(a.value)))")
dual("softplus", "times(a.slope, both.sigmoid)", "times(a.slope, both.softplus)")
dual("sigmoid", "times(a.slope, s * sigmoid(-a.value))", "times(a.slope, s)")
dual("a power by its base", "b.value * pow(a.value, b.value - V(1))", "pow(a.value, b.value - V(1))")
dual("a power whose exponent is 0", "where(b.value == V(0), V(0), b.value * pow(", "where(b.value != b.value, V(0), b.value * pow(")
dual("a power whose base is 0", "where(flat, V(0), power * log(a.value))", "power * log(a.value)")
dual("a power by its exponent", "power * log(a.value)", "power")
dual("a constant times infinity", "where(slope == V(0), V(0), slope * factor)", "slope * factor")
dual("a constant over 0", "where(slope == V(0), V(0), slope / divisor)", "slope / divisor")

# ---- The files whose inside changes with their speed: packs, the walks over elements and rows, the verbs. Texts here
# may be stale sooner than elsewhere. ----

PACKS, CONSTANTS = "detail/packet_math.hpp", "detail/packet_constants.hpp"


def pack(what, text, replacement, file=PACKS, test="engine/packet_math"):
    mutant(f"packs: {what}", file, text, replacement, test)


pack("exp: range", "reduce_exp(clamp(x, C::exp_low, C::exp_high), 2 * C::bias)", "reduce_exp(x, 2 * C::bias)")
pack("exp: gradual underflow", "exp_low = -104", "exp_low = -80", CONSTANTS)
pack("exp: series of float", "0.041668389F", "0.042668389F", CONSTANTS)
pack("exp: series of double", "0.0083333333334946001", "0.0083333333434946001", CONSTANTS)
pack("exp: ln 2 of double", "ln2_low = 2.8235290563031577e-13", "ln2_low = 0", CONSTANTS)
pack("exp of nonpositive numbers: cut", "zero_where(less(x, constant<Packet>(C::exp_least_normal)), y)", "y")
pack("expm1: small numbers", "select(less(constant<Packet>(C::linear), pabs(x)), padd(half_y, half_y),",
     "select(less(constant<Packet>(0), pabs(x)), padd(half_y, half_y),")
pack("expm1: cancellation", "psub(h, constant<Packet>(0.5))", "h")
pack("expm1: range", "clamp(x, C::expm1_low, C::exp_high)", "x")
pack("log: series of float", "0.399576068F", "0.389576068F", CONSTANTS)
pack("log: series of double", "0.39999999996102265", "0.39999998996102265", CONSTANTS)
pack("log: subnormal numbers", "select(tiny, pmul(x, constant<Packet>(C::units)), x)", "x")
pack("log: 0", "select(equal(x, zero), pnegate(infinity),", "select(equal(x, zero), infinity,")
pack("log: negative numbers", "constant<Packet>(Limits::quiet_NaN()))", "zero)")
pack("log: infinity", "select(less(x, infinity), y, x)", "y")
pack("log1p: rounding of 1 + x", "pmul(error, constant<Packet>(0.5))", "pmul(error, constant<Packet>(0))")
pack("log1p of [0, 1]: series of float", "0.400216997F", "0.410216997F", CONSTANTS)
pack("log1p of [0, 1]: series of double", "0.22222223969739383", "0.22222323969739383", CONSTANTS)
pack("log of [0, 1]: -0", "log_of_finite(padd(x, zero))", "log_of_finite(x)")
pack("log of [0, 1]: least", "return at_least(constant<Packet>(least), pmadd(x, zero, y));", "return pmadd(x, zero, y);")
pack("log of [0, 1]: NaN", "pmadd(x, zero, y)", "y")
pack("log(1 - x) of [0, 1]: rounding of 1 - x", "pmadd(error, psub(one, parts.k), psub(parts.m, one))",
     "pmadd(error, one, psub(parts.m, one))")
pack("log(1 - x) of [0, 1]: 1", "select(equal(x, one), constant<Packet>(least), log_of_parts(parts.k, f))",
     "log_of_parts(parts.k, f)")
pack("lower bound of NaN", "larger(x, low)", "larger(low, x)", "detail/comparison.hpp")
pack("upper bound of NaN", "smaller(x, high)", "smaller(high, x)", "detail/comparison.hpp")
pack("upper bound", "smaller(x, high)", "x", "detail/comparison.hpp")
pack("minus 0", "Eigen::internal::pxor(x, Eigen::internal::pset1<Register>(T(-0.0)))", "Eigen::internal::psub(Eigen::internal::pzero(x), x)",
     "detail/registers.hpp", "engine/formula")
pack("sinh of -0", "return where(a < Pack(0), -s, where(a == Pack(0), a, s)); } friend", "return where(a < Pack(0), -s, s); } friend", "detail/pack.hpp", "engine/formula")
pack("min of NaN", "where((b < a) | (b != b), b, a)", "where(b < a, b, a)", "detail/pack.hpp", "engine/formula")
pack("max of NaN", "where((a < b) | (b != b), b, a)", "where(a < b, b, a)", "detail/pack.hpp", "engine/formula")
pack("tanh of negative numbers", "return where(a < Pack(0), -t, where(a == Pack(0), a, t));", "return t;", "detail/pack.hpp",
     "engine/formula")
pack("sinh of large numbers", "Pack(0.5) * half * half);", "Pack(0.5) * half);", "detail/pack.hpp", "engine/formula")
pack("cosh", "Pack(0.5) * half * half + Pack(0.5) / half / half", "Pack(0.5) * half * half", "detail/pack.hpp", "engine/formula")
pack("negated mask", "pandnot(Eigen::internal::ptrue(x), x)", "por(Eigen::internal::ptrue(x), x)", "detail/comparison.hpp",
     "engine/formula")


def elements(what, text, replacement, file="engine/element_walk.hpp", tests=("engine/elements",)):
    mutant(f"elements: {what}", file, text, replacement, *tests)


elements("whole packs", "step<V>(kernel, at, i, AllLanes{}, scale, streams, sums);", "")
elements("whole registers behind the last pack", "step<Last>(kernel, at, i, AllLanes{}, scale, false, sums);", "{}")
elements("elements behind the last register", "if (i < end) step<Last>(kernel, at, i, end - i, scale, false, sums);", "")
elements("sum", "sums.add_losses(only_first(loss, lanes));", "")
elements("missing elements", "only_first(loss, lanes)", "loss")
elements("missing elements that are counted", "only_first(count, lanes)", "count")
elements("numbers out of range", "any_outside<Kernel>(x) & (w != P(0))", "(w != w)", tests=("losses/bce",))
elements("the argument with a range", "x[range.argument]", "x[0]", "engine/ranges.hpp", ("engine/errors",))
elements("every range", "found = found | outside(", "found = outside(", "engine/ranges.hpp", ("losses/bce",))
elements("counted units", "sums.add_counts(only_first(count, lanes));", "")
elements("counted units that are masked", "where(w == P(0), P(0), R::count(e.value))", "R::count(e.value)")
elements("sum of a block", "partial.loss = Total<T>(sums.loss);", "")
elements("counted units of a block", "partial.counted = Total<T>(sums.count);", "")
elements("buffered pieces", "open(first + done, here, buffers, Inputs{}, Outputs{})",
         "open(first, here, buffers, Inputs{}, Outputs{})")
elements("buffered pieces of outputs", "close(first + done, here, at, Outputs{})", "close(first, here, at, Outputs{})")
elements("later blocks in place", "in_place_ ? first : 0, here, sums", "0, here, sums")
elements("buffered outputs", "sink.write(first, count, out);", "")
elements("weights", "unmasked(Weights::given ? e.value * w : e.value, w)", "unmasked(e.value, w)")
elements("weights of gradients", "Weights::given ? scale * w : scale", "scale")
elements("masks", "where(w == P(0), P(0), number)", "number")
elements("scale", "e.slopes[G] * share", "e.slopes[G]")
elements("scale of unreduced values", "store(loss * P(scale), at.out[gradients] + i, lanes);",
         "store(loss, at.out[gradients] + i, lanes);")
elements("unreduced values", "return std::make_tuple(sink_of<T, Value>(value_out));", "return std::make_tuple(Sink<T, Skip>());",
         "engine/pointwise.hpp")
elements("second term", "sink.add(first, count, out);", "sink.write(first, count, out);")
elements("second term in place", "contiguous_ ? contiguous_ + first + done : numbers + done", "numbers + done",
         "detail/output.hpp")
elements("what a second term is added to", "T(now[i] + numbers[done + i])", "T(numbers[done + i])", "detail/output.hpp")
elements("second term through a buffer", "write(first + done, here, to);", "", "detail/output.hpp")
elements("streams: later pieces", "stream(out, count, sink.data() + first);", "stream(out, count, sink.data());")
elements("streams: later packs", "stream(out + i, gradient)", "stream(out, gradient)")
elements("streams: registers that are not aligned", "% (sizeof(*to) * std::size_t(P::width)) == 0", ">= 0", "detail/stream.hpp")
elements("streams: second term", "first_term && out && !values && outlasts", "out && !values && outlasts")
elements("streams: outputs in buffers", "first_term && out && !values && outlasts", "first_term && !values && outlasts")
elements("streams: head", "for (const Index end = (std::min)(head, count); i < end; ++i) to[i] = from[i];",
         "i = (std::min)(head, count);", "detail/stream.hpp")
elements("streams: alignment", "const Index head = (bytes - misaligned) % bytes / Index(sizeof(T));",
         "const Index head = 0 * (bytes - misaligned);", "detail/stream.hpp")
elements("streams: rest", "std::copy(from + i, from + count, to + i);", "", "detail/stream.hpp")
elements("refused numbers", "partial.refused = first;", "", tests=("losses/bce",))
elements("refused numbers of masked elements", "if (weights.at(i) == T(0)) return false;", "", "engine/ranges.hpp", ("losses/bce",))
elements("refused numbers in every register", "found = detail::either(found, mask.parts[k]);",
         "found = mask.parts[k];", "detail/mask.hpp", ("losses/bce", "engine/elements"))
elements("lowest number that is not refused", "number >= P(range.low)", "number > P(range.low)", "engine/ranges.hpp", ("losses/bce",))
elements("highest number that is not refused", "number <= P(range.high)", "number < P(range.high)", "engine/ranges.hpp", ("losses/bce",))
elements("sum of registers", "half.parts[k] = Eigen::internal::padd(half.parts[k], pack.parts[(Registers + 1) / 2 + k]);", ";",
         "detail/lanes.hpp")
elements("several slopes of one kernel", "to[g] = from[g];", "to[g] = from[0];", "engine/element.hpp")
elements("value of a kernel without slopes", "result.value = duals[0].value;", "result.value = duals[0].slope;",
         "engine/element.hpp", ("engine/formula", "laws/own_kernel"))
elements("slope by the input", "V(K == I ? 1 : 0)", "V(1)", "engine/element.hpp", ("engine/formula", "laws/own_kernel"))
elements("several slopes by dual numbers", "result.slopes[g] = duals[g].slope;", "result.slopes[g] = duals[0].slope;",
         "engine/element.hpp")

lanes = of_file("lanes", "detail/lanes.hpp")
mutant("lanes: missing entries in a maximum", "detail/some_lanes.hpp", "from[k < count ? k : count - 1]",
       "k < count ? from[k] : T(100)", "engine/rows")
mutant("lanes: the last numbers", "detail/some_lanes.hpp", "std::copy_n(last, half, to + (count - half));", "", "engine/elements")
mutant("lanes: a few numbers", "detail/some_lanes.hpp", "copy_few<N / 2>(from, count, to);", "", "engine/elements")
lanes("whole registers of the last numbers", "if (here >= P::width) {\n        Eigen::internal::pstoreu(to + k * P::width, pack.parts[k]);",
      "if (here >= P::width) {", "engine/rows", "losses/cross_entropy")
lanes("first lanes", "P::load(ramp.numbers) < P(T(lanes))", "P::load(ramp.numbers) <= P(T(lanes))", "engine/elements")
mutant("lanes: transposed squares", "detail/transpose.hpp", "(from + k * from_stride);\n  transpose(square);", "(from + k * from_stride);",
       "losses/cross_entropy", "laws/cross_entropy")
mutant("lanes: rows of transposed squares", "detail/transpose.hpp", "from + k * from_stride", "from", "losses/cross_entropy",
       "laws/cross_entropy")

rows = of_files("rows", "engine/{}.hpp", "engine/rows")
rows("along: four packs at once", "row", "step(3, i + 3 * width, AllLanes{}, rows.load(i + 3 * width, AllLanes{})...);", "")
rows("along: whole packs", "row", "step(0, i, AllLanes{}, rows.load(i, AllLanes{})...); if (i < count)", "{} if (i < count)")
rows("along: the rest of a row", "row", "if (i < count) step(0, i, count - i, rows.load(i, count - i)...);", "")
rows("along: sum of accumulators", "row", "(strand[0] + strand[1]) + (strand[2] + strand[3])", "(strand[0] + strand[1]) + strand[2]")
rows("along: largest of accumulators", "row", "larger(larger(strand[0], strand[1]), larger(strand[2], strand[3]))",
     "larger(larger(strand[0], strand[1]), strand[2])")
rows("along: later chunks", "row", "source_.read(first_ + begin, count, buffer_)", "source_.read(first_, count, buffer_)")
rows("along: entries apart", "row", "source_.gather(first_ + begin * step_, step_, count, buffer_);",
     "source_.gather(first_, step_, count, buffer_);")
rows("along: entry at the label", "row", "V(source_.at(first_ + entry * step_))", "V(source_.at(first_ + entry))")
rows("across: in place", "row", "detail::load<P>(here, lanes_)", "P::load(data_)")
rows("across: through a buffer", "row", "source_.read(first_ + entry * first_stride_, lanes_, read)",
     "source_.read(first_, lanes_, read)")
rows("across: through a buffer: later steps", "row", "store(buffer_ + i * P::lanes);", "store(buffer_);")
rows("across: entry at the label", "row", "from[Index(label.classes[k]) * step + k]", "from[Index(label.classes[0]) * step + k]")
rows("across: entry at the label, through a buffer", "row", "source_.at(first_ + Index(label.classes[k]) * first_stride_ + lane)",
     "source_.at(first_ + Index(label.classes[0]) * first_stride_ + lane)")
rows("one hot", "computed_rows", "where(relative == P(T(int(i))), P(1), P(0))", "P(0)")
rows("one hot: later chunks", "computed_rows", "T(std::int32_t(label_.classes[k] - begin))", "T(std::int32_t(label_.classes[k]))")
rows("one hot: lanes along a row", "computed_rows", "return {of_rows - P::load(lane)};", "return {of_rows};")
rows("class weights", "computed_rows", "if (weights_.size() == 0) return P(1); if constexpr (Walk::across)",
     "if (weights_.size() < 1000) return P(1); if constexpr (Walk::across)")
rows("class weights: later chunks, along", "computed_rows", "buffer_[i] = weight(begin + i);", "buffer_[i] = weight(i);")
rows("class weights: later chunks, across", "computed_rows", "P(weight(begin_ + i))", "P(weight(i))")
rows("class weight of a label", "row_algorithms", "label.classes[k])]", "label.classes[0])]", "losses/cross_entropy", "laws/nll")
rows("chunks of sums", "row_sums", "total_[n] += Walk::sum_of_strands(chunk_[n]);", "total_[n] = Walk::sum_of_strands(chunk_[n]);")
rows("sums: strands", "row", "(strand[0] + strand[1]) + (strand[2] + strand[3])", "strand[0] + strand[1]")
rows("sums: the end of a row", "row_sums", "only_first(terms[n], lanes)", "terms[n]")
rows("maximum", "row_algorithms", "larger(largest[strand], entries)", "entries")
rows("transform: several slopes", "row_algorithms", "detail::store(slope, i, lanes, results[k++])",
     "detail::store(slope, i, lanes, results[0])", "losses/cosine_embedding")
rows("sum and transform: chunks", "row_passes", "sum.end_chunk();", "",
     "losses/multi_label_soft_margin", "laws/multi_label_soft_margin")
rows("sum and transform: the end of a row", "row_passes", "sum.add(strand, {{both[0]}}, lanes);",
     "sum.add(slot, {{both[0]}}, detail::AllLanes{});",
     "losses/multi_label_soft_margin", "laws/multi_label_soft_margin")
rows("sum and transform: slopes", "row_passes", "slope.close(begin, count);", "", "losses/multi_label_soft_margin",
     "laws/multi_label_soft_margin")
rows("largest of differences", "row_passes", "where((before < terms[n]) | (terms[n] != terms[n]), terms[n], before)",
     "where(before < terms[n], terms[n], before)", "losses/triplet_margin")
rows("rows that lists leave out count nothing", "row_inputs", "if (!label.read(lane, labels_of(first))) weights[lane] = T(0);",
     "label.read(lane, labels_of(first));", "losses/multi_label_margin")
rows("rows that a tile leaves out", "row_walk", "leaves_out |= tile(", "leaves_out = tile(", "losses/multi_label_margin")
rows("rows that are long", "label_lists", "[](Index, std::int64_t) {}) > most", "[](Index, std::int64_t) {}) >= most",
     "losses/multi_label_margin")
rows("flood: masked rows", "slope", "where(scale_ == P(0), P(0), which).store(chosen);", "which.store(chosen);",
     "losses/multi_label_margin")
rows("flood: other rows", "slope", "if (chosen[k] == T(0)) continue;", "", "losses/multi_label_margin")
rows("label rows whose entries lie apart", "label_lists", "source_.at(first_ + entry * step_)", "source_.at(first_ + entry)",
     "losses/multi_label_margin")
rows("scale, along", "slope", "(slope * scale).store(now + i);", "slope.store(now + i);")
rows("scale of the end of a row", "slope", "detail::store(slope * scale, now + i, lanes);", "detail::store(slope, now + i, lanes);")
rows("streams, along", "slope", "stream(now + i, slope * scale)", "stream(now + i, slope)", "engine/placement")
rows("later chunks of slopes in place, along", "slope", "out_.data() + first_ + begin : buffer_", "out_.data() + first_ : buffer_")
rows("later chunks of slopes in a buffer, along", "slope", "out_.write(first_ + begin, count, buffer_)",
     "out_.write(first_, count, buffer_)")
mutant("rows: streams, along: whole lines", "detail/stream.hpp", "% 64 == 0 && count % numbers_in_line<T> == 0", "!= 0", "engine/placement")
rows("replaced slope, along", "slope", "T(now.parts[0] * scale_)", "T(now.parts[0])")
rows("replaced slope of a second term, along", "slope", "(now - was).parts[0] * scale_", "now.parts[0] * scale_")
rows("second term, along", "slope", "out_.set(entry, add_ ? T(out_.at(entry) + buffer_[i]) : buffer_[i]);",
     "out_.set(entry, buffer_[i]);")
rows("scratch memory of a second term, along", "slope", "return in_place() ? out_.data() + first_ : nullptr;",
     "return out_.data() && step_ == 1 ? out_.data() + first_ : nullptr;", "engine/reductions")
rows("scale, across", "slope", "P gradient = slope * scale;", "P gradient = slope;")
rows("masked rows, across", "slope", "masks ? where(scale == P(0), P(0), gradient) : gradient", "gradient")
rows("streams, across", "slope", "stream(here, gradient)", "stream(now, gradient)", "engine/placement")
rows("second term, across", "slope", "(P::load(numbers) + detail::load<P>(now, lanes_)).store(numbers);", "",
     "engine/combination")
rows("second term in buffers, across", "slope",
     "here ? here : out_.read(first, lanes_, before)", "here ? here : numbers")
rows("part of a tile: later steps", "slope", "T* numbers = buffer_ + i * P::lanes;", "T* numbers = buffer_;")
rows("replaced slope, across", "slope", "to[Index(label.classes[k]) * step + k] = numbers[k];", "")
rows("replaced slope of a second term, across", "slope", "scaled(add_ ? now - was : now, scale_, masks_)", "scaled(now, scale_, masks_)")
rows("replaced slope through a buffer, across", "slope", "add_ ? T(out_.at(i) + numbers[k]) : numbers[k]", "numbers[k]")
rows("scratch memory of a part of a tile", "slope", "close_by && lanes_ == P::lanes && !add_", "close_by && !add_",
     "engine/placement", "laws/cross_entropy")
rows("scratch memory of a second term, across", "slope", "close_by && lanes_ == P::lanes && !add_",
     "close_by && lanes_ == P::lanes", "engine/combination", "engine/reductions")
rows("scratch memory: later chunks", "slope", "{data_ + begin * stride_, stride_}", "{data_, stride_}", "engine/reductions")
rows("softmax in one reading", "softmax", "total * exp_nonpositive(before - shift) + here", "total + here", "engine/reductions")
rows("softmax in one reading: later chunks", "softmax", "total * exp_nonpositive(before - shift) + here", "here",
     "engine/reductions")
rows("softmax that is kept: sum", "softmax", "sum.end_chunk();", "", "engine/reductions")
rows("softmax that is kept: the end of a row", "softmax", "sum.add(slot, {{e}}, lanes);", "sum.add(slot, {{e}}, detail::AllLanes{});", "losses/cross_entropy",
     "engine/reductions")
rows("softmax that is kept", "softmax", "to.store(i, lanes, e);", "", "losses/cross_entropy", "engine/reductions")
rows("softmax that is kept: total", "softmax", "f(e * inverse, entries...)", "f(e, entries...)", "losses/cross_entropy",
     "engine/reductions")
rows("softmax that is not kept: total", "softmax", "f(exp_nonpositive(x - shift) * inverse, entries...)",
     "f(exp_nonpositive(x - shift), entries...)", "losses/cross_entropy", "engine/reductions")
rows("softmax at the label, along", "softmax", "exp_nonpositive(x - finite_maximum()) * inverse_total",
     "exp_nonpositive(x - finite_maximum())", "losses/cross_entropy", "engine/reductions")
rows("slope at the label, along", "softmax", "Walk::first(f(p, P(1)))", "Walk::first(f(p, P(0)))", "losses/cross_entropy",
     "engine/reductions")
rows("slope at the label of a second term, along", "softmax", "Walk::first(f(p, P(0)))", "V(0)", "losses/cross_entropy",
     "engine/reductions")
rows("softmax of -inf", "softmax", "where(maximum == V(-infinity<T>()), V(0), maximum)", "maximum",
     "engine/reductions")
rows("softmax: -log of a factor 0", "softmax", "where(factor == P(0), P(0), factor * (log_sum - (x - top)))",
     "factor * (log_sum - (x - top))", "losses/cross_entropy")
rows("sum of a block", "row_walk", "partial.loss = sums.loss.total();", "")
rows("sum of a block of single rows", "row_sums", "if (!across_) return Total<T>(along_);", "if (!across_) return Total<T>();")
rows("single rows beside tiles", "row_sums", "total.add(Total<T>(along_));", "")
rows("sums of tiles", "row_sums", "across_->add(numbers);", "")
rows("counted rows of a block", "row_walk", "partial.counted = sums.counts.total();", "")
rows("ignored rows, along", "row_walk", "if (problem_.ignored(label)) return T(0);", "")
rows("ignored rows, across", "row_inputs", "weights[k] = T(0);", "")
rows("masked rows, along", "row_walk", "if (w == T(0)) {", "if (false) {")
rows("masked losses, across", "row_walk", "where(w == VA(0), VA(0), value * w)", "value * w")
rows("masked rows that are counted, across", "row_walk", "where(w == VA(0), VA(0), R::count(value))", "R::count(value)")
rows("weights, along", "row_walk", "value = value * Single<T>(w);", "")
rows("weights of slopes, along", "row_walk", "T(scale_ * w)", "scale_")
rows("weights, across", "row_walk", "where(w == VA(0), VA(0), value * w)", "where(w == VA(0), VA(0), value)")
rows("weights in buffers, across", "row_walk", "weight = detail::load<VA>(weights_.read(row, count, buffer), count);",
     "weights_.read(row, count, buffer);")
rows("scale of a tile", "row_walk", "where(w == VA(0), VA(0), w * VA(scale_));", "w;")
rows("scale of masked rows", "row_walk", "where(w == VA(0), VA(0), w * VA(scale_));", "w * VA(scale_);", "engine/reductions")
for what, text, replacement in [
    ("in", "store(copy + k * tile)", "store(copy)"),
    ("in: later steps", "source.read(first + c * cut_.inner, group * lanes, buffer)", "source.read(first, group * lanes, buffer)"),
    ("out", "Tile::load(copy + k * tile)", "Tile::load(copy)"),
    ("out: later steps", "const Index start = first + c * cut_.inner;", "const Index start = first;"),
    ("added", "add || streams ? nullptr : sink.data()", "streams ? nullptr : sink.data()"),
    ("past the cache", "if (!data) put(sink, start, group * lanes, add, streams, buffer);", "if (!data && !streams) put(sink, start, group * lanes, add, streams, buffer);"),
    ("that end within a batch", "cut_.inner - row % cut_.inner >= count", "true"),
    ("that fit", "cut_.size * group * lanes <= each && ", ""),
]:
    rows(f"groups of tiles: {what}", "tile_copy", text, replacement, "engine/tile_groups")
rows("groups of tiles: outputs", "row_walk", "out = in.from(Problem::copied * in.each)", "out = in", "engine/tile_groups")
rows("groups of tiles: later ones", "row_walk", "in.from(k * cut_.size)", "in", "engine/tile_groups")
rows("gradient of masked rows, along", "row_walk", "outputs().clear(row, 1);", "")
rows("masked rows of a second term, along", "row_outputs", "if (add_) return;", "", "engine/combination")
rows("missing rows", "row_walk", "if (count < lanes) weight = only_first(weight, count);", "")
rows("where a row begins", "axis", "row / inner * size * inner + row % inner", "row * size + row % inner")
rows("entry at the label alone", "entry_at_label", "first + Index(this->classes[k]) * step;", "first + Index(this->classes[k]);",
     "losses/nll", "laws/nll")
rows("entry at the label alone: missing rows", "entry_at_label", "Walk::V::lanes, entries[count - 1]);", "Walk::V::lanes, Index(1) << 40);",
     "losses/nll", "laws/nll")
rows("entry at the label alone: few rows", "entry_at_label", "numbers[k] = data[now[k]]; } else {", "numbers[k] = data[now[0]]; } else {",
     "losses/nll", "laws/nll")
rows("entry at the label alone: many rows", "entry_at_label", "numbers[k] = data[now[k]]; prefetch", "numbers[k] = data[next[k]]; prefetch",
     "losses/nll", "laws/nll")
rows("entry at the label alone, through a buffer", "entry_at_label", "source_.at(now[k])", "source_.at(now[0])", "laws/nll")
rows("tiles that are opened ahead", "row_walk", "k += lanes, now = 1 - now)", "k += lanes)", "losses/nll", "laws/nll")
rows("rows that follow a run", "axis", "first += (size - 1) * inner;", "", "losses/nll", "laws/nll")
rows("labels of missing rows", "row_inputs", "if (count < lanes) std::fill(label.classes + count, label.classes + lanes, 0);",
     "if (count < lanes) std::fill(label.classes + count, label.classes + lanes, std::int64_t(1) << 40);")
rows("labels in place, across", "row_inputs", "if (read != label.classes) std::copy_n(read, count, label.classes);", "")
rows("slope at the label alone", "entry_at_label", "entry = labels_.entries[k];", "entry = labels_.entries[0];", "losses/nll", "laws/nll")
rows("slope at the label alone: second term", "entry_at_label", "add_ ? out_.at(entry) + gradients[k] : gradients[k]", "gradients[k]",
     "laws/nll", "engine/combination")
rows("gradients of 0: whole slices", "row_outputs", "clear_run(sink, first, rows * cut_.size);", "clear_run(sink, first, rows);", "losses/nll",
     "laws/nll")
rows("gradients of 0: parts of a slice", "row_outputs", "clear_run(sink, first + c * cut_.inner, rows);", "clear_run(sink, first, rows);",
     "losses/nll")
rows("gradients of 0: in buffers", "row_outputs", "sink.write(first + done, here, zeros);", "", "laws/nll")
rows("entry at the label alone: later runs", "axis", "first += (size - 1) * inner;", "", "losses/nll", "laws/nll")
rows("ends of the inner dimension", "row_walk", "(std::min)(past > 0 ? numbers_in_line<T> - past : lanes, cut_.inner - row % cut_.inner)",
     "past > 0 ? numbers_in_line<T> - past : lanes")
mutant("rows: lanes of the sum", "detail/lanes.hpp", "if (by == 0) return pack;", "return pack;", "engine/placement")
rows("numbers of rows", "row_inputs", "source.at(row + (std::min)(k, count - 1))", "source.at(row)", "losses/cosine_embedding",
     "laws/cosine_embedding")
rows("copied: later rows of a tile that is read", "tile_copy", "source.read(first, rows * size, buffer), rows", "source.read(row * size, rows * size, buffer), rows")
rows("copied: later rows of a tile that is written", "tile_copy", "put(sink, first, rows * size, add, streams, to);",
     "put(sink, row * size, rows * size, add, streams, to);", "engine/rows", "engine/placement")
rows("copied: later rows of a tile that is written in place", "tile_copy", "sink.place(first, buffer);",
     "sink.place(row * size, buffer);", "engine/placement")
rows("copied: past the cache", "tile_copy", "stream(numbers, count, sink.data() + first);", "stream(numbers, count, sink.data());",
     "engine/placement")
rows("gradients of 0: past the cache", "row_outputs", "stream(zeros, here, sink.data() + first + done);", "", "engine/placement")
rows("copied: the second input", "row_inputs", "i++ < input && role == Role::row", "i++ < input && false")
rows("copied: second term", "tile_copy", "sink.add(first, count, numbers);", "sink.write(first, count, numbers);")
rows("copied: runs", "tile_copy", "cut_.inner - (row + lane) % cut_.inner", "cut_.inner")
rows("copied: runs that are read", "tile_copy", "source.read(first + c * cut_.inner, rows, buffer)",
     "source.read(first + c, rows, buffer)")
rows("copied: runs that are written", "tile_copy", "put(sink, first + c * cut_.inner, rows, add, false, to);", "")
rows("copied: transposition of few", "tile_copy", "to[c * to_stride + r] = from[r * from_stride + c];",
     "to[c * to_stride + r] = from[c * from_stride + r];")
rows("copied: transposition", "tile_copy", "to + column * to_stride + row;", "to + column * to_stride;",
     "losses/cross_entropy", "engine/rows")
mutant("rows: copied: second term behind the first chunk", "detail/output.hpp",
       "contiguous_ ? contiguous_ + first + done : numbers + done", "contiguous_ ? contiguous_ + first : numbers + done",
       "engine/rows")
rows("unreduced values, along", "row_walk", "value.parts[0] * scale_", "value.parts[0]")
rows("unreduced values, across", "row_walk", "store(value * VA(scale_), to, count);", "store(value, to, count);")
rows("unreduced values of a second term, along", "row_walk", "first_term_ ? number : T(value_sink_.at(row) + number)", "number")
rows("unreduced values of a second term, across", "row_walk", ": value_sink_.add(row, count, to);", ": value_sink_.write(row, count, to);")
rows("unreduced values over those of a first term, across", "row_walk", "first_term_ ? value_sink_.place(row, buffer) : buffer", "value_sink_.place(row, buffer)")
rows("unreduced values in place, across", "row_walk", "first_term_ ? value_sink_.place(row, buffer) : buffer", "buffer")
rows("unreduced values through a buffer, across", "row_walk", "first_term_ ? value_sink_.write(row, count, to)", "first_term_ ? void()")
rows("counted rows, along", "row_walk", "sums.counts.add(R::count(value));", "")
rows("counted rows, across", "row_walk", "sums.counts.add(rotated(row % lanes, where(w == VA(0), VA(0), R::count(value))));", "")

verbs = of_file("verbs", "engine/evaluation.hpp", "engine/elements")
verbs("divisor of WeightedMean", "V(0), weight)", "V(0), share)", "engine/exact_averages")
verbs("gradient of a reduction that needs losses", "totals = losses;", "", "engine/elements", "losses/mse")
verbs("factor of a term's scale", "pass(No{}, Yes{}, N(R::scale(losses) * factor));", "pass(No{}, Yes{}, N(R::scale(losses)));",
      "engine/elements")
verbs("factor of a term's value", "const N value = R::value(totals) * factor;", "const N value = R::value(totals);",
      "engine/combination")
verbs("counted units", "totals.counted = partial.counted.value();", "")
verbs("losses of a reduction that needs them", "pass(Yes{}, No{}, N(1));", "", "engine/elements", "losses/mse")
verbs("scale", "N(R::scale(totals) * factor)", "N(factor)", "losses/mse")
verbs("divisor of many units", "weights.read(first, here, w_buffer)", "weights.read(0, here, w_buffer)",
      "engine/exact_averages", "engine/elements")
verbs("shares of many units", "problem.shares(first, here, shares);", "problem.shares(0, here, shares);",
      "engine/exact_averages", "engine/reductions")
verbs("shares behind the last", "std::fill_n(shares + here, V::lanes, T(0));", "std::fill_n(shares + here, V::lanes, T(1));",
      "engine/exact_averages", "engine/reductions")
verbs("the last weights", "if (i < here) add(i, load<V>(w + i, here - i));", "", "engine/exact_averages", "engine/reductions")
verbs("weighted WeightedMean", "totals.weights = weighted_divisor<N>(problem, workers, weights);", "", "losses/mse")
verbs("checks before writing", "problem.check_units(weights);", "", "losses/cosine_embedding")
verbs("storage of gradients", "if constexpr (Gradient) problem.arguments().check_gradients(outs);", "", "engine/errors")

arguments = of_file("arguments", "engine/arguments.hpp", "engine/errors")
arguments("shape", "same = same_shape(view<I>().shape(), expected);", "", "losses/l1")
blocks("shapes that differ in one dimension", "detail/shape.hpp", "same = same && a[k] == b[k]", "same = a[k] == b[k]",
       "losses/l1")
arguments("rank", "std::decay_t<decltype(view<I>())>::rank == Rank;", "true;", "losses/l1")
arguments("more numbers than memory holds", "too_large |= count > memory;", "", "engine/limits")
arguments("more numbers than can be counted", "if (negative || too_large || count > most) {", "if (negative || too_large) {", "engine/limits")
arguments("sizes below 0", "negative |= extent < 0;", "", "engine/errors")
arguments("extents of 0", "(std::max)(extent, Index(1))", "extent", "engine/limits")
mutant("pools: work that is never shared", "engine/pointwise.hpp", "16.0 / Vector<T>::lanes * block", "0.0", "engine/exceptions")
mutant("pools: work that is always shared", "engine/pointwise.hpp", "16.0 / Vector<T>::lanes * block", "160.0 * block", "engine/exceptions")
mutant("convert: numbers side by side", "detail/convert.hpp", "to[i] = static_cast<T>(from[i]);", "to[i] = static_cast<T>(from[0]);", "engine/reductions")
mutant("kernels: members by their name", "engine/kernel.hpp", "struct HasMember : std::true_type {}", "struct HasMember : std::false_type {}", "losses/mse")
mutant("CTC: tables beyond memory", "engine/sequence_targets.hpp", "    check_tables();\n", "", "engine/limits")
weights = of_file("weights", "engine/unit_weights.hpp", "engine/errors")
weights("shape of weights", "right = right && (shape[k] == units[k] || shape[k] == 1);", "")
weights("rank of weights", "bool right = Numbers::rank == rank;", "bool right = true;")
arguments("storage for a gradient", "if (!fits(out, view<I>().shape())) {", "if (false) {")
check("storage for values", "engine/evaluation.hpp", "if (!fits(out, shape_of_values<Out>(units))) {", "if (false) {")
arguments("options", "check_options(kernel);", "", "losses/huber")
arguments("overlap with an input", "apart = apart && !outputs[k].overlaps(input);", "")
arguments("overlap with another output", "apart = apart && !outputs[k].overlaps(outputs[m]) &&", "apart = apart &&")
arguments("overlap with the weights", "const Hull inputs[] = {view<I>().hull()..., hull_of(w)};", "const Hull inputs[] = {view<I>().hull()..., Hull()};")
arguments("overlap of the values", "hull_of(std::get<K>(outs))..., hull_of(values)};", "hull_of(std::get<K>(outs))..., Hull()};")
arguments("overlap: inputs in detail", "outputs[k].meets(inputs[i])", "false")
arguments("overlap: outputs in detail", "outputs[k].meets(outputs[m])", "false")
check("overlap: values alone", "engine/evaluation.hpp", "Gradient || !is_skip<ValueOut>", "Gradient")
arguments("overlap of empty storage", "containers[k] != containers[m]", "true")
check("overlap: the same empty storage", "detail/overlap.hpp", "if (container && container == other.container) return true;", "")
mutant("elements: signs of weights", "engine/element_walk.hpp", "Weights::given && Known == Signs::one ? Signs::unknown : Known", "Known", "engine/sums")
mutant("elements: signs that are found", "engine/element_walk.hpp", "if (sums.lowest.is_negative()) partial.loss", "if (false) partial.loss", "engine/sums")
mutant("elements: signs that are known", "engine/element_sums.hpp", "signs == Signs::both", "false", "engine/sums")
mutant("elements: the first register alone is looked at", "engine/element_sums.hpp", "smaller(lowest_.parts[0], numbers.parts[k])", "smaller(lowest_.parts[0], numbers.parts[0])", "engine/sums")
mutant("packet_math: square roots", "detail/registers.hpp", "return _mm_sqrt_ps(x);", "return Eigen::internal::psqrt(x);", "engine/packet_math")
overlap = of_file("overlap", "detail/overlap.hpp", "engine/errors")
overlap("neighbours", "begin < other.end && other.begin < end", "begin <= other.end && other.begin <= end")
overlap("the same steps", "return difference(other).meets(other.begin_, other.width_);", "return true;")
overlap("width of the same steps", "all.width_ = width_;", "")
overlap("other steps", "if (meets(other.begin_", "if (!meets(other.begin_")
overlap("steps backwards", "begin_ -= std::uintptr_t(-step * (count - 1));", "")
overlap("no step", "count > 1 && step != 0", "count > 1")
overlap("offsets of the other", "begin_ - std::uintptr_t(other.reach(0) + other.reach(1))", "begin_")
overlap("numbers of the difference", "count_[k] + other.count_[k] - 1;", "count_[k];")
overlap("steps of the difference", "(std::max)(step_[k], other.step_[k])", "step_[k]")
overlap("the last line", "(std::min)(count_[0] - 1, last / step_[0])", "last / step_[0]")
overlap("width of a number", "width_(Index(sizeof(S))),", "width_(1),")
overlap("width of the other", "const Index last = Index(address - begin_) + width - 1", "const Index last = Index(address - begin_)")
overlap("lines before", "--line) {", "line = -1) {")
overlap("between numbers", "/ step_[1] * step_[1];", ";")
overlap("hull of steps backwards", "(std::min)(inner, Index(0)) + (std::min)(outer, Index(0))", "Index(0)")
verbs("share of an ignored row", "where(share == V(0), V(0), weight)", "weight", "engine/reductions")
blocks("a tiny number of other types", "detail/numeric.hpp", "std::conditional_t<std::is_arithmetic<S>::value, S, double>", "S", "engine/other_numbers")
blocks("infinity of other types", "detail/numeric.hpp", "T(std::numeric_limits<double>::infinity())", "std::numeric_limits<T>::infinity()", "engine/other_numbers")

convert = of_file("convert", "detail/convert.hpp", "engine/convert")
convert("bfloat16: rounding to even", "(bits + 0x7fffu + (bits >> 16 & 1u)) >> 16", "(bits + 0x8000u) >> 16")
convert("bfloat16: NaN", "where_less(infinity, bits & 0x7fffffffu, nan, rounded)", "rounded")
convert("half: rounding to even", "size + 0xfffu + (size >> 13 & 1u) - rebias", "size + 0x1000u - rebias")
convert("half: subnormal", "where_less(size, least_normal, subnormal, normal)", "normal")
convert("half: infinity", "where_less(size, beyond, finite, special)", "finite")
convert("half: NaN", "where_less(infinity, size, 0x7e00u, 0x7c00u)", "Word(0x7c00u)")
convert("half: sign", "(bits >> 16 & 0x8000u)", "Word(0)")
convert("float of a subnormal half", "where_less(size, 0x400u << 13, subnormal, normal)", "normal")
convert("float of an infinite half", "where_less(size, 0x7c00u << 13, finite, special)", "finite")
convert("float of a negative half", "(bits & 0x8000u) << 16", "Word(0)")
convert("last numbers of an array", "for (; i < count; ++i) to[i]", "for (; i + 1 < count; ++i) to[i]")
