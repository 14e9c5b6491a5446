// SPDX-License-Identifier: Apache-2.0
// narrowfp verify: the matrix units against published outputs of real GPUs, line by line; recorded runs against new ones
// (verify_recorded.hpp).
#include "cli/verify_recorded.hpp"
#include "verify/published_outputs.hpp"

#include <narrowfp/report/json.hpp>

#include <fmt/format.h>

#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

std::string output_of(const bench::published_operation& op) { return op.to_f16 ? "fp16" : "fp32"; }

report::table table_of(const bench::published_agreements& found) {
    report::table t;
    t.title = "Published outputs of real GPUs (MATLAB-tensor-core, arXiv 2512.07004) and what the units give";
    t.columns = {{"GPU"},
                 {"format"},
                 {"output"},
                 {"lines", report::alignment::right},
                 {"equal", report::alignment::right},
                 {"unit"},
                 {"operation of the chip"}};
    for (const bench::published_agreement& a : found.all) {
        if (a.lines != 0) {
            t.add_row({a.operation.gpu,
                       a.operation.format,
                       output_of(a.operation),
                       std::to_string(a.lines),
                       {std::to_string(a.equal), a.equal == a.lines ? report::tint::good : report::tint::bad},
                       a.operation.unit,
                       a.operation.operation});
        }
    }
    for (const bench::published_agreement& a : found.all) {
        if (a.first) {
            t.notes.push_back(fmt::format("{} {} {}, test {}: found {:08x}, measured {:08x}", a.operation.gpu,
                                          a.operation.format, output_of(a.operation), a.first->line, a.first->found,
                                          a.first->measured));
        }
    }
    for (const std::string& name : found.unknown) {
        t.notes.push_back(fmt::format("{}: no operation is known for it; not compared", name));
    }
    t.notes.emplace_back(
        "The samples are like N(0, 1), without specials and subnormal numbers, and but for Ada's FP8 one step long: agreement "
        "is necessary, not sufficient. 'Found by search': the rule was looked for on 3000 outputs and confirmed on 2000 others.");
    return t;
}

report::document document_of(const context& ctx, const bench::published_agreements& found) {
    report::document doc;
    doc.context = program_context("narrowfp verify");
    for (const bench::published_agreement& a : found.all) {
        report::record r;
        r.id = fmt::format("verify.{}.{}.{}", a.operation.gpu, a.operation.format, output_of(a.operation));
        r.name =
            fmt::format("{}, {} to {}: equal results", a.operation.gpu, a.operation.format, output_of(a.operation));
        r.kind = report::evidence_kind::emulated;
        report::add_field(r.parameters, "unit", a.operation.unit);
        report::add_field(r.parameters, "operation", a.operation.operation);
        report::add_field(r.parameters, "found_by_search", a.operation.found_by_search);
        r.reference = "published outputs of the chip (MATLAB-tensor-core)";
        r.repro = ctx.command_line;
        if (a.lines == 0) {
            report::set_no_value(r, report::record_status::not_run, "the folder holds no such outputs");
        } else {
            r.value = static_cast<std::int64_t>(a.equal);
            r.unit = "tests";
            r.n = static_cast<std::int64_t>(a.lines);
        }
        doc.records.push_back(std::move(r));
    }
    return doc;
}

int run_verify(const context& ctx, const std::string& folder) {
    const bench::published_agreements found = bench::verify_published_outputs(folder);
    const int code = found.equal() == found.lines() ? 0 : 1;
    if (ctx.json) {
        print_text(report::to_json(document_of(ctx, found)));
        return code;
    }
    if (!ctx.quiet) {
        print_table(ctx, table_of(found));
        print_text("\n");
    }
    print_text(fmt::format("{} of {} results equal, bit for bit\n", found.equal(), found.lines()));
    return code;
}

}  // namespace

void add_verify(CLI::App& app, context& ctx) {
    const auto folder = std::make_shared<std::string>();
    const auto recorded = std::make_shared<recorded_command>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "verify",
         .summary = "Compare the matrix units with published outputs of real GPUs, and recorded runs with new ones",
         .details =
             "DIR: the folder data/model_validation of a clone of north-numerical-computing/MATLAB-tensor-core (BSD-2-Clause;\n"
             "not part of this project). Exit code 1 if a result differs.",
         .examples = "  narrowfp verify MATLAB-tensor-core/data/model_validation\n"
                     "  narrowfp verify recorded"},
        [folder, recorded](const context& c) {
            if (recorded->app->parsed()) {
                return recorded->run(c);
            }
            if (folder->empty()) {
                throw std::invalid_argument(
                    "verify: DIR, a folder of published outputs, is missing; or: narrowfp verify recorded");
            }
            return run_verify(c, *folder);
        });
    command.add_option("DIR", *folder, "The folder model_validation")->type_name("");
    *recorded = add_verify_recorded(command, ctx);
}

}  // namespace narrowfp::cli
