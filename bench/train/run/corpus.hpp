// SPDX-License-Identifier: Apache-2.0
// The text that the training experiment learns from: any text file, or the data of an R package as R stores them
// (.rdb: chunks of a 4-byte big-endian length and a zlib stream, each an XDR serialisation; character vectors are taken
// as lines, other objects are left out). Bytes become symbols of a dense vocabulary of at most 128. The default is
// Debian's r-cran-janeaustenr (public-domain novels). It does not download anything: bench/train/get_corpus does.
// Source: the manual "R Internals", serialization formats and lazy loading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::train {

inline constexpr std::size_t largest_vocabulary = 128;

struct corpus {
    std::string name;                   // for people: the file, and what it is when it is known
    std::vector<std::uint8_t> symbols;  // below `vocabulary`
    std::size_t vocabulary = 0;         // distinct symbols
    std::size_t merged = 0;             // bytes whose value was too rare for a symbol of its own
    std::uint32_t crc32 = 0;            // of the text as bytes

    // The last tenth is for validation, the rest for training.
    std::span<const std::uint8_t> training() const {
        return std::span(symbols).first(symbols.size() - symbols.size() / 10);
    }
    std::span<const std::uint8_t> validation() const { return std::span(symbols).last(symbols.size() / 10); }
};

// The lines of all character vectors in the .rdb file, each with a newline. Throws std::runtime_error that names the
// file and the place for one that is no such file, is cut short or damaged, or has no text.
std::string read_r_text(const std::filesystem::path& path);

// The text in symbols: bytes in ascending order of their value; if there are more than 128, the 127 most frequent ones and
// one symbol for all others.
corpus corpus_of(std::string_view text, std::string name);

// The file as corpus, .rdb files by read_r_text. Throws std::runtime_error with its name if it cannot be read.
corpus read_corpus(const std::filesystem::path& path);

// Where bench/train/get_corpus puts a text: $NARROWFP_CORPUS_FOLDER, else narrowfp/corpus in the user's cache
// ($XDG_CACHE_HOME, else $HOME/.cache). Empty if none of these variables is set.
std::filesystem::path corpus_folder();

// The first place where a corpus is: Debian's package, then corpus_folder(). Throws std::runtime_error that names the
// three ways to get one.
std::filesystem::path find_corpus();

}  // namespace narrowfp::bench::train
