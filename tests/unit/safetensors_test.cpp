// SPDX-License-Identifier: Apache-2.0
// .safetensors files, sharded models and codes in .npy files: what is written comes back, what other writers produce is
// read, and whatever else stands in a file is one clear error before memory is taken.
#include <doctest/doctest.h>

#include <narrowfp/io/model_files.hpp>
#include <narrowfp/io/npy.hpp>
#include <narrowfp/io/npy_codes.hpp>
#include <narrowfp/io/safetensors.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/report/write_file.hpp>

#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace {

using namespace narrowfp;
namespace fs = std::filesystem;
using narrowfp_test::temporary_folder;

std::string file_of(const std::string& header, const std::string& data = "") {
    const std::uint64_t length = header.size();
    std::string file(sizeof(length), '\0');
    std::memcpy(file.data(), &length, sizeof(length));
    return file + header + data;
}

safetensors_header parse(const std::string& file) {
    return parse_safetensors(std::as_bytes(std::span(file.data(), file.size())), file.size(), "x.safetensors");
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

// The text of the std::runtime_error or std::invalid_argument.
std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::runtime_error& e) {
        return e.what();
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "no error";
}

void check_error(const std::string& file, const std::vector<std::string>& says) {
    const std::string text = error_of([&] { parse(file); });
    CAPTURE(text);
    for (const std::string& part : says) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
    CHECK(text.find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("a header with every type") {
    const std::vector<std::pair<std::string, int>> types = {
        {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6},     {"F6_E3M2", 6},     {"U8", 8},      {"I8", 8},
        {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E8M0", 8}, {"U16", 16},
        {"I16", 16},    {"F16", 16},    {"BF16", 16},       {"U32", 32},        {"I32", 32},    {"F32", 32},
        {"U64", 64},    {"I64", 64},    {"F64", 64},        {"C64", 64}};
    for (const auto& [name, bits] : types) {
        CAPTURE(name);
        const int bytes = 8 * bits / 8;
        const auto header = parse(file_of("{" + tensor("t", name, "[2,4]", "[0," + std::to_string(bytes) + "]") + "}",
                                          std::string(static_cast<std::size_t>(bytes), 'x')));
        REQUIRE(header.tensors.size() == 1);
        CHECK(to_string(header.tensors[0].dtype) == name);
        CHECK(bits_of(header.tensors[0].dtype) == bits);
        CHECK(header.tensors[0].elements() == 8);
    }
    CHECK(name_of(*format_of(safetensors_dtype::f8_e4m3)) == "e4m3fn");
    CHECK(name_of(*format_of(safetensors_dtype::f16_brain)) == "bf16");
    CHECK_FALSE(format_of(safetensors_dtype::i8).has_value());
    CHECK_FALSE(format_of(safetensors_dtype::f64_ieee).has_value());
    CHECK(safetensors_dtype_of(e5m2) == safetensors_dtype::f8_e5m2);
    CHECK_FALSE(safetensors_dtype_of(hif8).has_value());
}

TEST_CASE("order of data and metadata and padding") {
    const auto header = parse(file_of(
        "{" + tensor("b", "U8", "[3]", "[4,7]") + "," + tensor("a", "F32", "[]", "[0,4]") + "," +
            tensor("empty", "F64", "[0,99]", "[4,4]") + ",\"__metadata__\":{\"format\":\"pt\",\"x\":\"\\u00e4\"}}    ",
        "0123456"));
    REQUIRE(header.tensors.size() == 3);
    CHECK(header.tensors[0].name == "a");
    CHECK(header.tensors[0].elements() == 1);
    CHECK(header.tensors[1].name == "empty");
    CHECK(header.tensors[2].name == "b");
    CHECK(header.tensors[2].offset + 3 == header.tensors[0].offset + 7);
    CHECK(header.metadata.at("format") == "pt");
    CHECK(parse(file_of("{}")).tensors.empty());
}

TEST_CASE("errors name file and tensor and what was found") {
    const std::string six(6, 'x');
    check_error("", {"'x.safetensors'", "0 bytes"});
    check_error(std::string(7, '\0'), {"7 bytes"});
    check_error(file_of("{}").replace(0, 1, "\x50"), {"truncated", "80 bytes", "has 2"});
    check_error(std::string(8, '\xff'), {"18446744073709551615", "100000000"});
    check_error(file_of("{\"a\":"), {"not JSON", "byte 6"});
    check_error(file_of("[]"), {"expected an object", "found an array"});
    check_error(file_of("{}{}"), {"not JSON"});
    check_error(file_of("{" + tensor("a", "F128", "[1]", "[0,6]") + "}", six), {"'a'", "'F128'", "BF16"});
    check_error(file_of("{" + tensor("a", "U8", "[7]", "[0,7]") + "}", six), {"'a'", "byte 7", "has 6"});
    check_error(file_of("{" + tensor("a", "U8", "[5]", "[0,6]") + "}", six),
                {"'a'", "[5] of U8", "needs 5", "gives it 6"});
    check_error(file_of("{" + tensor("a", "U8", "[5]", "[0,5]") + "}", six), {"end at byte 5", "has 6"});
    check_error(file_of("{" + tensor("a", "U8", "[2]", "[4,2]") + "}", six), {"'a'", "4", "ends before, at 2"});
    check_error(file_of("{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[4]", "[2,6]") + "}", six),
                {"'b'", "byte 2", "expected 4", "overlap"});
    check_error(file_of("{" + tensor("a", "U8", "[2]", "[0,2]") + "," + tensor("b", "U8", "[2]", "[4,6]") + "}", six),
                {"'b'", "gap"});
    check_error(file_of("{" + tensor("a", "F64", "[4294967296,4294967296]", "[0,6]") + "}", six), {"'a'", "memory"});
    check_error(file_of("{" + tensor("a", "U8", "[18446744073709551615]", "[0,18446744073709551615]") + "}", six),
                {"'a'"});
    check_error(file_of("{" + tensor("a", "F4", "[3]", "[0,2]") + "}", "xx"), {"'a'", "not full"});
    check_error(file_of("{" + tensor("a", "U8", "[3]", "[0,3]") + "," + tensor("a", "U8", "[3]", "[3,6]") + "}", six),
                {"'a'", "twice"});
    check_error(file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[6],\"shape\":[6],\"data_offsets\":[0,6]}}", six),
                {"'a'", "twice"});
    check_error(file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[6]}}", six), {"'a'", "data_offsets"});
    check_error(file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[6],\"data_offsets\":[0]}}", six),
                {"'a'", "two whole numbers"});
    check_error(file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[-6],\"data_offsets\":[0,6]}}", six), {"'a'", "negative"});
    check_error(file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[6.0],\"data_offsets\":[0,6]}}", six), {"'a'", "6.0"});
    check_error(file_of("{\"a\":{\"dtype\":\"U8\",\"extra\":1}}"), {"'a'", "'extra'"});
    check_error(file_of("{\"a\":3}"), {"'a'", "expected an object"});
    check_error(file_of("{\"__metadata__\":{\"n\":1}}"), {"__metadata__", "expected texts"});
    check_error(file_of("{\"__metadata__\":{\"n\":\"1\",\"n\":\"2\"}}"), {"__metadata__", "'n'", "twice"});
    check_error(file_of("{\"\xff\":{}}"), {"not JSON"});
    check_error(file_of(std::string(100000, '[')), {"expected an object"});
    check_error(file_of("{\"line\\nbreak\\u001b[31m\":3}"), {"'line?break?[31m'"});
}

TEST_CASE("mutated headers are errors or sound") {
    const std::string good = file_of("{\"__metadata__\":{\"a\":\"b\"}," + tensor("a", "F32", "[2,3]", "[0,24]") + "," +
                                         tensor("b", "BF16", "[4]", "[24,32]") + "}",
                                     std::string(32, 'x'));
    std::mt19937 random(4);
    int sound = 0;
    int errors = 0;
    for (int n = 0; n < 20000; ++n) {
        std::string file = good;
        for (std::size_t changes = 1 + random() % 3; changes != 0; --changes) {
            const char other =
                random() % 2 == 0 ? static_cast<char>(random() % 256) : "0123456789,[]{}\""[random() % 16];
            file[random() % file.size()] = other;
        }
        try {
            std::uint64_t bytes = 0;
            for (const safetensors_tensor& t : parse(file).tensors) {
                bytes += t.bytes;
            }
            CHECK(bytes <= file.size() - 8);
            ++sound;
        } catch (const std::runtime_error&) {
            ++errors;
        }
    }
    CHECK(sound > 100);
    CHECK(errors > 1000);
}

TEST_CASE("written files come back, whole or not at all") {
    const temporary_folder folder;
    const fs::path path = folder / "w.safetensors";
    const std::vector<float> values{1, -2, 3.5f, 0, 5, 6};
    const std::vector<std::uint8_t> codes{0x38, 0x7E, 0xFF};
    safetensors_writer out(path,
                           {{"w \"1\"", safetensors_dtype::f32_ieee, {2, 3}}, {"c", safetensors_dtype::f8_e4m3, {3}}},
                           {{"recipe", "none"}});
    CHECK_FALSE(fs::exists(path));
    out.write(std::as_bytes(std::span(values).first(2)));
    out.write(std::as_bytes(std::span(values).subspan(2)));
    CHECK(error_of([&] { out.finish(); }).find("24 of 27 bytes") != std::string::npos);
    out.write(std::as_bytes(std::span(codes)));
    CHECK(error_of([&] { out.write(std::as_bytes(std::span(codes))); }).find("0 expected") != std::string::npos);
    CHECK_FALSE(fs::exists(path));
    out.finish();

    const safetensors_file file(path);
    CHECK(file.metadata().at("recipe") == "none");
    REQUIRE(file.tensors().size() == 2);
    const safetensors_tensor* w = file.find("w \"1\"");
    REQUIRE(w != nullptr);
    CHECK(w->offset % 8 == 0);
    CHECK(w->offset == out.tensors()[0].offset);
    std::vector<float> back(6);
    file.read_into(*w, std::as_writable_bytes(std::span(back)));
    CHECK(back == values);
    float third = 0;
    file.read_into(*w, std::as_writable_bytes(std::span(&third, 1)), 8);
    CHECK(third == 3.5f);
    CHECK(file.read(*file.find("c"))[1] == std::byte{0x7E});
    CHECK(file.find("d") == nullptr);
    CHECK(error_of([&] { file.read_into(*w, std::as_writable_bytes(std::span(back)), 1); }).find("24 bytes") !=
          std::string::npos);

    {
        safetensors_writer abandoned(path, {{"x", safetensors_dtype::u8, {1000}}});
        CHECK(folder.files() == 2);
    }
    CHECK(folder.files() == 1);
    CHECK(safetensors_file(path).tensors().size() == 2);
    fs::resize_file(path, fs::file_size(path) - 1);
    CHECK(error_of([&] { file.read(*file.find("c")); }).find("reading stopped after 2 of 3") != std::string::npos);
    CHECK(error_of([&] { safetensors_file again(path); }).find("'c'") != std::string::npos);
}

TEST_CASE("what cannot be written") {
    const temporary_folder folder;
    const auto write = [&](std::vector<safetensors_tensor> tensors, const fs::path& path) {
        return error_of([&] { safetensors_writer out(path, std::move(tensors)); });
    };
    const auto u8 = safetensors_dtype::u8;
    CHECK(write({{"a", u8, {1}}, {"a", u8, {1}}}, folder / "x").find("twice") != std::string::npos);
    CHECK(write({{"__metadata__", u8, {1}}}, folder / "x").find("may not") != std::string::npos);
    CHECK(write({{"a", safetensors_dtype::f4, {3}}}, folder / "x").find("not full") != std::string::npos);
    CHECK(write({{"a", u8, {SIZE_MAX, 2}}}, folder / "x").find("too large") != std::string::npos);
    CHECK(write({{"\xff", u8, {1}}}, folder / "x").find("UTF-8") != std::string::npos);
    CHECK(write({}, folder.path()).find("cannot write") != std::string::npos);
    CHECK(write({}, folder / "no/such/folder").find("cannot write") != std::string::npos);
    CHECK(folder.files() == 0);
    CHECK(error_of([&] { safetensors_file file(folder / "none"); }).find("No such file") != std::string::npos);
    CHECK(error_of([&] { safetensors_file file(folder.path()); }).find("regular") != std::string::npos);
}

TEST_CASE("sharded models") {
    const temporary_folder folder;
    const auto shard = [&](const std::string& name, const std::vector<std::string>& tensors) {
        std::vector<safetensors_tensor> list;
        for (const std::string& t : tensors) {
            list.push_back({t, safetensors_dtype::u8, {1}});
        }
        safetensors_writer out(folder / name, list);
        out.write(std::vector<std::byte>(tensors.size()));
        out.finish();
    };
    CHECK(error_of([&] { open_model(folder.path()); }).find("no .safetensors file") != std::string::npos);
    shard("m-2.safetensors", {"b", "c"});
    shard("m-1.safetensors", {"a"});
    const model_files model = open_model(folder.path());
    REQUIRE(model.shards.size() == 2);
    CHECK(model.shards[0].tensors()[0].name == "a");
    CHECK(model.index.empty());
    CHECK(open_model(folder / "m-2.safetensors").shards.size() == 1);

    const fs::path index = folder / "m.safetensors.index.json";
    const auto with_map = [&](const std::string& map) {
        report::write_file(index, "{\"metadata\":{\"total_size\":3},\"weight_map\":" + map + "}");
        return error_of([&] { open_model(folder.path()); });
    };
    CHECK(with_map(R"({"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-2.safetensors"})") == "no error");
    CHECK(open_model(index).shards.size() == 2);
    CHECK(open_model(folder.path()).index == index);
    CHECK(open_model(index).unindexed.empty());
    // What the index does not name is listed apart; what it names must be there.
    CHECK(with_map(R"({"a":"m-1.safetensors","b":"m-2.safetensors"})") == "no error");
    const model_files partial = open_model(index);
    REQUIRE(partial.unindexed.size() == 1);
    CHECK(partial.unindexed[0].name == "c");
    CHECK(partial.unindexed[0].shard == 1);
    CHECK(partial.unindexed[0].placed_in.empty());
    CHECK(with_map(R"({"a":"m-1.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"})").find("'b' in 'm-1.saf") !=
          std::string::npos);
    // A stale copy: the index decides which of the two is the tensor.
    shard("m-3.safetensors", {"d", "b"});
    CHECK(with_map(R"({"a":"m-1.safetensors","b":"m-3.safetensors","c":"m-2.safetensors","d":"m-3.safetensors"})") ==
          "no error");
    const model_files stale = open_model(index);
    REQUIRE(stale.unindexed.size() == 1);
    CHECK(stale.unindexed[0].name == "b");
    CHECK(stale.unindexed[0].placed_in == "m-3.safetensors");
    fs::remove(folder / "m-3.safetensors");
    CHECK(with_map(R"({"a":"m-1.safetensors","d":"m-1.safetensors"})").find("'d'") != std::string::npos);
    CHECK(with_map(R"({"a":"m-3.safetensors"})").find("No such file") != std::string::npos);
    CHECK(with_map(R"({"a":"../m-1.safetensors"})").find("plain name") != std::string::npos);
    CHECK(with_map(R"({"a":3})").find("weight_map") != std::string::npos);
    CHECK(with_map(R"({"a":{"b":"m-1.safetensors"}})").find("weight_map") != std::string::npos);
    CHECK(with_map(R"({"a":"m-1.safetensors","a":"m-2.safetensors"})").find("twice") != std::string::npos);
    CHECK(error_of([&] { parse_model_index("{\"metadata\":{}}", "i"); }).find("weight_map") != std::string::npos);
    CHECK(error_of([&] { parse_model_index("[]", "i"); }).find("expected an object") != std::string::npos);
    CHECK(error_of([&] { parse_model_index("{\"x\":[{\"weight_map\":{\"a\":1}}]}", "i"); }).find("weight_map") !=
          std::string::npos);
    fs::copy_file(index, folder / "n.safetensors.index.json");
    CHECK(error_of([&] { open_model(folder.path()); }).find("several") != std::string::npos);
    fs::remove(index);
    fs::remove(folder / "n.safetensors.index.json");
    shard("m-3.safetensors", {"b"});
    CHECK(error_of([&] { open_model(folder.path()); }).find("'b' is also in") != std::string::npos);
}

TEST_CASE("codes in npy files") {
    const temporary_folder folder;
    matrix<float> x(3, 5);
    for (std::size_t n = 0; n < x.size(); ++n) {
        x.data()[n] = static_cast<float>(n) - 7.25f;
    }
    for (const any_format& format : {any_format{e4m3fn}, any_format{e2m1fn}, any_format{bf16}, any_format{hif8}}) {
        quantization q;
        q.element = format;
        q.mode = default_rounding(format);
        const quantized_matrix codes = quantize(x.view(), q);
        const fs::path path = folder / "codes.npy";
        npy_write_codes(path, codes);
        CHECK(npy_inspect(path).dtype == (code_bits_of(format) <= 8 ? npy_dtype::u1 : npy_dtype::u2));
        CHECK(npy_inspect(path).bytes == 15 * (code_bits_of(format) <= 8 ? 1U : 2U));
        const quantized_matrix back = npy_read_codes(path, format);
        CHECK(back.codes() == codes.codes());
        CHECK(back.rows() == 3);
        const any_format& other = code_bits_of(format) <= 8 ? any_format{f16} : any_format{e5m2};
        CHECK(error_of([&] { npy_read_codes(path, other); }).find("expected '") != std::string::npos);
    }
    const matrix<std::uint8_t> large(1, 2, 0x12);
    npy_write(folder / "large.npy", large.view());
    CHECK(error_of([&] { npy_read_codes(folder / "large.npy", e2m1fn); }).find("no code of e2m1fn") !=
          std::string::npos);
    CHECK(error_of([&] { npy_read_codes(folder / "large.npy", f32); }).find("16 bits") != std::string::npos);
    npy_write(folder / "real.npy", matrix_view<const float>(x.view()));
    CHECK(error_of([&] { npy_read_codes(folder / "real.npy", e4m3fn); }).find("'<f4'") != std::string::npos);
    quantization wide;
    wide.element = f32;
    const quantized_matrix f32_codes = quantize(x.view(), wide);
    CHECK(error_of([&] { npy_write_codes(folder / "f32.npy", f32_codes); }).find("16 bits") != std::string::npos);
}
