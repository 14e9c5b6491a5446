// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/base/target.hpp>
#include <narrowfp/gemm/internal/aligned.hpp>
#include <narrowfp/gemm/kernel/kernel_sets.hpp>
#include <narrowfp/gemm/native.hpp>
#include <narrowfp/gemm/reference.hpp>

#include <cmath>

namespace narrowfp {

namespace {

// -- the product in blocks --------------------------------------------------------------------------------------------
constexpr std::size_t few = 8;  // columns of D that fill too little of a tile, and rows that do not repay a scan

// An addend from which a chain can start without ever meeting a subnormal sum: with at most 24 significant bits, each is
// a multiple of 2^-123.
bool addends_are_large(matrix_view<const float> c) {
    bool large = true;
    for (std::size_t i = 0; i < c.rows(); ++i) {
        for (std::size_t j = 0; j < c.cols(); ++j) {
            large = large && (c(i, j) == 0.0f || !(std::fabs(c(i, j)) < 0x1p-100f));
        }
    }
    return large;
}

bool takes(const detail::kernel_family& family, const detail::code_source& source) {
    return family.panel[static_cast<std::size_t>(source.element.kind)] != nullptr;
}

// Whether the bits are to be those of the reference.
enum class promise { reference_bits, native };

// Chooses how the numbers are multiplied. False if no kernel gives the bits of the reference.
bool choose_family(const detail::kernel_set& kernels, promise kept, const options& opts, detail::blocked_job& job) {
    if (job.integers) {
        if (job.a.element.integers == nullptr || job.b.element.integers == nullptr) {
            return false;
        }
        const int unit = job.a.element.integer_unit + job.b.element.integer_unit;
        job.unit = std::ldexp(1.0f, unit);
        job.scaled = true;  // the sum meets the addend after its rounding, with scale 1 as with any other
        job.family = kernels.integer;
        return unit >= -126;  // so that the value of every sum is a normal number
    }
    const bool native = kept == promise::native;
    const bool dot_products = kernels.bf16 != nullptr && takes(*kernels.bf16, job.a) && takes(*kernels.bf16, job.b) &&
                              (native || job.b.element.kind != detail::code_kind::bf16 || job.b.smallest_unit ||
                               std::min(job.a.lines, job.b.lines) >= few);
    job.family = dot_products && (native || (detail::nothing_is_flushed(job.a, job.b, kernels.least_magnitude, opts) &&
                                             (job.scaled || addends_are_large(job.c))))
                     ? kernels.bf16
                     : kernels.f32;
    return true;
}

void transpose(detail::blocked_job& job) {
    std::swap(job.a, job.b);
    std::swap(job.a_scales, job.b_scales);
    job.c = job.c.transposed();
    job.d = job.d.transposed();
}

const inner_accumulator* inner_of(const accumulator& acc) {
    const auto* p = std::get_if<promoted>(&acc);
    return p == nullptr ? nullptr : &p->inner;
}

// The accumulator within segments, if it is of this kind.
template <class Alternative>
const Alternative* accumulates_by(const accumulator& acc) {
    const inner_accumulator* inner = inner_of(acc);
    return inner != nullptr ? std::get_if<Alternative>(inner) : std::get_if<Alternative>(&acc);
}

// Calls work(d) for a D whose columns lie side by side: d itself, or one that is copied to it.
template <class Work>
void with_dense_rows(matrix_view<float> d, Work work) {
    if (d.col_stride() == 1 && d.row_stride() >= static_cast<std::ptrdiff_t>(d.cols())) {
        work(d);
        return;
    }
    matrix<float> dense(d.rows(), d.cols());
    work(dense.view());
    for (std::size_t i = 0; i < dense.rows(); ++i) {
        for (std::size_t j = 0; j < dense.cols(); ++j) {
            d(i, j) = dense(i, j);
        }
    }
}

// False if there is no kernel for this product; then nothing was written.
bool multiply_by_kernels(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                         matrix_view<float> d, matrix_view<const float> c, const any_format& output,
                         const options& opts, const detail::packed_panels* packed, promise kept) {
    const detail::kernel_set* kernels = detail::kernel_set_for(active_features());
    const bool integers = accumulates_by<int32_exact>(acc) != nullptr;
    const aligned* unit = accumulates_by<aligned>(acc);
    const bool chain = accumulates_by<sequential<float>>(acc) != nullptr;
    if (kernels == nullptr || d.empty() || a.cols() == 0 || !(integers || chain || unit != nullptr)) {
        return false;
    }
    const detail::reduction_plan plan(a, b, acc);
    detail::blocked_job job;
    job.plan = &plan;
    job.scaled = plan.has_scales || plan.promotes;
    job.integers = integers;
    job.c = c;
    job.output = output;
    if (unit != nullptr &&
        (kernels->aligned == nullptr ||
         !detail::aligned_kernel_fits(*unit, a.element(), b.element(), job.scaled ? matrix_view<const float>{} : c))) {
        return false;
    }
    job.a = detail::source_of(a, true);
    job.b = packed != nullptr ? packed->source : detail::source_of(b, false);
    job.a_scales = detail::scales_of(a, true);
    job.b_scales = detail::scales_of(b, false);
    job.d = d;
    if (unit != nullptr) {
        std::optional<detail::gemm_job> reference;  // made only if an element needs it
        with_dense_rows(d, [&](matrix_view<float> dense) {
            job.d = dense;
            detail::multiply_aligned(
                job, *unit, *kernels->aligned, a.element(), b.element(), opts, [&](std::size_t i, std::size_t j) {
                    if (!reference) {
                        reference.emplace(a, b, acc, c, dense, output);
                    }
                    const float start = c.empty() ? 0.0f : c(i, j);
                    return detail::dot(reference->acc, reference->a, i, reference->b, j, start, reference->plan);
                });
        });
        return true;
    }
    if (!choose_family(*kernels, kept, opts, job)) {
        return false;
    }
    if (d.cols() < few && d.rows() > d.cols() && packed == nullptr) {
        transpose(job);
    }
    with_dense_rows(job.d, [&](matrix_view<float> dense) {
        job.d = dense;
        detail::multiply_blocked(job, opts);
    });
    return true;
}

}  // namespace

namespace {

void multiply(const quantized_matrix& a, const quantized_matrix& b, const detail::packed_panels* packed,
              const accumulator& acc, matrix_view<float> d, matrix_view<const float> c, const any_format& output,
              const options& opts, promise kept = promise::reference_bits) {
    require_options(opts);
    require_gemm_shapes(a, b, acc, c, d);
    require_format(output);
    if (multiply_by_kernels(a, b, acc, d, c, output, opts, packed, kept)) {
        return;
    }
    const detail::gemm_job job(a, b, acc, c, d, output);
    parallel_ranges(a.rows(), 1, opts, [&](std::size_t first, std::size_t last) {
        with_default_environment([&] { detail::gemm_rows(job, first, last); });
    });
}

using wide_view = matrix_view<const float>;

// Rows [first, last) of a product of FP32 numbers.
void wide_rows(wide_view a, wide_view b, wide_view c, matrix_view<float> d, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        for (std::size_t j = 0; j < d.cols(); ++j) {
            float acc = c.empty() ? 0.0f : c(i, j);
            for (std::size_t k = 0; k < a.cols(); ++k) {
                acc = std::fma(a(i, k), b(k, j), acc);
            }
            d(i, j) = detail::canonical(acc);
        }
    }
}

bool has_increasing_strides(wide_view x) { return x.row_stride() >= 0 && x.col_stride() >= 0; }

detail::code_source wide_source(wide_view x, bool lines_are_rows) {
    const auto row_step = static_cast<std::size_t>(x.row_stride()) * sizeof(float);
    const auto column_step = static_cast<std::size_t>(x.col_stride()) * sizeof(float);
    detail::code_source out;
    out.element = detail::codes_of(f32);
    out.lines = lines_are_rows ? x.rows() : x.cols();
    out.k = lines_are_rows ? x.cols() : x.rows();
    out.data = reinterpret_cast<const std::uint8_t*>(x.data());
    out.line_step = lines_are_rows ? row_step : column_step;
    out.k_step = lines_are_rows ? column_step : row_step;
    return out;
}

}  // namespace

void gemm_into(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> d, matrix_view<const float> c,
               const options& opts) {
    require_options(opts);
    detail::require_shapes_of_product(a, b, c, d);
    const detail::kernel_set* kernels = detail::kernel_set_for(active_features());
    if (kernels == nullptr || d.empty() || a.cols() == 0 || !has_increasing_strides(a) || !has_increasing_strides(b)) {
        parallel_ranges(d.rows(), 1, opts, [&](std::size_t first, std::size_t last) {
            with_default_environment([&] { wide_rows(a, b, c, d, first, last); });
        });
        return;
    }
    const detail::reduction_plan plan(a.cols());
    detail::blocked_job job;
    job.plan = &plan;
    job.family = kernels->f32;
    job.a = wide_source(a, true);
    job.b = wide_source(b, false);
    job.c = c;
    with_dense_rows(d, [&](matrix_view<float> dense) {
        job.d = dense;
        detail::multiply_blocked(job, opts);
    });
}

packed_operand::packed_operand(quantized_matrix b, const options& opts) {
    require_options(opts);
    panels_ = detail::packed_in_panels(std::move(b), opts);
}

const quantized_matrix& packed_operand::matrix() const { return panels_->matrix; }

std::size_t packed_operand::packed_bytes() const {
    return panels_->source.lines * panels_->source.k * panels_->source.bytes();
}

void gemm_into(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc, matrix_view<float> d,
               matrix_view<const float> c, const any_format& output, const options& opts) {
    multiply(a, b, nullptr, acc, d, c, output, opts);
}

void gemm_into(const quantized_matrix& a, const packed_operand& b, const accumulator& acc, matrix_view<float> d,
               matrix_view<const float> c, const any_format& output, const options& opts) {
    multiply(a, b.matrix(), &b.panels(), acc, d, c, output, opts);
}

void gemm_into(const quantized_matrix& a, const quantized_matrix& b, accumulate::native, matrix_view<float> d,
               matrix_view<const float> c, const any_format& output, const options& opts) {
    multiply(a, b, nullptr, sequential<float>{}, d, c, output, opts, promise::native);
}

void gemm_into(const quantized_matrix& a, const packed_operand& b, accumulate::native, matrix_view<float> d,
               matrix_view<const float> c, const any_format& output, const options& opts) {
    multiply(a, b.matrix(), &b.panels(), sequential<float>{}, d, c, output, opts, promise::native);
}

matrix<float> gemm(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                   matrix_view<const float> c, const any_format& output, const options& opts) {
    matrix<float> d(a.rows(), b.cols(), uninitialized);
    gemm_into(a, b, acc, d.view(), c, output, opts);
    return d;
}

matrix<float> gemm(const quantized_matrix& a, const packed_operand& b, const accumulator& acc,
                   matrix_view<const float> c, const any_format& output, const options& opts) {
    matrix<float> d(a.rows(), b.matrix().cols(), uninitialized);
    gemm_into(a, b, acc, d.view(), c, output, opts);
    return d;
}

}  // namespace narrowfp
