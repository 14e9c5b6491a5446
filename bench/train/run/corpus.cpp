// SPDX-License-Identifier: Apache-2.0
#include "train/run/corpus.hpp"

#include <narrowfp/report/write_file.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <system_error>

namespace narrowfp::bench::train {
namespace {

[[noreturn]] void fail_corpus(const std::filesystem::path& path, const std::string& what) {
    throw std::runtime_error("'" + path.string() + "': " + what);
}

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return value;
}

// One inflated chunk and how many compressed bytes it took.
struct chunk {
    std::string data;
    std::size_t used = 0;
};

chunk inflate_chunk(std::string_view compressed, std::size_t expected, const std::filesystem::path& path,
                    std::size_t place) {
    const std::string where = "the chunk at byte " + std::to_string(place);
    constexpr std::size_t largest_chunk = std::size_t{1} << 30;
    if (expected == 0 || expected > largest_chunk ||
        expected / 1100 > compressed.size()) {  // zlib packs at most 1032:1
        fail_corpus(path, where + " claims " + std::to_string(expected) + " bytes, no R data file (.rdb) or cut short");
    }
    chunk out{.data = std::string(expected, '\0')};
    uLongf size = expected;
    uLong used = compressed.size();
    const int code = ::uncompress2(reinterpret_cast<Bytef*>(out.data.data()), &size,
                                   reinterpret_cast<const Bytef*>(compressed.data()), &used);
    if (code != Z_OK || size != expected) {
        fail_corpus(path, where +
                              (code == Z_DATA_ERROR && size != expected && used >= compressed.size()
                                   ? " is cut short"
                                   : " is no whole zlib stream of " + std::to_string(expected) + " bytes") +
                              "; an R data file (.rdb) was expected");
    }
    out.used = used;
    return out;
}

// Reads the XDR serialisation of one object.
class xdr_reader {
public:
    xdr_reader(std::string_view data, const std::filesystem::path& path) : data_(data), path_(path) {}

    // Appends the lines if the object is a character vector.
    void append_lines(std::string& text) {
        constexpr std::uint32_t string_vector = 16;  // STRSXP
        constexpr std::uint32_t one_string = 9;      // CHARSXP
        constexpr std::uint32_t missing = 0xFFFFFFFF;
        if (take(2) != "X\n") {
            fail_corpus(path_, "an object is not in XDR form ('X' and a newline were expected)");
        }
        const std::uint32_t version = number();
        if (version != 2 && version != 3) {
            fail_corpus(path_,
                        "an object has serialisation version " + std::to_string(version) + ", 2 or 3 were expected");
        }
        number();  // R that wrote it
        number();  // oldest R that can read it
        if (version == 3) {
            take(number());  // encoding
        }
        if ((number() & 0xFFU) != string_vector) {
            return;
        }
        for (std::uint32_t left = number(); left != 0; --left) {
            if ((number() & 0xFFU) != one_string) {
                fail_corpus(path_, "a character vector holds something else than strings");
            }
            const std::uint32_t length = number();
            text += length == missing ? std::string_view() : take(length);
            text += '\n';
        }
    }

private:
    std::string_view take(std::size_t count) {
        if (count > data_.size()) {
            fail_corpus(path_, "an object ends within a value");
        }
        const std::string_view part = data_.substr(0, count);
        data_.remove_prefix(count);
        return part;
    }
    std::uint32_t number() { return big_endian(take(4)); }

    std::string_view data_;
    const std::filesystem::path& path_;
};

}  // namespace

std::string read_r_text(const std::filesystem::path& path) {
    const std::string content = report::read_file(path);
    std::string_view rest = content;
    std::string text;
    while (!rest.empty()) {
        const std::size_t place = content.size() - rest.size();
        if (rest.size() < 4) {
            fail_corpus(path, "ends within the length of a chunk");
        }
        const chunk c = inflate_chunk(rest.substr(4), big_endian(rest), path, place);
        xdr_reader(c.data, path).append_lines(text);
        rest.remove_prefix(4 + c.used);
    }
    if (text.empty()) {
        fail_corpus(path, "has no character vector, so no text");
    }
    return text;
}

corpus corpus_of(std::string_view text, std::string name) {
    std::array<std::size_t, 256> counts{};
    for (const char c : text) {
        ++counts[static_cast<unsigned char>(c)];
    }
    std::vector<std::size_t> values;  // that get a symbol of their own
    for (std::size_t v = 0; v < counts.size(); ++v) {
        if (counts[v] != 0) {
            values.push_back(v);
        }
    }
    corpus out{.name = std::move(name), .symbols = std::vector<std::uint8_t>(text.size()), .vocabulary = values.size()};
    if (values.size() > largest_vocabulary) {
        std::sort(values.begin(), values.end(),
                  [&](auto a, auto b) { return counts[a] != counts[b] ? counts[a] > counts[b] : a < b; });
        values.resize(largest_vocabulary - 1);
        std::sort(values.begin(), values.end());
        out.vocabulary = largest_vocabulary;
    }
    std::array<std::uint8_t, 256> symbol_of;
    symbol_of.fill(largest_vocabulary - 1);
    out.merged = text.size();
    for (std::size_t s = 0; s < values.size(); ++s) {
        symbol_of[values[s]] = static_cast<std::uint8_t>(s);
        out.merged -= counts[values[s]];
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        out.symbols[i] = symbol_of[static_cast<unsigned char>(text[i])];
    }
    out.crc32 = static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
    return out;
}

corpus read_corpus(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        fail_corpus(path, "is a folder, a text file or an R data file (.rdb) was expected");
    }
    const bool r_data = path.extension() == ".rdb";
    const bool austen = r_data && path.string().find("janeaustenr") != std::string::npos;
    return corpus_of(r_data ? read_r_text(path) : report::read_file(path),
                     austen ? "Jane Austen, six novels (r-cran-janeaustenr)" : path.filename().string());
}

std::filesystem::path corpus_folder() {
    const auto folder_in = [](const char* variable) {
        const char* value = std::getenv(variable);
        return std::filesystem::path(value == nullptr ? "" : value);
    };
    if (const std::filesystem::path named = folder_in("NARROWFP_CORPUS_FOLDER"); !named.empty()) {
        return named;
    }
    // A relative XDG_CACHE_HOME is to be ignored (XDG Base Directory Specification).
    if (const std::filesystem::path cache = folder_in("XDG_CACHE_HOME"); cache.is_absolute()) {
        return cache / "narrowfp/corpus";
    }
    const std::filesystem::path home = folder_in("HOME");
    return home.empty() ? home : home / ".cache/narrowfp/corpus";
}

std::filesystem::path find_corpus() {
    constexpr const char* novels = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb";
    std::vector<std::filesystem::path> places = {std::filesystem::path("/") / novels};
    if (const std::filesystem::path folder = corpus_folder(); !folder.empty()) {
        places.insert(places.end(), {folder / novels, folder / "package/data/data.txt"});
    }
    std::error_code error;
    for (const std::filesystem::path& path : places) {
        if (std::filesystem::is_regular_file(path, error)) {
            return path;
        }
    }
    throw std::runtime_error(
        "no text to train on: install the Debian package r-cran-janeaustenr, or run bench/train/get_corpus, which unpacks it "
        "without installing R (or takes Moby-Dick from npm), or name any text file with --corpus FILE");
}

}  // namespace narrowfp::bench::train
