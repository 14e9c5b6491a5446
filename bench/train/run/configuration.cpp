// SPDX-License-Identifier: Apache-2.0
#include "support/sha256.hpp"
#include "train/run/trainer.hpp"

#include <narrowfp/gemm/accumulator_name.hpp>

#include <sstream>

namespace narrowfp::bench::train {
namespace {

// Floats in hexadecimal: the text is exact.
void write_operand(std::ostream& out, const linear_operand& o) {
    const scaling& s = o.scaling.scale;
    std::visit([&](const auto& f) { out << ' ' << f.name; }, o.element);
    out << '/' << o.scaling.free_extent << 'x' << o.scaling.k_extent << '/' << name_of(s.method) << '/'
        << name_of(s.rule) << '/' << s.amax_floor << '/' << s.round_to_power << '/' << s.fixed_factor << '/'
        << name_of(o.mode) << '/' << static_cast<int>(o.overflow);
}

// The fields after the name repeat parts of it. Recorded runs are found by this text, so it must not change.
void write_accumulator(std::ostream& out, const accumulator& acc) {
    out << name_of(acc);
    const aligned* unit = std::get_if<aligned>(&acc);
    if (const auto* p = std::get_if<promoted>(&acc)) {
        unit = std::get_if<aligned>(&p->inner);
    }
    if (unit != nullptr) {
        out << '/' << static_cast<int>(unit->alignment) << '/' << unit->zero_exponent << '/'
            << static_cast<int>(unit->output);
    }
}

void write_recipe(std::ostream& out, const linear_recipe& r) {
    for (const linear_tensor* t : {&r.x, &r.w, &r.dy}) {
        out << "tensor " << name_of(t->how) << ' ' << name_of(t->kept);
        write_operand(out, t->first);
        write_operand(out, t->second);
        out << '\n';
    }
    for (const linear_product* p : {&r.fprop, &r.dgrad, &r.wgrad}) {
        out << "product ";
        write_accumulator(out, p->acc);
        out << ' ' << name_of(p->output) << '\n';
    }
    if (r.delayed) {
        out << "delayed " << r.delayed->history << ' ' << static_cast<int>(r.delayed->choice) << ' '
            << r.delayed->margin << '\n';
    }
}

}  // namespace

std::string configuration_text(const run_configuration& run, const token_streams& data) {
    const model_size& s = run.size;
    const arm& a = run.how;
    std::ostringstream out;
    out << std::hexfloat;
    out << "model " << s.width << ' ' << s.layers << ' ' << s.heads << ' ' << s.hidden << ' ' << s.context << ' '
        << s.sequences << ' ' << s.vocabulary << '\n';
    out << "run seed " << run.seed << " noise_key " << run.noise_key << " steps " << run.steps << " rate "
        << run.peak_rate << '\n';
    out << "arm " << a.name << " scaling " << static_cast<int>(a.scaling) << ' ' << a.loss_scale << " noise " << a.noise
        << " perturbation " << a.perturbation << " formats " << name_of(a.residual_gradient) << ' '
        << name_of(a.moments) << '\n';
    write_recipe(out, a.recipe);
    out << "training " << data.training.size() << ' ' << sha256(std::as_bytes(data.training)) << '\n';
    return out.str();
}

}  // namespace narrowfp::bench::train
