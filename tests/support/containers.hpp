// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>

#include "plain.hpp"

// Plain numbers in every container that a loss takes. A container kind has a template Argument<S,
// Rank> that is made from plain numbers, shows them as `view()`, the thing a user would pass, and
// reads them back.
namespace laws {

// Where number k of the row-major order lies in column-major order, or in the same.
inline std::vector<std::size_t> storage_order(const std::vector<Index>& shape, bool row_major) {
  std::vector<Index> where(shape.size(), 0);
  std::vector<std::size_t> order(static_cast<std::size_t>(filled(shape, 0).size()));
  for (std::size_t& place : order) {
    Index offset = 0;
    for (std::size_t k = 0; k < shape.size(); ++k) {
      const std::size_t d = row_major ? k : shape.size() - 1 - k;
      offset = offset * shape[d] + where[d];
    }
    place = static_cast<std::size_t>(offset);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++where[d] < shape[d]) break;
      where[d] = 0;
    }
  }
  return order;
}

template <class S>
void write(const Plain& plain, bool row_major, S* data) {
  const std::vector<std::size_t> order = storage_order(plain.shape, row_major);
  for (std::size_t k = 0; k < order.size(); ++k) data[order[k]] = static_cast<S>(plain.numbers[k]);
}
template <class S>
Plain read(const std::vector<Index>& shape, bool row_major, const S* data) {
  Plain plain = filled(shape, 0);
  const std::vector<std::size_t> order = storage_order(shape, row_major);
  for (std::size_t k = 0; k < order.size(); ++k)
    plain.numbers[k] = static_cast<double>(data[order[k]]);
  return plain;
}

template <class S, int Rank, int Layout = Eigen::ColMajor>
Eigen::Tensor<S, Rank, Layout> to_tensor(const Plain& plain) {
  Eigen::array<Eigen::Index, static_cast<std::size_t>(Rank)> shape{};
  for (std::size_t k = 0; k < shape.size(); ++k) shape[k] = plain.shape[k];
  Eigen::Tensor<S, Rank, Layout> tensor(shape);
  write(plain, Layout == Eigen::RowMajor, tensor.data());
  return tensor;
}
template <class S>
Plain to_plain(const S& number, std::enable_if_t<std::is_arithmetic<S>::value>* = nullptr) {
  return {{}, {static_cast<double>(number)}};
}
template <class S, int Rank, int Layout, class I>
Plain to_plain(const Eigen::Tensor<S, Rank, Layout, I>& tensor) {
  std::vector<Index> shape;
  for (std::size_t k = 0; k < std::size_t(Rank); ++k) shape.push_back(tensor.dimension(k));
  return read(shape, Layout == Eigen::RowMajor, tensor.data());
}
template <class D>
Plain to_plain(const Eigen::DenseBase<D>& dense) {
  Plain plain;
  if (D::IsVectorAtCompileTime) {
    plain = filled({dense.size()}, 0);
  } else {
    plain = filled({dense.rows(), dense.cols()}, 0);
  }
  std::size_t k = 0;
  for (Eigen::Index i = 0; i < dense.rows(); ++i) {
    for (Eigen::Index j = 0; j < dense.cols(); ++j)
      plain.numbers[k++] = static_cast<double>(dense.derived().coeff(i, j));
  }
  return plain;
}

// ---- Tensors. ----

template <int Layout>
struct Tensors {
  static constexpr const char* name =
      Layout == Eigen::RowMajor ? "Tensor, RowMajor" : "Tensor, ColMajor";
  template <class S, int Rank>
  struct Argument {
    explicit Argument(const Plain& plain) : tensor(to_tensor<S, Rank, Layout>(plain)) {}
    auto& view() { return tensor; }
    Plain plain() const { return to_plain(tensor); }
    Eigen::Tensor<S, Rank, Layout> tensor;
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

// The layout that weights must have.
template <class Kind>
constexpr int layout_of = Eigen::ColMajor;
template <int Layout>
constexpr int layout_of<Tensors<Layout>> = Layout;

struct TensorMaps {
  static constexpr const char* name = "TensorMap";
  template <class S, int Rank>
  struct Argument : Tensors<Eigen::ColMajor>::Argument<S, Rank> {
    using Tensors<Eigen::ColMajor>::Argument<S, Rank>::Argument;
    auto view() {
      return Eigen::TensorMap<Eigen::Tensor<S, Rank>>(this->tensor.data(),
                                                      this->tensor.dimensions());
    }
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

struct ConstTensorMaps {
  static constexpr const char* name = "TensorMap of const";
  template <class S, int Rank>
  struct Argument : Tensors<Eigen::RowMajor>::Argument<S, Rank> {
    using Tensors<Eigen::RowMajor>::Argument<S, Rank>::Argument;
    auto view() const {
      return Eigen::TensorMap<const Eigen::Tensor<S, Rank, Eigen::RowMajor>>(
          this->tensor.data(), this->tensor.dimensions());
    }
  };
  template <class S, int Rank>
  using Storage = Tensors<Eigen::RowMajor>::Argument<S, Rank>;
};

struct TensorExpressions {
  static constexpr const char* name = "tensor expression";
  template <class S, int Rank>
  struct Argument : Tensors<Eigen::ColMajor>::Argument<S, Rank> {
    using Tensors<Eigen::ColMajor>::Argument<S, Rank>::Argument;
    auto view() { return this->tensor + this->tensor.constant(S(0)); }
  };
  template <class S, int Rank>
  using Storage = Tensors<Eigen::ColMajor>::Argument<S, Rank>;
};

// Rank 1 and 2 only, and of one shape: `rows` and `columns`.
constexpr Index fixed_rows = 6, fixed_columns = 5;
struct FixedSizeTensors {
  static constexpr const char* name = "TensorFixedSize";
  template <class S, int Rank>
  struct Argument {
    using Sizes = std::conditional_t<Rank == 1, Eigen::Sizes<fixed_rows>,
                                     Eigen::Sizes<fixed_rows, fixed_columns>>;
    explicit Argument(const Plain& plain) { write(plain, false, tensor.data()); }
    auto& view() { return tensor; }
    Plain plain() const {
      std::vector<Index> shape{fixed_rows};
      if (Rank == 2) shape.push_back(fixed_columns);
      return read(shape, false, tensor.data());
    }
    Eigen::TensorFixedSize<S, Sizes> tensor;
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

// ---- Matrices and arrays: rank 1 is a vector, rank 2 a matrix. ----

template <class S, int Rank, int Order = Eigen::ColMajor>
using MatrixOf = Eigen::Matrix<S, Eigen::Dynamic, Rank == 1 ? 1 : Eigen::Dynamic,
                               Rank == 1 ? Eigen::ColMajor : Order>;
template <class S, int Rank>
using ArrayOf = Eigen::Array<S, Eigen::Dynamic, Rank == 1 ? 1 : Eigen::Dynamic>;

template <class Dense>
struct DenseArgument {
  using S = typename Dense::Scalar;
  explicit DenseArgument(const Plain& plain) {
    dense.resize(plain.shape[0], plain.shape.size() > 1 ? plain.shape[1] : 1);
    write(plain, Dense::IsRowMajor, dense.data());
  }
  auto& view() { return dense; }
  Plain plain() const { return to_plain(dense); }
  Dense dense;
};

template <int Order>
struct Matrices {
  static constexpr const char* name =
      Order == Eigen::RowMajor ? "Matrix, RowMajor" : "Matrix, ColMajor";
  template <class S, int Rank>
  using Argument = DenseArgument<MatrixOf<S, Rank, Order>>;
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

struct Arrays {
  static constexpr const char* name = "Array";
  template <class S, int Rank>
  using Argument = DenseArgument<ArrayOf<S, Rank>>;
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

struct Maps {
  static constexpr const char* name = "Map";
  template <class S, int Rank>
  struct Argument : DenseArgument<MatrixOf<S, Rank>> {
    using DenseArgument<MatrixOf<S, Rank>>::DenseArgument;
    auto view() {
      return Eigen::Map<MatrixOf<S, Rank>>(this->dense.data(), this->dense.rows(),
                                           this->dense.cols());
    }
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

struct Refs {
  static constexpr const char* name = "Ref";
  template <class S, int Rank>
  struct Argument : DenseArgument<MatrixOf<S, Rank>> {
    using DenseArgument<MatrixOf<S, Rank>>::DenseArgument;
    auto view() { return Eigen::Ref<MatrixOf<S, Rank>>(this->dense); }
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

// Inside a larger matrix, whose other numbers must stay what they are.
constexpr double outside = -77;
struct Blocks {
  static constexpr const char* name = "Block";
  template <class S, int Rank>
  struct Argument {
    explicit Argument(const Plain& plain) : small(plain) {
      const auto& inner = small.dense;
      frame.setConstant(inner.rows() + 3, inner.cols() + (Rank == 1 ? 0 : 3), S(outside));
      view() = inner;
    }
    auto view() {
      if constexpr (Rank == 1) {
        return frame.segment(1, small.dense.size());
      } else {
        return frame.block(1, 2, small.dense.rows(), small.dense.cols());
      }
    }
    Plain plain() const { return to_plain(MatrixOf<S, Rank>(const_cast<Argument*>(this)->view())); }
    bool frame_untouched() const {
      auto copy = frame;
      const_cast<Argument*>(this)->view().setConstant(S(outside));
      const bool same = (frame.array() == S(outside)).all();
      const_cast<Argument*>(this)->frame = copy;
      return same;
    }
    DenseArgument<MatrixOf<S, Rank>> small;
    MatrixOf<S, Rank> frame;
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

// Every second number of every third column.
struct StridedMaps {
  static constexpr const char* name = "strided Map";
  template <class S, int Rank>
  struct Argument {
    explicit Argument(const Plain& plain) : small(plain) {
      data.assign(static_cast<std::size_t>(6 * small.dense.size() + 6), S(outside));
      view() = small.dense;
    }
    auto view() {
      if constexpr (Rank == 1) {
        return Eigen::Map<MatrixOf<S, 1>, 0, Eigen::InnerStride<2>>(data.data(),
                                                                    small.dense.size());
      } else {
        return Eigen::Map<MatrixOf<S, 2>, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>(
            data.data(), small.dense.rows(), small.dense.cols(),
            Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(6 * small.dense.rows(), 2));
      }
    }
    Plain plain() const { return to_plain(MatrixOf<S, Rank>(const_cast<Argument*>(this)->view())); }
    DenseArgument<MatrixOf<S, Rank>> small;
    std::vector<S> data;
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

struct Transposes {
  static constexpr const char* name = "transpose";
  template <class S, int Rank>
  struct Argument {
    explicit Argument(const Plain& plain) : small(plain) { dense = small.dense.transpose(); }
    auto view() {
      if constexpr (Rank == 1) {
        return (small.dense).head(small.dense.size());
      } else {
        return dense.transpose();
      }
    }
    Plain plain() const { return to_plain(MatrixOf<S, Rank>(const_cast<Argument*>(this)->view())); }
    DenseArgument<MatrixOf<S, Rank>> small;
    Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic> dense;
  };
  template <class S, int Rank>
  using Storage = Argument<S, Rank>;
};

struct MatrixExpressions {
  static constexpr const char* name = "matrix expression";
  template <class S, int Rank>
  struct Argument : DenseArgument<MatrixOf<S, Rank>> {
    using DenseArgument<MatrixOf<S, Rank>>::DenseArgument;
    auto view() const { return this->dense + this->dense - this->dense; }
  };
  template <class S, int Rank>
  using Storage = DenseArgument<MatrixOf<S, Rank>>;
};

struct ArrayExpressions {
  static constexpr const char* name = "array expression";
  template <class S, int Rank>
  struct Argument : DenseArgument<ArrayOf<S, Rank>> {
    using DenseArgument<ArrayOf<S, Rank>>::DenseArgument;
    auto view() const { return this->dense * S(1); }
  };
  template <class S, int Rank>
  using Storage = DenseArgument<ArrayOf<S, Rank>>;
};

// Arguments and gradients in different kinds: the first argument, the others, the gradients.
template <class First, class Other, class Out>
struct Mixed {
  template <class S, int Rank, std::size_t I>
  using ArgumentAt = typename std::conditional_t<I == 0, First, Other>::template Argument<S, Rank>;
  template <class S, int Rank>
  using Storage = typename Out::template Storage<S, Rank>;
  static std::string name() {
    return First::name + std::string(", ") + Other::name + ", gradients " + Out::name;
  }
};
template <class S, int Rank, std::size_t I, class Kind>
struct ArgumentOf {
  using type = typename Kind::template Argument<S, Rank>;
};
template <class S, int Rank, std::size_t I, class First, class Other, class Out>
struct ArgumentOf<S, Rank, I, Mixed<First, Other, Out>> {
  using type = typename Mixed<First, Other, Out>::template ArgumentAt<S, Rank, I>;
};

}  // namespace laws
