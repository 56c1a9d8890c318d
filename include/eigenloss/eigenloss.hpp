// SPDX-License-Identifier: BSL-1.0
#pragma once

// Everything in the library. Each loss also has a header of its own.
#include "engine/formula.hpp"
#include "reductions.hpp"
#include "version.hpp"
#include "losses/bce.hpp"
#include "losses/bce_with_logits.hpp"
#include "losses/gaussian_nll.hpp"
#include "losses/hinge_embedding.hpp"
#include "losses/huber.hpp"
#include "losses/kl_div.hpp"
#include "losses/l1.hpp"
#include "losses/margin_ranking.hpp"
#include "losses/mse.hpp"
#include "losses/poisson_nll.hpp"
#include "losses/smooth_l1.hpp"
#include "losses/soft_margin.hpp"
