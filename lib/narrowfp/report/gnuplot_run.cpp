// SPDX-License-Identifier: Apache-2.0
// Runs gnuplot without a shell, and makes its SVG fit for a page.
#include <narrowfp/report/figure.hpp>
#include <narrowfp/report/html.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

extern char** environ;

namespace narrowfp::report {
namespace {

struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using temporary_file = std::unique_ptr<std::FILE, file_closer>;

// Runs gnuplot with `input` on its standard input; what it prints, or nothing if it cannot be run or fails.
std::string run_gnuplot(const std::vector<const char*>& arguments, const std::string& input) {
    const temporary_file in(std::tmpfile());
    const temporary_file out(std::tmpfile());
    if (!in || !out || std::fwrite(input.data(), 1, input.size(), in.get()) != input.size() ||
        std::fflush(in.get()) != 0) {
        return "";
    }
    std::rewind(in.get());
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> argv;
    for (const char* a : arguments) {
        argv.push_back(const_cast<char*>(a));  // posix_spawn does not write to them
    }
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        return "";
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return "";
    }
    std::string text;
    std::rewind(out.get());
    std::array<char, 4096> part{};
    for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), out.get())) != 0;) {
        text.append(part.data(), n);
    }
    return text;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
        text.replace(at, what.size(), by);
    }
}

// Takes out every part from `begin` to the end of `end`.
void remove_parts(std::string& text, std::string_view begin, std::string_view end) {
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos;) {
        const std::size_t last = text.find(end, at);
        text.erase(at, last == std::string::npos ? last : last + end.size() - at);
    }
}

// Groups with nothing in them, until there are none.
void remove_empty_groups(std::string& text) {
    for (bool again = true; again;) {
        again = false;
        for (std::size_t end = 0; (end = text.find("</g>", end)) != std::string::npos;) {
            const std::size_t begin = text.rfind("<g ", end);
            const std::size_t closed = text.find('>', begin);
            const bool empty = begin != std::string::npos && closed < end &&
                               std::all_of(text.begin() + static_cast<std::ptrdiff_t>(closed) + 1,
                                           text.begin() + static_cast<std::ptrdiff_t>(end),
                                           [](char c) { return c == ' ' || c == '\n' || c == '\t'; });
            if (empty) {
                text.erase(begin, end + 4 - begin);
                end = begin;
                again = true;
            } else {
                end += 4;
            }
        }
    }
}

// gnuplot writes 'rgb(  0, 114, 178)'; the page's style sheet looks for '#0072b2'.
void shorten_colours(std::string& text) {
    constexpr std::string_view begin = "rgb(";
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos; ++at) {
        int r = 0, g = 0, b = 0;
        const std::size_t end = text.find(')', at);
        if (end != std::string::npos && std::sscanf(text.c_str() + at, "rgb(%d,%d,%d)", &r, &g, &b) == 3) {
            std::array<char, 8> hex{};
            std::snprintf(hex.data(), hex.size(), "#%02x%02x%02x", static_cast<unsigned>(r) & 0xffu,
                          static_cast<unsigned>(g) & 0xffu, static_cast<unsigned>(b) & 0xffu);
            text.replace(at, end + 1 - at, hex.data());
        }
    }
}

}  // namespace

std::string gnuplot_version() {
    std::string text = run_gnuplot({"gnuplot", "--version"}, "");
    text.erase(std::find(text.begin(), text.end(), '\n'), text.end());
    return text;
}

std::string svg_for_page(std::string_view svg, const figure& f, figure_width width) {
    const std::size_t begin = svg.find("<svg");
    const std::size_t open = begin == std::string_view::npos ? begin : svg.find('>', begin);
    const std::size_t end = svg.rfind("</svg>");
    const std::size_t box = svg.find("viewBox=\"", begin);
    if (open == std::string_view::npos || end == std::string_view::npos || end < open || box > open) {
        return "";
    }
    const std::size_t box_begin = box + 9;
    const std::string view_box(svg.substr(box_begin, svg.find('"', box_begin) - box_begin));
    std::string body(svg.substr(open + 1, end - open - 1));
    remove_parts(body, "<title>", "</title>");
    remove_parts(body, "<desc>", "</desc>");
    remove_parts(body, "<filter", "</filter>");
    const std::string id = f.id + (width == figure_width::narrow ? "-narrow-" : "-");
    for (const char* quote : {"'", "\""}) {
        replace_all(body, std::string("=") + quote + "black" + quote,
                    std::string("=") + quote + "currentColor" + quote);
        replace_all(body, std::string("id=") + quote + "gnuplot_", std::string("id=") + quote + id);
        replace_all(body, std::string("id=") + quote + "gp", std::string("id=") + quote + id + "gp");
    }
    replace_all(body, "xlink:href='#gp", "href='#" + id + "gp");
    replace_all(body, ":Bold\"", "\" font-weight=\"bold\"");
    if (f.form == figure_form::forest) {  // outlines of small marks are as thick as those of large ones
        replace_all(body, "stroke-width='0.190'", "stroke-width='1.6' vector-effect='non-scaling-stroke'");
    }
    shorten_colours(body);
    replace_all(body, "#000000", "currentColor");  // how gnuplot writes a colour that a script calls black
    replace_all(body, "<text></text>", "");        // of a label that is a mark alone
    remove_empty_groups(body);
    replace_all(body, "\t", " ");
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"" + html_text(view_box) +
           "\" role=\"img\" aria-label=\"" + html_text(f.title + ": " + f.summary) + "\">" + body + "</svg>\n";
}

std::string draw_svg(const figure& f, figure_width width) {
    check(f);
    if (width == figure_width::narrow && f.form != figure_form::forest) {
        return "";
    }
    const std::string script = gnuplot_script(f, width);
    return svg_for_page(run_gnuplot({"gnuplot", "--default-settings", "-"}, script), f, width);
}

}  // namespace narrowfp::report
