// SPDX-License-Identifier: Apache-2.0
// narrowfp dequantize: a quantised checkpoint as plain weights.
#include "checkpoint/dequantize_model.hpp"
#include "cli/command.hpp"
#include "cli/interrupt_guard.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/progress.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

struct dequantize_arguments {
    std::string in;
    std::string out;
    std::string to = "bf16";
    int threads = 0;
};

any_format target_format(const std::string& name) {
    const auto found = find_format(name);
    if (found && (*found == any_format{bf16} || *found == any_format{f16} || *found == any_format{f32})) {
        return *found;
    }
    throw std::invalid_argument(fmt::format("--to '{}': bf16, f16 or f32 expected", name));
}

fact_lines dequantized_facts(const bench::checkpoint& model, const bench::dequantized_model& d, const any_format& to) {
    const auto bytes = [](std::uint64_t n) { return report::format_bytes(n); };
    const event_counts& e = d.events;
    fact_lines facts{{"layout", model.layout.empty() ? "codes without scales" : model.layout},
                     {"tensors dequantised", fmt::format("{}, {} before, {} now as {}", d.tensors,
                                                         bytes(d.source_bytes), bytes(d.written_bytes), name_of(to))},
                     {"tensors copied", fmt::format("{}, {}", d.copied, bytes(d.copied_bytes))},
                     {"shards, other files", fmt::format("{}, {}", d.shards, d.other_files)},
                     {"rounding", d.exact() ? fmt::format("none: {} holds every value exactly", name_of(to))
                                            : fmt::format("{} of {} values are not exact in {}", e.inexact, e.elements,
                                                          name_of(to))}};
    if (e.overflowed + e.underflowed + e.nan + e.infinite != 0) {
        facts.emplace_back("beyond the range, to zero, NaN, infinite",
                           fmt::format("{}, {}, {}, {}", e.overflowed, e.underflowed, e.nan, e.infinite));
    }
    facts.emplace_back("read back", "identical to what was written; not loaded in other software");
    return facts;
}

report::document dequantized_document(const context& ctx, const bench::checkpoint& model,
                                      const bench::dequantized_model& d, const any_format& to) {
    report::document doc;
    doc.context = program_context("narrowfp dequantize");
    report::add_field(doc.context, "command", ctx.command_line);
    const auto add = [&](const char* id, const char* name, std::uint64_t n, const char* unit) {
        report::record r;
        r.id = std::string("dequantize.") + id;
        r.name = name;
        report::add_field(r.parameters, "layout", model.layout);
        report::add_field(r.parameters, "to", std::string(name_of(to)));
        r.value = static_cast<std::int64_t>(n);
        r.unit = unit;
        r.repro = ctx.command_line;
        doc.records.push_back(std::move(r));
    };
    add("tensors", "tensors dequantised", d.tensors, "1");
    add("copied", "tensors copied", d.copied, "1");
    add("dropped", "scales of activations, markers and unindexed tensors left out", model.dropped.size(), "1");
    add("source_bytes", "bytes of codes and scales", d.source_bytes, "B");
    add("written_bytes", "bytes of the dequantised tensors", d.written_bytes, "B");
    add("copied_bytes", "bytes of the copied tensors", d.copied_bytes, "B");
    add("elements", "elements dequantised", d.events.elements, "1");
    add("inexact", "elements that the type does not hold exactly", d.events.inexact, "1");
    add("overflowed", "finite elements beyond the type's range", d.events.overflowed, "1");
    add("underflowed", "nonzero elements that became zero", d.events.underflowed, "1");
    add("nan", "NaN elements", d.events.nan, "1");
    add("infinite", "infinite elements", d.events.infinite, "1");
    return doc;
}

int run_dequantize(const context& ctx, const dequantize_arguments& args) {
    const any_format to = target_format(args.to);
    const bench::checkpoint model = bench::open_checkpoint(args.in, std::nullopt);
    std::uint64_t elements = 0;
    for (const bench::stored_tensor& t : model.tensors) {
        elements += t.elements();
    }
    report::progress progress("dequantize", elements, progress_style(ctx));
    const interrupt_guard interrupt;
    const bench::dequantized_model done =
        bench::dequantize_model(model, to, args.out, args.threads, [&](std::uint64_t count, const std::string& name) {
            interrupt.check();
            progress.advance(count, report::printable(name));
        });
    progress.finish();
    if (ctx.json) {
        print_text(report::to_json(dequantized_document(ctx, model, done, to)));
    } else if (ctx.quiet) {
        print_text(fmt::format("{} {} {}\n", args.out, done.written_bytes + done.copied_bytes,
                               done.exact() ? "exact" : std::to_string(done.events.inexact)));
    } else {
        print_facts(ctx, args.out, dequantized_facts(model, done, to));
        for (const bench::dropped_tensor& d : model.dropped) {
            print_note(ctx, fmt::format("left out: {} ({})", report::printable(d.tensor.name), d.why));
        }
        for (const std::string& note : model.notes) {
            print_note(ctx, note);
        }
    }
    return 0;
}

}  // namespace

void add_dequantize(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<dequantize_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "dequantize",
         .summary = "A quantised checkpoint as plain weights in 16 or 32 bits",
         .details =
             "The layout (DeepSeek, compressed-tensors, ModelOpt, gpt-oss, ComfyUI, torchao, MLX, FBGEMM, Quark, AutoFP8,\n"
             "Mistral, files of 'narrowfp quantize', FP8 without scales) is found from metadata, configuration and names. Each\n"
             "value is the exact product of code and scales, rounded once. Shards, names and other files stay; the index is\n"
             "rewritten, scales and the configuration of quantisation are removed. Tensors that are not quantised are copied\n"
             "byte for byte. OUT appears whole or not at all. Scales that are missing or do not fit are refused by name.\n"
             "With --quiet: OUT, bytes, and 'exact' or the number of rounded values.",
         .examples = "  narrowfp dequantize DeepSeek-V3 DeepSeek-V3-bf16\n"
                     "  narrowfp dequantize model-fp8.safetensors plain --to f32"},
        [args](const context& c) { return run_dequantize(c, *args); });
    command.add_option("IN", args->in, "A .safetensors file, a folder or an index of them")->required()->type_name("");
    command.add_option("OUT", args->out, "The folder to write: new or empty")->required()->type_name("");
    command.add_option("--to", args->to, "Type of the plain weights: bf16, f16 or f32")
        ->type_name("FORMAT")
        ->capture_default_str();
    command.add_option("--threads", args->threads, "Threads; 0: all. No influence on the result")
        ->type_name("N")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
}

}  // namespace narrowfp::cli
