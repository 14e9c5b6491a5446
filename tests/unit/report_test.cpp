// SPDX-License-Identifier: Apache-2.0
// Records and their files: every rule of report::check, the text of the JSON and CSV writers, reading back, broken
// input.
#include <doctest/doctest.h>

#include <narrowfp/report/csv.hpp>
#include <narrowfp/report/json.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace {

using namespace narrowfp::report;
namespace fs = std::filesystem;
using narrowfp_test::contains;
using narrowfp_test::temporary_folder;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

record valid_record() {
    record r;
    r.id = "accuracy/format:e4m3fn/k:4096";
    r.name = "error of the product";
    add_field(r.parameters, "format", "e4m3fn");
    add_field(r.parameters, "k", std::size_t{4096});
    r.value = 0.0234;
    r.unit = "1";
    return r;
}

// Covers each field, type, kind and status; tests/golden/sample_results.json holds its text.
document sample() {
    document doc;
    add_field(doc.context, "version", "0.1.0");
    add_field(doc.context, "threads", 2);
    add_field(doc.context, "clean", true);
    add_field(doc.context, "noise_limit", 0.05);
    record r = valid_record();
    r.low = 0.02;
    r.high = 0.025;
    r.n = 5;
    r.method = "range over 5 seeds";
    r.reference = "exact product";
    r.repro = "narrowfp gemm --a e4m3fn --b e4m3fn --k 4096";
    doc.records.push_back(r);

    r = record{};
    r.id = "bytes";
    r.name = "bytes of the operands, \"quoted\", a\\b, \u00b5, line\nbreak";
    r.value = std::int64_t{9007199254740993};  // 2^53 + 1: a double could not hold it
    r.unit = "B";
    doc.records.push_back(r);

    r = record{};
    r.id = "ratio";
    r.name = "error ratio";
    r.unit = "1";
    r.status = record_status::exact;
    r.note = "exact on this input";
    doc.records.push_back(r);

    r = record{};
    r.id = "throughput";
    r.name = "throughput";
    r.kind = evidence_kind::modelled;
    set_no_value(r, record_status::not_run, "no fast kernel");
    doc.records.push_back(r);

    r = record{};
    r.id = "V1";
    r.name = "verdict";
    r.kind = evidence_kind::published;
    r.value = "SUPPORTED";
    r.source = "a paper, table 3";
    doc.records.push_back(r);
    return doc;
}

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "nothing was thrown";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the sample document is written as the golden file says and reads back to itself") {
    const fs::path golden = fs::path(NARROWFP_TEST_FOLDER) / "golden" / "sample_results.json";
    const std::string text = to_json(sample());
    CHECK(text == read_file(golden));
    CHECK(parse_document(text, "text") == sample());
    CHECK(read_document(golden) == sample());
    CHECK(to_json(parse_document(text, "text")) == text);
}

TEST_CASE("a document without records") {
    const document empty;
    CHECK(to_json(empty) == "{\n  \"schema\": \"narrowfp-results/1\",\n  \"context\": {},\n  \"records\": []\n}\n");
    CHECK(parse_document(to_json(empty), "text") == empty);
    CHECK(to_csv(empty) == "id,name,kind,value,unit,low,high,n,method,reference,source,status,note,repro\r\n");
}

TEST_CASE("doubles keep their bits and stay doubles") {
    const std::vector<std::pair<double, std::string>> known = {
        {0.1, "0.1"},    {3.0, "3.0"},          {-0.0, "-0.0"},     {1e22, "1e+22"},
        {1e-5, "1e-05"}, {448.0, "448.0"},      {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"},
        {1e15, "1e+15"}, {123456.0, "123456.0"}};
    for (const auto& [x, text] : known) {
        CHECK(exact_text(x) == text);
    }
    std::mt19937_64 random(7);
    document doc;
    for (int i = 0; i < 2000;) {
        const double x = std::bit_cast<double>(random());
        if (std::isfinite(x)) {
            record r = valid_record();
            r.id = "r" + std::to_string(i++);
            r.value = x;
            doc.records.push_back(r);
        }
    }
    const document back = parse_document(to_json(doc), "text");
    REQUIRE(back.records.size() == doc.records.size());
    for (std::size_t i = 0; i < doc.records.size(); ++i) {
        const double* x = std::get_if<double>(&back.records[i].value);
        REQUIRE(x != nullptr);
        CHECK(std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(std::get<double>(doc.records[i].value)));
    }
}

TEST_CASE("values made from numbers and text have the matching kind") {
    CHECK(std::get<bool>(make_value(true)));
    CHECK(std::get<std::int64_t>(make_value(std::uint8_t{7})) == 7);
    CHECK(std::get<std::int64_t>(make_value(std::numeric_limits<std::int64_t>::min())) ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(std::get<double>(make_value(0.5F)) == 0.5);
    CHECK(std::get<std::string>(make_value("text")) == "text");
    CHECK(std::get<std::string>(make_value(std::string_view("text"))) == "text");
    CHECK_THROWS_AS(make_value(std::uint64_t{1} << 63), std::invalid_argument);
    const record r = valid_record();
    CHECK(find_field(r.parameters, "k") != nullptr);
    CHECK(find_field(r.parameters, "none") == nullptr);
}

TEST_CASE("each rule of a record is enforced, with the record's name") {
    struct broken {
        const char* message;
        std::function<void(record&)> change;
    };
    const std::vector<broken> cases = {
        {"field 'value' is nan", [](record& r) { r.value = not_a_number; }},
        {"field 'value' is -inf", [](record& r) { r.value = -infinity; }},
        {"field 'low' is -inf", [](record& r) { r.low = -infinity; }},
        {"field 'high' is nan", [](record& r) { r.high = not_a_number; }},
        {"field 'parameters.x' is inf", [](record& r) { add_field(r.parameters, "x", infinity); }},
        {"'k' is twice in parameters", [](record& r) { add_field(r.parameters, "k", 1); }},
        {"'K' in parameters is no key", [](record& r) { add_field(r.parameters, "K", 1); }},
        {"'' in parameters is no key", [](record& r) { add_field(r.parameters, "", 1); }},
        {"the name is empty", [](record& r) { r.name = ""; }},
        {"a number needs a unit", [](record& r) { r.unit = ""; }},
        {"the value is an empty text", [](record& r) { r.value = ""; }},
        {"low 2.0 is above high 1.0", [](record& r) { r.low = 2.0, r.high = 1.0; }},
        {"n is -1", [](record& r) { r.n = -1; }},
        {"status 'ok' without a value", [](record& r) { r.value = std::monostate{}; }},
        {"status 'not_run' with a value", [](record& r) { r.status = record_status::not_run, r.note = "why"; }},
        {"status 'failed' needs a note", [](record& r) { set_no_value(r, record_status::failed, ""); }},
        {"status 'undefined' with a value, low or high",
         [](record& r) { set_no_value(r, record_status::undefined, "why"), r.low = 1.0; }},
        {"needs its source", [](record& r) { r.kind = evidence_kind::published; }},
        {"not valid UTF-8", [](record& r) { r.note = "\xff\xfe"; }},
    };
    for (const broken& c : cases) {
        document doc;
        doc.records.push_back(valid_record());
        CHECK_NOTHROW(to_json(doc));
        c.change(doc.records[0]);
        CHECK_THROWS_AS(to_json(doc), std::invalid_argument);
        const std::string message = message_of([&] { to_json(doc); });
        CAPTURE(message);
        CHECK(contains(message, c.message));
        CHECK(contains(message, "record 'accuracy/format:e4m3fn/k:4096'"));
    }
    document doc;
    doc.records = {valid_record(), valid_record()};
    CHECK(contains(message_of([&] { check(doc); }), "the id is used twice"));
    for (const char* id : {"", "a b", "a\nb", "\u00b5"}) {
        doc.records = {valid_record()};
        doc.records[0].id = id;
        CHECK(contains(message_of([&] { check(doc); }), "the id must be printable ASCII without blanks"));
    }
    doc = {};
    add_field(doc.context, "x", not_a_number);
    CHECK(contains(message_of([&] { check(doc); }), "document: field 'context.x' is nan"));
}

TEST_CASE("deterministic and measured figures go to different files") {
    const temporary_folder folder;
    document doc = sample();
    write_results(folder / "results.json", doc);
    CHECK(read_document(folder / "results.json") == doc);
    CHECK(contains(message_of([&] { write_timings(folder / "timings.json", doc); }),
                   "does not belong into a file of timings"));
    for (record& r : doc.records) {
        r.kind = evidence_kind::measured;
    }
    write_timings(folder / "timings.json", doc);
    CHECK(read_document(folder / "timings.json") == doc);
    CHECK_THROWS_AS(write_results(folder / "results.json", doc), std::invalid_argument);
    CHECK(read_document(folder / "results.json") == sample());
    CHECK(folder.files() == 2);
}

TEST_CASE("broken documents are refused with the file's name and the field") {
    const std::string good = to_json(sample());
    struct broken {
        std::string text;
        const char* message;
    };
    const std::vector<broken> cases = {
        {"", "f.json: not JSON"},
        {"[]", "f.json: found [], expected an object"},
        {"{}", "f.json: schema: missing"},
        {good.substr(0, good.size() / 2), "f.json: not JSON (line "},
        {good + "{}", "f.json: not JSON"},
        {replaced(good, "narrowfp-results/1", "narrowfp-results/2"),
         "f.json: schema: found \"narrowfp-results/2\", expected \"narrowfp-results/1\""},
        {replaced(good, "\"schema\": \"narrowfp-results/1\"", "\"schema\": 1"),
         "f.json: schema: found 1, expected text"},
        {replaced(good, "\"context\": {", "\"other\": {"), "f.json: context: missing"},
        {replaced(good, "\"clean\": true", "\"clean\": []"), "f.json: context.clean: found [], expected"},
        {replaced(good, "\"clean\": true", "\"version\": true"), "f.json: key \"version\" is twice in one object"},
        {replaced(good, "\"kind\": \"emulated\"", "\"kind\": \"guessed\""),
         "f.json: records[0].kind: found \"guessed\", expected one of emulated, measured, modelled, published"},
        {replaced(good, "\"status\": \"exact\"", "\"status\": 3"), "f.json: records[2].status: found 3, expected text"},
        {replaced(good, "\"value\": 0.0234", "\"value\": [0.0234]"), "f.json: records[0].value: found [0.0234]"},
        {replaced(good, "\"value\": 0.0234", "\"value\": NaN"), "f.json: not JSON"},
        {replaced(good, "\"value\": 0.0234", "\"value\": 1e999"), "f.json: holds a number beyond the range of double"},
        {replaced(good, "\"value\": 9007199254740993", "\"value\": 9223372036854775808"),
         "f.json: records[1].value: integer 9223372036854775808 is above 2^63 - 1"},
        {replaced(good, "\"low\": 0.02", "\"low\": \"0.02\""),
         "f.json: records[0].low: found \"0.02\", expected a number or null"},
        {replaced(good, "\"n\": 5", "\"n\": 5.5"), "f.json: records[0].n: found 5.5, expected an integer"},
        {replaced(good, "\"n\": 5", "\"m\": 5"), "f.json: records[0].n: missing"},
        {replaced(good, "\"low\": 0.02", "\"low\": 2"), "low 2.0 is above high 0.025"},
        {replaced(good, "\"id\": \"bytes\"", "\"id\": \"V1\""), "f.json: record 'V1': the id is used twice"},
        {"{\"schema\": \"narrowfp-results/1\", \"context\": {}, \"records\": [1]}",
         "f.json: records[0]: found 1, expected an object"},
        {"{\"schema\": \"narrowfp-results/1\", \"context\": {}, \"records\": {}}",
         "f.json: records: found {}, expected an array"},
        {std::string(100000, '['), "f.json: nested deeper than 16 levels"},
        {"\"\xff\"", "f.json: not JSON"},
    };
    for (const broken& c : cases) {
        CHECK_THROWS_AS(parse_document(c.text, "f.json"), std::runtime_error);
        const std::string message = message_of([&] { parse_document(c.text, "f.json"); });
        CAPTURE(message);
        CHECK(contains(message, c.message));
        CHECK(message.find("exception") == std::string::npos);
    }
    // An integer where a double may stand, and fields that this version does not know, are fine.
    CHECK(parse_document(replaced(good, "\"low\": 0.02", "\"low\": 0"), "f.json").records[0].low == 0.0);
    CHECK(parse_document(replaced(good, "\"n\": 5", "\"later\": {\"a\": [1]}, \"n\": 5"), "f.json") == sample());
    CHECK(contains(message_of([] { read_document("/nonexistent/f.json"); }),
                   "cannot read '/nonexistent/f.json': No such file"));
}

TEST_CASE("CSV quotes what needs it and gives each parameter a column") {
    document doc;
    doc.records = {valid_record(), valid_record()};
    doc.records[0].name = "a \"b\", c";
    doc.records[1].id = "second";
    doc.records[1].name = "two\nlines";
    doc.records[1].parameters = {{"k", std::int64_t{1}}, {"fused", false}, {"alpha", 2.0}};
    doc.records[1].low = 0.02;
    doc.records[1].n = 3;
    CHECK(to_csv(doc) ==
          "id,name,kind,parameters.format,parameters.k,parameters.fused,parameters.alpha,value,unit,low,high,n,method,"
          "reference,source,status,note,repro\r\n"
          "accuracy/format:e4m3fn/k:4096,\"a \"\"b\"\", c\",emulated,e4m3fn,4096,,,0.0234,1,,,,,,,ok,,\r\n"
          "second,\"two\nlines\",emulated,,1,false,2.0,0.0234,1,0.02,,3,,,,ok,,\r\n");
    doc.records[1].value = not_a_number;
    CHECK_THROWS_AS(to_csv(doc), std::invalid_argument);
    const temporary_folder folder;
    write_csv(folder / "results.csv", sample());
    CHECK(read_file(folder / "results.csv") == to_csv(sample()));
}

TEST_CASE("temporary files that a killed process of the same number left do no harm") {
    const temporary_folder folder;
    const std::string taken = ".narrowfp-" + std::to_string(::getpid()) + "-";
    for (int n = 0; n < 200; ++n) {
        std::ofstream(folder / (taken + std::to_string(n) + ".tmp")) << "old";
    }
    write_file(folder / "f.txt", "new");
    CHECK(read_file(folder / "f.txt") == "new");
    CHECK(read_file(folder / (taken + "0.tmp")) == "old");
}

TEST_CASE("files are written whole or not at all") {
    const temporary_folder folder;
    const fs::path file = folder / "f.txt";
    write_file(file, "first");
    CHECK(read_file(file) == "first");
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    write_file(file, std::string(300000, 'x'), durability::power_loss);
    CHECK(read_file(file) == std::string(300000, 'x'));
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

    fs::create_symlink("f.txt", folder / "link");
    write_file(folder / "link", "");
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(read_file(file).empty());
    fs::create_symlink("later.txt", folder / "dangling");
    write_file(folder / "dangling", "made");
    CHECK(read_file(folder / "later.txt") == "made");
    fs::create_symlink("loop", folder / "loop");
    CHECK(contains(message_of([&] { write_file(folder / "loop", "x"); }), "Too many levels of symbolic links"));

    CHECK_NOTHROW(write_file("/dev/null", "gone"));
    CHECK(contains(message_of([&] { write_file(folder / "no" / "f.txt", "x"); }), "f.txt': No such file or directory"));
    CHECK(contains(message_of([&] { write_file(folder / ".", "x"); }), "Is a directory"));
    CHECK(contains(message_of([&] { write_file("", "x"); }), "cannot write ''"));
    CHECK(contains(message_of([&] { write_file(file / "below", "x"); }), "Not a directory"));
    CHECK(contains(message_of([&] { write_file("/dev/full", "x"); }),
                   "cannot write '/dev/full': No space left on device"));
    CHECK(contains(message_of([&] { read_file(folder / "."); }), "Is a directory"));
    if (::geteuid() != 0) {  // root may write anywhere
        fs::permissions(file, fs::perms::owner_read);
        CHECK(contains(message_of([&] { write_file(file, "x"); }), "Permission denied"));
    }
    CHECK(folder.files() == 5);

    const fs::path here = fs::current_path();
    fs::current_path(folder / ".");
    write_file("relative.txt", "x", durability::power_loss);
    fs::current_path(here);
    CHECK(read_file(folder / "relative.txt") == "x");
}
