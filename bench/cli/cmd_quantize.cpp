// SPDX-License-Identifier: Apache-2.0
// narrowfp quantize: a model file in a narrow format, for other programs to load.
#include "checkpoint/quantize_file.hpp"
#include "cli/command.hpp"
#include "cli/interrupt_guard.hpp"
#include "cli/names.hpp"
#include "cli/tensor_choice.hpp"
#include "support/not_finite_text.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/progress.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>

namespace narrowfp::cli {
namespace {

struct quantize_arguments {
    std::string in;
    std::string out;
    std::string recipe_name;
    std::string format;
    std::string scale_rule;
    std::vector<std::string> tensors;
    std::string k = "last";
    double factor = 0;
    std::string shard_size;
    int threads = 0;
};

recipe recipe_of(const quantize_arguments& args) {
    recipe r = recipe_named(args.recipe_name);
    if (args.factor != 0) {
        const auto factor = static_cast<float>(args.factor);
        if (!(factor > 0) || !std::isfinite(factor)) {
            throw std::invalid_argument(fmt::format(
                "--factor {}: a positive number within the range of FP32 (1.4e-45 to 3.4e38) expected", args.factor));
        }
        r = with_static_factors(r, factor, factor);
    } else if (r.b.scale.fixed_factor != 0 && name_of(r) == r.name) {
        throw std::invalid_argument(
            fmt::format("recipe {} takes no scale from the data: give one with --factor", r.name));
    }
    return args.scale_rule.empty() ? r : with_scale_rule(r, scale_rule_named(args.scale_rule));
}

// "5GB", "500MiB", "4096": bytes.
std::uint64_t shard_size_of(const quantize_arguments& args) {
    if (args.shard_size.empty()) {
        return 0;
    }
    if (std::filesystem::path(args.out).extension() == ".safetensors") {
        throw std::invalid_argument("--shard-size needs a folder as OUT, and '" + args.out +
                                    "' is the name of one file");
    }
    double number = 0;
    const char* const end = args.shard_size.data() + args.shard_size.size();
    const auto read = std::from_chars(args.shard_size.data(), end, number);
    const std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
    for (const auto& [name, factor] : {std::pair<std::string_view, double>("", 1),
                                       {"B", 1},
                                       {"KB", 1e3},
                                       {"MB", 1e6},
                                       {"GB", 1e9},
                                       {"KiB", 0x1p10},
                                       {"MiB", 0x1p20},
                                       {"GiB", 0x1p30}}) {
        if (read.ec == std::errc() && unit == name && number * factor >= 1 && number * factor < 0x1p62) {
            return static_cast<std::uint64_t>(number * factor);
        }
    }
    throw std::invalid_argument(fmt::format(
        "--shard-size '{}': bytes, or a number with KB, MB, GB, KiB, MiB or GiB expected", args.shard_size));
}

bench::not_finite_counts not_finite_in(const event_counts& n) {
    return {n.nan, n.infinite, n.restored_infinite, n.nan_by_scale};
}

std::string error_text(const bench::quantized_file& f) {
    if (f.exact()) {
        return "exact on this input";
    }
    return f.left_out == f.events.elements
               ? "not finite"
               : report::format_number(f.relative_frobenius(), 4) +
                     (f.left_out == 0 ? " (Frobenius, all quantised)" : " (Frobenius, the finite ones alone)");
}

// Rows: what, and in bytes.
fact_lines file_facts(const bench::quantized_file& f, const recipe& r, const any_format& element) {
    const auto bytes = [](std::uint64_t n) { return report::format_bytes(n); };
    const std::uint64_t now = f.code_bytes + f.scale_bytes;
    fact_lines facts{
        {"recipe", fmt::format("{}, {}", name_of(r), name_of(element))},
        {"tensors quantised", fmt::format("{}, {} before, {} now ({:.4f} of it)", f.tensors, bytes(f.source_bytes),
                                          bytes(now), static_cast<double>(now) / static_cast<double>(f.source_bytes))},
        {"codes and scales", fmt::format("{} and {}", bytes(f.code_bytes), bytes(f.scale_bytes))},
        {"tensors copied", fmt::format("{}, {}", f.copied, bytes(f.copied_bytes))},
        {"relative error", error_text(f)},
        {"saturated, became zero", fmt::format("{}, {}", f.events.saturated, f.events.underflowed)},
        {"read back", "identical codes, scales and copies"}};
    if (f.left_out != 0) {
        facts.insert(facts.end() - 1, {"not finite", bench::not_finite_text(not_finite_in(f.events))});
    }
    if (!f.cut_groups.empty()) {
        facts.emplace_back("cut groups", fmt::format("{} tensors have a k that is no multiple of the group, which few "
                                                     "programs load: {}",
                                                     f.cut_groups.size(), fmt::join(f.cut_groups, ", ")));
    }
    return facts;
}

report::document document_of(const context& ctx, const bench::quantized_file& f, const recipe& r,
                             const any_format& element) {
    report::document doc;
    doc.context = program_context("narrowfp quantize");
    report::add_field(doc.context, "command", ctx.command_line);
    const auto add = [&](std::string id, std::string name, report::record_value value, std::string unit) {
        report::record record;
        record.id = "quantize." + std::move(id);
        record.name = std::move(name);
        report::add_field(record.parameters, "recipe", r.name);
        report::add_field(record.parameters, "format", name_of(element));
        record.value = std::move(value);
        record.unit = std::move(unit);
        record.repro = ctx.command_line;
        doc.records.push_back(std::move(record));
    };
    const auto count = [&](std::string id, std::string name, std::uint64_t n, std::string unit = "1") {
        add(std::move(id), std::move(name), static_cast<std::int64_t>(n), std::move(unit));
    };
    count("tensors", "tensors quantised", f.tensors);
    count("copied", "tensors copied", f.copied);
    count("source_bytes", "bytes of the quantised tensors before", f.source_bytes, "B");
    count("code_bytes", "bytes of their codes", f.code_bytes, "B");
    count("scale_bytes", "bytes of their scales", f.scale_bytes, "B");
    count("copied_bytes", "bytes of the copied tensors", f.copied_bytes, "B");
    count("elements", "elements quantised", f.events.elements);
    count("saturated", "elements that became the largest value", f.events.saturated);
    count("underflowed", "nonzero elements that became zero", f.events.underflowed);
    count("nan", "NaN elements", f.events.nan);
    count("infinite", "infinite elements", f.events.infinite);
    count("restored_infinite", "finite elements whose code times scale is infinite", f.events.restored_infinite);
    count("nan_by_scale", "finite elements that became NaN with the scale of their block", f.events.nan_by_scale);
    count("left_out", "elements left out of the error because they are not finite", f.left_out);
    add("relative_frobenius", "relative error in the Frobenius norm", f.relative_frobenius(), "1");
    report::record& error = doc.records.back();
    if (f.left_out != 0) {
        report::set_no_value(
            error, report::record_status::undefined,
            bench::left_out_text(f.left_out, f.events.elements, report::format_number(f.relative_frobenius(), 6)));
    } else if (f.exact()) {
        error.status = report::record_status::exact;
        error.note = "exact on this input";
    }
    return doc;
}

int run(const context& ctx, const quantize_arguments& args) {
    if (args.k != "last" && args.k != "first") {
        throw std::invalid_argument(fmt::format("--k '{}': last or first expected", args.k));
    }
    const recipe r = recipe_of(args);
    const any_format element = args.format.empty() ? r.element : format_named(args.format);
    const bench::checkpoint model = bench::open_checkpoint(args.in, std::nullopt);
    const std::vector<bench::stored_tensor>& tensors = model.tensors;
    if (tensors.empty()) {
        throw std::runtime_error(fmt::format("'{}': holds no tensors", args.in));
    }
    std::vector<bool> chosen = choose_tensors(tensors, args.tensors);
    std::uint64_t elements = 0;
    bool any = false;
    for (std::size_t n = 0; n < tensors.size(); ++n) {
        elements += tensors[n].elements();
        any = any || (chosen[n] && bench::matrices_of(tensors[n]));
    }
    if (!any) {
        throw std::invalid_argument(fmt::format(
            "'{}': none of the chosen tensors is a matrix of real elements; there is nothing to quantise", args.in));
    }
    report::progress progress("quantize", elements, progress_style(ctx));
    const interrupt_guard interrupt;
    const bench::quantized_file result = bench::quantize_file(model, chosen,
                                                              {.how = r,
                                                               .element = element,
                                                               .k_last = args.k == "last",
                                                               .out = args.out,
                                                               .shard_size = shard_size_of(args),
                                                               .threads = args.threads},
                                                              [&](std::uint64_t done, const std::string& name) {
                                                                  interrupt.check();
                                                                  progress.advance(done, report::printable(name));
                                                              });
    progress.finish();
    if (ctx.json) {
        print_text(report::to_json(document_of(ctx, result, r, element)));
    } else if (ctx.quiet) {
        print_text(fmt::format("{} {} {}\n", args.out, result.code_bytes + result.scale_bytes + result.copied_bytes,
                               result.exact()         ? "exact"
                               : result.left_out != 0 ? "nan"
                                                      : report::format_number(result.relative_frobenius(), 6)));
    } else {
        print_facts(ctx, args.out, file_facts(result, r, element));
    }
    return 0;
}

}  // namespace

void add_quantize(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<quantize_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "quantize",
         .summary = "A model file in a narrow format, with scales, for other programs to load",
         .details =
             "Matrices of real elements become codes of F8_E4M3 (or the recipe's own type) under their old names.\n"
             "Scales stand beside them: NAME_scale_inv for square blocks, as in DeepSeek-V3; NAME_scale otherwise;\n"
             "NAME_scale_2 for the factor above the block scales of nvfp4. A weight is code * scale (* scale_2).\n"
             "The first of three dimensions counts matrices; of four and more, the first stands alone. Everything else is copied.\n"
             "A quantised source is dequantised exactly and quantised once. An OUT that ends in .safetensors is one file; any\n"
             "other is a new folder with the source's shards, or those of --shard-size, an index and the source's other files.\n"
             "What is written appears whole or not at all, and is read back and compared. With --quiet: OUT, bytes, relative\n"
             "error.",
         .examples =
             "  narrowfp quantize model.safetensors model-fp8.safetensors --recipe deepseek_v3\n"
             "  narrowfp quantize folder out.safetensors --recipe mxfp8 --tensor '!*embed*' --tensor '!lm_head*'"},
        [args](const context& c) { return run(c, *args); });
    command.add_option("IN", args->in, "A .safetensors file, a folder or an index of them, or a .npy file")
        ->required()
        ->type_name("");
    command.add_option("OUT", args->out, "The .safetensors file or the folder to write")->required()->type_name("");
    command.add_option("--recipe", args->recipe_name, "Scaling recipe (narrowfp list recipes), as for weights")
        ->required()
        ->type_name("NAME");
    command.add_option("--format", args->format, "Element format; without it the recipe's own")->type_name("FORMAT");
    command.add_option("--scale-rule", args->scale_rule, "Another rule for power-of-two scales:\n" + scale_rule_list())
        ->type_name("RULE");
    command.add_option("--factor", args->factor, "For recipe static: what elements are multiplied with")
        ->type_name("X");
    command
        .add_option("--tensor", args->tensors,
                    "Only tensors whose name matches the glob; '!GLOB' leaves tensors as they are.\nMay be repeated")
        ->type_name("GLOB");
    command.add_option("--shard-size", args->shard_size, "With a folder as OUT: the largest size of a shard, as 5GB")
        ->type_name("BYTES");
    command.add_option("--k", args->k, "Which dimension is k, the summed index of the product: last or first")
        ->type_name("WHICH")
        ->capture_default_str();
    command.add_option("--threads", args->threads, "Threads; 0: all. No influence on the result")
        ->type_name("N")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
}

}  // namespace narrowfp::cli
