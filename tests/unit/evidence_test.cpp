// SPDX-License-Identifier: Apache-2.0
// Published pairs: as they are read, their units against medians made by hand, and that each rule finds a row that breaks
// it. The files of the project keep all rules.
#include <doctest/doctest.h>

#include "evidence/catalogue.hpp"
#include "evidence/unit.hpp"
#include "support/files.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace narrowfp::bench::evidence;
using narrowfp_test::contains;
using narrowfp_test::error_of;

constexpr const char* header =
    "id,family,source,hardware,chip,n_gpu,model,kind,hidden,ffn,seq,layout,recipe,equal_layout,bf16,fp8,measure,ratio,memory,"
    "certainty,include,unit,note,confirmed\n";

// A good row with some of its cells replaced.
struct row_text {
    std::string id = "1", family = "F", source = "S", chip = "H100", n_gpu = "8", model = "M", kind = "dense",
                hidden = "4096", ffn = "14336", seq = "8192", recipe = "tensor", equal_layout = "y", bf16 = "12",
                fp8 = "10", measure = "time s", ratio = "1.2", memory, certainty = "seen", include = "1", unit = "U",
                note, confirmed;

    std::string text() const {
        std::vector<std::string> cells{id,      family, source, "hw",      chip,    n_gpu,        model, kind,
                                       hidden,  ffn,    seq,    "layout",  recipe,  equal_layout, bf16,  fp8,
                                       measure, ratio,  memory, certainty, include, unit,         note,  confirmed};
        return csv_line(cells) + "\n";
    }
};

std::string file_of(const std::vector<row_text>& rows) {
    std::string text = header;
    for (const row_text& row : rows) {
        text += row.text();
    }
    return text;
}

std::string pair_error(const row_text& row) {
    return error_of([&] { parse_pairs(file_of({row}), "p.csv"); });
}

// The one fault of rows, as text; "" for none.
std::string fault_of(const std::vector<row_text>& rows, pair_use use = pair_use::fit) {
    const auto faults = check_pairs(parse_pairs(file_of(rows), "p.csv"), "p.csv", use);
    REQUIRE(faults.size() <= 1);
    return faults.empty() ? "" : text_of(faults.front());
}

}  // namespace

TEST_CASE("pairs: cells become members") {
    row_text row;
    row.kind = "MoE";
    row.recipe = "mx";
    row.memory = "62.0 / 31.0 GiB";
    row.certainty = "seen via project";
    row.equal_layout = "?";
    row.confirmed = "2026-11-30";
    row.ffn = "";
    const pair p = parse_pairs(file_of({row}), "p.csv").at(0);
    CHECK(p.id == 1);
    CHECK(p.line == 2);
    CHECK(p.kind == model_kind::moe);
    CHECK(p.recipe == scaling::mx);
    CHECK(p.read == certainty::seen_via_project);
    CHECK(p.equal_layout == same_layout::unknown);
    CHECK(p.measure == measured_as::time);
    CHECK(p.ratio == 1.2);
    CHECK(p.ffn == std::nullopt);
    CHECK(p.devices == 8);
    CHECK(p.memory == 2.0);
    CHECK(p.memory_text == "62.0 / 31.0 GiB");
    CHECK(p.include);
    CHECK(name_of(p.kind) == "MoE");
    CHECK(name_of(p.recipe) == "mx");
    CHECK(name_of(p.read) == "seen via project");
    for (const std::string text : {"-9 GB", "39.09 / 39.07-39.32 GB", "145.55 / 146.62, 144.71 GB", "57.8 / 0 GB"}) {
        row.memory = text;
        CHECK(parse_pairs(file_of({row}), "p.csv").at(0).memory == std::nullopt);
    }
}

TEST_CASE("pairs: words and columns that are not known") {
    const auto refused = [](const std::function<void(row_text&)>& change, const std::string& message) {
        row_text row;
        change(row);
        CHECK_MESSAGE(contains(pair_error(row), message), pair_error(row));
    };
    refused([](row_text& r) { r.kind = "moe"; },
            "p.csv:2: column 'kind': found 'moe', expected dense, MoE, dense-LoRA or other");
    refused([](row_text& r) { r.recipe = "mxfp8"; },
            "column 'recipe': found 'mxfp8', expected tensor, row, block or mx");
    refused([](row_text& r) { r.equal_layout = "yes"; }, "found 'yes', expected y, n or ?");
    refused([](row_text& r) { r.certainty = ""; }, "column 'certainty': found nothing, expected seen, seen-summary, ");
    refused([](row_text& r) { r.include = "2"; }, "column 'include': found '2', expected 1 or 0");
    refused([](row_text& r) { r.measure = "tok/s"; }, "column 'measure': found 'tok/s', expected 'time' or 'rate'");
    refused([](row_text& r) { r.measure = "separate"; }, "column 'measure': found 'separate'");
    refused([](row_text& r) { r.measure = "rate per time"; }, "column 'measure': found 'rate per time'");
    refused([](row_text& r) { r.id = "1.5"; }, "column 'id': found '1.5', expected a whole number from 0");
    refused([](row_text& r) { r.id = ""; }, "column 'id': found nothing, expected a whole number");
    refused([](row_text& r) { r.n_gpu = "-8"; }, "column 'n_gpu': found '-8', expected a whole number from 0");
    refused([](row_text& r) { r.chip = ""; }, "column 'chip': found nothing, expected a text");
    refused([](row_text& r) { r.unit = ""; }, "column 'unit': found nothing, expected a text");
    CHECK(error_of([] { parse_pairs("id,family,sorce\n", "p.csv"); }) ==
          "p.csv:1: unknown column 'sorce'; near: source");
    CHECK(contains(error_of([] { parse_pairs("id,family\n", "p.csv"); }),
                   "p.csv:1: columns missing: source, hardware, chip"));
}

TEST_CASE("pairs of a user: few columns are enough") {
    const auto pairs = parse_user_pairs(
        "model,kind,chip,hidden,ffn,seq,recipe,bf16,fp8,measure\nA,dense,H100,4096,14336,4096,tensor,12,10,time s\n"
        "B,MoE,H200,2048,,,block,100,130,rate tok/s\n",
        "mine.csv");
    REQUIRE(pairs.size() == 2);
    CHECK(pairs[0].id == 1);
    CHECK(pairs[1].id == 2);
    CHECK(pairs[0].family == "yours");
    CHECK(pairs[0].source == "mine.csv");
    CHECK(pairs[0].unit == "yours|A|H100|tensor");
    CHECK(pairs[0].include);
    CHECK(pairs[0].equal_layout == same_layout::unknown);
    CHECK(pairs[0].ratio == 1.2);
    CHECK(pairs[1].ratio == 1.3);
    CHECK(check_pairs(pairs, "mine.csv", pair_use::test).empty());
    const auto with_ratio =
        parse_user_pairs("ratio,model,kind,chip,hidden,ffn,seq,recipe,id,family\n1.1,A,dense,H100,64,,,row,7,G\n", "f");
    CHECK(with_ratio.at(0).ratio == 1.1);
    CHECK(with_ratio.at(0).id == 7);
    CHECK(with_ratio.at(0).unit == "G|A|H100|row");
}

TEST_CASE("pairs of a user: what is missing is named at once") {
    const auto user_error = [](const std::string& text) { return error_of([&] { parse_user_pairs(text, "u.csv"); }); };
    CHECK(
        user_error("model,chip\nA,H100\n") ==
        "u.csv:1: columns missing: kind, hidden, ffn, seq, recipe, bf16, fp8, measure (a column ratio can stand for bf16, fp8 and measure)");
    CHECK(user_error("model,chip,ratio,kind,ffn,seq,recipe\n") == "u.csv:1: column missing: hidden");
    CHECK(contains(user_error("model,kind,chip,hidden,ffn,sequence,recipe,ratio\n"),
                   "unknown column 'sequence'; near: seq"));
    const std::string columns = "model,kind,chip,hidden,ffn,seq,recipe,bf16,fp8,measure,ratio\n";
    CHECK(contains(user_error(columns + "A,dense,H100,64,,,row,,10,time,\n"),
                   "column 'bf16': found nothing, expected a number"));
    CHECK(contains(user_error(columns + "A,dense,H100,64,,,row,10,,time,\n"),
                   "column 'fp8': found nothing, expected a number"));
    CHECK(contains(user_error(columns + "A,dense,H100,64,,,row,10,-1,time,\n"),
                   "column 'fp8': found '-1', expected a number above 0"));
    CHECK(contains(user_error(columns + "A,dense,H100,64,,,row,10,9,,\n"),
                   "column 'measure': found nothing, expected 'time' or 'rate'"));
    CHECK(contains(user_error(columns + "A,dense,H100,,,,row,,,,1.1\n"),
                   "column 'hidden': found nothing, expected the width"));
    CHECK(contains(user_error(columns + "A,dense,H100,64,,,row,1e-300,1e300,rate,\n"), "column 'fp8'"));
}

TEST_CASE("units: medians of logarithms, by source, in the order of the file") {
    const auto row = [](int id, const char* family, const char* unit, const char* ratio, const char* include = "1") {
        row_text r;
        r.id = std::to_string(id);
        r.family = family;
        r.unit = unit;
        r.ratio = ratio;
        r.include = include;
        r.bf16 = r.fp8 = "";
        return r;
    };
    const auto units = units_of(parse_pairs(
        file_of({row(1, "torchao-B200", "t1", "1.1"), row(2, "NVIDIA-TE", "n1", "1"), row(3, "NVIDIA-TE", "n1", "4"),
                 row(4, "torchao-AMD", "t2", "1.3"), row(5, "NVIDIA-TE", "n1", "2"), row(6, "a", "a2", "2"),
                 row(7, "a", "a1", "3"), row(8, "a", "a2", "4.5"), row(9, "a", "a3", "2", "0"),
                 row(10, "torchao-user", "t3", "1.2"), row(11, "a", "a4", "")}),
        "p.csv"));
    std::vector<std::string> names;
    for (const unit& u : units) {
        names.push_back(u.name);
    }
    CHECK(names == std::vector<std::string>{"n1", "a2", "a1", "t1", "t2", "t3"});
    CHECK(units[0].log_ratio == std::log(2.0));  // of three
    CHECK(units[0].low == 1);
    CHECK(units[0].high == 4);
    CHECK(units[0].ids == std::vector<int>{2, 3, 5});
    CHECK(units[0].vendor_page);
    CHECK(units[1].log_ratio == doctest::Approx(std::log(3.0)).epsilon(1e-15));  // of two: the geometric mean
    CHECK(!units[1].vendor_page);
    CHECK(units[3].source == "torchao");
    CHECK(units[4].source == "torchao");
    CHECK(units[5].source == "torchao-user");
}

TEST_CASE("families of chips, vendors' own pages") {
    for (const auto& [chip, family] :
         std::vector<std::pair<std::string, std::string>>{{"H100", "Hopper"},
                                                          {"H20", "Hopper"},
                                                          {"GB200", "Blackwell"},
                                                          {"B300", "Blackwell"},
                                                          {"GB10", "Blackwell RTX"},
                                                          {"RTX5090/PRO6000", "Blackwell RTX"},
                                                          {"RTX4090", "Ada"},
                                                          {"L40S", "Ada"},
                                                          {"MI300X", "AMD"},
                                                          {"TPU7x", "TPU"},
                                                          {"Gaudi2", "Gaudi"},
                                                          {"unknown", "other"},
                                                          {"", "other"}}) {
        CHECK(chip_family(chip) == family);
    }
    CHECK(is_vendor_page("NVIDIA-dgxc"));
    CHECK(is_vendor_page("Google-Ironwood"));
    CHECK(is_vendor_page("Gaudi2-Fishman"));
    for (const char* family : {"MLM-user", "TE-user", "ROCm-TE", "torchao-AMD", "yours"}) {
        CHECK(!is_vendor_page(family));
    }
}

TEST_CASE("rules of pairs: each finds a row that breaks it") {
    CHECK(fault_of({row_text{}}) == "");
    const auto broken = [](const std::function<void(row_text&)>& change, const std::string& message) {
        row_text row;
        change(row);
        const std::string found = fault_of({row});
        CHECK_MESSAGE(contains(found, message), found);
    };
    broken([](row_text& r) { r.source = ""; }, "p.csv:2: id 1, column 'source': found nothing, expected a text");
    broken([](row_text& r) { r.ratio = "0"; }, "column 'ratio': found 0, expected a number above 0");
    broken(
        [](row_text& r) {
            r.bf16 = "";
            r.ratio = "0.19";
        },
        "column 'ratio': found 0.19, expected 0.2 to 5, or a note");
    broken(
        [](row_text& r) {
            r.bf16 = "";
            r.ratio = "5.1";
        },
        "column 'ratio': found 5.1, expected 0.2 to 5, or a note");
    broken([](row_text& r) { r.bf16 = "-12"; }, "column 'bf16': found -12, expected a number above 0");
    broken([](row_text& r) { r.fp8 = "0"; }, "column 'fp8': found 0, expected a number above 0");
    broken([](row_text& r) { r.ratio = "1.22"; }, "column 'ratio': found 1.22, expected 1.2 within 1 % (12 over 10)");
    broken(
        [](row_text& r) { r.measure = "rate tok/s"; },
        "expected 0.833333 within 1 % (10 over 12); it is the inverse: 'measure' says rates, the ratio is that of times");
    broken([](row_text& r) { r.ratio = "0.8333"; },
           "it is the inverse: 'measure' says times, the ratio is that of rates");
    broken([](row_text& r) { r.bf16 = r.ratio = ""; },
           "column 'ratio': found nothing, expected a ratio where include is 1");
    broken([](row_text& r) { r.certainty = "qualitative"; },
           "column 'certainty': found qualitative, expected include 0");
    broken([](row_text& r) { r.equal_layout = "n"; },
           "column 'equal_layout': found n, expected y or ? where include is 1");
    broken([](row_text& r) { r.kind = "dense-LoRA"; }, "column 'kind': found dense-LoRA, expected dense or MoE");
    broken([](row_text& r) { r.hidden = "63"; }, "column 'hidden': found 63, expected a whole number from 64 to 65536");
    broken([](row_text& r) { r.hidden = "65537"; }, "column 'hidden'");
    broken([](row_text& r) { r.hidden = "4096.5"; }, "column 'hidden': found 4096.5, expected a whole number");
    broken([](row_text& r) { r.ffn = "63"; }, "column 'ffn'");
    broken([](row_text& r) { r.seq = "15"; }, "column 'seq': found 15, expected a whole number from 16");
    broken([](row_text& r) { r.seq = "10000001"; }, "column 'seq'");
    broken([](row_text& r) { r.n_gpu = "0"; }, "column 'n_gpu': found 0, expected a whole number from 1 to 200000");
    broken([](row_text& r) { r.n_gpu = "200001"; }, "column 'n_gpu'");
    for (const char* text :
         {"yes", "2026-13-30", "2026-11-00", "2026-11-30 no", "2026-11-30 not confirmed: ", "30.11.2026"}) {
        broken([text](row_text& r) { r.confirmed = text; },
               "column 'confirmed': found " + std::string(text).substr(0, 2));
    }
    broken([](row_text& r) { r.confirmed = "a\nb"; }, "column 'confirmed': found a b, expected a date");
    row_text explained;
    explained.bf16 = "";
    explained.ratio = "5.1";
    explained.note = "why";
    explained.confirmed = "2026-11-30 not confirmed: the page is gone";
    CHECK(fault_of({explained}) == "");
    row_text other_layout;
    other_layout.equal_layout = "n";
    CHECK(fault_of({other_layout}, pair_use::test) == "");
}

TEST_CASE("rules of pairs: ids and units") {
    row_text second;
    CHECK(contains(fault_of({row_text{}, second}),
                   "p.csv:3: id 1, column 'id': found 1, expected an id that no row before it has"));
    second.id = "2";
    CHECK(fault_of({row_text{}, second}) == "");
    const auto differs = [&second](const std::function<void(row_text&)>& change, const std::string& message) {
        row_text other = second;
        change(other);
        const std::string found = fault_of({row_text{}, other});
        CHECK_MESSAGE(contains(found, message), found);
        other.unit = "V";
        CHECK(fault_of({row_text{}, other}) == "");
    };
    differs([](row_text& r) { r.chip = "H200"; },
            "p.csv:3: id 2, column 'chip': found H200, expected H100, as id 1 of the same unit");
    differs([](row_text& r) { r.kind = "MoE"; }, "column 'kind': found MoE, expected dense");
    differs([](row_text& r) { r.recipe = "row"; }, "column 'recipe': found row, expected tensor");
    differs([](row_text& r) { r.family = "G"; }, "column 'family': found G, expected F");
}

TEST_CASE("the project's files: counts, and every rule holds") {
    CHECK(published_pairs().size() == 165);
    CHECK(later_pairs().size() == 76);
    CHECK(published_gemm_pairs().size() == 82);
    CHECK(published_loss_gaps().size() >= 49);
    CHECK(published_memory_pairs().size() >= 103);
    CHECK(published_wide_runs().size() >= 20);
    for (const data_file& file : all_data_files()) {
        const checked_file checked = check_shipped(file);
        CHECK(checked.rows > 0);
        for (const fault& f : checked.faults) {
            FAIL_CHECK(text_of(f));
        }
        CHECK(data_file_of(file.key).name == file.name);
        const csv_table table = parse_csv(file.text, file.name);
        for (const std::string_view column : file.main_columns) {
            CHECK_MESSAGE(table.has(column), column);
        }
    }
    const auto families = [](const std::vector<unit>& units) {
        std::vector<std::string> names;
        for (const unit& u : units) {
            if (std::find(names.begin(), names.end(), u.family) == names.end()) {
                names.push_back(u.family);
            }
        }
        return names.size();
    };
    const auto fitted = units_of(published_pairs());
    const auto later = units_of(later_pairs());
    CHECK(fitted.size() == 69);
    CHECK(families(fitted) == 25);
    CHECK(std::count_if(fitted.begin(), fitted.end(), [](const unit& u) { return u.vendor_page; }) == 24);
    CHECK(later.size() == 45);
    CHECK(families(later) == 13);
}

TEST_CASE("a user's file is checked by the rules of its kind") {
    const narrowfp_test::temporary_folder folder;
    const auto check = [&folder](const std::string& name, const std::string& text) {
        narrowfp::report::write_file(folder / name, text);
        return check_user_file(folder / name).faults.size();
    };
    for (const data_file& file : all_data_files()) {
        CHECK(check(std::string(file.name), std::string(file.text)) == 0);
    }
    row_text other_layout;
    other_layout.equal_layout = "n";
    CHECK(check("pairs.csv", file_of({other_layout})) == 1);
    CHECK(check("mine.csv", file_of({other_layout})) == 0);
    CHECK(check("other.csv", "id,source,chip,shape,bf16_TFLOPs,fp8_TFLOPs,ratio,note\n1,,H100,s,10,20,2,\n") == 1);
    CHECK(check("mine.csv", "model,kind,chip,hidden,ffn,seq,recipe,ratio\nA,dense,H100,63,,,row,9\n") == 2);
}
